//! The commands that work on runs: alone, through the process that has the store open, and through a server.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Done, Project, REFUND};

fn project() -> Project {
    Project::with(&[("refund.flow", REFUND)])
}

fn run(project: &Project, amount: &str, more: &[&str]) -> Done {
    let amount = format!("amount={amount}");
    project.hitlc(&[&["run", "refund.flow", "customer=ada", &amount], more].concat())
}

#[test]
fn a_routine_run_prints_its_result() {
    let project = project();
    let done = run(&project, "20", &[]);
    assert_eq!((done.code, done.out.as_str()), (0, "refunded 20 to ada\n"), "{}", done.err);
    let json = run(&project, "21", &["--json"]).json();
    assert_eq!(json["status"], "completed");
    assert_eq!(json["output"], "refunded 21 to ada");
    assert_eq!(json["approvals"], serde_json::json!([]));
}

#[test]
fn answers_come_from_a_pipe_until_it_ends() {
    let project = project();
    for (answers, code, status) in
        [("approve\n", 0, "completed"), ("approve\nfine by me\n", 0, "completed"), ("reject\nno\n", 3, "rejected"), ("", 4, "paused")]
    {
        let mut command = project.command(&["run", "refund.flow", "customer=ada", "amount=2000", "--json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let run: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &run["status"]), (Some(code), &serde_json::json!(status)), "{answers:?}: {output:?}");
    }
    // What is left is decided another way.
    let id = project.approval("refund_customer");
    assert_eq!(project.hitlc(&["approve", &id]).code, 0);
}

#[test]
fn all_that_does_not_fit_is_said_at_once() {
    let project = project();
    let done = project.hitlc(&["run", "refund.flow", "custmer=ada", "amount=much"]);
    assert_eq!(done.code, 2);
    insta::assert_snapshot!(done.err, @r#"
    error: the values do not fit
      custmer: there is no such parameter, did you mean `customer`?
      amount: expected a number, found text "much"
      customer: missing
      help: `refund_customer` takes customer: text, amount: number
    "#);
    project.write("input.json", r#"{"customer": "bo", "amount": 7}"#);
    let done = project.hitlc(&["run", "refund.flow", "--input", "input.json", "amount=8"]);
    assert_eq!(done.out, "refunded 8 to bo\n", "{}", done.err);
    assert_eq!(project.hitlc(&["run", "refund.flow", "--input", "none.json"]).code, 2);
    assert_eq!(project.hitlc(&["run", "refund.flow", "customer"]).code, 2);
}

#[test]
fn a_run_that_was_left_is_decided_later() {
    let project = project();
    let left = run(&project, "1500", &["--detach", "--json"]);
    assert_eq!(left.code, 4, "{}", left.err);
    let json = left.json();
    assert_eq!(json["status"], "paused");
    let id = json["approvals"][0]["id"].as_str().unwrap();

    let shown = project.hitlc(&["show", id]);
    assert!(shown.out.contains("refund(customer: \"ada\", amount: 1500)"), "{}", shown.out);
    let approved = project.hitlc(&["approve", id, "--comment", "fine"]);
    assert_eq!(approved.code, 0, "{}", approved.err);
    assert!(approved.err.contains("completed"), "{}", approved.err);
    let again = project.hitlc(&["reject", id]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("it is approved by tester@localhost: \"fine\""), "{}", again.err);

    let run = project.hitlc(&["runs", "show", json["run"].as_str().unwrap(), "--json"]).json();
    assert_eq!(run["run"]["output"], "refunded 1500 to ada");
    assert!(run["journal"].as_array().unwrap().len() >= 3);
}

#[test]
fn a_rejection_has_its_own_exit_code() {
    let project = project();
    let mut waiting = project.start("run", &["run", "refund.flow", "customer=ada", "amount=1500", "--json"]);
    let said = waiting.says("/link/");
    assert!(said.contains("approval needed: "), "{said}");
    let id = project.approval("refund_customer");
    assert_eq!(project.hitlc(&["reject", &id, "--comment", "too much"]).code, 0);
    let done = waiting.end();
    assert_eq!(done.code, 3, "{}", done.err);
    assert_eq!(done.json()["status"], "rejected");
    assert!(done.json()["error"].as_str().unwrap().contains("too much"));
}

#[test]
fn a_cancelled_run_has_its_own_exit_code() {
    let project = project();
    let mut waiting = project.start("run", &["run", "refund.flow", "customer=ada", "amount=1500"]);
    waiting.says("approval needed");
    let id = project.approval("refund_customer");
    let (run, _) = id.rsplit_once('-').unwrap();
    let done = project.hitlc(&["runs", "cancel", run]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(waiting.end().code, 5);
}

#[test]
fn a_failed_run_is_taken_up_again() {
    let project = project();
    let flow = r#"
action fetch() -> text { exec "sh" ["-c", "test -e fixed && echo ok"] }
workflow flaky() -> text {
  owner "tester@localhost"
  step got = fetch()
  return got
}
"#;
    project.write("flaky.flow", flow);
    let done = project.hitlc(&["run", "flaky.flow", "--json"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let run = done.json()["run"].as_str().unwrap().to_owned();
    project.write("fixed", "");
    let again = project.hitlc(&["runs", "retry", &run]);
    assert_eq!(again.code, 0, "{}", again.err);
    let shown = project.hitlc(&["runs", "show", &run, "--json"]).json();
    assert_eq!((shown["run"]["status"].as_str(), shown["run"]["output"].as_str()), (Some("completed"), Some("ok")));
    let refused = project.hitlc(&["runs", "retry", &run]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("only a run that has failed can be taken up again"), "{}", refused.err);
}

#[test]
fn another_command_takes_over_when_the_owner_is_killed() {
    let project = project();
    let mut first = project.start("first", &["run", "refund.flow", "customer=ada", "amount=1500"]);
    first.says("/link/");
    let mut second = project.start("second", &["run", "refund.flow", "customer=bo", "amount=2500"]);
    second.says("approval needed");
    first.signal("KILL");
    let said = second.says("this one goes on");
    second.says("/link/");
    assert!(said.contains("2500"));
    for _ in 0..2 {
        let id = project.approval("refund_customer");
        assert_eq!(project.hitlc(&["approve", &id]).code, 0);
    }
    let done = second.end();
    assert_eq!((done.code, done.out.as_str()), (0, "refunded 2500 to bo\n"), "{}", done.err);
    let runs = project.hitlc(&["runs", "--status", "completed", "--json"]).json();
    assert_eq!(runs["items"].as_array().unwrap().len(), 2);
}

#[test]
fn an_interrupted_run_is_left_paused() {
    let project = project();
    let mut waiting = project.start("run", &["run", "refund.flow", "customer=ada", "amount=1500"]);
    waiting.says("Waiting");
    waiting.signal("INT");
    assert_eq!(waiting.end().code, 4);
    let resumed = project.hitlc(&["resume"]);
    assert_eq!(resumed.code, 0);
    assert!(resumed.err.contains("1 waits"), "{}", resumed.err);
    assert!(!project.file(".hitl/state.db.sock").exists());
}

#[test]
fn reading_makes_no_store() {
    let project = project();
    assert_eq!(project.hitlc(&["approvals", "--json"]).json()["items"], serde_json::json!([]));
    assert_eq!(project.hitlc(&["runs"]).code, 0);
    assert_eq!(project.hitlc(&["show", "x-1"]).code, 1);
    assert_eq!(project.hitlc(&["approve", "x-1"]).code, 1);
    assert_eq!(project.hitlc(&["audit", "verify"]).code, 1);
    assert!(!project.file(".hitl").exists());
}

const SERVED: &str = "\
irreversible action refund(customer: text, amount: money) -> text {
  exec \"echo\" [\"refunded {amount} to {customer}\"]
}

irreversible action stuck() -> text {
  exec \"sleep\" [\"60\"]
  timeout 1 second
}

workflow pay(customer: text, amount: money) -> text {
  owner \"ana@acme.example\"
  require approval as review when amount > 1000 EUR { reason required on reject }
  step receipt = refund(customer, amount)
  return receipt
}

workflow unsure() -> text {
  owner \"ana@acme.example\"
  require approval
  step answer = stuck()
  return answer
}
";

#[test]
fn a_server_is_worked_with_by_token() {
    let project = Project::with(&[("pay.flow", SERVED)]);
    let mut server = project.start("serve", &["serve", "pay.flow", "--listen", "127.0.0.1:0"]);
    let said = server.says("sign in once as ana@acme.example: http");
    let url = said.split("2 workflows on ").nth(1).unwrap().lines().next().unwrap();
    let made = project.hitlc(&["token", "new", "ana@acme.example", "--expires", "30d"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let token = made.out.trim();
    let remote = ["--server", url, "--token", token];
    let with = |args: &[&str]| project.hitlc(&[args, &remote].concat());

    let wrong = with(&["start", "pay", "customer=ada", "amount=1500"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("amount: expected money such as \"1500.00 EUR\""), "{}", wrong.err);
    assert_eq!(with(&["start", "pya"]).code, 2);
    assert_eq!(with(&["start", "pay", "customer=ada", "amount=20 EUR", "--wait"]).out, "refunded 20.00 EUR to ada\n");

    let started = with(&["start", "pay", "customer=ada", "amount=1500 EUR"]);
    assert_eq!(started.code, 0, "{}", started.err);
    let id = project.approval("pay");
    let unexplained = with(&["reject", &id]);
    assert_eq!(unexplained.code, 1);
    assert!(unexplained.err.contains("a comment is required"), "{}", unexplained.err);
    assert_eq!(with(&["reject", &id, "--comment", "no"]).code, 0);

    // Once served, nobody is believed without a token.
    let unbelieved = project.hitlc(&["start", "pay", "customer=ada", "amount=20 EUR"]);
    assert_eq!(unbelieved.code, 1);
    assert!(unbelieved.err.contains("hitlc token new"), "{}", unbelieved.err);
    let as_somebody = with(&["start", "pay", "--as", "eve@acme.example"]);
    assert_eq!(as_somebody.code, 2);

    let second = project.hitlc(&["serve", "pay.flow"]);
    assert_eq!(second.code, 1);
    assert!(second.err.contains("another hitlc"), "{}", second.err);

    let listed = project.hitlc(&["token", "list", "--json"]).json();
    let id = listed["items"][0]["id"].as_str().unwrap();
    assert_eq!(project.hitlc(&["token", "revoke", id]).code, 0);
    assert_eq!(with(&["runs"]).code, 1);

    server.signal("TERM");
    let done = server.end();
    assert_eq!(done.code, 0);
    assert!(done.err.ends_with("ended\n"), "{}", done.err);
}

#[test]
fn a_call_in_doubt_is_answered() {
    let project = Project::with(&[("pay.flow", SERVED)]);
    let run = project.hitlc(&["run", "pay.flow", "--workflow", "unsure", "--as", "ana@acme.example", "--detach", "--json"]);
    let first = run.json()["approvals"][0]["id"].as_str().unwrap().to_owned();
    let approved = project.hitlc(&["approve", &first, "--as", "ana@acme.example"]);
    assert!(approved.err.contains("in doubt"), "{}", approved.err);
    let id = project.approval("unsure");
    let vague = project.hitlc(&["reject", &id, "--as", "ana@acme.example"]);
    assert_eq!(vague.code, 2);
    assert!(vague.err.contains("--not-done"), "{}", vague.err);
    let done = project.hitlc(&["approve", &id, "--as", "ana@acme.example", "--set", "result=it is paid"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let (run, _) = id.rsplit_once('-').unwrap();
    assert_eq!(project.hitlc(&["runs", "show", run, "--json"]).json()["run"]["output"], "it is paid");
}

#[test]
fn a_server_needs_owners() {
    let done = project().hitlc(&["serve", "refund.flow"]);
    assert_eq!(done.code, 1);
    insta::assert_snapshot!(done.err, @r#"
    error: the workflow `refund_customer` of `refund.flow` has no owner, and a server needs somebody who answers for its runs
      help: say who, at the top of the workflow: `owner "finance@acme.example"`
    "#);
}

#[test]
fn an_agents_token_cannot_decide() {
    let project = project();
    assert_eq!(project.hitlc(&["token", "new", "bot@acme.example", "--agent", "--scope", "decide"]).code, 2);
    assert_eq!(project.hitlc(&["token", "new", "bot@acme.example", "--agent"]).code, 0);
    assert_eq!(project.hitlc(&["token", "new", "nobody"]).code, 2);
    assert_eq!(project.hitlc(&["token", "new", "ana@acme.example", "--expires", "soon"]).code, 2);
}

#[test]
fn a_journal_that_was_changed_is_found() {
    let project = project();
    assert_eq!(run(&project, "20", &[]).code, 0);
    assert_eq!(run(&project, "30", &[]).code, 0);
    let head = project.hitlc(&["audit", "export"]);
    project.write("head.json", &head.out);
    let sound = project.hitlc(&["audit", "verify", "--head", "head.json"]);
    assert_eq!(sound.code, 0, "{}", sound.err);
    project.tampered();
    let db = rusqlite::Connection::open(project.file(".hitl/state.db")).unwrap();
    db.execute("DELETE FROM journal WHERE id = (SELECT max(id) FROM journal)", []).unwrap();
    drop(db);
    let cut = project.hitlc(&["audit", "verify", "--head", "head.json"]);
    assert_eq!(cut.code, 1);
    assert!(cut.err.contains("not sound"), "{}", cut.err);
    assert_eq!(project.hitlc(&["audit", "verify", "--json"]).json()["sound"], false);
}
