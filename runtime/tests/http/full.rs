//! A disk without room: who asks is told, the server goes on, and nothing is lost.

use std::path::Path;
use std::sync::Arc;

use flow_runtime::store::Store;
use flow_runtime::store::audit::verify;
use flow_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use serde_json::json;

use crate::support::{JSON, World, bearer};

const START: &str = "POST /api/v1/workflows/pay_supplier/runs";

fn open(path: &Path, max_pages: Option<u32>) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(path, &SqliteOptions { max_pages, ..SqliteOptions::default() }).unwrap())
}

#[tokio::test]
async fn a_full_disk_is_said_and_the_server_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let large = json!({ "input": { "to": "Vendor", "amount": "1500.00 EUR", "change": "x".repeat(400_000) } }).to_string();

    let store = open(&path, Some(80));
    let world = World::over(Arc::clone(&store) as _).await;
    let (run, approval, tag) = world.paused().await;
    let rob = bearer(&world.token("rob@acme.example", "start,read").await);
    let headers = [rob.as_str(), JSON, "idempotency-key: k1"];
    for _ in 0..3 {
        let full = world.ask(START, &headers, large.clone()).await.expect(503);
        assert_eq!(full.header("content-type"), "application/problem+json");
        assert!(!full.header("retry-after").is_empty(), "{full:?}");
        assert!(full.json()["detail"].as_str().unwrap().contains("the disk is full; nothing was done"), "{full:?}");
    }
    // What was refused is nowhere, what was there goes on.
    let runs = world.ask("GET /api/v1/runs", &[&rob], "").await.expect(200).json();
    assert_eq!(runs["items"].as_array().unwrap().len(), 1, "{runs}");
    let ana = bearer(&world.token("ana@acme.example", "decide").await);
    let line = format!("POST /api/v1/approvals/{approval}/decision");
    let approve = [ana.as_str(), JSON, &format!("if-match: {tag}"), "prefer: wait=20"];
    let decided = world.ask(&line, &approve, r#"{"decision": "approve"}"#).await.expect(200).json();
    assert_eq!(decided["run_status"], "completed", "{decided}");
    drop(world);
    store.close().await;

    // With room the same request goes through.
    let store = open(&path, None);
    let world = World::over(Arc::clone(&store) as _).await;
    let started = world.ask(START, &headers, large).await.expect(201).json();
    assert_ne!(started["id"], json!(run));
    let before = world.ask(&format!("GET /api/v1/runs/{run}"), &[&rob], "").await.expect(200).json();
    assert_eq!(before["status"], "completed", "{before}");
    assert_eq!(verify(&*store, None).await.unwrap().findings, []);
}
