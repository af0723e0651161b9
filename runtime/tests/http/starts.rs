//! Which starts are one run, whose turn it is, who may start and who may see: through the API, with races and restarts.

use std::sync::Arc;

use flow_runtime::engine::ManualClock;
use flow_runtime::ids::At;
use flow_runtime::store::Store;
use flow_runtime::store::memory::MemoryStore;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use serde_json::{Value as Json, json};

use crate::people::sign_in;
use crate::support::{JSON, World, bearer};

const FLOW: &str = r#"
workflow import(id: number, note: text = "") -> text {
  owner "ana@acme.example"
  once per id
  require approval when note == "ask"
  return "imported {id} {note}"
}

workflow deploy(place: text, version: number) -> number {
  owner "ana@acme.example"
  one at a time per place
  require approval when version < 100
  return version
}

workflow salary(person: text) {
  owner "ana@acme.example"
  starts by "hr@acme.example" and "ana@acme.example" except "bo@acme.example"
  seen by requester and "audit@acme.example"
  require approval by "boss@acme.example"
  step log(message: person)
}
"#;

fn clock() -> Arc<ManualClock> {
    let start: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    Arc::new(ManualClock::at(At::from(start)))
}

async fn world() -> World {
    World::on(Arc::new(MemoryStore::new()), clock(), FLOW, "").await
}

async fn start(world: &World, who: &str, workflow: &str, input: &Json) -> crate::support::Answer {
    let body = json!({ "input": input }).to_string();
    world.ask(&format!("POST /api/v1/workflows/{workflow}/runs"), &[who, JSON], body).await
}

async fn run(world: &World, who: &str, id: &str) -> Json {
    world.ask(&format!("GET /api/v1/runs/{id}"), &[who, "prefer: wait=20"], "").await.expect(200).json()
}

async fn decide(world: &World, who: &str, id: &str, decision: &str) {
    let approval = run(world, who, id).await["approvals"][0]["id"].as_str().unwrap().to_owned();
    let seen = world.ask(&format!("GET /api/v1/approvals/{approval}"), &[who], "").await.expect(200);
    let tag = format!("if-match: {}", seen.header("etag"));
    let line = format!("POST /api/v1/approvals/{approval}/decision");
    world.ask(&line, &[who, JSON, &tag, "prefer: wait=20"], json!({ "decision": decision }).to_string()).await.expect(200);
}

#[tokio::test]
async fn a_second_start_for_the_same_value_is_the_first_run() {
    let world = world().await;
    let ana = bearer(&world.token("ana@acme.example", "start,read,decide").await);
    let bo = bearer(&world.token("bo@acme.example", "start,read").await);
    let first = start(&world, &ana, "import", &json!({"id": 1, "note": "ask"})).await.expect(201).json();
    assert_eq!(first["existing"], false);

    // Another person, another note, another spelling of the number; while it waits, and when it has ended.
    let second = start(&world, &bo, "import", &json!({"id": 1.00, "note": "other"})).await.expect(200).json();
    assert_eq!((&second["id"], &second["existing"], &second["status"]), (&first["id"], &json!(true), &json!("paused")));
    decide(&world, &ana, first["id"].as_str().unwrap(), "reject").await;
    let third = start(&world, &bo, "import", &json!({"id": 1})).await.expect(200).json();
    assert_eq!((&third["id"], &third["status"]), (&first["id"], &json!("rejected")));

    let other = start(&world, &bo, "import", &json!({"id": 2})).await.expect(201).json();
    assert_ne!(other["id"], first["id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_starts_give_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let sqlite = SqliteStore::open(&file, &SqliteOptions::default()).unwrap();
    for store in [Arc::new(MemoryStore::new()) as Arc<dyn Store>, Arc::new(sqlite)] {
        let world = Arc::new(World::on(store, clock(), FLOW, "").await);
        let ana = bearer(&world.token("ana@acme.example", "start,read").await);
        let asking = (0..32).map(|n| {
            let (world, ana) = (Arc::clone(&world), ana.clone());
            tokio::spawn(async move { start(&world, &ana, "import", &json!({"id": 7, "note": n.to_string()})).await })
        });
        let mut answers = Vec::new();
        for asked in asking.collect::<Vec<_>>() {
            answers.push(asked.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
        let first = answers[0].json()["id"].clone();
        assert!(answers.iter().all(|answer| answer.json()["id"] == first));
        let all = world.ask("GET /api/v1/runs", &[&ana], "").await.expect(200).json();
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn runs_wait_their_turn_in_the_order_of_their_starts() {
    let world = world().await;
    let ana = bearer(&world.token("ana@acme.example", "start,read,decide").await);
    let mut ids = Vec::new();
    for version in 1..=4 {
        let run = start(&world, &ana, "deploy", &json!({"place": "eu", "version": version})).await.expect(201).json();
        ids.push(run["id"].as_str().unwrap().to_owned());
    }
    let elsewhere = start(&world, &ana, "deploy", &json!({"place": "us", "version": 100})).await.expect(201).json();
    assert_eq!(run(&world, &ana, elsewhere["id"].as_str().unwrap()).await["status"], "completed");

    for waiting in &ids[1..] {
        let waiting = run(&world, &ana, waiting).await;
        assert_eq!((&waiting["status"], &waiting["waits_for_turn"], &waiting["approvals"]), (&json!("paused"), &json!(true), &json!([])));
    }
    // Who waits can be cancelled, and the turn goes past them.
    world.ask(&format!("POST /api/v1/runs/{}/cancel", ids[1]), &[&ana], "").await.expect(200);
    assert_eq!(run(&world, &ana, &ids[2]).await["waits_for_turn"], true);
    for (id, decision) in [(&ids[0], "approve"), (&ids[2], "reject"), (&ids[3], "approve")] {
        world.engine.fire_due().await.unwrap();
        let now = run(&world, &ana, id).await;
        assert_eq!((&now["status"], &now["waits_for_turn"]), (&json!("paused"), &json!(false)), "{now}");
        decide(&world, &ana, id, decision).await;
    }
    assert_eq!(run(&world, &ana, &ids[3]).await["output"], 4);
    let journal = world.ask(&format!("GET /api/v1/runs/{}/events", ids[3]), &[&ana], "").await.expect(200).body;
    assert!(journal.contains("which waits for its turn") && journal.contains("the run's turn has come"), "{journal}");
    let page = start(&world, &ana, "deploy", &json!({"place": "eu", "version": 100})).await.expect(201).json();
    assert_eq!(run(&world, &ana, page["id"].as_str().unwrap()).await["status"], "completed");
}

#[tokio::test]
async fn a_turn_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let open = || Arc::new(SqliteStore::open(&file, &SqliteOptions::default()).unwrap());
    let store = open();
    let world = World::on(Arc::clone(&store) as _, clock(), FLOW, "").await;
    let ana = bearer(&world.token("ana@acme.example", "start,read,decide").await);
    let mut ids = Vec::new();
    for version in [1, 200] {
        let run = start(&world, &ana, "deploy", &json!({"place": "eu", "version": version})).await.expect(201).json();
        ids.push(run["id"].as_str().unwrap().to_owned());
    }
    // The holder ends, and nobody is there any more to admit the next one.
    decide(&world, &ana, &ids[0], "approve").await;
    assert_eq!(run(&world, &ana, &ids[1]).await["status"], "paused");
    store.close().await;
    drop(world);

    let world = World::on(open(), clock(), FLOW, "").await;
    assert_eq!(run(&world, &ana, &ids[1]).await["status"], "paused");
    world.engine.recover().await.unwrap();
    world.engine.fire_due().await.unwrap();
    assert_eq!(run(&world, &ana, &ids[1]).await["output"], 200);
    // Nobody waits any more, and what was once is still once.
    let next = start(&world, &ana, "deploy", &json!({"place": "eu", "version": 300})).await.expect(201).json();
    assert_eq!(run(&world, &ana, next["id"].as_str().unwrap()).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_starts_have_their_turn_one_at_a_time() {
    let world = Arc::new(world().await);
    let ana = bearer(&world.token("ana@acme.example", "start,read,decide").await);
    let keeper = tokio::spawn(Arc::clone(&world.engine).keep_time());
    let asking = (0..40).map(|n| {
        let (world, ana) = (Arc::clone(&world), ana.clone());
        tokio::spawn(async move { start(&world, &ana, "deploy", &json!({"place": "eu", "version": 100 + n})).await })
    });
    let mut ids = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        ids.push(asked.await.unwrap().expect(201).json()["id"].as_str().unwrap().to_owned());
    }
    for id in ids {
        let ended = async {
            while run(&world, &ana, &id).await["status"] != "completed" {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), ended).await.unwrap();
    }
    keeper.abort();
}

#[tokio::test]
async fn only_those_named_start_and_only_those_named_see() {
    let world = world().await;
    let token = async |person: &str, scopes: &str| bearer(&world.token(person, scopes).await);
    let hr = token("hr@acme.example", "start,read").await;
    let bo = token("bo@acme.example", "start,read,decide").await;
    let audit = token("audit@acme.example", "read").await;
    let boss = token("boss@acme.example", "read,decide").await;
    let admin = token("root@acme.example", "admin").await;
    let service = token("portal@acme.example", "start,act-for").await;

    let input = json!({"person": "Eve"});
    start(&world, &bo, "salary", &input).await.expect(403);
    start(&world, &service, "salary", &input).await.expect(403);
    start(&world, &bo, "nothing", &input).await.expect(404);
    let id = start(&world, &hr, "salary", &input).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    // Who a service starts it for is who must be allowed to.
    let line = "POST /api/v1/workflows/salary/runs";
    let body = json!({ "input": input }).to_string();
    world.ask(line, &[&service, JSON, "on-behalf-of: bo@acme.example"], body.clone()).await.expect(403);
    let other = world.ask(line, &[&service, JSON, "on-behalf-of: Ana@acme.example"], body).await.expect(201).json();
    assert_eq!((&other["requester"], &other["on_behalf_by"]), (&json!("ana@acme.example"), &json!("portal@acme.example")));

    let approval = format!("{id}-1");
    for path in [format!("runs/{id}"), format!("runs/{id}/events"), format!("approvals/{approval}")] {
        let line = format!("GET /api/v1/{path}");
        for who in [&hr, &audit, &boss, &admin] {
            world.ask(&line, &[who], "").await.expect(200);
        }
        world.ask(&line, &[&bo], "").await.expect(404);
    }
    world.ask(&format!("POST /api/v1/approvals/{approval}/decision"), &[&bo, JSON], r#"{"decision": "approve"}"#).await.expect(404);
    world.ask(&format!("POST /api/v1/runs/{id}/cancel"), &[&bo], "").await.expect(404);
    let count = async |who: &str| world.ask("GET /api/v1/runs?limit=1", &[who], "").await.expect(200).json();
    assert_eq!(count(&bo).await, json!({"items": [], "next": null}));
    let mine = count(&hr).await;
    assert_eq!((&mine["items"][0]["id"], &mine["next"]), (&json!(id), &json!(null)));
    assert!(count(&audit).await["next"].is_string());
}

#[tokio::test]
async fn who_is_in_a_group_is_asked_when_it_matters() {
    let flow =
        "workflow pay(to: text) {\n  owner \"ana@acme.example\"\n  starts by finance\n  seen by finance\n  step log(message: to)\n}\n";
    let config = |members: &str| format!("[people.ana]\nemail = \"Ana@acme.example\"\n[groups]\nfinance = [{members}]\n");
    let world = World::on(Arc::new(MemoryStore::new()), clock(), flow, &config("\"ana\"")).await;
    let bo = bearer(&world.token("bo@acme.example", "start,read").await);
    let ana = bearer(&world.token("ana@acme.example", "start,read").await);
    let file = world.folder.path().join("hitl.toml");
    let input = json!({"to": "x"});
    let id = start(&world, &ana, "pay", &input).await.expect(201).json()["id"].clone();
    let line = format!("GET /api/v1/runs/{}", id.as_str().unwrap());
    start(&world, &bo, "pay", &input).await.expect(403);
    world.ask(&line, &[&bo], "").await.expect(404);

    std::fs::write(&file, config("\"ana\", \"bo@acme.example\"")).unwrap();
    start(&world, &bo, "pay", &input).await.expect(201);
    world.ask(&line, &[&bo], "").await.expect(200);
    assert_eq!(world.ask("GET /readyz", &[], "").await.expect(200).json(), json!({"status": "ok"}));

    // A broken edit takes nobody out, and is told.
    std::fs::write(&file, config("\"anna\"")).unwrap();
    start(&world, &bo, "pay", &input).await.expect(201);
    let told = world.ask("GET /readyz", &[], "").await.expect(200).json();
    assert!(told["config"].as_str().unwrap().contains("did you mean `ana`?"), "{told}");
    std::fs::write(&file, config("")).unwrap();
    start(&world, &bo, "pay", &input).await.expect(403);
    start(&world, &ana, "pay", &input).await.expect(403);
}

#[tokio::test]
async fn a_service_and_whom_it_acts_for_are_both_the_requester() {
    let flow = "workflow spend(what: text) {\n  owner \"ana@acme.example\"\n  require approval by finance except requester\n  step log(message: what)\n}\n";
    let config = "[groups]\nfinance = [\"ana@acme.example\", \"bo@acme.example\", \"portal@acme.example\"]\n";
    let world = World::on(Arc::new(MemoryStore::new()), clock(), flow, config).await;
    let token = async |person: &str| bearer(&world.token(person, "start,read,decide,act-for").await);
    let (ana, bo, portal) = (token("ana@acme.example").await, token("bo@acme.example").await, token("portal@acme.example").await);
    let body = r#"{"input": {"what": "tea"}}"#;
    let line = "POST /api/v1/workflows/spend/runs";
    let plain = bearer(&world.token("portal@acme.example", "start").await);
    world.ask(line, &[&plain, JSON, "on-behalf-of: ana@acme.example"], body).await.expect(403);
    // An agent may act for people, too; it does not decide in any case.
    let agent = bearer(&world.issue("portal@acme.example", "start,act-for", true).await);
    for service in [&portal, &agent] {
        let id = world.ask(line, &[service, JSON, "on-behalf-of: ana@acme.example"], body).await.expect(201).json()["id"].clone();
        let id = id.as_str().unwrap();
        let seen = world.ask(&format!("GET /api/v1/approvals/{id}-1"), &[&bo], "").await.expect(200);
        let tag = format!("if-match: {}", seen.header("etag"));
        let decide = format!("POST /api/v1/approvals/{id}-1/decision");
        for excluded in [&ana, &portal, &agent] {
            world.ask(&decide, &[excluded, JSON, &tag], r#"{"decision": "approve"}"#).await.expect(403);
        }
        world.ask(&decide, &[&bo, JSON, &tag], r#"{"decision": "approve"}"#).await.expect(200);
    }
}

#[tokio::test]
async fn where_nobody_can_decide_it_is_said() {
    let flow = "workflow spend(what: text) {\n  owner \"ana@acme.example\"\n  require approval by finance except requester\n  step log(message: what)\n}\n";
    let world = World::on(Arc::new(MemoryStore::new()), clock(), flow, "[groups]\nfinance = [\"bo@acme.example\"]\n").await;
    let token = async |person: &str| bearer(&world.token(person, "start,read,decide").await);
    let (ana, bo) = (token("ana@acme.example").await, token("bo@acme.example").await);
    let cookie = sign_in(&world, &world.token("ana@acme.example", "read,decide").await).await;
    for (requester, expected) in [(&ana, false), (&bo, true)] {
        let started = world.ask("POST /api/v1/workflows/spend/runs", &[requester, JSON], r#"{"input": {"what": "tea"}}"#).await.expect(201);
        let id = started.json()["id"].as_str().unwrap().to_owned();
        let seen = world.ask(&format!("GET /api/v1/approvals/{id}-1"), &[&ana], "").await.expect(200).json();
        assert_eq!(seen["why_nobody"].is_string(), expected, "{seen}");
        let page = world.ask(&format!("GET /approvals/{id}-1"), &[&cookie], "").await.expect(200);
        assert_eq!(page.body.contains("Nobody can decide this now"), expected, "{}", page.body);
    }
}
