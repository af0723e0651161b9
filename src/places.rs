//! Places in files as programs count them.

use flow_compiler::{FileId, Sources, Span};
use serde::Serialize;

/// From 1, columns in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Lines of all files, found once.
pub(crate) struct Places<'a> {
    sources: &'a Sources,
    /// For each file the bytes at which its lines begin.
    lines: Vec<Vec<usize>>,
}

impl<'a> Places<'a> {
    /// Finds them.
    pub(crate) fn of(sources: &'a Sources) -> Self {
        let starts = |file| {
            let newlines = sources.text(file).bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect()
        };
        Self { sources, lines: sources.files().map(starts).collect() }
    }

    /// The name of a file, and where a place in it begins and ends.
    pub(crate) fn range(&self, file: FileId, span: Span) -> (&'a str, Place, Place) {
        (self.sources.shown(file), self.place(file, span.start), self.place(file, span.end))
    }

    fn place(&self, file: FileId, offset: u32) -> Place {
        let offset = offset as usize;
        let starts = self.lines.get(file.0 as usize).map_or(&[][..], Vec::as_slice);
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or_default();
        let before = self.sources.text(file).get(start..offset).unwrap_or_default();
        Place { line, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use flow_compiler::Sources;

    use super::{Place, Places};

    #[test]
    fn columns_are_characters() {
        let mut sources = Sources::new();
        let file = sources.add("a.flow", "ä漢 x\r\n  y");
        let places = Places::of(&sources);
        assert_eq!(places.place(file, 6), Place { line: 1, column: 4 });
        assert_eq!(places.place(file, 11), Place { line: 2, column: 3 });
        assert_eq!(places.place(file, 12), Place { line: 2, column: 4 });
    }
}
