//! Results of tests as JUnit writes them: a suite for each file with tests, and in it what no test of the file's gates reaches.

use std::fmt::Write as _;

use super::{Outcome, Report};

/// The results as an XML document.
pub(super) fn report(report: &Report) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failures) = (report.outcomes.len(), report.failed());
    line(&mut xml, 0, &format!("<testsuites name=\"hitlc test\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"));
    for file in &report.files {
        suite(&mut xml, report, file);
    }
    line(&mut xml, 0, "</testsuites>");
    xml
}

fn suite(xml: &mut String, report: &Report, path: &str) {
    let untested: Vec<String> = report
        .uncovered()
        .filter(|(gate, _)| gate.file == path)
        .map(|(gate, sentence)| format!("{path}:{}: {sentence}", gate.line))
        .collect();
    let outcomes: Vec<&Outcome> = report.outcomes_of(path).collect();
    if outcomes.is_empty() && untested.is_empty() {
        return;
    }
    let failures = outcomes.iter().filter(|outcome| outcome.problem.is_some()).count();
    let name = attribute(path);
    let tests = outcomes.len();
    line(xml, 1, &format!("<testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">"));
    for outcome in outcomes {
        case(xml, path, outcome);
    }
    if !untested.is_empty() {
        line(xml, 2, &format!("<system-out>{}</system-out>", text(&untested.join("\n"))));
    }
    line(xml, 1, "</testsuite>");
}

fn case(xml: &mut String, path: &str, outcome: &Outcome) {
    let open = format!(
        "<testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
        attribute(&outcome.name),
        attribute(path),
        attribute(path),
        outcome.line
    );
    let Some(problem) = &outcome.problem else {
        line(xml, 2, &format!("{open}/>"));
        return;
    };
    line(xml, 2, &format!("{open}>"));
    let mut body = format!("{path}:{}: {}", problem.line, problem.message);
    for note in &problem.notes {
        let _ = write!(body, "\n{note}");
    }
    if let Some(help) = &problem.help {
        let _ = write!(body, "\nhelp: {help}");
    }
    line(xml, 3, &format!("<failure message=\"{}\" type=\"expectation\">{}</failure>", attribute(&problem.message), text(&body)));
    line(xml, 2, "</testcase>");
}

fn line(xml: &mut String, level: usize, text: &str) {
    xml.push_str(&"  ".repeat(level));
    xml.push_str(text);
    xml.push('\n');
}

/// A text in the value of an attribute: line ends are kept from being read as blanks.
fn attribute(value: &str) -> String {
    text(value).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

/// A text between tags; characters that no XML document can hold are shown as missing.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{attribute, text};

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(text("a < b & \u{1b}[2J \u{ffff}"), "a &lt; b &amp; \u{fffd}[2J \u{fffd}");
        assert_eq!(attribute("say \"yes\"\nnow"), "say &quot;yes&quot;&#10;now");
    }
}
