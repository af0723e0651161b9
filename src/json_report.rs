//! Diagnostics for programs.

use flow_compiler::{Diagnostic, FileId, Severity, Sources, Span};
use serde::Serialize;

use crate::render::Counts;

#[derive(Serialize)]
struct Report<'a> {
    files: usize,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    file: &'a str,
    start: Place,
    end: Place,
    label: &'a str,
    labels: Vec<Label<'a>>,
    help: Option<&'a str>,
    fix: Option<Fix<'a>>,
    counterexample: Option<&'a str>,
}

#[derive(Serialize)]
struct Label<'a> {
    message: &'a str,
    file: &'a str,
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    file: &'a str,
    start: Place,
    end: Place,
    text: &'a str,
}

/// From 1, columns in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Place {
    line: usize,
    column: usize,
}

/// The report as one JSON object with a line end.
pub(crate) fn report(found: &[(Sources, Vec<Diagnostic>)]) -> String {
    let places: Vec<Places<'_>> = found.iter().map(|(sources, _)| Places::of(sources)).collect();
    let counts: Counts = found.iter().map(|(sources, diagnostics)| Counts::of(sources, diagnostics)).sum();
    let entries = places.iter().zip(found).flat_map(|(places, (_, diagnostics))| diagnostics.iter().map(|said| entry(places, said)));
    let report = Report { files: counts.files, errors: counts.errors, warnings: counts.warnings, diagnostics: entries.collect() };
    // Plain texts and numbers always have a JSON.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn entry<'a>(places: &Places<'a>, diagnostic: &'a Diagnostic) -> Entry<'a> {
    let (file, start, end) = places.range(diagnostic.file, diagnostic.span);
    Entry {
        code: diagnostic.code.as_str(),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &diagnostic.message,
        file,
        start,
        end,
        label: &diagnostic.label,
        labels: diagnostic
            .labels
            .iter()
            .map(|label| {
                let (file, start, end) = places.range(label.file, label.span);
                Label { message: &label.message, file, start, end }
            })
            .collect(),
        help: diagnostic.help.as_deref(),
        fix: diagnostic.fix.as_ref().map(|fix| Fix {
            title: &fix.title,
            edits: fix
                .edits
                .iter()
                .map(|edit| {
                    let (file, start, end) = places.range(edit.file, edit.span);
                    Edit { file, start, end, text: &edit.text }
                })
                .collect(),
        }),
        counterexample: diagnostic.counterexample.as_deref(),
    }
}

/// Lines of all files, found once.
struct Places<'a> {
    sources: &'a Sources,
    /// For each file the bytes at which its lines begin.
    lines: Vec<Vec<usize>>,
}

impl<'a> Places<'a> {
    fn of(sources: &'a Sources) -> Self {
        let starts = |file| {
            let newlines = sources.text(file).bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect()
        };
        Self { sources, lines: sources.files().map(starts).collect() }
    }

    fn range(&self, file: FileId, span: Span) -> (&'a str, Place, Place) {
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
