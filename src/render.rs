//! Diagnostics for people, drawn under the lines of their files.

use std::io::{self, Write};

use codespan_reporting::diagnostic::{Diagnostic as Drawn, Label, LabelStyle, Severity as Weight};
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term::{Config, WriteStyle, emit_to_write_style};
use flow_compiler::{Diagnostic, FileId, Severity, Sources};
use flow_runtime::rehearsal::Problem;

use crate::excerpt::{Excerpts, is_long};
use crate::terminal::{ERROR, FAINT, FRAME, STRONG, WARNING, visible};
use crate::texts::count;

/// How many there were of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) files: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Counts {
    /// Counts diagnostics.
    pub(crate) fn of(sources: &Sources, diagnostics: &[Diagnostic]) -> Self {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        Self { files: sources.len(), errors, warnings: diagnostics.len() - errors }
    }

    /// `2 errors and 1 warning in 3 files`
    pub(crate) fn sentence(self) -> String {
        let files = count(self.files, "file");
        match (self.errors, self.warnings) {
            (0, 0) => format!("no errors in {files}"),
            (errors, 0) => format!("{} in {files}", count(errors, "error")),
            (0, warnings) => format!("{} in {files}", count(warnings, "warning")),
            (errors, warnings) => format!("{} and {} in {files}", count(errors, "error"), count(warnings, "warning")),
        }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self { files: a.files + b.files, errors: a.errors + b.errors, warnings: a.warnings + b.warnings })
    }
}

/// Draws all diagnostics on standard error.
pub(crate) fn to_stderr(sources: &Sources, diagnostics: &[Diagnostic]) {
    // The texts are not even looked at for nothing.
    if diagnostics.is_empty() {
        return;
    }
    let mut drawn = Styling(Vec::new());
    draw(&mut drawn, sources, diagnostics);
    // Nothing is left to be told to whom when standard error is gone.
    let _ = anstream::stderr().lock().write_all(&drawn.0);
}

/// What is not as a test expects it, drawn under the lines of its file.
pub(crate) fn problem(sources: &Sources, file: FileId, problem: &Problem) -> String {
    let place = file.0 as usize;
    let mut labels = vec![Label::primary(place, problem.span.range()).with_message(visible(&problem.label))];
    labels.extend(problem.because.iter().map(|(span, why)| Label::secondary(place, span.range()).with_message(visible(why))));
    let notes = problem.notes.iter().map(|note| visible(note)).chain(problem.help.iter().map(|help| format!("help: {}", visible(help))));
    let diagnostic = Drawn::error().with_message(visible(&problem.message)).with_labels(labels).with_notes(notes.collect());
    let mut drawn = Styling(Vec::new());
    // Writing to memory does not fail, and a span outside its file is told without its line.
    if emit_to_write_style(&mut drawn, &Config::default(), &all(sources), &diagnostic).is_err() {
        let _ = writeln!(drawn, "{}", visible(&problem.message));
    }
    String::from_utf8_lossy(&drawn.0).into_owned()
}

fn all(sources: &Sources) -> SimpleFiles<String, String> {
    let mut files = SimpleFiles::new();
    for file in sources.files() {
        files.add(visible(sources.shown(file)), visible(sources.text(file)));
    }
    files
}

fn draw(out: &mut Styling, sources: &Sources, diagnostics: &[Diagnostic]) {
    let files = all(sources);
    let config = Config::default();
    for diagnostic in diagnostics {
        let mut drawn = drawn(diagnostic);
        let told = if drawn.labels.iter().any(|label| files.get(label.file_id).is_ok_and(|file| is_long(file.source(), &label.range))) {
            let places: Vec<_> = drawn.labels.iter().map(|label| (label.file_id, label.range.clone())).collect();
            let known = (0..sources.len()).filter_map(|id| files.get(id).ok());
            let excerpts = Excerpts::new(known.map(|file| (file.name().as_str(), file.source().as_str())), &places);
            drawn.labels.iter_mut().for_each(|label| label.range = excerpts.drawn(label.file_id, &label.range));
            emit_to_write_style(out, &config, &excerpts, &drawn)
        } else {
            emit_to_write_style(out, &config, &files, &drawn)
        };
        // Writing to memory does not fail, and a span outside its file is told without its line.
        if told.is_err() {
            let _ = writeln!(out, "{}: {}", diagnostic.code, visible(&diagnostic.message));
        }
    }
}

fn drawn(diagnostic: &Diagnostic) -> Drawn<usize> {
    let mut labels = vec![Label::primary(diagnostic.file.0 as usize, diagnostic.span.range()).with_message(visible(&diagnostic.label))];
    labels.extend(
        diagnostic
            .labels
            .iter()
            .map(|label| Label::secondary(label.file.0 as usize, label.span.range()).with_message(visible(&label.message))),
    );
    let mut notes: Vec<String> = diagnostic.counterexample.iter().map(|example| visible(example)).collect();
    notes.extend(diagnostic.help.iter().map(|help| format!("help: {}", visible(help))));
    if diagnostic.help.is_none() {
        notes.extend(diagnostic.fix.iter().map(|fix| format!("help: {}", visible(&fix.title))));
    }
    let drawn = match diagnostic.severity {
        Severity::Error => Drawn::error(),
        Severity::Warning => Drawn::warning(),
    };
    drawn.with_code(diagnostic.code.as_str()).with_message(visible(&diagnostic.message)).with_labels(labels).with_notes(notes)
}

/// Styles as escape sequences; who prints it takes them out again where they are not wanted.
struct Styling(Vec<u8>);

impl Write for Styling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const fn weight_style(weight: Weight) -> clap::builder::styling::Style {
    match weight {
        Weight::Error | Weight::Bug => ERROR,
        _ => WARNING,
    }
}

impl WriteStyle for Styling {
    fn set_header(&mut self, severity: Weight) -> io::Result<()> {
        write!(self.0, "{}", weight_style(severity))
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        write!(self.0, "{STRONG}")
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        write!(self.0, "{FRAME}")
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        write!(self.0, "{FRAME}")
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        write!(self.0, "{FRAME}")
    }

    fn set_label(&mut self, severity: Weight, style: LabelStyle) -> io::Result<()> {
        match style {
            LabelStyle::Primary => write!(self.0, "{}", weight_style(severity)),
            LabelStyle::Secondary => write!(self.0, "{FRAME}"),
        }
    }

    fn reset(&mut self) -> io::Result<()> {
        write!(self.0, "{FAINT:#}")
    }
}

#[cfg(test)]
mod tests {
    use flow_compiler::{Sources, check};

    use super::{Styling, draw};

    /// A file as its author sees it, and under it what is said, without colours.
    fn page(text: &str) -> String {
        let mut sources = Sources::new();
        sources.add("a.flow", text);
        let mut out = Styling(Vec::new());
        draw(&mut out, &sources, &check(&sources).diagnostics);
        anstream::adapter::strip_bytes(&out.0).into_vec().try_into().unwrap()
    }

    #[test]
    fn what_is_wide_is_underlined_where_it_stands() {
        let wide = "workflow w(a: text) {\n  step log(message: \"汉字漢字 {aa}\")\n  step log(message: \"e\u{301}e\u{301} ü {bb}\")\n  step log(message: \"😀👍🏽 {cc}\")\n\tstep\tlog(message:\tdd)\n}\n";
        insta::assert_snapshot!(page(wide));
    }

    #[test]
    fn long_lines_are_cut_around_what_is_wrong() {
        let long = "漢".repeat(400);
        let text = format!(
            "workflow w(a: text) {{\n  step log(message: \"{long} {{aa}} {long}\")\n  step log(message: \"{{a}} {long} {{bb}}\")\n  step log(mesage: a, messag: \"{long}\")\n}}\n"
        );
        insta::assert_snapshot!(page(&text));
    }

    #[test]
    fn several_lines_are_framed() {
        let text = "workflow w(a: text, a: number) {\n  require approval {\n    title \"x\"\n    within 1 day,\n      then escalate to\n        \"ana@acme.example\"\n  }\n  step log(message: if a == \"x\"\n    then 1\n    else \"two\")\n}\n";
        insta::assert_snapshot!(page(text));
    }

    #[test]
    fn a_cause_in_another_file_is_drawn_there() {
        let mut sources = Sources::new();
        sources.add("bank.flow", "action pay(to: text) {\n  exec \"pay\" [to]\n}\n");
        sources.add("pay.flow", format!("use \"bank.flow\"\nworkflow w() {{\n  step bank.pay() # {}\n}}\n", "x".repeat(400)));
        let mut out = Styling(Vec::new());
        draw(&mut out, &sources, &check(&sources).diagnostics);
        insta::assert_snapshot!(String::from_utf8(anstream::adapter::strip_bytes(&out.0).into_vec()).unwrap());
    }
}
