//! A project: its files on disk, what its settings say, and what was last found out about it.
//!
//! What is said of a file depends on the files that it uses and on those that use it, and so on; no other file is checked with it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flow_compiler::{Sources, Text, check, used_path};
use flow_grammar::MAX_BYTES;

use super::{Checked, Document};
use crate::{Host, Settings};

/// Folders within folders beyond this are not looked into.
const MAX_DEPTH: usize = 64;

/// No more entries of folders than this are looked at: a folder that is open in an editor may be a whole disk.
const MAX_ENTRIES: usize = 100_000;

/// See the module.
pub(super) struct Project {
    folder: PathBuf,
    settings: Settings,
    /// What is wrong with the settings, until somebody is told.
    pub(super) fault: Option<String>,
    /// Files on disk, by their paths from the folder on.
    files: BTreeMap<String, Stored>,
    /// What was found out, and holds.
    found: Vec<Rc<Checked>>,
}

struct Stored {
    text: Text,
    /// Whether it belongs to this project, and not to one within its folder.
    own: bool,
}

/// A file as it counts: what the editor has of it, else what is on disk.
struct Current<'p> {
    text: &'p Text,
    own: bool,
}

impl Project {
    pub(super) fn read<H: Host>(host: &H, folder: &Path) -> Self {
        let (settings, fault) = match host.settings(folder) {
            Ok(settings) => (settings, None),
            Err(fault) => (Settings::default(), Some(fault)),
        };
        let mut project = Self { folder: folder.to_owned(), settings, fault, files: BTreeMap::new(), found: Vec::new() };
        let mut left = MAX_ENTRIES;
        project.below::<H>(folder, 0, true, &mut left);
        project
    }

    /// Reads all flow files below a folder; hidden folders are left alone, and links to folders are not followed.
    fn below<H: Host>(&mut self, folder: &Path, depth: usize, own: bool, left: &mut usize) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let Some(fewer) = left.checked_sub(1) else { return };
            *left = fewer;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < MAX_DEPTH {
                    let own = own && !path.join(H::SETTINGS).is_file();
                    self.below::<H>(&path, depth + 1, own, left);
                }
            } else if is_flow(&path) {
                self.store(&path, own);
            }
        }
    }

    /// Looks at a file again: it may have changed, be new, or be gone.
    pub(super) fn reread(&mut self, path: &Path) {
        if is_flow(path) && self.name(path).is_some() {
            let own = self.name(path).and_then(|name| self.files.get(&name)).is_none_or(|stored| stored.own);
            self.store(path, own);
            // A file that comes or goes may be one that another looks for.
            self.found.clear();
        }
    }

    fn store(&mut self, path: &Path, own: bool) {
        let Some(name) = self.name(path) else { return };
        match bytes(path) {
            Some(bytes) => self.files.insert(name, Stored { text: Text::from_bytes(bytes), own }),
            None => self.files.remove(&name),
        };
    }

    /// Forgets what was found out about a document, and about all that has to do with it.
    pub(super) fn changed(&mut self, path: &Path) {
        self.found.retain(|found| found.places.iter().all(|place| place != path));
    }

    /// The path of a file from the project's folder on; `None` for one outside.
    fn name(&self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(&self.folder).ok()?;
        let parts: Option<Vec<&str>> = name.components().map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }

    /// A document of the project, checked with all that has to do with it.
    pub(super) fn checked(&mut self, path: &Path, documents: &BTreeMap<PathBuf, Document>) -> Option<Rc<Checked>> {
        if let Some(found) = self.found.iter().find(|found| found.places.iter().any(|place| place == path)) {
            return Some(Rc::clone(found));
        }
        let current = self.current(path, documents);
        let start = self.name(path).unwrap_or_else(|| path.to_string_lossy().into_owned());
        let mut together = together(&start, &current);
        let near: BTreeSet<PathBuf> = together.iter().map(|name| self.folder.join(name)).collect();
        // A policy of the project speaks of every file, and needs those that it uses.
        let policies = self.settings.policies.iter().filter_map(|file| used_path("", file).ok());
        let policies: Vec<String> = policies.filter(|file| current.contains_key(file)).collect();
        for policy in &policies {
            together.extend(self::together(policy, &current));
        }
        let mut sources = Sources::new();
        sources.set_groups(self.settings.groups.clone());
        sources.set_levels(self.settings.levels.clone());
        let (mut places, mut own) = (Vec::new(), Vec::new());
        for (name, file) in current.iter().filter(|(name, _)| together.contains(name.as_str())) {
            sources.add_text(name, file.text.clone());
            places.push(if *name == start { path.to_owned() } else { self.folder.join(name) });
            own.push(file.own);
        }
        for policy in &policies {
            if let Some(file) = sources.find(policy) {
                sources.set_policy(file);
            }
        }
        // One of them may be meant where a file is missing.
        for name in current.keys().filter(|name| !together.contains(name.as_str())) {
            sources.add_unread(name.clone());
        }
        let diagnostics = check(&sources).diagnostics;
        let checked = Rc::new(Checked { sources, diagnostics, places, own });
        // Files that had nothing to do with each other may have now: what was found out about one of them alone is over.
        self.found.retain(|old| old.places.iter().all(|place| !near.contains(place)));
        self.found.push(Rc::clone(&checked));
        Some(checked)
    }

    /// All files as they count, by their paths.
    fn current<'p>(&'p self, asked: &Path, documents: &'p BTreeMap<PathBuf, Document>) -> BTreeMap<String, Current<'p>> {
        let stored = self.files.iter().map(|(name, stored)| (name.clone(), Current { text: &stored.text, own: stored.own }));
        let mut current: BTreeMap<String, Current<'p>> = stored.collect();
        for (path, document) in documents {
            let name = match self.name(path) {
                Some(name) => name,
                None if path == asked => path.to_string_lossy().into_owned(),
                None => continue,
            };
            let own = current.get(&name).is_none_or(|stored| stored.own);
            current.insert(name, Current { text: &document.text, own });
        }
        current
    }
}

/// A file with those that it uses and those of its project that use it, and so on.
fn together<'c>(start: &'c str, current: &'c BTreeMap<String, Current<'_>>) -> BTreeSet<&'c str> {
    let mut near: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, file) in current {
        for used in file.text.uses() {
            let used = used_path(name, used).ok().and_then(|path| current.get_key_value(&path)).map(|(used, _)| used.as_str());
            let Some(used) = used else { continue };
            near.entry(name).or_default().push(used);
            if file.own {
                near.entry(used).or_default().push(name);
            }
        }
    }
    let mut found = BTreeSet::from([start]);
    let mut open = VecDeque::from([start]);
    while let Some(name) = open.pop_front() {
        for next in near.get(name).into_iter().flatten() {
            if found.insert(next) {
                open.push_back(next);
            }
        }
    }
    found
}

fn is_flow(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "flow")
}

/// The bytes of a file, and no more of a huge one than shows that it is too large.
fn bytes(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_mul(2);
    File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
