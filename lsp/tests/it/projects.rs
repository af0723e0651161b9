//! Files of a project: what is open, what is on disk, and what has to do with what.

use serde_json::json;

use crate::client::{Client, codes};

const BANK: &str = "irreversible action pay(to: text) -> text {\n  exec \"pay\" [to]\n}\n";
const MAIN: &str =
    "use \"bank.flow\"\n\nworkflow w(to: text) -> text {\n  require approval\n  step paid = bank.pay(to: to)\n  return paid\n}\n";

/// What somebody does to a file that others use shows in these, open or not.
#[test]
fn a_change_shows_in_the_files_that_use_it() {
    let mut client = Client::with(&[("bank.flow", BANK), ("main.flow", MAIN), ("other.flow", MAIN), ("alone.flow", "record X {")]);
    client.edit("main.flow");
    assert_eq!(client.looked_at("main.flow", 1).len(), 0);
    client.edit("bank.flow");
    let version = client.change("bank.flow", json!([{ "text": BANK.replace("to: text", "iban: text").replace("[to]", "[iban]") }]));
    assert_eq!(client.looked_at("bank.flow", version).len(), 0);
    let closed = client.news_of("other.flow");
    let open = client.published["main.flow"].clone();
    assert_eq!((open.0, codes(&open.1)), (Some(1), vec!["F0104"]));
    assert_eq!(codes(&closed), ["F0104"]);
    assert_eq!(client.published["other.flow"].0, None, "a file that is not open has no version");
    assert!(!client.published.contains_key("alone.flow"), "it has nothing to do with any of them");
    // Closed without being saved: what is on disk counts again.
    client.close("bank.flow");
    client.until(|client| client.published["main.flow"].1.is_empty() && client.published["other.flow"].1.is_empty());
}

/// Two documents that had nothing to do with each other have, once one of them uses the other, and the other way round.
#[test]
fn a_new_use_changes_what_is_said_of_both() {
    let idle = "action pay(to: text) -> text {\n  exec \"pay\" [to]\n}\n\nworkflow own() {\n  step log(message: \"x\")\n}\n";
    let mut client = Client::with(&[("idle.flow", idle), ("user.flow", "")]);
    client.edit("idle.flow");
    client.edit("user.flow");
    assert_eq!(codes(&client.looked_at("idle.flow", 1)), ["F0504"]);
    let using = "use \"idle.flow\"\n\nworkflow w() {\n  step idle.pay(to: \"x\")\n}\n";
    let version = client.change("user.flow", json!([{ "text": using }]));
    assert_eq!(client.news_of("idle.flow").len(), 0);
    assert_eq!(client.looked_at("user.flow", version).len(), 0);
    client.change("user.flow", json!([{ "text": "" }]));
    assert_eq!(codes(&client.news_of("idle.flow")), ["F0504"]);
}

#[test]
fn what_changes_on_disk_is_seen_when_it_is_said() {
    let mut client =
        Client::able(&[("main.flow", MAIN)], json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } }));
    client.edit("main.flow");
    assert_eq!(codes(&client.looked_at("main.flow", 1)), ["F0117"]);
    assert!(client.said.iter().any(|(method, _)| method == "client/registerCapability"), "{:?}", client.said);
    client.write("bank.flow", BANK);
    client.watched("bank.flow");
    assert_eq!(client.news_of("main.flow").len(), 0);
    std::fs::remove_file(client.path("bank.flow")).unwrap();
    client.watched("bank.flow");
    assert_eq!(codes(&client.news_of("main.flow")), ["F0117"]);
}

#[test]
fn the_settings_of_a_project_count() {
    let text = "workflow w() {\n  require approval by finance\n  let x = 1\n  step log(message: \"x\")\n}\n";
    let mut client = Client::with(&[("flows/a.flow", text), ("settings.txt", "")]);
    client.edit("flows/a.flow");
    assert_eq!(codes(&client.looked_at("flows/a.flow", 1)), ["F0121"]);
    client.write("settings.txt", "group finance ana@acme.example\ndeny unused-value");
    client.watched("settings.txt");
    let found = client.news_of("flows/a.flow");
    assert_eq!((codes(&found), &found[0]["severity"]), (vec!["F0502"], &json!(1)));
    // Settings nearer to the file count alone.
    client.write("flows/settings.txt", "group finance ana@acme.example");
    client.watched("flows/settings.txt");
    assert_eq!(client.news_of("flows/a.flow")[0]["severity"], 2);
    client.write("flows/settings.txt", "nonsense");
    client.watched("flows/settings.txt");
    client.news_of("flows/a.flow");
    client.until(|client| !client.said.is_empty());
    assert_eq!(client.said[0].1["message"], "the settings are wrong");
}

#[test]
fn a_document_without_a_file_is_a_document_too() {
    let mut client = Client::with(&[]);
    let item = json!({ "uri": "untitled:Untitled-1", "languageId": "flow", "version": 7, "text": "workflow w() {\n  let x = 1\n}\n" });
    client.tell("textDocument/didOpen", json!({ "textDocument": item }));
    assert_eq!(codes(&client.looked_at("outside", 7)), ["F0502"]);
}

/// A policy of the project is about files that have nothing else to do with it.
#[test]
fn policies_of_a_project_count() {
    let policy = "use \"bank.flow\"\n\npolicy \"nothing unasked\" {\n  bank.pay only after approval\n}\n";
    let unasked = MAIN.replace("  require approval\n", "");
    let files = [("bank.flow", BANK), ("rules.flow", policy), ("main.flow", unasked.as_str()), ("settings.txt", "policy rules.flow")];
    let mut client = Client::with(&files);
    client.edit("main.flow");
    assert_eq!(codes(&client.looked_at("main.flow", 1)), ["F0332"]);
    let version = client.change("main.flow", json!([{ "text": MAIN }]));
    assert_eq!(client.looked_at("main.flow", version).len(), 0);
}
