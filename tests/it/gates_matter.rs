//! No example works without its gates: each of them, taken out, leaves a call that may run unasked, and that is refused.

use std::fs;
use std::path::Path;

use crate::support::Project;

/// The places of the gates in a text: from `require approval` to the end of the line, or of its block.
fn gates(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("require approval") {
            let indent = &line[..line.len() - line.trim_start().len()];
            let rest = &text[start..];
            let length =
                if line.trim_end().ends_with('{') { rest.find(&format!("\n{indent}}}\n")).unwrap() + indent.len() + 3 } else { line.len() };
            found.push(start..start + length);
        }
        start += line.len();
    }
    found
}

#[test]
fn no_example_does_without_one_of_its_gates() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<String> = fs::read_dir(examples)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    let (mut taken_out, mut refused) = (0, 0);
    for name in names {
        let project = Project::example(&name);
        let files: Vec<_> = fs::read_dir(project.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "flow")) {
            let text = fs::read_to_string(file).unwrap();
            for gate in gates(&text) {
                let mut without = text.clone();
                without.replace_range(gate.clone(), "");
                fs::write(file, &without).unwrap();
                let checked = project.hitlc(&["check", "--format", "json", "."]);
                fs::write(file, &text).unwrap();
                assert_eq!(checked.code, 1, "{name} without `{}`: {checked:?}", &text[gate]);
                taken_out += 1;
                refused += usize::from(checked.out.contains("F0332"));
            }
        }
        assert_eq!(project.hitlc(&["check", "--deny", "warnings", "."]).code, 0, "{name} as it is");
    }
    assert!(taken_out >= 9, "{taken_out} gates");
    // Where something uses what was entered at the gate, that is what is missing first.
    assert!(refused + 2 >= taken_out, "{refused} of {taken_out} for the call alone");
}
