//! `hitlc fmt`, and that all flows of the project are laid out by it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use flow_grammar::{format, parse};

use crate::docs::{blocks, files, pages, root};
use crate::support::{Done, Project};

#[path = "../../grammar/tests/law/mod.rs"]
mod law;

/// All flows of some folders, with their places.
fn flows(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    folders.iter().for_each(|folder| files(&root().join(folder), "flow", &mut found));
    found.into_iter().map(|file| (file.display().to_string(), fs::read_to_string(&file).unwrap_or_default())).collect()
}

/// Whatever Flow there is in the project, the faulty as well, means the same when it is formatted.
#[test]
fn all_flows_mean_the_same() {
    let mut texts = flows(&["examples", "templates", "compiler", "grammar", "runtime"]);
    let mut pages = pages();
    files(&root().join("compiler/codes"), "md", &mut pages);
    texts.extend(pages.iter().flat_map(|page| blocks(page)).map(|block| (block.place, block.code)));
    let (sound, faulty): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(_, text)| parse(text).faults.is_empty());
    assert!(sound.len() >= 100 && faulty.len() >= 5, "{} and {} texts were found", sound.len(), faulty.len());
    for (_, text) in &sound {
        law::formatted(text);
    }
    for (place, text) in &faulty {
        assert_eq!(format(text), Err(parse(text).faults), "{place}");
    }
}

/// `UPDATE=1 cargo test` lays out the examples; a page is laid out by hand.
#[test]
fn flows_of_the_project_are_laid_out() {
    let mut faults = Vec::new();
    for (place, text) in flows(&["examples", "templates"]) {
        let formatted = format(&text).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&place, &formatted).unwrap();
        } else if formatted != text {
            faults.push(place);
        }
    }
    // What a reader of the tutorial types at first is laid out later.
    let typed = |marks: &str| marks.starts_with("wrong ") && marks.ends_with(".flow");
    for block in pages().iter().flat_map(|page| blocks(page)).filter(|block| !typed(&block.marks)) {
        // Statements of a workflow are no file, and what does not parse has no layout.
        let part = format!("workflow w() {{\n{}}}\n", block.code);
        let laid_out = |text: &str| format(text).ok().map(|formatted| formatted == text);
        let other = laid_out(&block.code).or_else(|| laid_out(&part)) == Some(false);
        if other {
            faults.push(block.place);
        }
    }
    assert!(faults.is_empty(), "these are laid out otherwise:\n{}", faults.join("\n"));
}

const WRITTEN: &str = "# Why.\nworkflow w( ) ->text{return \"x\"   # here\n}";
const FORMATTED: &str = "# Why.\nworkflow w() -> text {\n  return \"x\" # here\n}\n";
const FAULTY: &str = "workflow w() {\n  retrun 1\n}\n";

#[test]
fn files_are_laid_out_in_their_place() {
    let project = Project::with(&[("flows/a.flow", WRITTEN), ("flows/b.flow", FORMATTED), ("c.flow", WRITTEN)]);
    fs::set_permissions(project.file("flows/a.flow"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../c.flow", project.file("flows/link.flow")).unwrap();

    let checked = project.hitlc(&["fmt", "--check", "flows"]);
    assert_eq!((checked.code, checked.out.as_str()), (1, "flows/a.flow\nflows/link.flow\n"));
    assert_eq!(checked.err, "2 of 3 files laid out otherwise; `hitlc fmt` changes that\n");
    assert_eq!(fs::read_to_string(project.file("flows/a.flow")).unwrap(), WRITTEN);

    let done = project.hitlc(&["fmt", "flows"]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "", "2 of 3 files changed\n"));
    for name in ["flows/a.flow", "flows/b.flow", "c.flow"] {
        assert_eq!(fs::read_to_string(project.file(name)).unwrap(), FORMATTED, "{name}");
    }
    assert_eq!(fs::metadata(project.file("flows/a.flow")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(project.file("flows/link.flow")).unwrap().is_symlink());
    assert_eq!(fs::read_dir(project.file("flows")).unwrap().count(), 3, "nothing is left beside them");

    let again = project.hitlc(&["fmt", "--check"]);
    assert_eq!((again.code, again.out.as_str(), again.err.as_str()), (0, "", "4 files laid out as it should be\n"));
}

#[test]
fn a_file_with_errors_is_left_alone() {
    let project = Project::with(&[("bad.flow", FAULTY), ("good.flow", WRITTEN)]);
    for (args, good) in [(&["fmt", "--check"][..], WRITTEN), (&["fmt"][..], FORMATTED)] {
        let done = project.hitlc(args);
        assert_eq!(done.code, 1);
        assert!(done.err.contains("F0002") && done.err.contains("bad.flow:2"), "{}", done.err);
        assert!(done.err.ends_with("1 file with errors left alone\n"), "{}", done.err);
        assert_eq!(fs::read_to_string(project.file("bad.flow")).unwrap(), FAULTY);
        assert_eq!(fs::read_to_string(project.file("good.flow")).unwrap(), good);
    }
    // What is wrong but for the syntax is no matter of layout.
    project.write("bad.flow", "workflow w() -> nothing {\n  return x\n}\n");
    assert_eq!(project.hitlc(&["fmt", "bad.flow"]).err, "0 of 1 file changed\n");
    project.write("bad.flow", b"workflow \xff");
    let done = project.hitlc(&["fmt", "bad.flow"]);
    assert!(done.code == 1 && done.err.contains("F0012"), "{}", done.err);
}

fn piped(args: &[&str], text: &str) -> Done {
    let project = Project::with(&[]);
    let mut child = project.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code().unwrap(), out: said(output.stdout), err: said(output.stderr) }
}

#[test]
fn standard_input_goes_to_standard_output() {
    for text in [WRITTEN, FORMATTED] {
        let done = piped(&["fmt", "-"], text);
        assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, FORMATTED, ""));
    }
    let faulty = piped(&["fmt", "-"], FAULTY);
    assert_eq!((faulty.code, faulty.out.as_str()), (1, ""));
    assert!(faulty.err.contains("standard input:2"), "{}", faulty.err);
    assert_eq!(piped(&["fmt", "--check", "-"], WRITTEN).code, 1);
    assert_eq!(piped(&["fmt", "--check", "-"], FORMATTED).code, 0);
    assert_eq!(piped(&["fmt", "-", "a.flow"], FORMATTED).code, 2);
}
