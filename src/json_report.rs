//! Diagnostics for programs.

use flow_compiler::{Diagnostic, Severity, Sources};
use serde::Serialize;

use crate::places::{Place, Places};
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
