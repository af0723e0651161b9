//! Loops, parallel branches, waits, `try`, `repeat`, `undo`, handlers: run, killed in their middle, and taken up again.

use std::collections::HashSet;
use std::sync::Arc;

use flow_runtime::engine::{Answer, EngineError, Key};
use flow_runtime::ids::{At, Digest};
use flow_runtime::machine::refusal::Refusal;
use flow_runtime::store::memory::MemoryStore;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use flow_runtime::store::{Status, Store};
use flow_runtime::view;
use serde_json::json;

use super::support::{SECONDS, World, caller, effects, engine, finish, start};

const BOSS: &str = "boss@acme.example";

fn lines(world: &World) -> Vec<String> {
    let text = std::fs::read_to_string(world.dir.path().join("effects")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Approves the newest open question of the run.
async fn answer(world: &World, run: &view::Run, answer: Answer) -> view::Run {
    let run = world.settled(&run.id).await;
    let open = run.approvals.iter().rev().find(|approval| approval.status == "pending").expect("something is asked").id.clone();
    let approval = world.engine.approval(world.engine.parse_approval(&open).unwrap(), None).await.unwrap();
    world.engine.decide(super::support::decide(&world.engine, &approval, BOSS, answer, json!({}))).await.unwrap();
    world.settled(&run.id).await
}

/// Approves the question with what is entered.
async fn enter(world: &World, run: &view::Run, values: serde_json::Value) -> view::Run {
    let approval = world.approval(run).await;
    world.engine.decide(super::support::decide(&world.engine, &approval, BOSS, Answer::Approve, values)).await.unwrap();
    world.settled(&run.id).await
}

#[tokio::test]
async fn a_match_takes_the_arm_of_its_member() {
    let flow = r#"
enum Risk { low medium high }
workflow go(risk: Risk) -> text {
  owner "boss@acme.example"
  match risk {
    low { return "fine" }
    medium, high { step log(message: "look") }
  }
  return "looked at"
}"#;
    let world = World::new(flow).await;
    for (risk, expected) in [("low", "fine"), ("medium", "looked at"), ("high", "looked at")] {
        let run = world.start("go", json!({"risk": risk})).await;
        assert_eq!((run.status, run.output), ("completed", json!(expected)), "{risk}");
    }
}

#[tokio::test]
async fn a_loop_gives_a_list_in_order_and_holds_its_bound() {
    // Each item notes how many are under way with it.
    let flow = r#"
action work(n: number) -> number {
  exec "sh" ["-c", "mkdir up-{n}; ls -d up-* | wc -l >> effects; sleep 0.0{n}; rmdir up-{n}; echo {n}"]
}
workflow go(ns: [number]) -> [number] {
  owner "boss@acme.example"
  let doubled = for each n in ns at most 3 at once {
    step got = work(n)
    give got * 2
  }
  return doubled
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({"ns": [9, 8, 7, 6, 5, 4, 3, 2, 1]})).await;
    assert_eq!((run.status, &run.output), ("completed", &json!([18, 16, 14, 12, 10, 8, 6, 4, 2])), "{run:?}");
    let most = lines(&world).iter().map(|line| line.trim().parse::<u32>().unwrap()).max();
    assert!(most <= Some(3), "{most:?}");
    let nothing = world.start("go", json!({"ns": []})).await;
    assert_eq!((nothing.status, nothing.output), ("completed", json!([])));
}

const PAYMENTS: &str = r#"
irreversible action pay(n: number) -> text { exec "sh" ["-c", "echo {n} >> effects; echo r-{n}"] }
workflow go(ns: [number]) -> [text] {
  owner "boss@acme.example"
  let receipts = for each n in ns {
    require approval when n > 2
    step receipt = pay(n)
    give receipt
  }
  return receipts
}"#;

#[tokio::test]
async fn a_loop_with_a_gate_is_taken_up_in_its_third_of_five_items() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let mut world = World::on(open(), PAYMENTS).await;
    let run = world.start("go", json!({"ns": [1, 2, 3, 4, 5]})).await;
    assert_eq!((run.status, lines(&world)), ("paused", vec!["1".to_owned(), "2".to_owned()]));
    world.engine.shut_down(SECONDS).await;
    world.engine = engine(open(), world.dir.path(), &world.clock).await;
    world.engine.recover().await.unwrap();
    let mut run = run;
    for item in 3..=5 {
        run = answer(&world, &run, Answer::Approve).await;
        assert_eq!(lines(&world).len(), item, "{run:?}");
    }
    assert_eq!((run.status, run.output), ("completed", json!(["r-1", "r-2", "r-3", "r-4", "r-5"])));
    assert_eq!(lines(&world), ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn parallel_branches_run_at_the_same_time() {
    // Each waits for the other's file: one after the other neither would end.
    let flow = r#"
action meet(mine: text, other: text) -> text {
  exec "sh" ["-c", "touch {mine}; i=0; while ! test -e {other}; do i=$((i+1)); test $i -gt 500 && exit 1; sleep 0.01; done; echo met"]
}
workflow go() -> text {
  owner "boss@acme.example"
  parallel {
    branch { step meet(mine: "a", other: "b") }
    branch { step meet(mine: "b", other: "a") }
  }
  return "both"
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({})).await;
    assert_eq!((run.status, run.output), ("completed", json!("both")), "{:?}", run.error);
}

#[tokio::test]
async fn one_branch_waits_for_a_person_while_the_other_is_done() {
    let flow = r#"
irreversible action pay(n: number) -> text { exec "sh" ["-c", "echo {n} >> effects; echo paid"] }
workflow go() -> text {
  owner "boss@acme.example"
  parallel {
    branch {
      require approval as first
      step pay(n: 1)
    }
    branch { step pay(n: 2) without approval because "small" }
  }
  return "both"
}"#;
    let flow = flow.replace("step pay(n: 2) without approval because \"small\"", "step pay(n: 2) { without approval because \"small\" }");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let mut world = World::on(open(), &flow).await;
    let run = world.start("go", json!({})).await;
    assert_eq!((run.status, lines(&world)), ("paused", vec!["2".to_owned()]));
    world.engine.shut_down(SECONDS).await;
    world.engine = engine(open(), world.dir.path(), &world.clock).await;
    let run = answer(&world, &run, Answer::Approve).await;
    assert_eq!((run.status, lines(&world)), ("completed", vec!["2".to_owned(), "1".to_owned()]));
}

#[tokio::test]
async fn a_wait_is_a_row_and_ends_when_its_time_has_come() {
    let flow = r#"
workflow go(day: date) -> text {
  owner "boss@acme.example"
  wait 30 days
  wait until day
  return "awake"
}"#;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let mut world = World::on(open(), flow).await;
    let run = world.start("go", json!({"day": "2030-01-01"})).await;
    assert_eq!(run.status, "paused");
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 29));
    world.engine.fire_due().await.unwrap();
    assert_eq!(world.settled(&run.id).await.status, "paused");
    world.engine.shut_down(SECONDS).await;
    world.engine = engine(open(), world.dir.path(), &world.clock).await;
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 365 * 10));
    world.engine.fire_due().await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, run.output), ("completed", json!("awake")), "{:?}", run.error);
}

#[tokio::test]
async fn a_tried_step_that_fails_gives_none() {
    let flow = r#"
action touch() -> text { exec "sh" ["-c", "echo x >> effects; exit 1"] }
workflow go() -> text {
  owner "boss@acme.example"
  try step got = touch() { retry 1 times }
  return got otherwise "nothing"
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({})).await;
    let run = finish(&world, run).await;
    assert_eq!((run.status, &run.output, effects(&world)), ("completed", &json!("nothing"), 2), "{run:?}");
}

const POLL: &str = r#"
read action state() -> number { exec "sh" ["-c", "echo x >> effects; wc -l < effects"] }
workflow go() -> number {
  owner "boss@acme.example"
  step n = state() { repeat every 10 seconds until n >= 3 within 1 minute }
  return n
}"#;

#[tokio::test]
async fn a_repeated_step_asks_until_its_condition_holds() {
    let world = World::new(POLL).await;
    let mut run = world.engine.start(start("go", json!({}))).await.unwrap();
    world.engine.idle().await;
    for asked in 1..3 {
        assert_eq!((run.ended_at.is_some(), effects(&world)), (false, asked));
        world.clock.advance(jiff::SignedDuration::from_secs(10));
        world.engine.fire_due().await.unwrap();
        world.engine.idle().await;
        run = world.engine.run(world.engine.parse_run(&run.id).unwrap()).await.unwrap();
    }
    assert_eq!((run.status, &run.output), ("completed", &json!(3)), "{run:?}");

    let never = World::new(&POLL.replace("n >= 3", "n >= 100")).await;
    let mut run = never.engine.start(start("go", json!({}))).await.unwrap();
    never.engine.idle().await;
    while run.ended_at.is_none() {
        never.clock.advance(jiff::SignedDuration::from_secs(10));
        never.engine.fire_due().await.unwrap();
        never.engine.idle().await;
        run = never.engine.run(never.engine.parse_run(&run.id).unwrap()).await.unwrap();
    }
    assert_eq!((run.status, effects(&never)), ("failed", 7));
}

const DEPLOY: &str = r#"
action put(name: text) -> text { exec "sh" ["-c", "echo put {name} >> effects; echo {name}"] }
action take(name: text) { exec "sh" ["-c", "echo take {name} >> effects; test ! -e broken"] }
irreversible action tell(why: text) { exec "sh" ["-c", "printf '%s\\n' told >> effects"] }
workflow go() -> text {
  owner "boss@acme.example"
  step a = put(name: "a") { undo take(name: a) }
  step b = put(name: "b") { undo take(name: "{a}{b}") }
  require approval
  step tell(why: "live")
  return "live"
  on reject { step put(name: "handler") }
}"#;

#[tokio::test]
async fn a_rejected_run_is_undone_in_reverse_and_then_its_handler_runs() {
    let world = World::new(DEPLOY).await;
    let run = world.start("go", json!({})).await;
    let run = answer(&world, &run, Answer::Reject).await;
    world.engine.idle().await;
    let run = world.settled(&run.id).await;
    assert_eq!(run.status, "rejected", "{run:?}");
    assert_eq!(lines(&world), ["put a", "put b", "take ab", "take a", "put handler"]);
}

#[tokio::test]
async fn an_undo_that_fails_stops_and_asks_and_a_restart_between_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let mut world = World::on(open(), DEPLOY).await;
    let run = world.start("go", json!({})).await;
    std::fs::write(world.dir.path().join("broken"), "").unwrap();
    let run = answer(&world, &run, Answer::Reject).await;
    world.engine.idle().await;
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, lines(&world).len()), ("in_doubt", 3), "{run:?}");
    let asked = world.approval(&run).await;
    assert_eq!(asked.kind, "undo_failed");
    world.engine.shut_down(SECONDS).await;
    world.engine = engine(open(), world.dir.path(), &world.clock).await;
    std::fs::remove_file(world.dir.path().join("broken")).unwrap();
    let run = answer(&world, &run, Answer::NotDone).await;
    world.engine.idle().await;
    let run = world.settled(&run.id).await;
    assert_eq!(run.status, "rejected", "{run:?}");
    assert_eq!(lines(&world), ["put a", "put b", "take ab", "take ab", "take a", "put handler"]);
}

#[tokio::test]
async fn undoing_can_be_given_up() {
    let world = World::new(DEPLOY).await;
    let run = world.start("go", json!({})).await;
    std::fs::write(world.dir.path().join("broken"), "").unwrap();
    let run = answer(&world, &run, Answer::Reject).await;
    world.engine.idle().await;
    let run = answer(&world, &run, Answer::GiveUp).await;
    world.engine.idle().await;
    let run = world.settled(&run.id).await;
    assert_eq!(run.status, "rejected", "{run:?}");
    assert_eq!(lines(&world), ["put a", "put b", "take ab", "put handler"]);
}

#[tokio::test]
async fn a_cancelled_run_is_undone_and_its_handler_sees_who() {
    let flow = r#"
action note(what: text) { exec "sh" ["-c", "echo {what} >> effects"] }
workflow go(name: text) {
  owner "boss@acme.example"
  step note(what: "a") { undo note(what: "undo") }
  wait 3 days
  step note(what: "never")
  on cancel { step note(what: "{name}") }
  on failure { step note(what: "failure") }
}"#;
    let flow = flow.replace(r#"["-c", "echo {what} >> effects"]"#, r#"["-c", "echo \"$1\" >> effects", "sh", what]"#);
    let world = World::new(&flow).await;
    let run = world.start("go", json!({"name": "stopped"})).await;
    let id = world.engine.parse_run(&run.id).unwrap();
    world.engine.cancel(id, &caller(BOSS), None).await.unwrap();
    world.engine.idle().await;
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, lines(&world)), ("cancelled", vec!["a".to_owned(), "undo".to_owned(), "stopped".to_owned()]));
}

const FLAKY: &str = r#"
irreversible action pay(n: number) -> text {
  exec "sh" ["-c", "echo $HITL_IDEMPOTENCY_KEY >> effects; test -e fixed && echo paid || exit 7"]
  not done when exit == 7
}
workflow go(n: number) -> text {
  owner "boss@acme.example"
  require approval when n > 10
  step log(message: "between")
  step receipt = pay(n)
  return receipt
}"#;

#[tokio::test]
async fn a_failed_run_is_taken_up_again_with_the_next_key_and_asks_again() {
    let world = World::new(FLAKY).await;
    let run = world.start("go", json!({"n": 50})).await;
    assert_eq!(world.approval(&run).await.title, "Approve log, pay");
    let run = answer(&world, &run, Answer::Approve).await;
    assert_eq!(run.status, "failed", "{run:?}");
    let first = world.approval(&run).await;
    assert_eq!((first.title.as_str(), first.will_run.len()), ("Approve log, pay", 2));
    std::fs::write(world.dir.path().join("fixed"), "").unwrap();
    let id = world.engine.parse_run(&run.id).unwrap();
    world.engine.retry(id, &caller(BOSS), None).await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, run.approvals.len()), ("paused", 2), "{run:?}");
    let again = world.approval(&run).await;
    assert_eq!((again.round, again.title.as_str()), (2, "Approve pay"), "what is done is not asked about");
    assert_eq!(again.will_run.iter().map(|call| call.action.as_str()).collect::<Vec<_>>(), ["pay"]);
    let run = answer(&world, &run, Answer::Approve).await;
    assert_eq!((run.status, &run.output), ("completed", &json!("paid")));
    let keys = lines(&world);
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1], "what is tried again after a failure is another request");

    let again = world.engine.retry(id, &caller(BOSS), None).await;
    assert!(matches!(again, Err(EngineError::Refused(Refusal::NotRetryable(_)))), "{again:?}");
}

#[tokio::test]
async fn what_was_entered_is_proposed_when_it_is_asked_again() {
    let flow =
        FLAKY.replace("approval when n > 10", "approval as g {\n    ask note: text = \"default\"\n  }").replace("between", "{g.note}");
    let world = World::new(&flow).await;
    let run = world.start("go", json!({"n": 50})).await;
    let run = enter(&world, &run, json!({"note": "hello"})).await;
    assert_eq!(run.status, "failed", "{run:?}");
    world.engine.retry(world.engine.parse_run(&run.id).unwrap(), &caller(BOSS), None).await.unwrap();
    let run = world.settled(&run.id).await;
    let again = serde_json::to_value(world.approval(&run).await).unwrap();
    assert_eq!(again["fields"][0]["value"], "hello", "{again}");
}

#[tokio::test]
async fn what_was_undone_is_not_taken_up_again() {
    let world = World::new(DEPLOY).await;
    let run = world.start("go", json!({})).await;
    let run = answer(&world, &run, Answer::Reject).await;
    world.engine.idle().await;
    let refused = world.engine.retry(world.engine.parse_run(&run.id).unwrap(), &caller(BOSS), None).await;
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NotRetryable(_)))), "{refused:?}");
}

#[tokio::test]
async fn a_run_that_is_taken_up_again_stands_in_its_row_as_it_does_in_its_journal() {
    let dir = tempfile::tempdir().unwrap();
    let sqlite = Arc::new(SqliteStore::open(dir.path().join("state.db"), &SqliteOptions::default()).unwrap());
    for store in [sqlite as Arc<dyn Store>, Arc::new(MemoryStore::new())] {
        let world = World::on(Arc::clone(&store), FLAKY).await;
        let mut start = super::support::start("go", json!({"n": 5}));
        start.callback = Some("https://hooks.acme.example/end".to_owned());
        let run = world.engine.start(start).await.unwrap();
        let run = world.settled(&run.id).await;
        assert_eq!(run.status, "failed", "{run:?}");
        let id = world.engine.parse_run(&run.id).unwrap();
        assert!(store.run(id).await.unwrap().unwrap().ended.is_some());
        let far = At(i64::MAX);
        assert_eq!(store.letters(far, 9).await.unwrap().len(), 1);
        world.clock.advance(jiff::SignedDuration::from_secs(60));
        std::fs::write(world.dir.path().join("fixed"), "").unwrap();
        world.engine.retry(id, &caller(BOSS), None).await.unwrap();
        let row = store.run(id).await.unwrap().unwrap();
        assert_eq!(row.ended.is_some(), row.status.ended(), "{row:?}");
        let run = world.settled(&run.id).await;
        assert_eq!(run.status, "completed", "{run:?}");
        let row = store.run(id).await.unwrap().unwrap();
        assert_eq!((row.status, row.ended), (Status::Completed, Some(world.engine.now())));
        assert!(store.live().await.unwrap().is_empty());
        assert_eq!(store.letters(far, 9).await.unwrap().len(), 2, "the new end is told too");
        assert_eq!(flow_runtime::engine::replay(store.as_ref(), &HashSet::new()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_was_asked_in_an_item_that_has_ended_still_answers() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let mut world = World::on(open(), PAYMENTS).await;
    let mut run = world.start("go", json!({"ns": [3, 4, 5]})).await;
    let first = world.approval(&run).await;
    for _ in 0..2 {
        run = answer(&world, &run, Answer::Approve).await;
    }
    assert_eq!((run.status, run.approvals.len()), ("paused", 1), "{run:?}");
    for restarted in [false, true] {
        if restarted {
            world.engine.shut_down(SECONDS).await;
            world.engine = engine(open(), world.dir.path(), &world.clock).await;
        }
        let shown = world.engine.approval(world.engine.parse_approval(&first.id).unwrap(), None).await.unwrap();
        assert_eq!((shown.status, shown.votes.len(), shown.votes[0].by.as_str()), ("approved", 1, BOSS));
        assert_eq!((&shown.digest, &shown.will_run), (&first.digest, &first.will_run));
        let decide = |by: &str, what: Answer| world.engine.decide(super::support::decide(&world.engine, &first, by, what, json!({})));
        let again = decide(BOSS, Answer::Approve).await.unwrap();
        assert_eq!((again.status, again.standing, again.vote.by.as_str()), ("approved", "decided", BOSS));
        let other = decide(BOSS, Answer::Reject).await;
        assert!(
            matches!(&other, Err(EngineError::Refused(Refusal::AlreadyClosed { vote: Some(vote), .. })) if vote.by == BOSS),
            "{other:?}"
        );
        let stranger = decide("eve@acme.example", Answer::Approve).await;
        assert!(matches!(stranger, Err(EngineError::Refused(Refusal::NotEntitled(_)))), "{stranger:?}");
        let mut keyed = super::support::decide(&world.engine, &first, BOSS, Answer::Approve, json!({}));
        keyed.key = Some(Key { scope: "boss".to_owned(), key: "k".to_owned(), request: Digest::of(&[b"yes"]) });
        for _ in 0..2 {
            assert_eq!(world.engine.decide(keyed.clone()).await.unwrap().status, "approved");
        }
        keyed.key = Some(Key { scope: "boss".to_owned(), key: "k".to_owned(), request: Digest::of(&[b"no"]) });
        assert!(matches!(world.engine.decide(keyed).await, Err(EngineError::KeyReused)));
    }
    let never =
        world.engine.approval(flow_runtime::ids::ApprovalId { n: 9, ..world.engine.parse_approval(&first.id).unwrap() }, None).await;
    assert!(matches!(never, Err(EngineError::NotFound(_))));
}

#[tokio::test]
async fn the_second_of_two_who_may_is_told_what_stands_after_the_item_has_ended() {
    let flow = PAYMENTS.replace("require approval when", "require approval by payers when");
    let flow = format!("group payers {{ \"boss@acme.example\" \"ana@acme.example\" }}\n{flow}");
    let world = World::new(&flow).await;
    let run = world.start("go", json!({"ns": [3, 4, 5]})).await;
    let first = world.approval(&run).await;
    let run = answer(&world, &run, Answer::Approve).await;
    answer(&world, &run, Answer::Approve).await;
    let refused = world.engine.decide(super::support::decide(&world.engine, &first, "ana@acme.example", Answer::Approve, json!({}))).await;
    assert!(
        matches!(&refused, Err(EngineError::Refused(Refusal::AlreadyClosed { vote: Some(vote), .. })) if vote.by == BOSS),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_answer_that_ends_an_item_is_answered_as_recorded() {
    let flow = r#"
irreversible action vanish(n: number) -> text { exec "sh" ["-c", "kill -9 $$"] }
workflow go(ns: [number]) {
  owner "boss@acme.example"
  for each n in ns {
    step vanish(n) { without approval because "small" }
  }
}"#;
    let world = World::new(flow).await;
    let run = world.start("go", json!({"ns": [1, 2]})).await;
    assert_eq!(run.status, "in_doubt", "{run:?}");
    let decided = world.decide(&run, BOSS, Answer::Done, json!({"result": "gone"})).await.unwrap();
    assert_eq!((decided.status, decided.vote.decision), ("approved", "done"));
}

#[tokio::test]
async fn a_called_run_and_one_that_had_its_turn_are_not_taken_up_again() {
    let flow = format!("{}\nworkflow above() {{\n  owner \"boss@acme.example\"\n  step go(n: 5)\n}}", FLAKY);
    let world = World::new(&flow).await;
    let run = world.start("above", json!({})).await;
    assert_eq!((run.status, run.children.len()), ("failed", 1), "{run:?}");
    let child = world.engine.parse_run(&run.children[0].id).unwrap();
    let refused = world.engine.retry(child, &caller(BOSS), None).await;
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NotRetryable(_)))), "{refused:?}");
    std::fs::write(world.dir.path().join("fixed"), "").unwrap();
    world.engine.retry(world.engine.parse_run(&run.id).unwrap(), &caller(BOSS), None).await.unwrap();
    world.engine.idle().await;
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, run.children.len()), ("completed", 2), "{run:?}");

    let turns = World::new(&FLAKY.replace("  owner", "  one at a time per n\n  owner")).await;
    let run = turns.start("go", json!({"n": 5})).await;
    assert_eq!(run.status, "failed", "{run:?}");
    let refused = turns.engine.retry(turns.engine.parse_run(&run.id).unwrap(), &caller(BOSS), None).await;
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NotRetryable(_)))), "{refused:?}");
}
