//! Diagnostics as SARIF 2.1.0, for code scanning and for editors that read it.
//!
//! Each code that occurs is a rule with its page; lines and columns count from 1, columns in Unicode characters.

use std::collections::BTreeSet;

use flow_compiler::{Code, Diagnostic, FileId, Level, Severity, Sources, Span};
use serde_json::{Value, json};

use crate::places::Places;

/// The log as one JSON object with a line end.
pub(crate) fn report(found: &[(Sources, Vec<Diagnostic>)]) -> String {
    let codes: BTreeSet<Code> = found.iter().flat_map(|(_, diagnostics)| diagnostics).map(|said| said.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results = found.iter().flat_map(|(sources, diagnostics)| {
        let places = Places::of(sources);
        diagnostics.iter().map(|said| result(&places, &codes, said)).collect::<Vec<_>>()
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hitlc",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    // Plain texts and numbers always have a JSON.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(code: Code) -> Value {
    let page = code.explain();
    // Below its heading a page says first what is wrong.
    let about = page.split_once("\n\n").map_or(page, |(_, rest)| rest).split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let level = match code.default_level() {
        Level::Allow => "none",
        Level::Warn => "warning",
        Level::Deny | Level::Forbid => "error",
    };
    let mut rule = json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": about },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level },
    });
    if let (Some(lint), Some(rule)) = (code.lint(), rule.as_object_mut()) {
        rule.insert("name".into(), lint.into());
    }
    rule
}

fn result(places: &Places<'_>, codes: &[Code], said: &Diagnostic) -> Value {
    let mut text = said.message.clone();
    if !said.label.is_empty() {
        text.push_str(": ");
        text.push_str(&said.label);
    }
    let more = said.counterexample.iter().cloned().chain(said.help.iter().map(|help| format!("help: {help}")));
    more.for_each(|line| text.extend(["\n", line.as_str()]));
    let mut result = json!({
        "ruleId": said.code.as_str(),
        "ruleIndex": codes.binary_search(&said.code).unwrap_or_default(),
        "level": match said.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "message": { "text": text },
        "locations": [{ "physicalLocation": location(places, said.file, said.span) }],
    });
    let Some(object) = result.as_object_mut() else { return result };
    let related = said.labels.iter().enumerate().map(|(id, label)| {
        let place = location(places, label.file, label.span);
        json!({ "id": id + 1, "physicalLocation": place, "message": { "text": label.message } })
    });
    if !said.labels.is_empty() {
        object.insert("relatedLocations".into(), related.collect());
    }
    if let Some(fix) = &said.fix {
        let changes = fix.edits.iter().map(|edit| {
            let (file, start, end) = places.range(edit.file, edit.span);
            json!({
                "artifactLocation": { "uri": uri(file) },
                "replacements": [{
                    "deletedRegion": region(start, end),
                    "insertedContent": { "text": edit.text },
                }],
            })
        });
        object.insert("fixes".into(), json!([{ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() }]));
    }
    result
}

fn location(places: &Places<'_>, file: FileId, span: Span) -> Value {
    let (file, start, end) = places.range(file, span);
    json!({ "artifactLocation": { "uri": uri(file) }, "region": region(start, end) })
}

fn region(start: crate::places::Place, end: crate::places::Place) -> Value {
    json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
}

/// A path as a reference: relative as it is, or of the scheme `file`.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b'\\' => uri.push('/'),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use flow_compiler::{Sources, check};
    use serde_json::Value;

    use super::{report, uri};

    fn log(text: &str) -> Value {
        let mut sources = Sources::new();
        sources.add("my flows/ä.flow", text);
        let checked = check(&sources);
        serde_json::from_str(&report(&[(sources, checked.diagnostics)])).unwrap()
    }

    #[test]
    fn results_name_their_rules_places_causes_and_fixes() {
        let log = log("workflow w(name: text, name: text) {\n  step log(mesage: \"漢\", message: nam)\n}\n");
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect::<Vec<_>>(), ["F0102", "F0104", "F0101"]);
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert_eq!(result["level"], "error");
            assert!(rules[index]["help"]["markdown"].as_str().unwrap().contains("```flow wrong"));
            assert!(!rules[index]["fullDescription"]["text"].as_str().unwrap().contains('#'));
        }
        let twice = &results[0];
        assert_eq!(twice["relatedLocations"][0]["message"]["text"], "declared here first");
        assert_eq!(twice["relatedLocations"][0]["physicalLocation"]["region"]["startColumn"], 12);
        let place = &results[2]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20flows/%C3%A4.flow");
        assert_eq!(place["region"], serde_json::json!({ "startLine": 2, "startColumn": 34, "endLine": 2, "endColumn": 37 }));
        let change = &results[2]["fixes"][0]["artifactChanges"][0];
        assert_eq!(change["artifactLocation"]["uri"], "my%20flows/%C3%A4.flow");
        assert_eq!(change["replacements"][0]["deletedRegion"], place["region"]);
        assert_eq!(change["replacements"][0]["insertedContent"]["text"], "name");
    }

    #[test]
    fn warnings_are_rules_with_the_names_of_their_lints() {
        let log = log("workflow w(a: text) {\n  let b = a\n}\n");
        let run = &log["runs"][0];
        assert_eq!(run["results"][0]["level"], "warning");
        assert_eq!(run["tool"]["driver"]["rules"][0]["name"], "unused-value");
        assert_eq!(run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"], "warning");
    }

    #[test]
    fn nothing_wrong_is_a_log_without_results() {
        let log = log("workflow w() {\n  step log(message: \"x\")\n}\n");
        assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], serde_json::json!([]));
    }

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("/p/a b.flow"), "file:///p/a%20b.flow");
        assert_eq!(uri("../a%.flow"), "../a%25.flow");
    }
}
