//! How diagnostics look, to people and to programs.

use crate::support::{Project, REFUND};

/// Faults of several kinds, with wide characters before one of them.
const FAULTY: &str = "\
workflow pay(customer: text, amount: numbr) -> text {
  step receipt = refnd(customer, amount)
  let note = \"漢字 {custmer}\"
  return receipt
}

irreversible action refund(customer: text, amount: number) -> text {
  exec \"echo\" [\"{amount}\"]
}
";

#[test]
fn diagnostics_are_drawn_under_their_lines() {
    let project = Project::with(&[("pay.flow", FAULTY)]);
    let done = project.hitlc(&["check"]);
    assert_eq!(done.code, 1);
    assert_eq!(done.out, "");
    insta::assert_snapshot!(done.err);
}

#[test]
fn diagnostics_are_told_to_programs() {
    let project = Project::with(&[("pay.flow", FAULTY)]);
    let done = project.hitlc(&["check", "--format", "json"]);
    assert_eq!(done.code, 1);
    assert_eq!(done.err, "");
    insta::assert_snapshot!(done.out);
}

#[test]
fn colours_are_as_wanted() {
    let project = Project::with(&[("pay.flow", FAULTY)]);
    assert!(!project.hitlc(&["check"]).err.contains('\u{1b}'));
    assert!(project.hitlc(&["check", "--color", "always"]).err.contains('\u{1b}'));
    assert!(!project.hitlc(&["check", "--color", "never"]).err.contains('\u{1b}'));
}

#[test]
fn a_file_cannot_steer_the_terminal() {
    let project = Project::with(&[("x.flow", "workflow \u{1b}[2J\u{202e}x() {\n")]);
    let done = project.hitlc(&["check"]);
    assert_eq!(done.code, 1);
    assert!(!done.err.contains('\u{1b}') && !done.err.contains('\u{202e}'), "{}", done.err);
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let unused = format!("{REFUND}\naction nobody_calls() {{ exec \"true\" [] }}\n");
    let project = Project::with(&[("x.flow", &unused)]);
    let done = project.hitlc(&["check"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("1 warning in 1 file"), "{}", done.err);
    let done = project.hitlc(&["check", "--deny", "warnings"]);
    assert_eq!(done.code, 1);
    assert!(done.err.contains("warnings are denied"), "{}", done.err);
    assert_eq!(project.hitlc(&["check", "--format", "json"]).json()["warnings"], 1);
}

#[test]
fn levels_come_from_the_project_then_the_command_then_a_comment_and_forbid_is_final() {
    let flow = "workflow w(a: text, b: text) {\n  let c = b\n  # allow: unused-value, because it is kept\n  let d = a\n  step log(message: \"x\")\n}\n";
    let project = Project::with(&[("x.flow", flow), ("hitl.toml", "[lints]\nunused-value = \"deny\"\n")]);
    let told = |options: &[&str]| {
        let all = [&["check", "--format", "json"], options].concat();
        let done = project.hitlc(&all);
        (done.code, done.json()["errors"].as_u64().unwrap(), done.json()["warnings"].as_u64().unwrap())
    };
    assert_eq!(told(&[]), (1, 1, 0));
    assert_eq!(told(&["--warn", "unused-value"]), (0, 0, 1));
    assert_eq!(told(&["--allow", "unused-value"]), (0, 0, 0));
    assert_eq!(told(&["--allow", "unused-value", "--deny", "unused-value"]), (1, 1, 0));
    assert_eq!(told(&["--forbid", "unused-value"]), (1, 2, 0));
    assert_eq!(told(&["--warn", "unused-value", "--deny", "warnings"]), (1, 0, 1));
    let unknown = project.hitlc(&["check", "--deny", "unused-valu"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `unused-value`?"), "{}", unknown.err);
    project.write("hitl.toml", b"[lints]\nunused-value = \"forbid\"\n");
    assert_eq!(told(&["--allow", "unused-value"]), (1, 2, 0));
}

#[test]
fn build_servers_get_their_formats() {
    let project = Project::with(&[("pay.flow", FAULTY)]);
    let sarif = project.hitlc(&["check", "--format", "sarif"]);
    assert_eq!((sarif.code, sarif.json()["runs"][0]["results"].as_array().unwrap().len()), (1, 3));
    let github = project.hitlc(&["check", "--format", "github"]);
    assert_eq!((github.code, github.out.lines().filter(|line| line.starts_with("::error file=pay.flow,line=")).count()), (1, 3));
}

#[test]
fn a_folder_means_every_flow_file_below_it() {
    let project = Project::with(&[("a.flow", REFUND), ("deep/er/b.flow", REFUND), (".hidden/c.flow", "broken"), ("d.txt", "broken")]);
    let done = project.hitlc(&["check", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.out);
    assert_eq!(done.json()["files"], 2);
}

#[test]
fn what_cannot_be_read_is_said() {
    let project = Project::with(&[("refund.flow", REFUND), ("empty/readme", "")]);
    let missing = project.hitlc(&["check", "refnd.flow"]);
    assert_eq!(missing.code, 2);
    insta::assert_snapshot!(missing.err, @r"
    error: there is no `refnd.flow`
      help: did you mean `refund.flow`?
    ");
    let empty = project.hitlc(&["check", "empty"]);
    assert_eq!(empty.code, 2);
    insta::assert_snapshot!(empty.err, @r"
    error: there is no `.flow` file in `empty`
      help: name a file or another folder, or make a project with `hitlc new DIR`
    ");
    project.write("bytes.flow", b"# \xff\n");
    let bytes = project.hitlc(&["check", "bytes.flow"]);
    assert_eq!(bytes.code, 1);
    assert!(bytes.err.contains("F0012"), "{}", bytes.err);
}

#[test]
fn a_file_above_the_limit_is_one_error() {
    let project = Project::with(&[("large.flow", &"# filler\n".repeat(300_000))]);
    let done = project.hitlc(&["check", "--format", "json"]);
    assert_eq!(done.code, 1);
    assert_eq!(done.json()["diagnostics"][0]["code"], "F0011");
    assert_eq!(done.json()["errors"], 1);
}
