//! Deciding in the stead of somebody: a gate that is handed on, somebody who is out of office, and what a duty makes of both.

use serde_json::json;

use crate::gates::{FLOW, Office};
use crate::support::JSON;

#[tokio::test]
async fn a_gate_is_handed_on() {
    let office = Office::new().await;
    let (run, approval) = office.start("rob", "two", json!({"amount": "5 EUR"})).await;
    office.letters().await;
    office.delegate("rob", &approval, "zoe@acme.example").await.expect(403);
    office.delegate("ana", &approval, "nobody").await.expect(422);
    let twice = office.delegate("ana", &approval, "bo@acme.example").await.expect(422).json();
    assert!(twice["detail"].as_str().unwrap().contains("has one vote"), "{twice}");
    let handed = office.delegate("ana", &approval, "Zoe@acme.example").await.expect(200).json();
    assert_eq!(handed["handed_on"], json!([{"from": "ana@acme.example", "to": "zoe@acme.example"}]));
    assert_eq!(office.letters().await, ["Mail zoe"]);
    office.approve("ana", &approval).await.expect(403);
    assert!(office.is_asked("zoe", &approval).await && !office.is_asked("ana", &approval).await);
    let vote = office.approve("zoe", &approval).await.expect(200).json();
    assert_eq!(vote["vote"]["stead"], "ana@acme.example");
    office.approve("cy", &approval).await.expect(200);
    assert_eq!(office.run(&run).await["status"], "completed");
    let journal = office.journal(&run).await;
    assert!(journal.iter().any(|line| line == "`ana@acme.example` handed it on to `zoe@acme.example`"), "{journal:#?}");
    assert!(journal.iter().any(|line| line == "`zoe@acme.example` answered approve in the stead of `ana@acme.example`"), "{journal:#?}");

    let (_, excluding) = office.start("rob", "one", json!({"amount": "5 EUR"})).await;
    let refused = office.delegate("ana", &excluding, "eve@acme.example").await.expect(422).json();
    assert!(refused["detail"].as_str().unwrap().contains("excluded"), "{refused}");
    let (_, mine) = office.start("bo", "two_but_not_me", json!({"amount": "5 EUR"})).await;
    office.delegate("ana", &mine, "bo@acme.example").await.expect(422);
}

#[tokio::test]
async fn somebody_out_of_office_has_a_stand_in() {
    let mut office = Office::new().await;
    let out = |to: &str| json!({"to": to, "until": "2026-11-24T12:00:00Z"}).to_string();
    let line = "POST /api/v1/people/me/stand-in";
    office.world.ask(line, &[&office.tokens["ana"], JSON], out("ana@acme.example")).await.expect(422);
    office.world.ask(line, &[&office.tokens["ana"], JSON], json!({"to": "zoe@acme.example"}).to_string()).await.expect(422);
    let said = office.world.ask(line, &[&office.tokens["ana"], JSON], out("zoe@acme.example")).await.expect(200).json();
    assert_eq!(said["to"], "zoe@acme.example");
    let (_, approval) = office.start("rob", "two", json!({"amount": "5 EUR"})).await;
    assert_eq!(office.letters().await, ["Mail ana", "Mail bo", "Mail cy", "Mail zoe"]);
    // What was said outlives the server.
    office.world.reopen(FLOW).await;
    assert!(office.is_asked("zoe", &approval).await);
    let vote = office.approve("zoe", &approval).await.expect(200).json();
    assert_eq!(vote["vote"]["stead"], "ana@acme.example");
    // One vote for both of them.
    office.approve("ana", &approval).await.expect(409);
    // Whoever stands in for the requester is no more free to decide than they are.
    let (_, mine) = office.start("ana", "two_but_not_me", json!({"amount": "5 EUR"})).await;
    office.approve("zoe", &mine).await.expect(403);
    office.pass(25).await;
    let (_, later) = office.start("rob", "two", json!({"amount": "5 EUR"})).await;
    office.approve("zoe", &later).await.expect(403);
}

const DUTIES: &str = r#"
group treasury { "ana@acme.example" "bo@acme.example" "cy@acme.example" }
group desk { "dan@acme.example" "eve@acme.example" }

irreversible action move(id: text) -> text only after approval by 2 of treasury {
  exec "echo" ["moved {id}"]
}

irreversible action send(id: text) -> text only after approval by treasury {
  exec "echo" ["sent {id}"]
}

workflow two(id: text) -> text {
  owner "boss@acme.example"
  require approval by 2 of treasury
  step moved = move(id)
  return moved
}

workflow one(id: text) -> text {
  owner "boss@acme.example"
  require approval by treasury
  step sent = send(id)
  return sent
}

workflow both(id: text) -> text {
  owner "boss@acme.example"
  require approval by desk and treasury
  step sent = send(id)
  return sent
}
"#;

#[tokio::test]
async fn a_duty_is_not_met_in_somebodys_stead() {
    let office = Office::of(DUTIES).await;
    let (_, approval) = office.start("rob", "two", json!({"id": "m1"})).await;
    let refused = office.delegate("cy", &approval, "boss@acme.example").await.expect(422).json();
    assert!(refused["detail"].as_str().unwrap().contains("demands one of `treasury`"), "{refused}");

    // One who is demanded too may be handed it, and their vote counts.
    let (run, approval) = office.start("rob", "one", json!({"id": "m2"})).await;
    office.delegate("cy", &approval, "zoe@acme.example").await.expect(422);
    office.delegate("cy", &approval, "bo@acme.example").await.expect(200);
    office.approve("bo", &approval).await.expect(200);
    assert_eq!(office.run(&run).await["output"], "sent m2");

    // What the duty does not demand goes to anybody, and counts for nothing else.
    let (run, approval) = office.start("rob", "both", json!({"id": "m3"})).await;
    office.delegate("dan", &approval, "zoe@acme.example").await.expect(200);
    let desk = office.approve("zoe", &approval).await.expect(200).json();
    assert_eq!((&desk["vote"]["stead"], &desk["status"]), (&json!("dan@acme.example"), &json!("pending")));
    office.approve("ana", &approval).await.expect(200);
    assert_eq!(office.run(&run).await["output"], "sent m3");
}

#[tokio::test]
async fn who_stands_in_meets_a_duty_themselves() {
    let office = Office::of(DUTIES).await;
    let out = json!({"to": "zoe@acme.example", "until": "2026-11-24T12:00:00Z"}).to_string();
    office.world.ask("POST /api/v1/people/me/stand-in", &[&office.tokens["ana"], JSON], out).await.expect(200);
    let (run, approval) = office.start("rob", "one", json!({"id": "m1"})).await;
    assert_eq!(office.letters().await, ["Mail ana", "Mail bo", "Mail cy"]);
    let refused = office.approve("zoe", &approval).await.expect(403).json();
    assert!(refused["detail"].as_str().unwrap().contains("in the stead of `ana@acme.example`"), "{refused}");
    assert!(!office.is_asked("zoe", &approval).await);
    office.approve("ana", &approval).await.expect(200);
    assert_eq!(office.run(&run).await["output"], "sent m1");
}

#[tokio::test]
async fn addresses_that_name_nobody_are_refused() {
    let office = Office::of(DUTIES).await;
    let (_, approval) = office.start("rob", "both", json!({"id": "m1"})).await;
    for nobody in ["@", "a,b@acme.example", "eve+1\n@acme.example", "a@b\r\nBcc: evil@acme.example"] {
        office.delegate("dan", &approval, nobody).await.expect(422);
        let out = json!({"to": nobody, "until": "2026-11-24T12:00:00Z"}).to_string();
        office.world.ask("POST /api/v1/people/me/stand-in", &[&office.tokens["ana"], JSON], out).await.expect(422);
    }
}
