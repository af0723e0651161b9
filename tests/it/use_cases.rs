//! The four use cases with all that the language has for them: bands, loops, drafts of a model, undoing. Their effects are looked at.

use std::fs;
use std::net::TcpListener;

use serde_json::json;

use crate::examples::{approve, asked, completed, live, mails, reject, status};
use crate::model::endpoint;
use crate::support::Project;

const LEDGER: &str = "select invoice, amount from ledger order by entry";
const NAMES: &str = "select name from customers order by id";

#[test]
fn a_small_invoice_is_paid_once_however_often_it_comes() {
    let project = Project::example("supplier_payment");
    let first = completed(project.hitlc(&["run", "pay_supplier.flow", "--input", "routine.json"]));
    let again = completed(project.hitlc(&["run", "pay_supplier.flow", "--input", "routine.json"]));
    assert_eq!(first, again);
    assert_eq!(project.rows("ledger.db", LEDGER), [["INV-2001", "240.50 EUR"]]);
}

#[test]
fn an_invoice_of_an_ordinary_day_needs_one_of_finance() {
    let project = Project::example("supplier_payment");
    let left = project.hitlc(&["run", "pay_supplier.flow", "--input", "medium.json", "--as", "ana@acme.example", "--detach"]);
    assert_eq!(left.code, 4, "{left:?}");
    let id = project.approval("pay_supplier");
    for person in ["ana@acme.example", "eve@acme.example", "office@acme.example"] {
        let refused = project.hitlc(&["approve", &id, "--as", person]);
        assert_eq!(refused.code, 1, "{person}: {refused:?}");
    }
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 0);
    approve(&project, &id, "bo@acme.example");
    assert_eq!(project.rows("ledger.db", LEDGER), [["INV-2002", "4200.00 EUR"]]);
}

#[test]
fn a_large_invoice_needs_two_of_finance_and_then_the_cfo() {
    let project = Project::example("supplier_payment");
    let id = asked(&project, "pay_supplier.flow", "pay_supplier");
    let early = project.hitlc(&["approve", &id, "--as", "eve@acme.example"]);
    assert_eq!(early.code, 1, "{early:?}");
    assert_eq!(mails(&project, "eve@acme.example").len(), 0);
    approve(&project, &id, "ana@acme.example");
    approve(&project, &id, "cy@acme.example");
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 0);
    assert_eq!(mails(&project, "eve@acme.example").len(), 1);
    approve(&project, &id, "eve@acme.example");
    assert_eq!(status(&project, "pay_supplier"), "completed");
    assert_eq!(project.rows("ledger.db", LEDGER), [["INV-2003", "18400.00 EUR"]]);
}

#[test]
fn a_no_of_the_cfo_is_a_no() {
    let project = Project::example("supplier_payment");
    let id = asked(&project, "pay_supplier.flow", "pay_supplier");
    approve(&project, &id, "ana@acme.example");
    approve(&project, &id, "bo@acme.example");
    reject(&project, &id, "eve@acme.example");
    assert_eq!(status(&project, "pay_supplier"), "rejected");
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 0);
}

#[test]
fn who_was_approved_is_erased_and_told() {
    let project = Project::example("customer_erasure");
    completed(project.hitlc(&["run", "seed.flow"]));
    assert_eq!(completed(project.hitlc(&["run", "erase_customers.flow", "--input", "routine.json"])), "0\n");
    let id = asked(&project, "erase_customers.flow", "erase_customers");
    assert_eq!(project.rows("customers.db", NAMES).len(), 8);
    let database = rusqlite::Connection::open(project.file("customers.db")).unwrap();
    database.execute("update customers set last_seen = date('now') where name = 'Hiro'", []).unwrap();
    drop(database);
    // What would be erased is not what was approved any more: it is asked again.
    approve(&project, &id, "privacy@acme.example");
    assert_eq!((status(&project, "erase_customers").as_str(), project.rows("customers.db", NAMES).len()), ("paused", 8));
    let again = project.approval("erase_customers");
    let card = project.hitlc(&["show", &again]).out;
    assert!(card.contains("dolores@example.com") && again != id, "{card}");
    approve(&project, &again, "privacy@acme.example");
    assert_eq!(status(&project, "erase_customers"), "completed");
    assert_eq!(project.rows("customers.db", NAMES), [["Ada"], ["Chidi"], ["Emre"], ["Grace"], ["Hiro"]]);
    let told = ["bjorn", "dolores", "fatima", "hiro"].map(|name| mails(&project, &format!("{name}@example.com")).len());
    assert_eq!(told, [1, 1, 1, 0]);
}

#[test]
fn a_rejected_erasure_erases_nobody() {
    let project = Project::example("customer_erasure");
    completed(project.hitlc(&["run", "seed.flow"]));
    let id = asked(&project, "erase_customers.flow", "erase_customers");
    reject(&project, &id, "privacy@acme.example");
    assert_eq!(status(&project, "erase_customers"), "rejected");
    assert_eq!(project.rows("customers.db", NAMES).len(), 8);
}

/// The example with the endpoint of its model at this port.
fn with_model(port: u16) -> Project {
    let project = Project::example("reviewed_reply");
    let settings = fs::read_to_string(project.file("hitl.toml")).unwrap();
    let changed = settings.replace("127.0.0.1:11434", &format!("127.0.0.1:{port}"));
    assert_ne!(settings, changed);
    project.write("hitl.toml", changed);
    project
}

/// The same with a model that promises too much.
fn with_draft() -> Project {
    let draft = json!({ "subject": "Your kettle", "answer": "We pay you 500 EUR." });
    with_model(endpoint("Björn wrote:\n\nThe kettle leaks.", &draft))
}

#[test]
fn a_draft_of_a_model_is_mailed_as_the_reviewer_changed_it() {
    let project = with_draft();
    let id = asked(&project, "reply.flow", "reply");
    let card = project.hitlc(&["show", &id]);
    assert!(card.out.contains("written by a model"), "{card:?}");
    assert_eq!(mails(&project, "bjorn@example.com").len(), 0);
    let changed = project.hitlc(&["approve", &id, "--as", "lea@acme.example", "--set", "answer=Please send it back."]);
    assert_eq!(changed.code, 0, "{changed:?}");
    assert_eq!(status(&project, "reply"), "completed");
    let sent = mails(&project, "bjorn@example.com");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("Subject: Your kettle") && sent[0].contains("Please send it back."), "{}", sent[0]);
    assert!(!sent[0].contains("500 EUR"), "{}", sent[0]);
}

#[test]
fn a_draft_that_is_sent_back_is_improved_and_reviewed_again() {
    let project = with_draft();
    let id = asked(&project, "reply.flow", "reply");
    let back = project.hitlc(&["send-back", &id, "--as", "support@acme.example", "--comment", "promise no money"]);
    assert_eq!(back.code, 0, "{back:?}");
    let improve = project.approval("reply");
    let improved = project.hitlc(&["approve", &improve, "--as", "tester@localhost", "--set", "answer=We look into it."]);
    assert_eq!(improved.code, 0, "{improved:?}");
    assert_eq!(mails(&project, "bjorn@example.com").len(), 0);
    approve(&project, &project.approval("reply"), "support@acme.example");
    let sent = mails(&project, "bjorn@example.com");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("We look into it."), "{}", sent[0]);
}

#[test]
fn with_no_model_nothing_is_mailed_and_it_is_said_why() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let project = with_model(closed);
    let failed = project.hitlc(&["run", "reply.flow", "--input", "exceptional.json"]);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.err.contains(&format!("cannot connect to `127.0.0.1:{closed}`: connection refused\n")), "{}", failed.err);
    assert_eq!(mails(&project, "bjorn@example.com").len(), 0);

    project.write("hitl.toml", "");
    let unset = project.hitlc(&["run", "reply.flow", "--input", "exceptional.json"]);
    assert_eq!(unset.code, 1, "{unset:?}");
    assert!(unset.err.contains("add `[model]` with its `url` to `hitl.toml`"), "{}", unset.err);
}

#[test]
fn a_healthy_release_stays_live() {
    let project = Project::example("guarded_release");
    completed(project.hitlc(&["run", "setup.flow"]));
    let same = completed(project.hitlc(&["run", "release.flow", "--input", "routine.json"]));
    assert_eq!(same, "releases/v2 is green\n");
    let id = asked(&project, "release.flow", "release");
    assert_eq!(live(&project), "releases/v2");
    approve(&project, &id, "operations@acme.example");
    assert_eq!(status(&project, "release"), "completed");
    assert_eq!(live(&project), "releases/v3");
}

#[test]
fn a_release_that_does_not_get_healthy_is_taken_back() {
    let project = Project::example("guarded_release");
    completed(project.hitlc(&["run", "setup.flow"]));
    let left = project.hitlc(&["run", "release.flow", "--input", "broken.json", "--detach"]);
    assert_eq!(left.code, 4, "{left:?}");
    assert_eq!(live(&project), "releases/v1");
    project.hitlc(&["approve", &project.approval("release"), "--as", "operations@acme.example"]);
    assert_eq!(status(&project, "release"), "failed");
    assert_eq!(live(&project), "releases/v1");
    let told = mails(&project, "operations@acme.example");
    assert!(told.iter().any(|mail| mail.contains("v4 is not live")), "{told:?}");
}

#[test]
fn a_rejected_release_was_never_live() {
    let project = Project::example("guarded_release");
    completed(project.hitlc(&["run", "setup.flow"]));
    let id = asked(&project, "release.flow", "release");
    reject(&project, &id, "operations@acme.example");
    assert_eq!(status(&project, "release"), "rejected");
    assert_eq!(live(&project), "releases/v1");
}
