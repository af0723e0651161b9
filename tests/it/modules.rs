//! Files that use one another, and groups, through the program.

use std::fs;

use crate::support::Project;

const BANK: &str = "\
record Receipt { id: text }

irreversible action transfer(to: text) -> Receipt {
  exec \"echo\" [\"\\{\\\"id\\\": \\\"{to}\\\"}\"]
}
";

const PAY: &str = "\
use \"../connectors/bank.flow\"
use \"../people.flow\"

workflow pay(to: text) -> bank.Receipt {
  require approval by people.support
  step receipt = bank.transfer(to)
  return receipt
}
";

const PEOPLE: &str = "group support { \"dee@acme.example\" \"eli@acme.example\" }\n";

fn project() -> Project {
    Project::with(&[
        ("hitl.toml", "[groups]\nfinance = [\"ana@acme.example\"]\n"),
        ("connectors/bank.flow", BANK),
        ("people.flow", PEOPLE),
        ("flows/pay.flow", PAY),
    ])
}

#[test]
fn used_files_are_read_from_wherever_the_command_is_given() {
    let project = project();
    let all = project.hitlc(&["check", "--deny", "warnings"]);
    assert_eq!((all.code, all.err.trim()), (0, "no errors in 3 files"));
    let one = project.hitlc(&["check", "flows/pay.flow"]);
    assert_eq!((one.code, one.err.trim()), (0, "no errors in 3 files"));
    let within = project.command(&["check", "pay.flow"]).current_dir(project.file("flows")).output().unwrap();
    assert!(within.status.success(), "{}", String::from_utf8_lossy(&within.stderr));
}

#[test]
fn a_fault_in_a_used_file_is_said_there_and_once() {
    let project = project();
    project.write("connectors/bank.flow", BANK.replace("id: text", "id: txt"));
    let done = project.command(&["check", "pay.flow", "--format", "json"]).current_dir(project.file("flows")).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["errors"], 1, "{report}");
    assert_eq!(report["diagnostics"][0]["file"], "../connectors/bank.flow");
    project.write("flows/pay.flow", PAY.replace("bank.flow", "banc.flow"));
    let missing = project.hitlc(&["check", "flows/pay.flow"]);
    assert!(missing.err.contains("did you mean `../connectors/bank.flow`?"), "{}", missing.err);
}

#[test]
fn a_group_stands_in_one_place() {
    let project = project();
    project.write("flows/other.flow", "workflow other() {\n  require approval by finance\n  step log(message: \"done\")\n}\n");
    assert_eq!(project.hitlc(&["check"]).code, 0);
    project.write("people.flow", format!("{PEOPLE}group finance {{ \"cy@acme.example\" }}\n"));
    let twice = project.hitlc(&["check"]);
    assert_eq!(twice.code, 1);
    assert!(twice.err.contains("`hitl.toml` declares a group of this name too"), "{}", twice.err);
}

#[test]
fn a_group_of_a_file_decides() {
    let project = project();
    let left = project.hitlc(&["run", "flows/pay.flow", "to=DE1", "--as", "ana@acme.example", "--detach", "--json"]);
    assert_eq!(left.code, 4, "{}", left.err);
    let id = left.json()["approvals"][0]["id"].as_str().unwrap().to_owned();
    let shown = project.hitlc(&["show", &id]);
    assert!(shown.out.contains("any one of support"), "{}", shown.out);
    let refused = project.hitlc(&["approve", &id, "--as", "ana@acme.example"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    let listed = project.hitlc(&["approvals", "--as", "eli@acme.example", "--json"]);
    assert_eq!(listed.json()["items"][0]["id"], id, "{}", listed.err);
    let approved = project.hitlc(&["approve", &id, "--as", "eli@acme.example"]);
    assert_eq!(approved.code, 0, "{}", approved.err);
    assert!(approved.err.contains("completed"), "{}", approved.err);
    assert!(fs::metadata(project.file(".hitl/state.db")).is_ok());
}

const PARENT: &str = "\
use \"refunds.flow\"

workflow close(customer: text, amount: number) -> text {
  owner \"ana@acme.example\"
  step receipt = refunds.refund_customer(customer, amount)
  return \"closed, {receipt}\"
}
";

#[test]
fn a_run_is_paused_at_the_gate_of_one_that_it_calls() {
    let project = Project::with(&[("refunds.flow", crate::support::REFUND), ("close.flow", PARENT)]);
    let small = project.hitlc(&["run", "close.flow", "customer=ada", "amount=20"]);
    assert_eq!((small.code, small.out.as_str()), (0, "closed, refunded 20 to ada\n"), "{}", small.err);

    let left = project.hitlc(&["run", "close.flow", "customer=ada", "amount=1500", "--as", "ana@acme.example", "--detach", "--json"]);
    assert_eq!(left.code, 4, "{}", left.err);
    let json = left.json();
    assert_eq!(json["status"], "paused", "{json}");
    let id = json["approvals"][0]["id"].as_str().unwrap();
    assert!(left.err.contains("approval needed: Approve refund"), "{}", left.err);
    let approved = project.hitlc(&["approve", id, "--as", "ana@acme.example"]);
    assert_eq!(approved.code, 0, "{}", approved.err);
    let run = json["run"].as_str().unwrap();
    let shown = project.hitlc(&["runs", "show", run, "--json"]);
    assert_eq!(shown.json()["run"]["output"], "closed, refunded 1500 to ada", "{}", shown.out);
}

#[test]
fn who_stays_with_a_run_sees_the_questions_of_those_that_it_calls() {
    let project = Project::with(&[("refunds.flow", crate::support::REFUND), ("close.flow", PARENT)]);
    let mut run = project.start("run", &["run", "close.flow", "customer=ada", "amount=1500", "--as", "ana@acme.example"]);
    run.says("Approve refund");
    let id = project.approval("refund_customer");
    let approved = project.hitlc(&["approve", &id, "--as", "ana@acme.example"]);
    assert_eq!(approved.code, 0, "{}", approved.err);
    let done = run.end();
    assert_eq!((done.code, done.out.as_str()), (0, "closed, refunded 1500 to ada\n"), "{}", done.err);
}
