//! Gates with several people, from the terminal.

use crate::support::Project;

const FLOW: &str = r#"
group finance { "ana@acme.example" "bo@acme.example" "cy@acme.example" }

irreversible action pay(amount: money) -> text {
  exec "echo" ["paid {amount}"]
}

workflow pay_invoice(amount: money) -> text {
  owner "boss@acme.example"
  require approval as review by 2 of finance {
    ask sum: money = amount as "To be paid"
    send back to requester
    within 2 days
  }
  step receipt = pay(amount: review.sum)
  return receipt
}
"#;

/// A run that waits: the project and the approval's id.
fn waiting() -> (Project, String) {
    let project = Project::with(&[("pay.flow", FLOW)]);
    let left = project.hitlc(&["run", "pay.flow", "amount=5 EUR", "--detach", "--json", "--as", "rob@acme.example"]);
    assert_eq!(left.code, 4, "{}", left.err);
    let id = left.json()["approvals"][0]["id"].as_str().unwrap().to_owned();
    (project, id)
}

fn pending(project: &Project) -> String {
    let open = project.hitlc(&["approvals", "--json", "--as", "ana@acme.example"]).json();
    let open = if open["items"].as_array().is_some_and(|items| !items.is_empty()) {
        open
    } else {
        project.hitlc(&["approvals", "--json", "--as", "rob@acme.example"]).json()
    };
    open["items"][0]["id"].as_str().unwrap_or_else(|| panic!("nothing is open: {open}")).to_owned()
}

#[test]
fn what_is_entered_opens_a_round_and_is_paid() {
    let (project, first) = waiting();
    let card = project.hitlc(&["show", &first, "--as", "ana@acme.example"]).out;
    assert!(card.contains("sum (money) = 5.00 EUR") && card.contains("amount: as you enter it"), "{card}");
    let one = project.hitlc(&["approve", &first, "--set", "sum=4 EUR", "--as", "ana@acme.example"]);
    assert_eq!(one.code, 0, "{}", one.err);
    assert!(one.err.contains("all are asked again"), "{}", one.err);
    let wrong = project.hitlc(&["approve", &first, "--as", "bo@acme.example"]);
    assert_eq!(wrong.code, 1, "{}", wrong.err);
    let second = project.hitlc(&["approvals", "--json", "--as", "bo@acme.example"]).json()["items"][0]["id"].as_str().unwrap().to_owned();
    let done = project.hitlc(&["approve", &second, "--as", "bo@acme.example"]);
    assert!(done.code == 0 && done.err.contains("completed"), "{}", done.err);
}

#[test]
fn a_gate_is_sent_back_handed_on_and_decided() {
    let (project, first) = waiting();
    let back = project.hitlc(&["send-back", &first, "--comment", "too much", "--as", "ana@acme.example"]);
    assert!(back.code == 0 && back.err.contains("sent back"), "{}", back.err);
    let question = pending(&project);
    let card = project.hitlc(&["show", &question, "--as", "rob@acme.example"]).out;
    assert!(card.contains("by ana@acme.example: \"too much\""), "{card}");
    let again = project.hitlc(&["approve", &question, "--set", "sum=3 EUR", "--as", "rob@acme.example"]);
    assert_eq!(again.code, 0, "{}", again.err);
    let second = pending(&project);
    let handed = project.hitlc(&["delegate", &second, "zoe@acme.example", "--as", "ana@acme.example"]);
    assert_eq!(handed.code, 0, "{}", handed.err);
    let out = project.hitlc(&["stand-in", "eve@acme.example", "--until", "5d", "--as", "bo@acme.example"]);
    assert!(out.code == 0 && out.err.contains("decides for you until"), "{}", out.err);
    assert_eq!(project.hitlc(&["approve", &second, "--as", "zoe@acme.example"]).code, 0);
    let done = project.hitlc(&["approve", &second, "--as", "eve@acme.example"]);
    assert!(done.code == 0 && done.err.contains("completed"), "{}", done.err);
    assert_eq!(project.hitlc(&["stand-in", "--end", "--as", "bo@acme.example"]).code, 0);
}
