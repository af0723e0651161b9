//! Each code has a page, and what its page calls wrong is wrong in just that way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod several;

use flow_compiler::{Code, Level, Levels, Sources, check};

/// Pages without an example: what they speak of does not fit on a page.
const WITHOUT_EXAMPLE: [Code; 3] = [Code::F0011, Code::F0012, Code::F0402];

fn examples(page: &str, kind: &str) -> Vec<String> {
    let open = format!("```flow {kind}\n");
    page.split(&open).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

fn codes_of(text: &str) -> Vec<Code> {
    codes_at(text, &Levels::default())
}

fn codes_at(text: &str, levels: &Levels) -> Vec<Code> {
    let mut sources = several::sources("example.flow", text);
    sources.set_levels(levels.clone());
    check(&sources).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// The levels under which a code is told.
fn levels(code: Code) -> Levels {
    let mut levels = Levels::default();
    code.lint().filter(|_| code.default_level() == Level::Allow).into_iter().for_each(|lint| levels.set(lint, Level::Warn).unwrap());
    levels
}

#[test]
fn every_page_is_true() {
    let mut faults = Vec::new();
    for code in Code::ALL.iter().copied() {
        let page = code.explain();
        if !page.starts_with(&format!("# {code}: {}\n", code.title())) {
            faults.push(format!("{code}: its page has another title"));
        }
        if let Some(lint) = code.lint() {
            let level = if code.default_level() == Level::Allow { "allow" } else { "warn" };
            if !page.contains(&format!("\nIts lint is `{lint}`, whose level is `{level}` where nobody says otherwise.\n")) {
                faults.push(format!("{code}: its page does not say which lint it is, and its level"));
            }
        }
        let (wrong, right) = (examples(page, "wrong"), examples(page, "right"));
        if WITHOUT_EXAMPLE.contains(&code) {
            continue;
        }
        if wrong.is_empty() || right.is_empty() {
            faults.push(format!("{code}: its page lacks an example"));
        }
        for example in wrong {
            let mut found = codes_at(&example, &levels(code));
            found.dedup();
            if found != [code] {
                faults.push(format!("{code}: its wrong example gives {found:?}"));
            }
        }
        for example in right {
            let found = codes_at(&example, &levels(code));
            if !found.is_empty() {
                faults.push(format!("{code}: its right example gives {found:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn codes_are_read_back() {
    for code in Code::ALL {
        assert_eq!(code.as_str().to_lowercase().parse(), Ok(*code));
    }
    assert!("F9999".parse::<Code>().is_err());
}

#[test]
fn what_fits_on_no_page() {
    assert_eq!(codes_of(&"#".repeat((1 << 20) + 1)), [Code::F0011]);
    let mut sources = Sources::new();
    sources.add_bytes("bytes.flow", b"# a\n\xff".to_vec());
    let codes: Vec<Code> = check(&sources).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [Code::F0012]);
    let many = format!("workflow big() {{\n{}}}\n", "require approval\nstep log(message: \"\")\n".repeat(500));
    assert_eq!(codes_of(&many), [Code::F0402]);
}
