//! Schedules and webhooks, in virtual time.

use std::sync::Arc;

use data_encoding::BASE64;
use flow_runtime::engine::ManualClock;
use flow_runtime::ids::At;
use flow_runtime::store::Store;
use flow_runtime::store::memory::MemoryStore;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use crate::support::{Answer, JSON, World, bearer};

const FLOW: &str = r#"
workflow report(since: date = 2026-01-01) -> date {
  owner "ana@acme.example"
  on schedule "30 2 * * *" in "Europe/Berlin"
  return since
}

workflow ordered(id: text, amount: money) -> text {
  owner "ana@acme.example"
  starts by "shop@acme.example"
  on webhook "orders/new"
  require approval when amount > 100 EUR
  return id
}
"#;

const CONFIG: &str = "[secrets]\nfrom = \"file\"\n[webhooks]\n\"orders/new\" = \"ORDERS\"\n";

fn clock(time: &str) -> Arc<ManualClock> {
    Arc::new(ManualClock::at(At::from(time.parse::<jiff::Timestamp>().unwrap())))
}

async fn world(store: Arc<dyn Store>, clock: Arc<ManualClock>) -> World {
    World::on(store, clock, FLOW, CONFIG).await
}

async fn reports(world: &World) -> Vec<Json> {
    world.engine.fire_due().await.unwrap();
    let ana = bearer(&world.token("ana@acme.example", "read").await);
    let runs = world.ask("GET /api/v1/runs?workflow=report", &[&ana], "").await.expect(200).json();
    runs["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_schedule_starts_runs_at_its_times() {
    let clock = clock("2026-10-24T00:00:00Z");
    let world = world(Arc::new(MemoryStore::new()), clock.clone()).await;
    assert_eq!(world.engine.fire_due().await.unwrap().map(|at| at.to_string()), Some("2026-10-24T00:30:00Z".to_owned()));
    assert!(reports(&world).await.is_empty());
    // The clock goes back an hour in the second of these nights.
    for (hours, count) in [(1, 1), (23, 1), (1, 2), (1, 2), (1, 2), (23, 3)] {
        clock.advance(SignedDuration::from_hours(hours));
        assert_eq!(reports(&world).await.len(), count, "{hours}");
    }
    let last = reports(&world).await[0].clone();
    assert_eq!((&last["requester"], &last["output"], &last["owner"]), (&json!(null), &json!("2026-01-01"), &json!("ana@acme.example")));
    let ana = bearer(&world.token("ana@acme.example", "read").await);
    let journal = world.ask(&format!("GET /api/v1/runs/{}/events", last["id"].as_str().unwrap()), &[&ana], "").await.expect(200).json();
    assert_eq!(journal["items"][0]["events"][0]["text"], "a schedule started `report`");
    assert_eq!(journal["items"][0]["events"][0]["data"]["channel"], "timer");
}

#[tokio::test]
async fn after_a_downtime_a_schedule_starts_once() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock = clock("2026-11-24T00:00:00Z");
    assert!(reports(&world(Arc::clone(&store), clock.clone()).await).await.is_empty());
    clock.advance(SignedDuration::from_hours(10 * 24));
    let later = world(Arc::clone(&store), clock.clone()).await;
    assert_eq!(reports(&later).await.len(), 1);
    assert_eq!(reports(&later).await.len(), 1);

    // Killed between the start and the writing of the next time: the same run is found again.
    let due: jiff::Timestamp = "2026-11-24T01:30:00Z".parse().unwrap();
    let again = format!("{}\n30 2 * * * in Europe/Berlin", At::from(due).0);
    store.set_meta("schedule report", again.into_bytes()).await.unwrap();
    let again = world(store, clock.clone()).await;
    assert_eq!(reports(&again).await.len(), 1);
    clock.advance(SignedDuration::from_hours(24));
    assert_eq!(reports(&again).await.len(), 2);
}

fn signature(id: &str, seconds: i64, body: &str) -> String {
    let key = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("webhook-signature: v1,AAAA v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
}

async fn send(world: &World, id: &str, seconds: i64, body: &str, signed: &str) -> Answer {
    let headers = [JSON, &format!("webhook-id: {id}"), &format!("webhook-timestamp: {seconds}"), &signature(id, seconds, signed)];
    world.ask("POST /hooks/orders/new", &headers, body.to_owned()).await
}

#[tokio::test]
async fn a_signed_message_starts_one_run() {
    let clock = clock("2026-11-23T12:00:00Z");
    let world = world(Arc::new(MemoryStore::new()), clock.clone()).await;
    let now = clock_seconds(&clock);
    let body = r#"{"id": "o-1", "amount": "500.00 EUR"}"#;
    let first = send(&world, "msg_1", now, body, body).await.expect(201).json();
    let run = first["run"].as_str().unwrap().to_owned();
    assert_eq!(send(&world, "msg_1", now, body, body).await.expect(200).json(), json!({"run": run, "existing": true}));
    let other = send(&world, "msg_2", now, body, body).await.expect(201).json();
    assert_ne!(other["run"], first["run"]);

    let ana = bearer(&world.token("ana@acme.example", "read").await);
    let run = world.ask(&format!("GET /api/v1/runs/{run}"), &[&ana, "prefer: wait=20"], "").await.expect(200).json();
    assert_eq!((&run["status"], &run["requester"]), (&json!("paused"), &json!(null)));

    // Another body, another time, no signature, another path; then what does not fit.
    send(&world, "msg_3", now, body, "{}").await.expect(401);
    send(&world, "msg_3", now - 301, body, body).await.expect(401);
    send(&world, "msg_3", now + 301, body, body).await.expect(401);
    world.ask("POST /hooks/orders/new", &[JSON], body).await.expect(401);
    let headers = [JSON, "webhook-id: msg_3", &format!("webhook-timestamp: {now}"), &signature("msg_3", now, body)];
    world.ask("POST /hooks/orders/old", &headers, body).await.expect(401);
    let unfit = send(&world, "msg_3", now, r#"{"id": 1}"#, r#"{"id": 1}"#).await.expect(422).json();
    assert_eq!(unfit["errors"].as_array().unwrap().len(), 2, "{unfit}");
    send(&world, "msg_3", now, "[]", "[]").await.expect(422);
    let large = "x".repeat(2 << 20);
    send(&world, "msg_3", now, &large, &large).await.expect(413);
    assert_eq!(send(&world, "msg_3", now, body, body).await.expect(201).json()["existing"], false);
}

fn clock_seconds(clock: &ManualClock) -> i64 {
    use flow_runtime::engine::Clock as _;
    clock.now().timestamp().as_second()
}

#[tokio::test]
async fn a_message_with_a_token_starts_a_run() {
    let world = world(Arc::new(MemoryStore::new()), clock("2026-11-23T12:00:00Z")).await;
    let body = r#"{"id": "o-1", "amount": "5.00 EUR"}"#;
    let line = "POST /hooks/orders/new";
    let shop = bearer(&world.issue("shop@acme.example", "start", true).await);
    let other = bearer(&world.token("bo@acme.example", "start").await);
    let reader = bearer(&world.token("shop@acme.example", "read").await);
    world.ask(line, &[JSON, &other], body).await.expect(403);
    world.ask(line, &[JSON, &reader], body).await.expect(403);
    world.ask("POST /hooks/orders/old", &[JSON, &shop], body).await.expect(404);
    world.ask(line, &[JSON, "authorization: Bearer hitl_wrong"], body).await.expect(401);
    let first = world.ask(line, &[JSON, &shop], body).await.expect(201).json();
    assert_ne!(world.ask(line, &[JSON, &shop], body).await.expect(201).json()["run"], first["run"]);
    let known = world.ask(line, &[JSON, &shop, "webhook-id: 7"], body).await.expect(201).json();
    assert_eq!(world.ask(line, &[JSON, &shop, "webhook-id: 7"], body).await.expect(200).json()["run"], known["run"]);
}
