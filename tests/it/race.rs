//! Many clients answer one gate of a real server at the same moment: one answer stands, and all others are told which.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;

use serde_json::{Value as Json, json};

use crate::support::{Project, Running};

const CLIENTS: usize = 64;
const PEOPLE: [&str; 2] = ["boss@acme.example", "eve@acme.example"];

const FLOW: &str = r#"
workflow go() {
  owner "boss@acme.example"
  require approval
  step log(message: "went on")
}
"#;

pub(crate) fn post(port: u16, token: &str, path: &str, more: &str, body: &Json) -> (u16, Json) {
    let body = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n{more}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

pub(crate) fn port(server: &mut Running) -> u16 {
    let said = server.says("http://127.0.0.1:");
    let (_, rest) = said.split_once("http://127.0.0.1:").unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn one_answer_stands_and_all_others_are_told_which() {
    let project = Project::with(&[("go.flow", FLOW)]);
    let tokens = PEOPLE.map(|person| project.hitlc(&["token", "new", person, "--scope", "start,decide,read"]).out.trim().to_owned());
    let mut server = project.start("serve", &["serve", "go.flow", "--listen", "127.0.0.1:0"]);
    let port = port(&mut server);
    let (status, run) = post(port, &tokens[0], "/api/v1/workflows/go/runs", "prefer: wait=20\r\n", &json!({"input": {}}));
    assert_eq!((status, &run["status"]), (201, &json!("paused")), "{run}");
    let id = run["approvals"][0]["id"].as_str().unwrap();
    let shown = project.hitlc(&["show", id, "--json", "--token", &tokens[0]]).json();
    let seen = format!("if-match: \"{}\"\r\n", shown["digest"].as_str().unwrap());

    // Approve, reject, approve with a comment, and somebody who is not asked.
    let start = Barrier::new(CLIENTS);
    let answers: Vec<(usize, u16, Json)> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (start, tokens, seen) = (&start, &tokens, &seen);
                scope.spawn(move || {
                    let body = match client % 4 {
                        0 | 3 => json!({"decision": "approve"}),
                        1 => json!({"decision": "reject"}),
                        _ => json!({"decision": "approve", "comment": "yes"}),
                    };
                    let token = &tokens[usize::from(client % 4 == 3)];
                    start.wait();
                    let (status, answer) = post(port, token, &format!("/api/v1/approvals/{id}/decision"), seen, &body);
                    (client, status, answer)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });

    let mut stands: BTreeMap<String, usize> = BTreeMap::new();
    for (client, status, answer) in &answers {
        match status {
            200 => *stands.entry(answer["vote"]["decision"].as_str().unwrap().to_owned()).or_default() += 1,
            409 => *stands.entry(answer["current"]["vote"]["decision"].as_str().unwrap().to_owned()).or_default() += 1,
            403 => assert_eq!(client % 4, 3, "{answer}"),
            other => panic!("{other}: {answer}"),
        }
    }
    assert_eq!(stands.len(), 1, "{stands:?}");
    assert_eq!(stands.values().sum::<usize>(), CLIENTS / 4 * 3);
    let journal = project.rows(".hitl/state.db", "select count(*) from asks");
    assert_eq!(journal, [["0"]], "nobody is asked any more");
}
