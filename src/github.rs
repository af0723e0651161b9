//! Diagnostics as annotations of a change on GitHub: workflow commands, one a line.

use std::fmt::Write as _;

use flow_compiler::{Diagnostic, Severity, Sources};

use crate::places::Places;

/// One line for each diagnostic.
pub(crate) fn report(found: &[(Sources, Vec<Diagnostic>)]) -> String {
    let mut text = String::new();
    for (sources, diagnostics) in found {
        let places = Places::of(sources);
        diagnostics.iter().for_each(|said| annotation(&places, said, &mut text));
    }
    text
}

fn annotation(places: &Places<'_>, said: &Diagnostic, out: &mut String) {
    let (file, start, end) = places.range(said.file, said.span);
    let level = match said.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let _ = write!(out, "::{level} file={},line={},endLine={}", property(file), start.line, end.line);
    // Columns count only where the whole place is in one line.
    if start.line == end.line {
        let _ = write!(out, ",col={},endColumn={}", start.column, end.column);
    }
    let mut message = said.message.clone();
    said.counterexample.iter().for_each(|example| message.extend(["\n", example]));
    said.help.iter().for_each(|help| message.extend(["\nhelp: ", help]));
    let _ = writeln!(out, ",title={}::{}", property(&format!("{} {}", said.code, said.code.title())), data(&message));
}

/// A message in a command.
pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use flow_compiler::{Sources, check};

    use super::report;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let mut sources = Sources::new();
        sources.add("a,b:c 100%.flow", "workflow w(name: text) {\n  step log(message: nam)\n}\n");
        let mut checked = check(&sources);
        checked.diagnostics[0].message.push_str("\r\n50%, so: ");
        assert_eq!(
            report(&[(sources, checked.diagnostics)]),
            "::error file=a%2Cb%3Ac 100%25.flow,line=2,endLine=2,col=21,endColumn=24,title=F0101 a name that is not known::\
             there is no value called `nam` here%0D%0A50%25, so: %0Ahelp: did you mean `name`?\n"
        );
    }

    #[test]
    fn a_place_over_several_lines_has_no_columns() {
        let mut sources = Sources::new();
        sources.add("a.flow", "workflow w() -> number {\n  return \"a\" +\n    \"b\"\n}\n");
        let checked = check(&sources);
        let text = report(&[(sources, checked.diagnostics)]);
        assert!(text.starts_with("::error file=a.flow,line=2,endLine=3,title=F0201"), "{text}");
    }
}
