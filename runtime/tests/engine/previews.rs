//! A gate that shows what its calls would touch, and asks again when that has changed.

use std::sync::Arc;

use flow_runtime::engine::Answer;
use flow_runtime::store::Store;
use flow_runtime::store::memory::MemoryStore;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use flow_runtime::view;
use rusqlite::Connection;
use serde_json::json;

use super::support::{World, engine};

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
