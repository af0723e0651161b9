//! A draft that a model wrote, from the endpoint to whoever decides over it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value as Json, json};

use crate::support::Project;

const FLOW: &str = r#"
record Draft { subject: text, body: text }

read action draft(complaint: text) -> Draft {
  model "small"
  prompt "Answer: {complaint}"
}

irreversible action send(to: text, letter: text) {
  exec "tee" ["sent.txt"]
  stdin letter
}

workflow answer(complaint: text, to: text) -> text {
  step letter = draft(complaint)
  let text = "{letter.subject}: {letter.body}"
  require approval {
    show   text as markdown "Answer", letter.subject, to
    within 1 day
  }
  step send(to, letter: text)
  return text
}
"#;

/// An endpoint on loopback that expects this in every question, and answers with the same draft.
pub(crate) fn endpoint(asked: &'static str, draft: &Json) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let draft = draft.to_string();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(|stream| answer(&stream, asked, &draft)));
    port
}

fn answer(stream: &TcpStream, asked: &str, draft: &str) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    for line in reader.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
        if let Some(("content-length", value)) = line.to_ascii_lowercase().split_once(':') {
            length = value.trim().parse().unwrap();
        }
    }
    let mut question = vec![0; length];
    reader.read_exact(&mut question).unwrap();
    let question: Json = serde_json::from_slice(&question).unwrap();
    let prompt = question["messages"][0]["content"].as_str().unwrap();
    assert!(prompt.contains(asked), "{prompt}");
    let body = json!({ "choices": [{ "finish_reason": "stop", "message": { "role": "assistant", "content": draft } }] }).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut stream = stream;
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
}

const CORRECTED: &str = r#"
read action draft(complaint: text) -> text {
  model "small"
  prompt "Answer: {complaint}"
}

irreversible action send(letter: text) {
  exec "tee" ["sent.txt"]
  stdin letter
}

workflow answer(complaint: text) {
  step letter = draft(complaint)
  require approval as review {
    ask text: text = letter
    ask subject: text = complaint
    within 1 day
  }
  step send(letter: review.text)
}
"#;

#[test]
fn what_a_model_proposes_is_marked() {
    let port = endpoint("Answer: it is late", &json!("It comes tomorrow."));
    let settings = format!("[model]\nurl = \"http://127.0.0.1:{port}/v1\"\n[http]\nallow = [\"127.0.0.1:{port}\"]\n");
    let project = Project::with(&[("answer.flow", CORRECTED), ("hitl.toml", &settings)]);
    project.hitlc(&["run", "answer.flow", "--detach", "complaint=it is late"]);
    let id = project.approval("answer");
    let card = project.hitlc(&["show", &id]).out;
    assert!(card.contains("It comes tomorrow.\"  (written by a model)"), "{card}");
    assert!(card.contains("subject (text) = it is late\n") || card.contains("subject (text) = \"it is late\"\n"), "{card}");
    let shown = project.hitlc(&["show", &id, "--json"]).json();
    assert_eq!((&shown["fields"][0]["by_model"], shown["fields"][1].get("by_model")), (&json!(true), None), "{shown}");
    assert_eq!(shown["will_run"][0]["by_model"], json!(["letter"]), "{shown}");
}

#[test]
fn what_a_model_wrote_is_marked_until_the_end() {
    let port = endpoint("Answer: it is late", &json!({ "subject": "Sorry", "body": "It comes tomorrow." }));
    let settings = format!("[model]\nurl = \"http://127.0.0.1:{port}/v1\"\n[http]\nallow = [\"127.0.0.1:{port}\"]\n");
    let project = Project::with(&[("answer.flow", FLOW), ("hitl.toml", &settings)]);
    project.hitlc(&["run", "answer.flow", "--detach", "complaint=it is late", "to=bo@acme.example"]);
    let id = project.approval("answer");
    let card = project.hitlc(&["show", &id]);
    assert!(card.out.contains("Sorry: It comes tomorrow.  (written by a model)"), "{card:?}");
    assert!(card.out.contains("written by a model: letter"), "{card:?}");
    assert!(!card.out.contains("bo@acme.example  (written"), "{card:?}");
    let shown: Json = serde_json::from_str(&project.hitlc(&["show", &id, "--json"]).out).unwrap();
    assert_eq!(shown["shown"][0]["by_model"], true, "{shown}");
    assert_eq!(shown["shown"][2].get("by_model"), None, "{shown}");
    assert_eq!(shown["will_run"][0]["by_model"], json!(["letter"]), "{shown}");
    let approved = project.hitlc(&["approve", &id]);
    assert_eq!(approved.code, 0, "{approved:?}");
    let ended: Json = serde_json::from_str(&project.hitlc(&["runs", "show", shown["run"].as_str().unwrap(), "--json"]).out).unwrap();
    assert!(ended.to_string().contains("written by a model"), "{ended}");
}
