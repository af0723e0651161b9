//! What a server owes any client, whatever the language.

use flow_lsp::End;
use serde_json::{Value, json};

use crate::client::{Client, codes};

const SMALL: &str = "workflow w() {\n  step log(message: \"x\")\n}\n";

#[test]
fn nothing_is_answered_before_the_client_says_what_it_can() {
    let mut client = Client::silent(&[]);
    assert_eq!(client.ask("textDocument/hover", json!({})), Err(-32002));
    client.tell("textDocument/didOpen", json!({}));
    let answer = client.initialize(json!({}));
    assert_eq!(answer["serverInfo"]["name"], "hitlc");
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(answer["capabilities"]["textDocumentSync"]["change"], 2);
    for offered in [
        "hoverProvider",
        "definitionProvider",
        "completionProvider",
        "documentSymbolProvider",
        "documentFormattingProvider",
        "codeActionProvider",
    ] {
        assert!(!answer["capabilities"][offered].is_null(), "{offered}");
    }
    assert_eq!(client.ask("initialize", json!({ "capabilities": {} })), Err(-32600));
    assert_eq!(client.end(), End::Asked);
}

#[test]
fn what_cannot_be_answered_is_refused_and_the_server_goes_on() {
    let mut client = Client::with(&[]);
    client.open("a.flow", SMALL);
    assert_eq!(client.ask("textDocument/neverHeardOf", json!({})), Err(-32601));
    assert_eq!(client.ask("textDocument/hover", json!({ "position": "here" })), Err(-32602));
    assert_eq!(client.at("textDocument/hover", "other.flow", 0, 0), Ok(Value::Null), "a document that is not open");
    client.tell("textDocument/didChange", json!({ "textDocument": 3 }));
    client.tell("workspace/didChangeConfiguration", Value::Null);
    assert!(client.at("textDocument/hover", "a.flow", 1, 9).unwrap()["contents"]["value"].as_str().unwrap().contains("log"));
}

#[test]
fn a_request_that_is_taken_back_in_time_is_not_answered() {
    let mut client = Client::with(&[]);
    client.open("a.flow", SMALL);
    client.looked_at("a.flow", 1);
    // The first keeps the server busy while the others arrive.
    let long: String = SMALL.replace('w', "long_name").repeat(300);
    client.change("a.flow", json!([{ "text": long }]));
    let busy = client.begin(
        "textDocument/completion",
        json!({ "textDocument": { "uri": client.uri("a.flow") }, "position": { "line": 1, "character": 9 } }),
    );
    let cancelled = client
        .begin("textDocument/hover", json!({ "textDocument": { "uri": client.uri("a.flow") }, "position": { "line": 1, "character": 9 } }));
    client.tell("$/cancelRequest", json!({ "id": cancelled }));
    assert!(client.ended(busy).is_ok());
    assert_eq!(client.ended(cancelled), Err(-32800));
    // One that is over, or never was, cannot be taken back.
    client.tell("$/cancelRequest", json!({ "id": cancelled }));
    client.tell("$/cancelRequest", json!({ "id": "never" }));
    assert!(client.at("textDocument/hover", "a.flow", 1, 9).is_ok());
}

#[test]
fn a_server_ends_as_it_is_asked_to() {
    let mut client = Client::with(&[]);
    assert_eq!(client.ask("shutdown", Value::Null), Ok(Value::Null));
    assert_eq!(client.ask("textDocument/hover", json!({})), Err(-32600), "after `shutdown`");
    client.tell("textDocument/didOpen", json!({}));
    client.tell("exit", Value::Null);
    assert_eq!(client.leave(), End::Asked);

    let mut client = Client::with(&[]);
    client.tell("exit", Value::Null);
    assert_eq!(client.leave(), End::Left, "`exit` without `shutdown`");

    assert_eq!(Client::with(&[]).leave(), End::Left, "a client that goes away");
    assert_eq!(Client::silent(&[]).leave(), End::Left);
}

#[test]
fn a_panic_is_an_error_like_another() {
    let mut client = Client::with(&[("bad/settings.txt", "panic\n"), ("good.flow", SMALL)]);
    client.open("bad/a.flow", SMALL);
    assert_eq!(client.at("textDocument/hover", "bad/a.flow", 1, 9), Err(-32603));
    client.close("bad/a.flow");
    client.open("good.flow", "workflow w() {\n  let x = 1\n}\n");
    assert_eq!(codes(&client.looked_at("good.flow", 1)), ["F0502"]);
    assert_eq!(client.end(), End::Asked);
}

#[test]
fn letters_are_counted_as_was_agreed() {
    let text = "workflow w() {\n  step log(message: \"é😀{x}\")\n}\n";
    for (offered, agreed, column) in
        [(json!(["utf-8", "utf-16"]), "utf-8", 28), (json!(["utf-16"]), "utf-16", 25), (json!(["utf-32"]), "utf-32", 24)]
    {
        let mut client = Client::silent(&[]);
        let answer = client.initialize(json!({ "general": { "positionEncodings": offered } }));
        assert_eq!(answer["capabilities"]["positionEncoding"], agreed);
        client.open("a.flow", text);
        let found = client.looked_at("a.flow", 1);
        assert_eq!(found[0]["range"]["start"], json!({ "line": 1, "character": column }), "{agreed}: {found:?}");
        // The name is replaced where it stands, as the client counts.
        let range = json!({ "start": { "line": 1, "character": column }, "end": { "line": 1, "character": column + 1 } });
        let version = client.change("a.flow", json!([{ "range": range, "text": "now" }]));
        assert_eq!(client.looked_at("a.flow", version), Vec::<Value>::new(), "{agreed}");
    }
}
