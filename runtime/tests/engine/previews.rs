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
    world.approval(run).await.will_run.first().and_then(|call| call.preview.clone()).expect("a preview")
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
