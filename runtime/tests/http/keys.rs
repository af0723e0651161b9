//! Idempotency keys whose request is still under way.
//!
//! Decisions on one approval wait for each other before their keys are looked at, so only starts can meet here at a known moment.

use std::sync::Arc;
use std::time::Duration;

use crate::held::Held;
use crate::support::{JSON, World, bearer};

const START: &str = "POST /api/v1/workflows/pay_supplier/runs";
const BODY: &str = r#"{"input": {"to": "Vendor", "amount": "1500.00 EUR"}}"#;
const KEY: &str = "idempotency-key: k1";

/// Fails instead of waiting for ever when a request that should be refused is held up.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.unwrap()
}

#[tokio::test]
async fn a_start_whose_key_is_under_way_is_told_to_wait() {
    let store = Arc::new(Held::new());
    let world = World::over(Arc::clone(&store) as _).await;
    let rob = bearer(&world.token("rob@acme.example", "start,read").await);
    let headers = [rob.as_str(), JSON, KEY];
    let held = store.hold().await;
    let second = async {
        store.arrived().await;
        let refused = world.ask(START, &headers, BODY).await.expect(409).json();
        assert_eq!(refused["type"], "urn:hitlc:idempotency-key", "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("under way"), "{refused}");
        drop(held);
    };
    let (first, ()) = soon(async { tokio::join!(world.ask(START, &headers, BODY), second) }).await;
    let first = first.expect(201).json();
    // Afterwards the key gives the same answer, and there is one run.
    let again = world.ask(START, &headers, BODY).await.expect(201).json();
    assert_eq!(again["id"], first["id"]);
    let runs = world.ask("GET /api/v1/runs", &[&rob], "").await.expect(200).json();
    assert_eq!(runs["items"].as_array().unwrap().len(), 1, "{runs}");
}
