//! The texts that are checked, as their reader handed them over.

use std::collections::HashMap;

use crate::FileId;

/// Paths and texts, in the order they were added.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    by_path: HashMap<String, FileId>,
}

#[derive(Clone, Debug)]
struct Source {
    path: String,
    text: String,
    utf8: bool,
}

impl Sources {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file; a path that is already there gets the new text and keeps its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        self.insert(Source { path: path.into(), text: text.into(), utf8: true })
    }

    /// Adds a file as it was read. Bytes that are no UTF-8 become a diagnostic of the file.
    pub fn add_bytes(&mut self, path: impl Into<String>, bytes: Vec<u8>) -> FileId {
        let path = path.into();
        match String::from_utf8(bytes) {
            Ok(text) => self.add(path, text),
            Err(error) => {
                // What is sound before the fault is kept, so that the diagnostic has a place.
                let sound = error.utf8_error().valid_up_to();
                let bytes = error.as_bytes().get(..sound).unwrap_or_default();
                let text = String::from_utf8_lossy(bytes).into_owned();
                self.insert(Source { path, text, utf8: false })
            }
        }
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

    /// The path of a file; empty for an id of another `Sources`.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| &source.path)
    }

    /// The text of a file; empty for an id of another `Sources`.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |source| &source.text)
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

    pub(crate) fn is_utf8(&self, file: FileId) -> bool {
        self.files.get(file.0 as usize).is_none_or(|source| source.utf8)
    }
}
