//! The texts that are checked, as their reader handed them over, and what is known of the project around them.

use foldhash::HashMap;
use std::collections::BTreeMap;

use flow_grammar::Parsed;

use crate::{FileId, Levels, Text};

/// Paths and texts, in the order they were added.
///
/// Paths are relative to the project's root, with `/` between their parts: that is how files use one another, and what plans name.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    by_path: HashMap<String, FileId>,
    unread: Vec<String>,
    groups: BTreeMap<String, Vec<String>>,
    levels: Levels,
    policies: Vec<FileId>,
}

#[derive(Clone, Debug)]
struct Source {
    path: String,
    /// How messages name it, where that is not its path.
    shown: Option<String>,
    text: Text,
}

/// Why a path cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// There is nothing in it.
    #[error("the path is empty")]
    Empty,
    /// It begins at the root of a disk.
    #[error("the path is not relative")]
    Absolute,
    /// It leads above the project's root.
    #[error("the path leads out of the project")]
    Outside,
}

/// The path that a `use` in one file means: relative to the folder of that file.
///
/// # Errors
/// When it is no path below the project's root.
pub fn used_path(from: &str, used: &str) -> Result<String, BadPath> {
    if used.trim().is_empty() {
        return Err(BadPath::Empty);
    }
    if used.starts_with('/') {
        return Err(BadPath::Absolute);
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in used.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.pop() {
                Some(folder) if !matches!(folder, "" | "..") => {}
                _ => return Err(BadPath::Outside),
            },
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

impl Sources {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file; a path that is already there gets the new text and keeps its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        self.add_text(path, Text::new(text))
    }

    /// Adds a file as it was read. Bytes that are no UTF-8 become a diagnostic of the file.
    pub fn add_bytes(&mut self, path: impl Into<String>, bytes: Vec<u8>) -> FileId {
        self.add_text(path, Text::from_bytes(bytes))
    }

    /// Adds a file whose text is shared with others: it is parsed only once.
    pub fn add_text(&mut self, path: impl Into<String>, text: Text) -> FileId {
        self.insert(Source { path: path.into(), shown: None, text })
    }

    fn insert(&mut self, source: Source) -> FileId {
        if let Some(id) = self.by_path.get(&source.path).copied() {
            if let Some(slot) = self.files.get_mut(id.0 as usize) {
                *slot = source;
            }
            return id;
        }
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.by_path.insert(source.path.clone(), id);
        self.files.push(source);
        id
    }

    /// Makes the policies of a file those of the whole project.
    pub fn set_policy(&mut self, file: FileId) {
        if !self.policies.contains(&file) {
            self.policies.push(file);
        }
    }

    /// Whether the policies of a file are about all workflows.
    #[must_use]
    pub fn is_policy(&self, file: FileId) -> bool {
        self.policies.contains(&file)
    }

    /// Names a file in messages by another path than its own: the one that leads there from where its reader is.
    pub fn show_as(&mut self, file: FileId, shown: impl Into<String>) {
        if let Some(source) = self.files.get_mut(file.0 as usize) {
            source.shown = Some(shown.into());
        }
    }

    /// The path of a file; empty for an id of another `Sources`.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| &source.path)
    }

    /// How messages name a file: its path, unless [`show_as`](Self::show_as) said otherwise.
    #[must_use]
    pub fn shown(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| source.shown.as_deref().unwrap_or(&source.path))
    }

    /// The text of a file; empty for an id of another `Sources`.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| source.text.as_str())
    }

    /// The id of a path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.by_path.get(path).copied()
    }

    /// All files, in order.
    pub fn files(&self) -> impl Iterator<Item = FileId> + '_ {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Names a file that is there and was not read: perhaps a `use` means it.
    pub fn add_unread(&mut self, path: impl Into<String>) {
        self.unread.push(path.into());
    }

    /// The paths of all files that are known, read or not.
    pub(crate) fn known_paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|source| source.path.as_str()).chain(self.unread.iter().map(String::as_str))
    }

    /// The groups that the project's settings declare, with the addresses of their members.
    pub fn set_groups(&mut self, groups: BTreeMap<String, Vec<String>>) {
        self.groups = groups;
    }

    /// How much each warning weighs, as the project's settings and whoever asks for the check say.
    pub fn set_levels(&mut self, levels: Levels) {
        self.levels = levels;
    }

    /// See [`set_levels`](Self::set_levels).
    pub(crate) const fn levels(&self) -> &Levels {
        &self.levels
    }

    /// See [`set_groups`](Self::set_groups).
    pub(crate) fn groups(&self) -> &BTreeMap<String, Vec<String>> {
        &self.groups
    }

    /// The paths that a file uses, as they are written.
    pub fn uses(&self, file: FileId) -> impl Iterator<Item = &str> {
        self.files.get(file.0 as usize).into_iter().flat_map(|source| source.text.uses())
    }

    pub(crate) fn is_utf8(&self, file: FileId) -> bool {
        self.files.get(file.0 as usize).is_none_or(|source| source.text.is_utf8())
    }

    /// The trees of all files, in order.
    pub(crate) fn parsed(&self) -> Vec<&Parsed> {
        self.files.iter().map(|source| source.text.parsed()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{BadPath, used_path};

    #[test]
    fn paths_are_relative_to_the_using_file() {
        let cases = [
            ("pay.flow", "connectors/bank.flow", Ok("connectors/bank.flow")),
            ("flows/pay.flow", "../connectors/bank.flow", Ok("connectors/bank.flow")),
            ("flows/pay.flow", "./bank.flow", Ok("flows/bank.flow")),
            ("a/b/c.flow", "../../x.flow", Ok("x.flow")),
            ("pay.flow", "../bank.flow", Err(BadPath::Outside)),
            ("a/b.flow", "../../bank.flow", Err(BadPath::Outside)),
            ("../a/b.flow", "../../bank.flow", Err(BadPath::Outside)),
            ("../a/b.flow", "../bank.flow", Ok("../bank.flow")),
            ("/tmp/a.flow", "b.flow", Ok("/tmp/b.flow")),
            ("/a.flow", "../b.flow", Err(BadPath::Outside)),
            ("pay.flow", "/etc/bank.flow", Err(BadPath::Absolute)),
            ("pay.flow", "", Err(BadPath::Empty)),
        ];
        for (from, used, wanted) in cases {
            assert_eq!(used_path(from, used).as_deref(), wanted.as_ref().copied(), "{from} uses {used}");
        }
    }
}
