//! Gates with several people, through the API, in virtual time.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use crate::people::{csrf, hidden, sign_in};
use crate::support::{Answer, FORM, JSON, Setting, World, bearer};

pub(crate) const FLOW: &str = r#"
group finance { "ana@acme.example" "bo@acme.example" "cy@acme.example" }
group board { "eve@acme.example" }

enum Speed { slow fast }

irreversible action pay(to: text, amount: money) -> text {
  exec "echo" ["paid {amount} to {to}"]
}

workflow two(amount: money) -> text {
  owner "boss@acme.example"
  require approval by 2 of finance
  step receipt = pay(to: "v", amount)
  return receipt
}

workflow two_but_not_me(amount: money) -> text {
  owner "boss@acme.example"
  require approval by 2 of finance except requester
  step receipt = pay(to: "v", amount)
  return receipt
}

workflow everybody(amount: money) -> text {
  owner "boss@acme.example"
  require approval by all of finance
  step receipt = pay(to: "v", amount)
  return receipt
}

workflow stages(amount: money) -> text {
  owner "boss@acme.example"
  require approval by finance and "dan@acme.example", then board
  step receipt = pay(to: "v", amount)
  return receipt
}

workflow late(amount: money) -> text {
  owner "boss@acme.example"
  require approval by finance {
    remind every 4 hours
    within 1 day, then escalate to board within 6 hours, then reject
  }
  step receipt = pay(to: "v", amount)
  return receipt
}

workflow fields(amount: money) -> text {
  owner "boss@acme.example"
  require approval as review by 2 of finance {
    ask sum: money = amount as "To be paid"
    ask speed: Speed = slow
    ask note: text?
    send back to requester
    within 2 days
  }
  step receipt = pay(to: "v", amount: review.sum)
  return "{receipt}, {review.speed}, {review.note otherwise "no note"}"
}

workflow one(amount: money) -> text {
  owner "boss@acme.example"
  require approval as review by finance except "eve@acme.example" {
    ask sum: money = amount
    ask when: date
  }
  step receipt = pay(to: "v", amount: review.sum)
  return "{receipt} on {review.when}"
}

workflow bands(amount: money, limits: [money]) -> text {
  owner "boss@acme.example"
  require approval {
    when amount < limits[0] nobody
    when amount < limits[1] by finance
    otherwise by board
  }
  step receipt = pay(to: "v", amount)
  return receipt
}

workflow silent(text: text) -> text {
  owner "boss@acme.example"
  require approval as review within 1 hour, then approve {
    ask message: text = text
  }
  step log(message: review.message)
  return "{review.message} by {review.by otherwise "nobody"}"
}
"#;

/// A world and the tokens of its people.
pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) tokens: BTreeMap<&'static str, String>,
}

const PEOPLE: [&str; 8] = ["ana", "bo", "cy", "dan", "eve", "rob", "boss", "zoe"];

impl Office {
    pub(crate) async fn new() -> Self {
        Self::of(FLOW).await
    }

    pub(crate) async fn of(flow: &'static str) -> Self {
        let world = World::set(Setting { flow, mail: true }).await;
        let mut tokens = BTreeMap::new();
        for name in PEOPLE {
            tokens.insert(name, bearer(&world.token(&format!("{name}@acme.example"), "start,read,decide").await));
        }
        Self { world, tokens }
    }

    async fn get(&self, who: &str, path: &str) -> Json {
        self.world.ask(&format!("GET /api/v1/{path}"), &[&self.tokens[who]], "").await.expect(200).json()
    }

    /// A run of a workflow that waits: its id and its approval's.
    pub(crate) async fn start(&self, who: &str, workflow: &str, input: Json) -> (String, String) {
        let line = format!("POST /api/v1/workflows/{workflow}/runs");
        let body = json!({ "input": input }).to_string();
        let run = self.world.ask(&line, &[&self.tokens[who], JSON, "prefer: wait=20"], body).await.expect(201).json();
        (run["id"].as_str().unwrap().to_owned(), run["approvals"][0]["id"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) async fn run(&self, id: &str) -> Json {
        let headers = [self.tokens["boss"].as_str(), "prefer: wait=20"];
        self.world.ask(&format!("GET /api/v1/runs/{id}"), &headers, "").await.expect(200).json()
    }

    async fn vote(&self, who: &str, approval: &str, body: Json) -> Answer {
        let seen = self.world.ask(&format!("GET /api/v1/approvals/{approval}"), &[&self.tokens[who]], "").await.expect(200);
        self.vote_on(who, approval, seen.header("etag"), body).await
    }

    async fn vote_on(&self, who: &str, approval: &str, tag: &str, body: Json) -> Answer {
        let line = format!("POST /api/v1/approvals/{approval}/decision");
        self.world.ask(&line, &[&self.tokens[who], JSON, &format!("if-match: {tag}")], body.to_string()).await
    }

    pub(crate) async fn approve(&self, who: &str, approval: &str) -> Answer {
        self.vote(who, approval, json!({"decision": "approve"})).await
    }

    pub(crate) async fn delegate(&self, who: &str, approval: &str, to: &str) -> Answer {
        let line = format!("POST /api/v1/approvals/{approval}/delegate");
        self.world.ask(&line, &[&self.tokens[who], JSON], json!({ "to": to }).to_string()).await
    }

    /// Whether it is in the person's inbox.
    pub(crate) async fn is_asked(&self, who: &str, approval: &str) -> bool {
        self.get(who, "approvals").await["items"].as_array().unwrap().iter().any(|item| item["id"] == approval)
    }

    pub(crate) async fn pass(&self, hours: i64) {
        self.world.clock.advance(SignedDuration::from_hours(hours));
        self.world.engine.fire_due().await.unwrap();
    }

    /// Who has a letter waiting, each with the channel; and sends them all.
    pub(crate) async fn letters(&self) -> Vec<String> {
        let now = self.world.engine.now();
        let letters = self.world.engine.store().letters(now, 100).await.unwrap();
        let mut told: Vec<String> =
            letters.iter().map(|letter| format!("{:?} {}", letter.letter.channel, letter.letter.to.split('@').next().unwrap())).collect();
        let done = letters.iter().map(|letter| (letter.id, flow_runtime::store::Delivery::Done)).collect();
        self.world.engine.store().sent(done).await.unwrap();
        told.sort();
        told
    }

    pub(crate) async fn journal(&self, run: &str) -> Vec<String> {
        let journal = self.get("boss", &format!("runs/{run}/events")).await;
        let entries = journal["items"].as_array().unwrap().iter();
        entries.flat_map(|entry| entry["events"].as_array().unwrap()).map(|event| event["text"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn two_of_three_and_the_same_person_twice() {
    let office = Office::new().await;
    let (run, approval) = office.start("rob", "two", json!({"amount": "5 EUR"})).await;
    assert_eq!(office.letters().await, ["Mail ana", "Mail bo", "Mail cy"]);
    let first = office.approve("ana", &approval).await.expect(200).json();
    assert_eq!((&first["standing"], &first["status"]), (&json!("counted"), &json!("pending")));
    office.approve("ana", &approval).await.expect(200);
    let other = office.vote("ana", &approval, json!({"decision": "reject"})).await.expect(409).json();
    assert_eq!(other["current"]["vote"]["decision"], "approve");
    assert_eq!((&other["title"], &other["current"]["needed"]), (&json!("already answered"), &json!(["2 of finance"])));
    assert_eq!(other["detail"], "you answered already, and an answer cannot be changed");
    assert!(!office.is_asked("ana", &approval).await && office.is_asked("bo", &approval).await);
    let seen = office.get("bo", &format!("approvals/{approval}")).await;
    assert_eq!((&seen["needed"], seen["votes"].as_array().unwrap().len()), (&json!(["2 of finance"]), 1));
    office.approve("rob", &approval).await.expect(403);
    let second = office.approve("bo", &approval).await.expect(200).json();
    assert_eq!((&second["standing"], &second["status"]), (&json!("decided"), &json!("approved")));
    assert_eq!(office.run(&run).await["output"], "paid 5.00 EUR to v");
    assert!(!office.is_asked("cy", &approval).await);
}

#[tokio::test]
async fn one_reject_rejects() {
    let office = Office::new().await;
    let (run, approval) = office.start("rob", "two", json!({"amount": "5 EUR"})).await;
    office.approve("ana", &approval).await.expect(200);
    office.vote("bo", &approval, json!({"decision": "reject", "comment": "no"})).await.expect(200);
    let run = office.run(&run).await;
    assert_eq!((&run["status"], &run["rejection"]["by"]), (&json!("rejected"), &json!("bo@acme.example")));
}

#[tokio::test]
async fn the_last_needed_voter_is_the_requester() {
    let office = Office::new().await;
    let (run, approval) = office.start("ana", "two_but_not_me", json!({"amount": "5 EUR"})).await;
    assert_eq!(office.letters().await, ["Mail bo", "Mail cy"]);
    let shown = &office.get("cy", &format!("approvals/{approval}")).await["approvers"];
    assert_eq!(shown, &json!(["2 of finance", "except ana@acme.example"]));
    office.approve("bo", &approval).await.expect(200);
    let refused = office.approve("ana", &approval).await.expect(403).json();
    assert!(refused["detail"].as_str().unwrap().contains("whoever asked may not decide"), "{refused}");
    assert!(!office.is_asked("ana", &approval).await);
    assert_eq!(office.run(&run).await["status"], "paused");
    office.approve("cy", &approval).await.expect(200);
    assert_eq!(office.run(&run).await["status"], "completed");
}

#[tokio::test]
async fn a_member_leaves_between_two_votes() {
    let mut office = Office::new().await;
    let (first, everybody) = office.start("rob", "everybody", json!({"amount": "5 EUR"})).await;
    let (second, two) = office.start("rob", "two", json!({"amount": "6 EUR"})).await;
    office.approve("ana", &everybody).await.expect(200);
    office.approve("ana", &two).await.expect(200);
    // Cy leaves, of whom nobody has heard, and Ana, who has voted.
    let flow = FLOW.replace(r#""ana@acme.example" "bo@acme.example" "cy@acme.example""#, r#""bo@acme.example" "dan@acme.example""#);
    office.world.reopen(&flow).await;
    office.approve("cy", &everybody).await.expect(403);
    // Membership counts when a vote is cast: Ana's stands.
    let voted = office.approve("bo", &two).await.expect(200).json();
    assert_eq!(voted["status"], "approved");
    assert_eq!(office.run(&second).await["status"], "completed");
    // All of them are those who are in it now.
    assert_eq!(office.approve("bo", &everybody).await.expect(200).json()["status"], "pending");
    assert_eq!(office.approve("dan", &everybody).await.expect(200).json()["status"], "approved");
    assert_eq!(office.run(&first).await["status"], "completed");
}

#[tokio::test]
async fn stages_are_asked_one_after_the_other() {
    let mut office = Office::new().await;
    let (run, approval) = office.start("rob", "stages", json!({"amount": "5 EUR"})).await;
    let asked = "asked any one of finance and dan@acme.example, then any one of board: Approve pay";
    assert!(office.journal(&run).await.iter().any(|line| line == asked), "{:#?}", office.journal(&run).await);
    assert_eq!(office.letters().await, ["Mail ana", "Mail bo", "Mail cy", "Mail dan"]);
    office.approve("eve", &approval).await.expect(403);
    assert!(!office.is_asked("eve", &approval).await);
    office.approve("cy", &approval).await.expect(200);
    assert_eq!(office.letters().await, [""; 0]);
    assert_eq!(office.approve("dan", &approval).await.expect(200).json()["status"], "pending");
    assert_eq!(office.letters().await, ["Mail eve"]);
    // Between two stages the server ends and another takes it up.
    office.world.reopen(FLOW).await;
    assert!(office.is_asked("eve", &approval).await);
    assert_eq!(office.approve("eve", &approval).await.expect(200).json()["status"], "approved");
    assert_eq!(office.run(&run).await["status"], "completed");
}

#[tokio::test]
async fn reminders_and_an_escalation() {
    let office = Office::new().await;
    let (run, approval) = office.start("rob", "late", json!({"amount": "5 EUR"})).await;
    assert_eq!(office.letters().await, ["Mail ana", "Mail bo", "Mail cy"]);
    office.pass(3).await;
    assert_eq!(office.letters().await, [""; 0]);
    office.pass(1).await;
    assert_eq!(office.letters().await, ["Reminder ana", "Reminder bo", "Reminder cy"]);
    // After a long silence one reminder, not many.
    office.pass(13).await;
    assert_eq!(office.letters().await, ["Reminder ana", "Reminder bo", "Reminder cy"]);
    office.approve("eve", &approval).await.expect(403);
    office.pass(7).await;
    assert_eq!(office.letters().await, ["Mail eve"]);
    let seen = office.get("eve", &format!("approvals/{approval}")).await;
    assert_eq!(seen["due_at"], "2026-11-24T18:00:00Z", "{seen}");
    assert!(office.is_asked("eve", &approval).await && office.is_asked("ana", &approval).await);
    office.pass(4).await;
    assert_eq!(office.letters().await, ["Reminder ana", "Reminder bo", "Reminder cy", "Reminder eve"]);
    assert_eq!(office.approve("eve", &approval).await.expect(200).json()["status"], "approved");
    assert_eq!(office.run(&run).await["status"], "completed");
    office.pass(40).await;
    assert_eq!(office.letters().await, [""; 0], "nobody is reminded of what is decided");
}

#[tokio::test]
async fn the_deadline_and_the_decision_arrive_together() {
    let office = Office::new().await;
    let (_, approval) = office.start("rob", "late", json!({"amount": "5 EUR"})).await;
    let (run, fields) = office.start("rob", "fields", json!({"amount": "5 EUR"})).await;
    // To the second, and no timer has fired.
    office.world.clock.advance(SignedDuration::from_hours(24));
    let seen = office.approve("ana", &approval).await.expect(200).json();
    assert_eq!(seen["status"], "approved", "those who were asked first still are");
    office.world.clock.advance(SignedDuration::from_hours(24));
    let late = office.approve("ana", &fields).await.expect(409).json();
    assert_eq!(late["current"]["status"], "expired");
    assert_eq!(office.run(&run).await["status"], "rejected");
}

#[tokio::test]
async fn the_server_was_down_past_the_deadline() {
    let mut office = Office::new().await;
    let (run, approval) = office.start("rob", "late", json!({"amount": "5 EUR"})).await;
    office.letters().await;
    office.world.clock.advance(SignedDuration::from_hours(24 * 9));
    office.world.reopen(FLOW).await;
    office.pass(0).await;
    // The escalation's time runs from when it was recorded, so that its people have it.
    assert_eq!(office.letters().await, ["Mail eve"]);
    office.pass(5).await;
    assert_eq!(office.run(&run).await["status"], "paused");
    office.pass(1).await;
    assert_eq!(office.run(&run).await["status"], "rejected");
    assert_eq!(office.get("ana", &format!("approvals/{approval}")).await["status"], "expired");
}

#[tokio::test]
async fn two_voters_enter_different_values() {
    let office = Office::new().await;
    let (run, first) = office.start("rob", "fields", json!({"amount": "5 EUR"})).await;
    let seen = office.get("ana", &format!("approvals/{first}")).await;
    assert_eq!(seen["fields"][0]["value"], "5.00 EUR");
    assert_eq!((&seen["fields"][0]["label"], &seen["fields"][1]["choices"]), (&json!("To be paid"), &json!(["slow", "fast"])));
    assert_eq!(seen["will_run"][0]["entered"], json!(["amount"]));
    office.vote("ana", &first, json!({"decision": "approve", "values": {"sum": 4}})).await.expect(422);
    office.vote("ana", &first, json!({"decision": "approve", "values": {"sums": "4 EUR"}})).await.expect(422);
    office.approve("ana", &first).await.expect(200);
    let cookie = sign_in(&office.world, &office.world.token("cy@acme.example", "read,decide").await).await;
    let page = office.world.ask(&format!("GET /approvals/{first}"), &[&cookie], "").await.expect(200).body;
    let body = json!({"decision": "approve", "values": {"sum": "4 EUR", "speed": "fast"}});
    let other = office.vote("bo", &first, body.clone()).await.expect(200).json();
    let second = other["approval"].as_str().unwrap();
    assert_ne!(second, first);
    assert_eq!((&other["status"], &other["standing"]), (&json!("pending"), &json!("counted")));
    assert_eq!(other["vote"]["values"], json!({"sum": "4.00 EUR", "speed": "fast", "note": null}));
    office.vote("bo", &first, body).await.expect(200);
    // The round before is over, and says what stands.
    let gone = office.vote("cy", &first, json!({"decision": "approve"})).await.expect(409).json();
    assert_eq!((&gone["current"]["status"], &gone["current"]["next"]), (&json!("superseded"), &json!(second)));
    assert_eq!(gone["detail"], format!("another round has taken the place of this one: `{second}`"));
    assert_eq!(office.get("cy", &format!("approvals/{first}")).await["next"], json!(second));
    let form = format!("digest={}&decision=approve&csrf={}", hidden(&page, "digest"), csrf(&page));
    let gone = office.world.ask(&format!("POST /approvals/{first}/decision"), &[&cookie, FORM], form).await.expect(409).body;
    assert!(
        gone.contains(&format!("the place of this one: <code>{second}</code>")) && gone.contains(&format!("href=\"/approvals/{second}\"")),
        "{gone}"
    );
    // The new one holds that vote only, and what it proposes is what is approved.
    let seen = office.get("ana", &format!("approvals/{second}")).await;
    assert_eq!((&seen["round"], seen["votes"].as_array().unwrap().len(), &seen["fields"][0]["value"]), (&json!(2), 1, &json!("4.00 EUR")));
    assert_eq!(office.approve("ana", second).await.expect(200).json()["status"], "approved");
    assert_eq!(office.run(&run).await["output"], "paid 4.00 EUR to v, fast, no note");
}

#[tokio::test]
async fn one_voter_decides_with_what_they_enter() {
    let office = Office::new().await;
    let (run, approval) = office.start("rob", "one", json!({"amount": "5 EUR"})).await;
    let missing = office.approve("ana", &approval).await.expect(422).json();
    assert_eq!(missing["errors"][0]["path"], "when", "{missing}");
    let decided = office.vote("ana", &approval, json!({"decision": "approve", "values": {"sum": "3 EUR", "when": "2026-12-01"}})).await;
    assert_eq!(decided.expect(200).json()["status"], "approved");
    assert_eq!(office.run(&run).await["output"], "paid 3.00 EUR to v on 2026-12-01");
    let seen = office.get("ana", &format!("approvals/{approval}")).await;
    assert_eq!(seen["will_run"][0]["arguments"]["amount"], "3.00 EUR", "what was filled in is shown");
}

#[tokio::test]
async fn a_gate_is_sent_back_and_asked_again() {
    let office = Office::new().await;
    let (run, first) = office.start("rob", "fields", json!({"amount": "5 EUR"})).await;
    let tag = office.world.ask(&format!("GET /api/v1/approvals/{first}"), &[&office.tokens["bo"]], "").await.header("etag").to_owned();
    office.approve("ana", &first).await.expect(200);
    let back = office.vote("bo", &first, json!({"decision": "send_back", "comment": "too much"})).await.expect(200).json();
    assert_eq!(back["status"], "superseded");
    let question = office.get("rob", &format!("approvals/{first}")).await["next"].as_str().unwrap().to_owned();
    let seen = office.get("rob", &format!("approvals/{question}")).await;
    assert_eq!((&seen["kind"], &seen["sent_back"]["comment"]), (&json!("sent_back"), &json!("too much")));
    assert!(office.is_asked("rob", &question).await && !office.is_asked("ana", &question).await);
    office.approve("ana", &question).await.expect(403);
    office.vote_on("cy", &first, &tag, json!({"decision": "approve"})).await.expect(409);
    office.vote("rob", &question, json!({"decision": "approve", "values": {"sum": "2 EUR"}})).await.expect(200);
    let second = office.get("rob", &format!("approvals/{question}")).await["next"].as_str().unwrap().to_owned();
    let seen = office.get("ana", &format!("approvals/{second}")).await;
    assert_eq!((&seen["kind"], &seen["round"], &seen["status"]), (&json!("gate"), &json!(2), &json!("pending")));
    assert_eq!((&seen["fields"][0]["value"], &seen["votes"]), (&json!("2.00 EUR"), &json!([])));
    office.approve("ana", &second).await.expect(200);
    office.approve("cy", &second).await.expect(200);
    assert_eq!(office.run(&run).await["output"], "paid 2.00 EUR to v, slow, no note");
    office.vote("bo", &second, json!({"decision": "reject"})).await.expect(409);
}

#[tokio::test]
async fn bands_decide_who_is_asked_and_a_broken_one_asks_everybody() {
    let office = Office::new().await;
    let limits = json!(["10 EUR", "100 EUR"]);
    let (run, _) = office.start("rob", "bands", json!({"amount": "5 EUR", "limits": limits})).await;
    assert_eq!(office.run(&run).await["status"], "completed");
    let (run, approval) = office.start("rob", "bands", json!({"amount": "50 EUR", "limits": limits})).await;
    assert_eq!(office.get("ana", &format!("approvals/{approval}")).await["approvers"], json!(["any one of finance"]));
    office.approve("eve", &approval).await.expect(403);
    office.approve("bo", &approval).await.expect(200);
    assert_eq!(office.run(&run).await["status"], "completed");
    let (_, approval) = office.start("rob", "bands", json!({"amount": "500 EUR", "limits": limits})).await;
    office.approve("bo", &approval).await.expect(403);
    office.approve("eve", &approval).await.expect(200);
    // There is no second limit, so that it cannot be told who is to be asked.
    let (run, approval) = office.start("rob", "bands", json!({"amount": "500 EUR", "limits": ["10 EUR"]})).await;
    let seen = office.get("ana", &format!("approvals/{approval}")).await;
    assert_eq!(seen["approvers"], json!(["any one of finance", "any one of board"]));
    assert!(seen["why_asked"].as_str().unwrap().contains("cannot be told"), "{seen}");
    assert_eq!(office.approve("eve", &approval).await.expect(200).json()["status"], "pending");
    assert_eq!(office.approve("ana", &approval).await.expect(200).json()["status"], "approved");
    assert_eq!(office.run(&run).await["status"], "completed");
}

#[tokio::test]
async fn silence_passes_where_the_flow_says_so() {
    let office = Office::new().await;
    let (run, approval) = office.start("rob", "silent", json!({"text": "hello"})).await;
    office.pass(1).await;
    assert_eq!(office.run(&run).await["output"], "hello by nobody");
    let seen = office.get("boss", &format!("approvals/{approval}")).await;
    assert_eq!((&seen["status"], &seen["decision"]["by"]), (&json!("approved"), &json!(null)));
}

#[tokio::test]
async fn the_page_takes_fields_sends_back_and_hands_on() {
    let office = Office::new().await;
    let (run, first) = office.start("rob", "fields", json!({"amount": "5 EUR"})).await;
    let token = office.tokens["bo"].trim_start_matches("authorization: Bearer ").to_owned();
    let cookie = sign_in(&office.world, &token).await;
    let page = office.world.ask(&format!("GET /approvals/{first}"), &[&cookie], "").await.expect(200).body;
    for part in [
        "<label for=\"value-sum\">To be paid",
        "name=\"value.sum\" value=\"5.00 EUR\"",
        "<option value=\"slow\" selected>",
        "<textarea id=\"value-note\"",
        "value=\"send_back\"",
        "as you enter it",
        "/delegate\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let (csrf, digest) = (csrf(&page), hidden(&page, "digest"));
    let line = format!("POST /approvals/{first}/decision");
    let form = |rest: &str| format!("digest={digest}&csrf={csrf}&{rest}");
    let wrong = office.world.ask(&line, &[&cookie, FORM], form("decision=approve&value.sum=four&value.speed=fast&value.note=x")).await;
    let wrong = wrong.expect(422).body;
    assert!(
        wrong.contains("value=\"four\"") && wrong.contains("<option value=\"fast\" selected>") && wrong.contains(">x</textarea>"),
        "{wrong}"
    );
    let hand_on = format!("POST /approvals/{first}/delegate");
    let wrong = office.world.ask(&hand_on, &[&cookie, FORM], format!("csrf={csrf}&to=cy@acme.example")).await.expect(422).body;
    assert!(
        wrong.contains("has one vote") && wrong.contains("value=\"cy@acme.example\"") && wrong.contains("value=\"5.00 EUR\""),
        "{wrong}"
    );
    office.world.ask(&line, &[&cookie, FORM], form("decision=approve&value.sum=4+EUR&value.speed=fast&value.note=")).await.expect(303);
    let page = office.world.ask(&format!("GET /approvals/{first}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("Asked again") && page.contains("What is asked now"), "{page}");
    let run = office.run(&run).await;
    let second = run["approvals"][1]["id"].as_str().unwrap();
    let page = office.world.ask(&format!("GET /approvals/{second}"), &[&cookie], "").await.expect(200).body;
    assert!(page.contains("Still needed: 2 of finance") && page.contains("<dd>4.00 EUR</dd>"), "{page}");
}
