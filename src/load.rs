//! The files of a project as the compiler's sources: those that are named, and all that they use.

use std::fs;
use std::path::{Component, Path, PathBuf};

use flow_compiler::{FileId, Sources};

use crate::fault::Fault;
use crate::project::Project;
use crate::{input, lints};

/// Files of one project.
pub(crate) struct Loaded {
    pub(crate) sources: Sources,
    /// So many of them were named; the others are used by them.
    named: usize,
}

impl Loaded {
    /// Reads files, the files that they use, and so on.
    pub(crate) fn read(project: &Project, files: &[PathBuf]) -> Result<Self, Fault> {
        let mut sources = Sources::new();
        sources.set_groups(project.groups());
        sources.set_levels(lints::of(project));
        let mut places = Vec::new();
        for file in files {
            let shown = input::name(file);
            add(&mut sources, project.relative(&shown), file, &mut places)?;
        }
        let named = sources.len();
        for policy in project.config.policies.files.iter().map(|file| tidy(&project.shown_folder().join(file))) {
            add_policy(project, &mut sources, &policy, &mut places)?;
        }
        let mut loaded = Self { sources, named };
        loaded.add_used(&mut places)?;
        Ok(loaded)
    }

    /// Adds files whose policies hold for all others.
    pub(crate) fn with_policies(mut self, project: &Project, files: &[PathBuf]) -> Result<Self, Fault> {
        let mut places = Vec::new();
        for file in files {
            add_policy(project, &mut self.sources, file, &mut places)?;
        }
        self.add_used(&mut places)?;
        Ok(self)
    }

    /// Adds the files that these use, and so on.
    fn add_used(&mut self, places: &mut Vec<(FileId, PathBuf)>) -> Result<(), Fault> {
        let sources = &mut self.sources;
        let mut at = 0;
        while let Some((id, place)) = places.get(at).cloned() {
            at += 1;
            let used: Vec<String> = sources.uses(id).map(str::to_owned).collect();
            for used in used {
                // What cannot be a path is said by the compiler.
                let Ok(path) = flow_compiler::used_path(sources.path(id), &used) else { continue };
                if sources.find(&path).is_some() {
                    continue;
                }
                let place = tidy(&place.parent().unwrap_or(Path::new("")).join(&used));
                if place.is_file() {
                    add(sources, path, &place, places)?;
                } else {
                    beside(sources, &path, &place);
                }
            }
        }
        Ok(())
    }

    /// Whether a file was named, and is not only used by one that was.
    pub(crate) fn is_named(&self, file: FileId) -> bool {
        (file.0 as usize) < self.named
    }
}

fn add(sources: &mut Sources, path: String, place: &Path, places: &mut Vec<(FileId, PathBuf)>) -> Result<(), Fault> {
    if sources.find(&path).is_some() {
        return Ok(());
    }
    let id = sources.add_bytes(path, input::bytes(place)?);
    sources.show_as(id, input::name(place));
    places.push((id, place.to_owned()));
    Ok(())
}

/// Adds a file whose policies hold for all others; it may be among them.
fn add_policy(project: &Project, sources: &mut Sources, file: &Path, places: &mut Vec<(FileId, PathBuf)>) -> Result<(), Fault> {
    let path = project.relative(&input::name(file));
    add(sources, path.clone(), file, places)?;
    if let Some(id) = sources.find(&path) {
        sources.set_policy(id);
    }
    Ok(())
}

/// Names the files that stand where one is missing: perhaps one of them is meant.
fn beside(sources: &mut Sources, path: &str, place: &Path) {
    let Some(folder) = place.parent() else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let before = path.rsplit_once('/').map_or(String::new(), |(before, _)| format!("{before}/"));
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "flow"));
    names.sort();
    names.into_iter().for_each(|name| sources.add_unread(format!("{before}{name}")));
}

/// A path without `..` in its middle, as the compiler reads it.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidy.components().next_back(), Some(Component::Normal(_))) => {
                tidy.pop();
            }
            part => tidy.push(part),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::tidy;

    #[test]
    fn paths_are_short() {
        assert_eq!(tidy(Path::new("flows/../bank.flow")), PathBuf::from("bank.flow"));
        assert_eq!(tidy(Path::new("../bank.flow")), PathBuf::from("../bank.flow"));
        assert_eq!(tidy(Path::new("./a/./../../b.flow")), PathBuf::from("../b.flow"));
    }
}
