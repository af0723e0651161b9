//! A gate that shows what its calls would touch, and asks again when that has changed.

use std::sync::Arc;

use flow_runtime::engine::Answer;
use flow_runtime::store::Store;
use flow_runtime::store::memory::MemoryStore;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use flow_runtime::view;
use rusqlite::Connection;
use serde_json::json;

use super::killed::Killed;
use super::support::{World, engine, serve};

const BOSS: &str = "boss@acme.example";

const WIPE: &str = r#"
irreversible action wipe(customer: number) -> number {
  sql "sqlite:crm.db" "delete from notes where customer = {customer}"
  preview { sql "sqlite:crm.db" "select id from notes where customer = {customer} order by id" }
}

workflow forget(customer: number) -> number {
  owner "boss@acme.example"
  require approval when customer > 1
  step gone = wipe(customer)
  return gone
}
"#;

async fn world(store: Arc<dyn Store>, flow: &str) -> (World, Connection) {
    let world = World::on(store, flow).await;
    let database = Connection::open(world.dir.path().join("crm.db")).unwrap();
    database.execute_batch("create table notes (id integer, customer integer); insert into notes values (1, 7), (2, 8), (3, 7)").unwrap();
    (world, database)
}

fn notes(database: &Connection) -> i64 {
    database.query_row("select count(*) from notes", [], |row| row.get(0)).unwrap()
}

async fn looked_at(world: &World, run: &view::Run) -> view::Preview {
    world.approval(run).await.will_run.into_iter().find_map(|call| call.preview).expect("a preview")
}

async fn approve(world: &World, run: &view::Run) -> view::Run {
    world.decide(run, BOSS, Answer::Approve, json!({})).await.unwrap();
    world.settled(&run.id).await
}

#[tokio::test]
async fn what_is_approved_is_what_is_touched() {
    let (world, database) = world(Arc::new(MemoryStore::new()), WIPE).await;
    let run = world.start("forget", json!({"customer": 7})).await;
    assert_eq!((run.status, run.approvals.len()), ("paused", 1), "{run:?}");
    assert_eq!(looked_at(&world, &run).await.value, json!([{"id": 1}, {"id": 3}]));
    let first = world.approval(&run).await;

    database.execute_batch("insert into notes values (4, 7)").unwrap();
    let run = approve(&world, &run).await;
    assert_eq!((run.status, run.approvals.len(), notes(&database)), ("paused", 2, 4), "{run:?}");
    let second = world.approval(&run).await;
    assert_eq!((second.round, second.status), (2, "pending"));
    assert_ne!(first.digest, second.digest);
    assert_eq!(looked_at(&world, &run).await.value, json!([{"id": 1}, {"id": 3}, {"id": 4}]));

    let run = approve(&world, &run).await;
    assert_eq!((run.status, &run.output, notes(&database)), ("completed", &json!(3), 1), "{run:?}");
}

#[tokio::test]
async fn nobody_looks_where_nobody_is_asked() {
    let (world, database) = world(Arc::new(MemoryStore::new()), WIPE).await;
    let run = world.start("forget", json!({"customer": 1})).await;
    assert_eq!((run.status, &run.output, notes(&database)), ("completed", &json!(0), 3), "{run:?}");
}

#[tokio::test]
async fn a_new_round_can_be_rejected() {
    let (world, database) = world(Arc::new(MemoryStore::new()), WIPE).await;
    let run = world.start("forget", json!({"customer": 7})).await;
    database.execute_batch("delete from notes where id = 3").unwrap();
    let run = approve(&world, &run).await;
    world.decide(&run, BOSS, Answer::Reject, json!({})).await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!((run.status, notes(&database)), ("rejected", 2), "{run:?}");
}

#[tokio::test]
async fn a_look_that_fails_is_shown_and_the_gate_asks() {
    let flow = WIPE.replace("select id from notes", "select id from nowhere");
    let (world, database) = world(Arc::new(MemoryStore::new()), &flow).await;
    let run = world.start("forget", json!({"customer": 7})).await;
    let preview = looked_at(&world, &run).await;
    assert!(preview.failed && preview.text.contains("nowhere"), "{preview:?}");
    let run = approve(&world, &run).await;
    assert_eq!((run.status, notes(&database)), ("completed", 1), "{run:?}");
}

#[tokio::test]
async fn a_restart_keeps_what_was_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let (mut world, database) = world(open(), WIPE).await;
    let run = world.start("forget", json!({"customer": 7})).await;
    let before = world.approval(&run).await;
    world.engine.shut_down(super::support::SECONDS).await;

    world.engine = engine(open(), world.dir.path(), &world.clock).await;
    world.engine.recover().await.unwrap();
    let run = world.settled(&run.id).await;
    assert_eq!(world.approval(&run).await.digest, before.digest);
    assert_eq!(looked_at(&world, &run).await.value, json!([{"id": 1}, {"id": 3}]));
    database.execute_batch("insert into notes values (4, 7)").unwrap();
    let run = approve(&world, &run).await;
    assert_eq!((run.status, run.approvals.len(), notes(&database)), ("paused", 2, 4), "{run:?}");
    let run = approve(&world, &run).await;
    assert_eq!((run.status, notes(&database)), ("completed", 1), "{run:?}");
}

#[tokio::test]
async fn two_gates_approve_what_is_touched() {
    let flow = WIPE.replace("require approval when customer > 1\n", "require approval as one\n  require approval as two\n");
    let (world, database) = world(Arc::new(MemoryStore::new()), &flow).await;
    let run = world.start("forget", json!({"customer": 7})).await;
    let run = approve(&world, &run).await;
    assert_eq!((run.status, run.approvals.len()), ("paused", 2), "{run:?}");
    // What both approved changes before the call: both are asked again, and approve the same.
    database.execute_batch("insert into notes values (4, 7)").unwrap();
    let mut run = approve(&world, &run).await;
    let rounds = |run: &view::Run| run.approvals.iter().map(|gate| (gate.gate.clone(), gate.status)).collect::<Vec<_>>();
    assert_eq!((run.status, notes(&database)), ("paused", 4), "{:?}", rounds(&run));
    for left in [2, 1] {
        assert_eq!(run.status, "paused", "{left} gates are to ask: {:?}", rounds(&run));
        assert_eq!(looked_at(&world, &run).await.value, json!([{"id": 1}, {"id": 3}, {"id": 4}]));
        run = approve(&world, &run).await;
    }
    assert_eq!((run.status, &run.output, notes(&database)), ("completed", &json!(3), 1), "{:?}", rounds(&run));
}

#[tokio::test]
async fn what_is_touched_may_be_much() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    let (mut world, database) = world(open(), WIPE).await;
    database
        .execute_batch(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000) insert into notes select i, 9 from n",
        )
        .unwrap();
    let run = world.start("forget", json!({"customer": 9})).await;
    let before = looked_at(&world, &run).await.value;
    assert!(before.as_array().unwrap().len() == 5000 && before.to_string().len() > 40_000);
    world.engine.shut_down(super::support::SECONDS).await;
    world.engine = engine(open(), world.dir.path(), &world.clock).await;
    assert_eq!(looked_at(&world, &world.settled(&run.id).await).await.value, before);
    let run = approve(&world, &run).await;
    assert_eq!((run.status, &run.output, notes(&database)), ("completed", &json!(5000), 3), "{run:?}");
}

#[tokio::test]
async fn a_look_that_was_under_way_is_made_again() {
    let flow = r#"
irreversible action wipe(customer: number) {
  exec "sh" ["-c", "echo wiped >> effects"]
  preview { exec "sh" ["-c", "echo look >> looks; while test $(wc -l < looks) -lt 2; do sleep 0.01; done; echo 3"] }
}
workflow forget(customer: number) {
  owner "boss@acme.example"
  require approval
  step wipe(customer)
}"#;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&path, &SqliteOptions::default()).unwrap());
    // The first look cannot end before there is a second one: that of the process that comes after.
    let killed = Killed::after(open(), 1);
    let mut world = World::on(Arc::clone(&killed) as _, flow).await;
    let id = world.engine.start(super::support::start("forget", json!({"customer": 7}))).await.unwrap().id;
    let looks = world.dir.path().join("looks");
    while !looks.exists() {
        tokio::task::yield_now().await;
    }
    world.engine = engine(open(), world.dir.path(), &world.clock).await;
    serve(&world.engine, flow).await;
    world.engine.recover().await.unwrap();
    let run = world.settled(&id).await;
    assert_eq!((run.status, run.approvals.len()), ("paused", 1), "{run:?}");
    let look = looked_at(&world, &run).await;
    assert!(!look.failed, "{look:?}");
    let run = approve(&world, &run).await;
    assert_eq!((run.status, super::support::effects(&world)), ("completed", 1), "{run:?}");
}

const CHARGE: &str = r#"
read action note_of(customer: number) -> text {
  exec "echo" ["n"]
}
irreversible action charge(customer: number, amount: number, note: text) -> number {
  sql "sqlite:crm.db" "delete from notes where customer = {customer} and {amount} > 0 and {note} <> ''"
  preview { sql "sqlite:crm.db" "select id from notes where customer = {customer} order by id" }
}

workflow settle(customer: number) -> number {
  owner "boss@acme.example"
  require approval as ok {
    ask amount: number
  }
  step note = note_of(customer)
  step gone = charge(customer, amount: ok.amount, note)
  return gone
}
"#;

#[tokio::test]
async fn what_a_preview_does_not_use_may_be_unknown() {
    let (world, _database) = world(Arc::new(MemoryStore::new()), CHARGE).await;
    let run = world.start("settle", json!({"customer": 7})).await;
    let call = world.approval(&run).await.will_run.pop().unwrap();
    assert_eq!((call.action.as_str(), call.entered, call.later), ("charge", vec!["amount".to_owned()], vec!["note".to_owned()]));
    let preview = call.preview.unwrap();
    assert_eq!((preview.value, preview.failed, preview.needs), (json!([{"id": 1}, {"id": 3}]), false, Vec::<String>::new()));
}

#[tokio::test]
async fn a_call_that_is_not_bound_waits_for_the_gate_that_showed_something_else() {
    let behind_a_step = CHARGE.replace("read action", "action").replace("amount: ok.amount", "amount: 5");
    let in_an_arm =
        behind_a_step.replace("require approval", "if customer > 1 { require approval").replace("return gone", "return gone } return 0");
    for flow in [CHARGE.to_owned(), behind_a_step, in_an_arm] {
        let (world, database) = world(Arc::new(MemoryStore::new()), &flow).await;
        let run = world.start("settle", json!({"customer": 7})).await;
        database.execute_batch("insert into notes values (4, 7)").unwrap();
        world.decide(&run, BOSS, Answer::Approve, json!({"amount": 5})).await.unwrap();
        let run = world.settled(&run.id).await;
        assert_eq!((run.status, run.approvals.len(), notes(&database)), ("paused", 2, 4), "{run:?}");
        assert_eq!(looked_at(&world, &run).await.value, json!([{"id": 1}, {"id": 3}, {"id": 4}]));
        world.decide(&run, BOSS, Answer::Approve, json!({"amount": 5})).await.unwrap();
        let run = world.settled(&run.id).await;
        assert_eq!((run.status, &run.output, notes(&database)), ("completed", &json!(3), 1), "{run:?}");
    }
}

#[tokio::test]
async fn a_card_says_what_a_preview_waits_for() {
    let asks = CHARGE.replace("where customer = {customer} order", "where id < {amount} order");
    let later = CHARGE.replace("where customer = {customer} order", "where id < {amount} and {note} = 'n' order");
    let items = CHARGE.replace("step note", "for each n in [7, 8] {\n    step note").replace("charge(customer,", "charge(customer: n,");
    let items =
        items.replace("step gone = charge(customer: n, amount: ok.amount, note)", "step charge(customer: n, amount: ok.amount, note) }");
    let items = items.replace("return gone", "return 0");
    for (flow, needs, text) in [
        (asks, vec!["amount"], "cannot be looked at before `amount` is known"),
        (later, vec!["amount", "note"], "cannot be looked at before `amount` and `note` are known"),
        (items, vec!["customer"], "cannot be looked at for all items at once: `customer` differs from item to item"),
    ] {
        let (world, database) = world(Arc::new(MemoryStore::new()), &flow).await;
        let run = world.start("settle", json!({"customer": 7})).await;
        let preview = looked_at(&world, &run).await;
        assert_eq!(preview.needs, needs);
        assert_eq!((preview.text.as_str(), preview.failed, preview.value), (text, false, json!(null)));
        world.decide(&run, BOSS, Answer::Approve, json!({"amount": 5})).await.unwrap();
        let run = world.settled(&run.id).await;
        assert_eq!(run.status, "completed", "{run:?}");
        assert!(notes(&database) < 3);
        assert_eq!(looked_at(&world, &run).await.text, text);
    }
}
