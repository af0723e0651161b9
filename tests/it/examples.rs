//! Every example, with its routine and its exceptional input, approved and rejected; afterwards its effects are looked at, not its words.

use std::fs;

use crate::support::{Done, Project};

/// Runs a flow up to its gate, and gives the approval's id.
pub(crate) fn asked(project: &Project, flow: &str, workflow: &str) -> String {
    let left = project.hitlc(&["run", flow, "--input", "exceptional.json", "--detach"]);
    assert_eq!(left.code, 4, "{left:?}");
    project.approval(workflow)
}

pub(crate) fn approve(project: &Project, id: &str, person: &str) {
    let done = project.hitlc(&["approve", id, "--as", person]);
    assert_eq!(done.code, 0, "{done:?}");
}

pub(crate) fn reject(project: &Project, id: &str, person: &str) {
    let done = project.hitlc(&["reject", id, "--as", person, "--comment", "no"]);
    assert_eq!(done.code, 0, "{done:?}");
}

pub(crate) fn completed(done: Done) -> String {
    assert_eq!(done.code, 0, "{done:?}");
    done.out
}

/// The one run of a workflow, as `hitlc runs` lists it.
pub(crate) fn status(project: &Project, workflow: &str) -> String {
    let runs = project.hitlc(&["runs", "--json", "--workflow", workflow]).json();
    runs["items"][0]["status"].as_str().unwrap().to_owned()
}

/// Mails to somebody in the outbox.
pub(crate) fn mails(project: &Project, to: &str) -> Vec<String> {
    let Ok(folder) = fs::read_dir(project.file(".hitl/outbox")) else { return Vec::new() };
    let mails = folder.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let headers = |mail: &str| mail.split("\r\n\r\n").next().unwrap().to_owned() + "\r\n";
    mails.filter(|mail| headers(mail).contains(&format!("\r\nTo: {to}\r\n"))).collect()
}

const LEDGER: &str = "select invoice, vendor, iban, amount from ledger order by entry";

#[test]
fn a_routine_payment_is_made_once() {
    let project = Project::example("payment");
    let out = completed(project.hitlc(&["run", "pay_invoice.flow", "--input", "routine.json"]));
    assert!(out.contains("240.50 EUR"), "{out}");
    assert_eq!(project.rows("ledger.db", LEDGER), [["INV-1001", "Paper & Sons", "DE02 1203 0000 0000 2020 51", "240.50 EUR"]]);

    let again = project.hitlc(&["run", "pay_invoice.flow", "--input", "routine.json"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("invoice INV-1001 is already paid"), "{again:?}");
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 1);
}

#[test]
fn a_large_payment_waits_for_finance() {
    let project = Project::example("payment");
    let id = asked(&project, "pay_invoice.flow", "pay_invoice");
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 0);
    assert_eq!(mails(&project, "finance@acme.example").len(), 1);

    let stranger = project.hitlc(&["approve", &id, "--as", "somebody@acme.example"]);
    assert_eq!(stranger.code, 1, "{stranger:?}");
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 0);

    approve(&project, &id, "finance@acme.example");
    assert_eq!(status(&project, "pay_invoice"), "completed");
    assert_eq!(project.rows("ledger.db", LEDGER), [["INV-1002", "Turbine Works", "DE02 5001 0517 0137 0750 30", "18400.00 EUR"]]);
}

#[test]
fn a_rejected_payment_is_not_made() {
    let project = Project::example("payment");
    let id = asked(&project, "pay_invoice.flow", "pay_invoice");
    reject(&project, &id, "finance@acme.example");
    assert_eq!(status(&project, "pay_invoice"), "rejected");
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 0);
}

/// A currency that cannot be compared with the threshold is no way around it.
#[test]
fn a_payment_in_another_currency_is_asked_about() {
    let project = Project::example("payment");
    let invoice = fs::read_to_string(project.file("routine.json")).unwrap().replace("240.50 EUR", "240.50 USD");
    project.write("dollars.json", invoice);
    let left = project.hitlc(&["run", "pay_invoice.flow", "--input", "dollars.json", "--detach"]);
    assert_eq!(left.code, 4, "{left:?}");
    assert_eq!(project.rows("ledger.db", LEDGER).len(), 0);
}

const NAMES: &str = "select name from customers order by id";

#[test]
fn nobody_old_means_nobody_is_asked() {
    let project = Project::example("deletion");
    assert_eq!(completed(project.hitlc(&["run", "seed.flow"])), "8\n");
    assert_eq!(completed(project.hitlc(&["run", "delete_old_customers.flow", "--input", "routine.json"])), "0\n");
    assert_eq!(project.rows("customers.db", NAMES).len(), 8);
}

#[test]
fn old_customers_are_shown_and_then_deleted() {
    let project = Project::example("deletion");
    completed(project.hitlc(&["run", "seed.flow"]));
    let id = asked(&project, "delete_old_customers.flow", "delete_old_customers");
    let card = project.hitlc(&["show", &id]);
    let rows: Vec<&str> = card.out.lines().filter(|line| line.contains('@') && !line.contains("decides")).collect();
    let row = |name: &str| rows.iter().position(|row| row.split_whitespace().any(|cell| cell == name));
    assert_eq!(["Hiro", "Björn", "Dolores", "Fatima"].map(row), [Some(0), Some(1), Some(2), Some(3)], "{}", card.out);

    let approval = project.hitlc(&["show", &id, "--json"]).json();
    assert_eq!(approval["shown"][0]["value"], 4);
    let table = &approval["shown"][2];
    let names: Vec<&str> = table["value"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!((table["as"].as_str(), names), (Some("table"), vec!["Hiro", "Björn", "Dolores", "Fatima"]));
    assert_eq!(project.rows("customers.db", NAMES).len(), 8);

    approve(&project, &id, "privacy@acme.example");
    assert_eq!(status(&project, "delete_old_customers"), "completed");
    assert_eq!(project.rows("customers.db", NAMES), [["Ada"], ["Chidi"], ["Emre"], ["Grace"]]);
}

#[test]
fn rejected_deletions_need_a_reason_and_delete_nobody() {
    let project = Project::example("deletion");
    completed(project.hitlc(&["run", "seed.flow"]));
    let id = asked(&project, "delete_old_customers.flow", "delete_old_customers");
    let silent = project.hitlc(&["reject", &id, "--as", "privacy@acme.example"]);
    assert_eq!(silent.code, 1, "{silent:?}");
    reject(&project, &id, "privacy@acme.example");
    assert_eq!(status(&project, "delete_old_customers"), "rejected");
    assert_eq!(project.rows("customers.db", NAMES).len(), 8);
}

/// Who came back between the question and the answer is not deleted.
#[test]
fn a_customer_who_came_back_stays() {
    let project = Project::example("deletion");
    completed(project.hitlc(&["run", "seed.flow"]));
    let id = asked(&project, "delete_old_customers.flow", "delete_old_customers");
    let database = rusqlite::Connection::open(project.file("customers.db")).unwrap();
    database.execute("update customers set last_seen = date('now') where name = 'Hiro'", []).unwrap();
    drop(database);
    approve(&project, &id, "privacy@acme.example");
    assert_eq!(project.rows("customers.db", NAMES), [["Ada"], ["Chidi"], ["Emre"], ["Grace"], ["Hiro"]]);
}

#[test]
fn plain_news_is_mailed_by_itself() {
    let project = Project::example("message");
    completed(project.hitlc(&["run", "answer_customer.flow", "--input", "routine.json"]));
    let sent = mails(&project, "ada@example.com");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("Subject: Your message T-311") && sent[0].contains("your parcel is on its way"), "{}", sent[0]);
    assert_eq!(mails(&project, "support@acme.example").len(), 0);
}

#[test]
fn an_answer_that_commits_us_is_reviewed_first() {
    let project = Project::example("message");
    let id = asked(&project, "answer_customer.flow", "answer_customer");
    assert_eq!(mails(&project, "bjorn@example.com").len(), 0);
    assert_eq!(mails(&project, "support@acme.example").len(), 1);
    approve(&project, &id, "support@acme.example");
    let sent = mails(&project, "bjorn@example.com");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("we are sorry that it did not work out"), "{}", sent[0]);
}

#[test]
fn a_rejected_answer_is_not_mailed() {
    let project = Project::example("message");
    let id = asked(&project, "answer_customer.flow", "answer_customer");
    reject(&project, &id, "support@acme.example");
    assert_eq!(status(&project, "answer_customer"), "rejected");
    assert_eq!(mails(&project, "bjorn@example.com").len(), 0);
}

/// Where the live link leads.
pub(crate) fn live(project: &Project) -> String {
    fs::read_link(project.file("live")).unwrap().display().to_string()
}

#[test]
fn a_release_that_changes_nothing_goes_live() {
    let project = Project::example("release");
    completed(project.hitlc(&["run", "setup.flow"]));
    assert_eq!(live(&project), "releases/v1");
    assert_eq!(completed(project.hitlc(&["run", "release.flow", "--input", "routine.json"])), "releases/v2\n");
    assert_eq!(live(&project), "releases/v2");
}

#[test]
fn a_changed_setting_is_shown_as_a_diff_and_then_goes_live() {
    let project = Project::example("release");
    completed(project.hitlc(&["run", "setup.flow"]));
    let id = asked(&project, "release.flow", "release");
    let approval = project.hitlc(&["show", &id, "--json"]).json();
    let change = &approval["shown"][1];
    assert_eq!(change["as"], "diff");
    let text = change["text"].as_str().unwrap();
    assert!(text.contains("\n-payments = off\n+payments = on"), "{text}");
    assert_eq!(live(&project), "releases/v1");

    approve(&project, &id, "operations@acme.example");
    assert_eq!(status(&project, "release"), "completed");
    assert_eq!(live(&project), "releases/v3");
    assert!(fs::read_to_string(project.file("live/app.conf")).unwrap().contains("payments = on"));
}

#[test]
fn a_rejected_release_is_not_live() {
    let project = Project::example("release");
    completed(project.hitlc(&["run", "setup.flow"]));
    let id = asked(&project, "release.flow", "release");
    reject(&project, &id, "operations@acme.example");
    assert_eq!(status(&project, "release"), "rejected");
    assert_eq!(live(&project), "releases/v1");
}

#[test]
fn a_version_that_leads_elsewhere_is_refused() {
    let project = Project::example("release");
    completed(project.hitlc(&["run", "setup.flow"]));
    let refused = project.hitlc(&["run", "release.flow", "version=../../out", "settings=x"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(!project.file("releases/../../out").exists());
    assert_eq!(live(&project), "releases/v1");
}

fn refunds(project: &Project) -> String {
    fs::read_to_string(project.file("refunds.txt")).unwrap_or_default()
}

#[test]
fn a_small_refund_goes_through() {
    let project = Project::example("smallest");
    assert_eq!(completed(project.hitlc(&["run", "refund.flow", "--input", "routine.json"])), "Ada got 20 back\n");
    assert_eq!(refunds(&project), "Ada got 20 back\n");
}

#[test]
fn a_large_refund_waits() {
    let project = Project::example("smallest");
    let id = asked(&project, "refund.flow", "refund_customer");
    assert_eq!(refunds(&project), "");
    approve(&project, &id, "tester@localhost");
    assert_eq!(refunds(&project), "Ada got 1500 back\n");
}

#[test]
fn a_rejected_refund_is_not_paid() {
    let project = Project::example("smallest");
    let id = asked(&project, "refund.flow", "refund_customer");
    reject(&project, &id, "tester@localhost");
    assert_eq!(status(&project, "refund_customer"), "rejected");
    assert_eq!(refunds(&project), "");
}
