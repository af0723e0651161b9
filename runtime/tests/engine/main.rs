//! The engine on real stores and real actions, from the text of flows, in virtual time.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod children;
mod control;
mod duties;
mod killed;
mod loops;
mod previews;
#[path = "../replayed/mod.rs"]
mod replayed;
mod restarts;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_runtime::engine::{Answer, EngineError};
use flow_runtime::ids::Digest;
use flow_runtime::machine::Calendar;
use flow_runtime::machine::refusal::Refusal;
use flow_runtime::store::Delivery;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use serde_json::json;
use support::{REFUND, SECONDS, World, decide, effects, engine, finish};

#[tokio::test]
async fn routine_cases_just_run() {
    let world = World::new(REFUND).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 20})).await;
    assert_eq!((run.status, &run.output), ("completed", &json!("refunded")), "{run:?}");
    assert!(run.approvals.is_empty());
    assert_eq!(effects(&world), 1);
}

#[tokio::test]
async fn exceptional_cases_wait_for_the_owner() {
    let world = World::new(REFUND).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 1500})).await;
    assert_eq!((run.status, effects(&world)), ("paused", 0), "{run:?}");
    let approval = world.approval(&run).await;
    assert_eq!(approval.approvers, ["boss@acme.example"]);
    assert_eq!(approval.will_run[0].arguments["amount"].to_string(), "1500");
    assert_eq!(approval.why_asked.as_deref(), Some("`amount > 1000` holds (amount = 1500)"));

    let refused = world.decide(&run, "ana@acme.example", Answer::Approve, json!({})).await;
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NotEntitled(_)))), "{refused:?}");
    let mut stale = decide(&world.engine, &approval, "boss@acme.example", Answer::Approve, json!({}));
    stale.digest = Digest::default();
    let refused = world.engine.decide(stale).await;
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::Stale { .. }))), "{refused:?}");

    let decided = world.decide(&run, " Boss@ACME.example", Answer::Approve, json!({})).await.unwrap();
    assert_eq!((decided.status, decided.standing), ("approved", "decided"));
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, &run.output, effects(&world)), ("completed", &json!("refunded"), 1));
    let again = world.decide(&run, "boss@acme.example", Answer::Approve, json!({})).await.unwrap();
    assert_eq!(again.vote, decided.vote);
    let other = world.decide(&run, "boss@acme.example", Answer::Reject, json!({})).await;
    assert!(matches!(other, Err(EngineError::Refused(Refusal::AlreadyClosed { .. }))), "{other:?}");
}

#[tokio::test]
async fn a_rejected_run_does_nothing_more() {
    let world = World::new(REFUND).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 1500})).await;
    world.decide(&run, "boss@acme.example", Answer::Reject, json!({})).await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, effects(&world)), ("rejected", 0));
    assert_eq!(run.rejection.unwrap().by.as_deref(), Some("boss@acme.example"));
}

#[tokio::test]
async fn a_deadline_that_has_passed_comes_before_a_decision() {
    let world = World::new(REFUND).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 1500})).await;
    world.clock.advance(jiff::SignedDuration::from_hours(49));
    let late = world.decide(&run, "boss@acme.example", Answer::Approve, json!({})).await;
    assert!(matches!(late, Err(EngineError::Refused(Refusal::AlreadyClosed { .. }))), "{late:?}");
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, run.approvals[0].status, effects(&world)), ("rejected", "expired", 0));
    assert_eq!(run.rejection.unwrap().by, None);
}

#[tokio::test]
async fn a_deadline_fires_by_itself_and_not_early() {
    let world = World::new(REFUND).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 1500})).await;
    world.clock.advance(jiff::SignedDuration::from_hours(47));
    world.engine.fire_due().await.unwrap();
    assert_eq!(world.settled(&run.id).await.status, "paused");
    world.clock.advance(jiff::SignedDuration::from_hours(1));
    world.engine.fire_due().await.unwrap();
    assert_eq!(world.settled(&run.id).await.status, "rejected");
}

const UNSURE: &str = r#"
irreversible action pay(n: number) -> text {
  exec "sh" ["-c", "echo done >> effects; exit 3"]
}

workflow go(n: number) -> text {
  owner "boss@acme.example"
  require approval
  step receipt = pay(n)
  return receipt
}
"#;

#[tokio::test]
async fn an_irreversible_call_of_unknown_outcome_is_in_doubt() {
    let world = World::new(UNSURE).await;
    let run = world.start("go", json!({"n": 1})).await;
    world.decide(&run, "boss@acme.example", Answer::Approve, json!({})).await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, effects(&world)), ("in_doubt", 1), "{run:?}");
    let approval = world.approval(&run).await;
    assert_eq!((approval.kind, approval.fields[0].ty.as_str()), ("in_doubt", "text"));

    let wrong = world.decide(&run, "boss@acme.example", Answer::Approve, json!({})).await;
    assert!(matches!(wrong, Err(EngineError::Refused(Refusal::WrongAnswer(_)))), "{wrong:?}");
    let missing = world.decide(&run, "boss@acme.example", Answer::Done, json!({})).await;
    assert!(matches!(missing, Err(EngineError::Refused(Refusal::Invalid(_)))), "{missing:?}");

    world.decide(&run, "boss@acme.example", Answer::NotDone, json!({})).await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, effects(&world)), ("in_doubt", 2), "asked again, because it was tried again");
    world.decide(&run, "boss@acme.example", Answer::Done, json!({"result": "r-7"})).await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, &run.output, effects(&world)), ("completed", &json!("r-7"), 2));
}

#[tokio::test]
async fn giving_up_fails_the_run() {
    let world = World::new(UNSURE).await;
    let run = world.start("go", json!({"n": 1})).await;
    world.decide(&run, "boss@acme.example", Answer::Approve, json!({})).await.unwrap();
    let run = world.settled(&run.id).await;
    world.decide(&run, "boss@acme.example", Answer::GiveUp, json!({})).await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, effects(&world)), ("failed", 1));
}

#[tokio::test]
async fn a_plain_call_is_tried_again_as_its_retry_says() {
    let flow = r#"
action touch() -> text { exec "sh" ["-c", "echo done >> effects; test $(wc -l < effects) -ge 3 && echo third"] }
workflow go() -> text {
  owner "boss@acme.example"
  step x = touch() { retry 2 times }
  return x
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({})).await;
    let run = finish(&world, run).await;
    assert_eq!((run.status, &run.output, effects(&world)), ("completed", &json!("third"), 3), "{run:?}");
}

#[tokio::test]
async fn branches_skip_the_arms_that_are_not_taken() {
    let flow = r#"
workflow go(n: number) -> text {
  owner "boss@acme.example"
  if n > 10 {
    if n > 100 { return "huge" }
    step log(message: "large")
  } else if n > 5 {
    return "medium"
  } else {
    step log(message: "small")
  }
  return "end"
}"#;
    let world = World::new(flow).await;
    for (n, expected) in [(1, "end"), (7, "medium"), (50, "end"), (500, "huge")] {
        let run = world.start("go", json!({"n": n})).await;
        assert_eq!((run.status, run.output), ("completed", json!(expected)), "{n}");
    }
}

#[tokio::test]
async fn reads_run_at_the_same_time() {
    // Each waits for the other's file: in sequence neither would end.
    let flow = r#"
read action one() -> text { exec "sh" ["-c", "touch one; while ! test -e two; do sleep 0.01; done; echo 1"] timeout 10 seconds }
read action two() -> text { exec "sh" ["-c", "touch two; while ! test -e one; do sleep 0.01; done; echo 2"] timeout 10 seconds }
workflow go() -> text {
  owner "boss@acme.example"
  step a = one()
  step b = two()
  return "{a}{b}"
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({})).await;
    assert_eq!((run.status, run.output), ("completed", json!("12")));
}

#[tokio::test]
async fn a_run_goes_on_where_it_stood_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let world = World::on(open(), REFUND).await;
    let run = world.start("refund_customer", json!({"customer": "c-1", "amount": 1500})).await;
    let before = world.approval(&run).await;
    world.engine.shut_down(SECONDS).await;

    let restarted = engine(open(), world.dir.path(), &world.clock).await;
    assert_eq!(restarted.recover().await.unwrap(), 0, "a paused run is not taken up");
    let approval = restarted.approval(restarted.parse_approval(&before.id).unwrap(), None).await.unwrap();
    assert_eq!(approval, before);
    restarted.decide(decide(&restarted, &approval, "boss@acme.example", Answer::Approve, json!({}))).await.unwrap();
    let run = restarted.settled(restarted.parse_run(&run.id).unwrap(), SECONDS).await.unwrap();
    assert_eq!((run.status, effects(&world)), ("completed", 1));
}

#[tokio::test]
async fn large_results_are_kept_apart_from_the_journal() {
    let flow = r#"
read action many() -> text { exec "sh" ["-c", "yes 0123456789 | head -c 50000"] }
workflow go() -> number {
  owner "boss@acme.example"
  step text = many()
  require approval
  return length(text)
}"#;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let world = World::on(open(), flow).await;
    let run = world.start("go", json!({})).await;
    let id = world.engine.parse_run(&run.id).unwrap();
    let entries = world.engine.store().journal(id, 0, 100).await.unwrap();
    let largest = entries.iter().map(|entry| entry.body.len()).max().unwrap();
    assert!(largest < 1000, "{largest} bytes in one transition");
    world.engine.shut_down(SECONDS).await;

    let restarted = engine(open(), world.dir.path(), &world.clock).await;
    let approval = restarted.approval(restarted.parse_approval(&run.approvals[0].id).unwrap(), None).await.unwrap();
    restarted.decide(decide(&restarted, &approval, "boss@acme.example", Answer::Approve, json!({}))).await.unwrap();
    let run = restarted.settled(id, SECONDS).await.unwrap();
    assert_eq!(run.output.to_string(), "50000");
    let journal = restarted.journal(id, 0, 100).await.unwrap();
    let results = journal.iter().flat_map(|entry| &entry.events).filter(|event| event.kind == "step.done");
    assert_eq!(results.map(|event| event.data["detail"].as_str().unwrap().len()).collect::<Vec<_>>(), [50000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_answers_at_once_one_stands() {
    let flow = r#"
workflow go() {
  owner "boss@acme.example"
  require approval
  step log(message: "went on")
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({})).await;
    let approval = world.approval(&run).await;
    let answers = (0..64).map(|n| {
        let answer = if n % 2 == 0 { Answer::Approve } else { Answer::Reject };
        let (engine, decide) = (Arc::clone(&world.engine), decide(&world.engine, &approval, "boss@acme.example", answer, json!({})));
        tokio::spawn(async move { engine.decide(decide).await })
    });
    let mut stood = std::collections::BTreeSet::new();
    for answer in answers.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(decided) => stood.insert(decided.vote.decision),
            Err(EngineError::Refused(Refusal::AlreadyClosed { vote: Some(vote), .. })) => {
                stood.insert(flow_runtime::engine::show_vote(&vote).decision)
            }
            Err(other) => panic!("{other:?}"),
        };
    }
    assert_eq!(stood.len(), 1, "{stood:?}");
}

#[tokio::test]
async fn who_is_asked_is_told_once() {
    let world = World::new(REFUND).await;
    world.start("refund_customer", json!({"customer": "c-1", "amount": 1500})).await;
    world.engine.send_letters().await.unwrap();
    world.engine.send_letters().await.unwrap();
    let mails: Vec<_> = std::fs::read_dir(world.dir.path().join(".hitl/outbox")).unwrap().collect();
    assert_eq!(mails.len(), 1);
}

#[tokio::test]
async fn a_journal_that_does_not_follow_is_found() {
    let world = World::new("workflow go() -> text { let day = today return \"{day}\" }").await;
    assert_eq!(world.start("go", json!({})).await.output, json!("2026-09-21"));
    let project = |zone: &str| replayed::Project {
        zone: jiff::tz::TimeZone::get(zone).unwrap(),
        calendar: Calendar::default(),
        groups: BTreeMap::new(),
    };
    replayed::check(world.engine.store(), &project("Europe/Berlin"), None);
    // On the other side of the world it was another day.
    let elsewhere = project("Pacific/Auckland");
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| replayed::check(world.engine.store(), &elsewhere, None)));
    assert!(played.is_err(), "nobody compared what follows");
}

#[tokio::test]
async fn receivers_hear_of_each_round_of_people_and_of_reminders() {
    let flow = r#"
workflow go() {
  owner "boss@acme.example"
  require approval by "dan@acme.example", then "eve@acme.example" {
    remind every 1 day
    within 3 days, then escalate to "zoe@acme.example" within 1 day
  }
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({})).await;
    let told = async || {
        let letters = world.engine.store().letters(world.engine.now(), 100).await.unwrap();
        let told: Vec<String> = letters.iter().map(|letter| format!("{:?} {}", letter.letter.channel, letter.letter.to)).collect();
        world.engine.store().sent(letters.iter().map(|letter| (letter.id, Delivery::Done)).collect()).await.unwrap();
        told
    };
    assert_eq!(told().await, ["Webhook slack", "Mail dan@acme.example"]);
    world.decide(&run, "dan@acme.example", Answer::Approve, json!({})).await.unwrap();
    assert_eq!(told().await, ["WebhookAgain slack", "Mail eve@acme.example"]);
    world.clock.advance(jiff::SignedDuration::from_hours(24));
    world.engine.fire_due().await.unwrap();
    assert_eq!(told().await, ["WebhookReminder slack", "Reminder eve@acme.example"]);
    world.clock.advance(jiff::SignedDuration::from_hours(48));
    world.engine.fire_due().await.unwrap();
    let told = told().await;
    assert!(told.contains(&"WebhookAgain slack".to_owned()) && told.contains(&"Mail zoe@acme.example".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_step_that_asks_in_vain_says_what_it_was_answered_last() {
    let flow = r#"
read action health() -> text { exec "sh" ["-c", "echo x >> asked; echo \"red $(wc -l < asked)\""] }
workflow go() {
  owner "boss@acme.example"
  step state = health() { repeat every 10 seconds until state == "green" within 15 seconds }
}"#;
    let world = World::new(flow).await;
    let mut run = world.start("go", json!({})).await;
    while run.ended_at.is_none() {
        world.clock.advance(jiff::SignedDuration::from_secs(10));
        world.engine.fire_due().await.unwrap();
        world.engine.idle().await;
        run = world.settled(&run.id).await;
    }
    let error = run.error.unwrap();
    assert!(error.ends_with("its condition did not hold in time: the last answer was `red 2`"), "{error}");
}
