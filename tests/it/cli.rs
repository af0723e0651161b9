//! The commands that need no store.

use std::fs;

use crate::support::{Project, REFUND};

#[test]
fn without_arguments_it_prints_help() {
    let done = Project::with(&[]).hitlc(&[]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("Usage: hitlc"));
    assert!(!done.err.lines().any(|line| line.trim_start().starts_with("simulate ")), "`simulate` is not there yet");
}

#[test]
fn a_new_project_checks_and_runs_at_once() {
    let project = Project::with(&[]);
    let done = project.hitlc(&["new", "refunds"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let refunds = project.file("refunds");
    let in_it = |args: &[&str]| project.command(args).current_dir(&refunds).output().unwrap();
    assert!(in_it(&["check", "--deny", "warnings"]).status.success());
    let run = in_it(&["run", "refund.flow", "customer=ada", "amount=20"]);
    assert_eq!(String::from_utf8(run.stdout).unwrap(), "refunded 20 to ada\n");
    assert!(run.status.success());
    assert!(refunds.join(".hitl/state.db").exists());
    // Every line of the settings can be used as it stands.
    let settings = fs::read_to_string(refunds.join("hitl.toml")).unwrap();
    let used: Vec<String> = settings.lines().skip(1).map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned()).collect();
    fs::write(refunds.join("hitl.toml"), used.join("\n")).unwrap();
    let runs = in_it(&["runs", "--json"]);
    assert!(runs.status.success(), "{}", String::from_utf8_lossy(&runs.stderr));
}

#[test]
fn a_new_project_changes_nothing_that_exists() {
    let project = Project::with(&[("here/refund.flow", "mine")]);
    let done = project.hitlc(&["new", "here"]);
    assert_eq!(done.code, 2);
    insta::assert_snapshot!(done.err, @r"
    error: `here` is not empty
      help: name a folder that does not exist yet, or an empty one
    ");
    assert_eq!(fs::read_to_string(project.file("here/refund.flow")).unwrap(), "mine");
    assert_eq!(project.hitlc(&["new", "here/refund.flow"]).code, 2);
}

#[test]
fn codes_are_explained() {
    let project = Project::with(&[]);
    let page = project.hitlc(&["explain", "f0101"]);
    assert_eq!(page.code, 0);
    assert!(page.out.contains("F0101"));
    let lint = project.hitlc(&["explain", "unguarded"]);
    assert!(lint.out.starts_with("# F0501"), "{}", lint.err);
    let all = project.hitlc(&["explain"]);
    assert!(all.out.contains("`unguarded`"));
    assert!(all.out.lines().count() > 20);
    let unknown = project.hitlc(&["explain", "F011"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean"), "{}", unknown.err);
}

#[test]
fn graphs_come_in_four_formats() {
    let project = Project::with(&[("refund.flow", REFUND)]);
    let mermaid = project.hitlc(&["graph", "refund.flow"]);
    assert!(mermaid.out.starts_with("flowchart TD\n"), "{}", mermaid.err);
    assert!(project.hitlc(&["graph", "refund.flow", "--format", "dot"]).out.starts_with("digraph"));
    assert!(project.hitlc(&["graph", "refund.flow", "--format", "svg"]).out.starts_with("<svg"));
    let json = project.hitlc(&["graph", "refund.flow", "--format", "json"]).json();
    let kinds: Vec<&str> = json["nodes"].as_array().unwrap().iter().map(|node| node["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["start", "gate", "call", "return"]);
    assert_eq!(json["edges"].as_array().unwrap().len(), 3);
    assert_eq!(json["nodes"][2]["effect"], "irreversible");
}

#[test]
fn the_workflow_is_chosen_by_name() {
    let two = "workflow one() { step log(message: \"1\") }\nworkflow two() { step log(message: \"2\") }\n";
    let project = Project::with(&[("two.flow", two), ("none.flow", "record R { id: text }\n")]);
    let unnamed = project.hitlc(&["graph", "two.flow"]);
    assert_eq!(unnamed.code, 2);
    insta::assert_snapshot!(unnamed.err, @r"
    error: there are several workflows in `two.flow`: `one` and `two`
      help: choose one with `--workflow NAME`
    ");
    assert!(project.hitlc(&["graph", "two.flow", "--workflow", "two"]).out.contains("two"));
    let wrong = project.hitlc(&["graph", "two.flow", "--workflow", "tow"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("did you mean `two`?"), "{}", wrong.err);
    assert_eq!(project.hitlc(&["graph", "none.flow"]).code, 1);
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let project = Project::with(&[]);
    let page = project.hitlc(&["man"]);
    assert!(page.code == 0 && page.out.contains(".TH hitlc 1") && page.out.contains("hitlc\\-fmt(1)"), "{}", page.out);
    let new = project.hitlc(&["man", "token", "new"]);
    assert!(new.out.contains(".TH hitlc-token-new 1") && new.out.contains("\\-\\-scope"), "{}", new.out);
    let unknown = project.hitlc(&["man", "chekc"]);
    assert_eq!((unknown.code, unknown.err.contains("did you mean `check`?")), (2, true), "{}", unknown.err);
    assert_eq!(project.hitlc(&["man", "--into", "pages"]).code, 0);
    for name in ["hitlc.1", "hitlc-run.1", "hitlc-token-new.1"] {
        assert!(project.file("pages").join(name).is_file(), "{name}");
    }
}

#[test]
fn completions_are_printed() {
    let project = Project::with(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let done = project.hitlc(&["completions", shell]);
        assert_eq!(done.code, 0);
        assert!(done.out.contains("hitlc"));
    }
    assert_eq!(project.hitlc(&["completions", "cmd"]).code, 2);
}
