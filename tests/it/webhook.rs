//! A program is told, with a signature, when somebody is asked and when its run has ended.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use serde_json::{Value as Json, json};

use crate::race::{port, post};
use crate::support::{PATIENCE, Project};

const FLOW: &str = r#"
workflow go(n: number) {
  owner "boss@acme.example"
  require approval when n > 10
  step log(message: "went on")
}
"#;

/// One request: its path, whether it is signed, and its body.
type Told = (String, bool, Json);

/// Listens on loopback, and answers everything with 204.
fn listen() -> (u16, mpsc::Receiver<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if told.send(read(&stream)).is_err() {
                return;
            }
            (&stream).write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
        }
    });
    (port, heard)
}

fn read(stream: &TcpStream) -> Told {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let (mut length, mut signed) = (0, false);
    for line in reader.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "webhook-signature" => signed = value.trim().starts_with("v1,"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first.split(' ').nth(1).unwrap().to_owned(), signed, serde_json::from_slice(&body).unwrap())
}

#[test]
fn who_listens_is_told_once() {
    let (hook, heard) = listen();
    let settings = format!(
        "[http]\nallow = [\"127.0.0.1:{hook}\"]\n[notify]\nmail = false\n[notify.webhook]\nurl = \"http://127.0.0.1:{hook}/asked\"\nsecret = \"HOOK\"\n"
    );
    let project = Project::with(&[("go.flow", FLOW), ("hitl.toml", &settings)]);
    let token = project.hitlc(&["token", "new", "boss@acme.example", "--scope", "start,decide,read"]).out.trim().to_owned();
    let mut server = project.start_with(
        "serve",
        &["serve", "go.flow", "--listen", "127.0.0.1:0"],
        &[("HITL_SECRET_HOOK", "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtMTIz")],
    );
    let port = port(&mut server);
    let start = |n: u32, callback: &str| {
        post(port, &token, "/api/v1/workflows/go/runs", "prefer: wait=20\r\n", &json!({"input": {"n": n}, "callback": callback}))
    };

    let (status, refused) = start(1, "http://169.254.169.254/latest");
    assert_eq!(status, 422, "{refused}");
    let (status, run) = start(1, &format!("http://127.0.0.1:{hook}/ended"));
    assert_eq!((status, &run["status"]), (201, &json!("completed")), "{run}");
    let (path, signed, body) = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!((path.as_str(), signed, &body["type"]), ("/ended", true, &json!("run.ended")), "{body}");
    assert_eq!(body["data"]["id"], run["id"], "{body}");

    let (_, run) = start(11, &format!("http://127.0.0.1:{hook}/ended"));
    let (path, signed, body) = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!((path.as_str(), signed, &body["type"]), ("/asked", true, &json!("approval.asked")), "{body}");
    assert!(body.to_string().contains(run["id"].as_str().unwrap()), "{body}");
    assert!(!body.to_string().contains("/link/"), "a letter carries no way to sign in: {body}");
}
