//! What the API answers, and in which order it refuses.

use axum::body::Body;
use serde_json::json;

use crate::support::{JSON, Setting, World, bearer};

const APPROVE: &str = r#"{"decision": "approve"}"#;

#[tokio::test]
async fn a_run_starts_pauses_is_approved_and_completes() {
    let world = World::new().await;
    let (run, approval, tag) = world.paused().await;
    let ana = bearer(&world.token("ana@acme.example", "decide").await);

    let inbox = world.ask("GET /api/v1/approvals?status=pending", &[&ana], "").await.expect(200).json();
    assert_eq!(inbox["items"][0]["id"], json!(approval));
    assert_eq!(inbox["next"], json!(null));

    let line = format!("POST /api/v1/approvals/{approval}/decision");
    let headers = [ana.as_str(), JSON, &format!("if-match: {tag}"), "prefer: wait=20"];
    let decided = world.ask(&line, &headers, APPROVE).await.expect(200);
    assert_eq!(decided.header("preference-applied"), "wait=20");
    let decided = decided.json();
    assert_eq!(decided["status"], "approved");
    assert_eq!(decided["standing"], "decided");
    assert_eq!(decided["vote"]["by"], "ana@acme.example");
    assert_eq!(decided["vote"]["channel"], "api");
    assert_eq!(decided["run_status"], "completed");

    let run_now = world.ask(&format!("GET /api/v1/runs/{run}"), &[&ana], "").await.expect(200).json();
    assert_eq!(run_now["output"], json!("paid 1500.00 EUR to Vendor"), "{run_now}");

    // The same again is the same; another answer is told what stands.
    world.ask(&line, &headers, APPROVE).await.expect(200);
    let other = world.ask(&line, &headers, r#"{"decision": "reject", "comment": "no"}"#).await.expect(409).json();
    assert_eq!(other["current"]["status"], "approved");
    assert_eq!(other["current"]["vote"]["by"], "ana@acme.example");
}

#[tokio::test]
async fn refusals_come_in_their_order() {
    let world = World::new().await;
    let (_, approval, tag) = world.paused().await;
    let line = format!("POST /api/v1/approvals/{approval}/decision");
    let nowhere = "POST /api/v1/approvals/zzzz-1/decision";
    let ana = bearer(&world.token("ana@acme.example", "decide").await);
    let bob = bearer(&world.token("bob@acme.example", "decide").await);
    let reader = bearer(&world.token("ana@acme.example", "read,start").await);
    let agent = bearer(&world.issue("ana@acme.example", "read,start", true).await);
    let tag = format!("if-match: {tag}");
    let stale = format!("if-match: \"{}\"", "0".repeat(64));
    let unfit = r#"{"decision": "maybe", "colour": 1}"#;

    // Whoever asks, and whatever else is wrong.
    world.ask(&line, &[JSON], unfit).await.expect(401);
    world.ask(&line, &[JSON, "authorization: Bearer hitl_wrong"], unfit).await.expect(401);
    world.ask(&line, &[JSON, "authorization: Basic abc"], unfit).await.expect(401);
    for who in [&ana, &bob, &reader, &agent] {
        world.ask(nowhere, &[who, JSON], unfit).await.expect(404);
    }
    for who in [&bob, &reader, &agent] {
        world.ask(&line, &[who, JSON], unfit).await.expect(403);
        world.ask(&line, &[who, JSON, &stale], unfit).await.expect(403);
        world.ask(&line, &[who, JSON, &tag], APPROVE).await.expect(403);
    }
    world.ask(&line, &[&ana, JSON], unfit).await.expect(428);
    world.ask(&line, &[&ana, JSON, "if-match: *"], APPROVE).await.expect(428);
    world.ask(&line, &[&ana, JSON, &stale], unfit).await.expect(412);
    world.ask(&line, &[&ana, JSON, "if-match: \"abc\""], unfit).await.expect(412);
    let changed = world.ask(&line, &[&ana, JSON, &stale], APPROVE).await.expect(412);
    assert_eq!(format!("if-match: {}", changed.header("etag")), tag);

    let problems = world.ask(&line, &[&ana, JSON, &tag], unfit).await.expect(422).json();
    let paths: Vec<_> = problems["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["decision", "colour"], "{problems}");
    for body in [
        r#"{"decision": "send_back"}"#,
        r#"{"decision": "done"}"#,
        r#"{"decision": "reject"}"#,
        r#"{"decision": "approve", "values": {"amount": 1}}"#,
        r#"{"decision": "approve", "values": []}"#,
        r#"{"decision": 1}"#,
        r#"{"comment": "yes"}"#,
        "[]",
        "",
    ] {
        world.ask(&line, &[&ana, JSON, &tag], body).await.expect(422);
    }
    world.ask(&line, &[&ana, JSON, &tag], "{").await.expect(400);
    world.ask(&line, &[&ana, &tag, "content-type: text/plain"], APPROVE).await.expect(415);
    world.ask(&line, &[&ana, &tag], APPROVE).await.expect(415);

    world.ask(&line, &[&ana, JSON, &tag], r#"{"decision": "reject", "comment": "not now"}"#).await.expect(200);
    world.ask(&line, &[&ana, JSON], unfit).await.expect(428);
    for body in [unfit, r#"{"decision": "approve", "values": {"amount": 1}}"#, r#"{"decision": "approve"}"#] {
        world.ask(&line, &[&ana, JSON, &stale], body).await.expect(409);
    }
    world.ask(&line, &[&bob, JSON, &tag], APPROVE).await.expect(403);
}

#[tokio::test]
async fn starting_is_refused_in_the_same_order() {
    let world = World::new().await;
    let rob = bearer(&world.token("rob@acme.example", "start").await);
    let reader = bearer(&world.token("rob@acme.example", "read").await);
    let line = "POST /api/v1/workflows/pay_supplier/runs";
    let good = r#"{"input": {"to": "V", "amount": "1.00 EUR"}}"#;
    world.ask(line, &[JSON], good).await.expect(401);
    for who in [&rob, &reader] {
        world.ask("POST /api/v1/workflows/nothing/runs", &[who, JSON], r#"{"inptu": 1}"#).await.expect(404);
    }
    world.ask(line, &[&reader, JSON], good).await.expect(403);
    world.ask(line, &[&rob, JSON, "on-behalf-of: ana@acme.example"], good).await.expect(403);
    let unfit = world.ask(line, &[&rob, JSON], r#"{"input": {"to": 1}}"#).await.expect(422).json();
    assert!(unfit["errors"].as_array().unwrap().len() >= 2, "{unfit}");
    world.ask(line, &[&rob, JSON], r#"{"inptu": {}}"#).await.expect(422);
    let callback = r#"{"input": {"to": "V", "amount": "1.00 EUR"}, "callback": "https://evil.example/"}"#;
    world.ask(line, &[&rob, JSON], callback).await.expect(422);
    let started = world.ask(line, &[&rob, JSON], good).await.expect(201);
    assert_eq!(started.header("location"), format!("/api/v1/runs/{}", started.json()["id"].as_str().unwrap()));

    let service = bearer(&world.token("billing@acme.example", "start,act-for").await);
    let run = world.ask(line, &[&service, JSON, "on-behalf-of: Rob@acme.example"], good).await.expect(201).json();
    assert_eq!(run["requester"], "rob@acme.example");
}

#[tokio::test]
async fn an_idempotency_key_gives_the_same_answer_once() {
    let world = World::new().await;
    let rob = bearer(&world.token("rob@acme.example", "start,read").await);
    let eve = bearer(&world.token("eve@acme.example", "start,read").await);
    let line = "POST /api/v1/workflows/pay_supplier/runs";
    let body = r#"{"input": {"to": "V", "amount": "2000.00 EUR"}}"#;
    let first = world.ask(line, &[&rob, JSON, "idempotency-key: k1"], body).await.expect(201).json();
    let again = world.ask(line, &[&rob, JSON, "idempotency-key: k1"], body).await.expect(201).json();
    assert_eq!(first["id"], again["id"]);
    world.ask(line, &[&rob, JSON, "idempotency-key: k1"], body.replace("2000", "3000")).await.expect(422);
    let hers = world.ask(line, &[&eve, JSON, "idempotency-key: k1"], body).await.expect(201).json();
    assert_ne!(first["id"], hers["id"]);
    world.ask(line, &[&rob, JSON, "idempotency-key: "], body).await.expect(400);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::new().await;
    for _ in 0..3 {
        world.paused().await;
    }
    let reader = bearer(&world.token("rob@acme.example", "read").await);
    let first = world.ask("GET /api/v1/runs?limit=2&status=paused", &[&reader], "").await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let second = world.ask(&format!("GET /api/v1/runs?limit=2&status=paused&cursor={next}"), &[&reader], "").await.expect(200).json();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second["next"], json!(null));
    assert_eq!(world.ask("GET /api/v1/runs?status=completed", &[&reader], "").await.expect(200).json()["items"], json!([]));
    assert_eq!(world.ask("GET /api/v1/approvals", &[&reader], "").await.expect(200).json()["items"], json!([]));
    world.ask("GET /api/v1/runs?status=happy", &[&reader], "").await.expect(422);
    world.ask("GET /api/v1/runs?cursor=!", &[&reader], "").await.expect(422);
    world.ask("GET /api/v1/runs?limit=many", &[&reader], "").await.expect(400);
    world.ask("GET /api/v1/approvals?status=approved", &[&reader], "").await.expect(422);
    let workflows = world.ask("GET /api/v1/workflows", &[&reader], "").await.expect(200).json();
    assert_eq!(workflows["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_run_is_cancelled_by_those_who_may() {
    let world = World::new().await;
    let (run, _, _) = world.paused().await;
    let line = format!("POST /api/v1/runs/{run}/cancel");
    let eve = bearer(&world.token("eve@acme.example", "start,read,decide").await);
    let rob = bearer(&world.token("rob@acme.example", "start").await);
    world.ask(&line, &[], "").await.expect(401);
    world.ask("POST /api/v1/runs/zzz/cancel", &[&eve], "").await.expect(404);
    world.ask(&line, &[&eve], "").await.expect(403);
    world.ask(&line, &[&rob, JSON], r#"{"why": "x"}"#).await.expect(422);
    assert_eq!(world.ask(&line, &[&rob], "").await.expect(200).json()["status"], "cancelled");
    let again = world.ask(&line, &[&rob], "").await.expect(409).json();
    assert_eq!((&again["detail"], &again["current"]["status"]), (&json!("the run has ended: it is cancelled"), &json!("cancelled")));
}

#[tokio::test]
async fn a_change_of_a_run_is_answered_when_it_is_settled() {
    const FLOW: &str = r#"
action fetch() -> text { exec "sh" ["-c", "test -e fixed && sleep 0.1 && echo ok"] }
action put_back() { exec "sleep" ["0.1"] }
workflow go(asks: bool) -> text {
  owner "rob@acme.example"
  step begun = fetch() { undo put_back() }
  require approval when asks
  return begun
}"#;
    let world = World::set(Setting { flow: FLOW, ..Setting::default() }).await;
    let rob = bearer(&world.token("rob@acme.example", "start,read").await);
    let start = async |input: &str| {
        let run = world.ask("POST /api/v1/workflows/go/runs", &[&rob, JSON, "prefer: wait=20"], input.to_owned()).await.json();
        run["id"].as_str().unwrap().to_owned()
    };
    let failed = start(r#"{"input": {"asks": false}}"#).await;
    std::fs::write(world.folder.path().join("fixed"), "").unwrap();
    let retried = world.ask(&format!("POST /api/v1/runs/{failed}/retry"), &[&rob, "prefer: wait=20"], "").await.expect(200);
    assert_eq!((&retried.json()["status"], retried.header("preference-applied")), (&json!("completed"), "wait=20"), "{retried:?}");
    let paused = start(r#"{"input": {"asks": true}}"#).await;
    let cancelled = world.ask(&format!("POST /api/v1/runs/{paused}/cancel"), &[&rob, "prefer: wait=20"], "").await.expect(200);
    assert_eq!((&cancelled.json()["status"], cancelled.header("preference-applied")), (&json!("cancelled"), "wait=20"), "{cancelled:?}");
}

/// A run of which a step failed.
pub(crate) async fn failed() -> (World, String) {
    const FLOW: &str = r#"
action fetch() -> text { exec "sh" ["-c", "test -e fixed && echo ok"] }
workflow go() -> text {
  owner "ana@acme.example"
  step got = fetch()
  return got
}"#;
    let world = World::set(Setting { flow: FLOW, ..Setting::default() }).await;
    let rob = bearer(&world.token("rob@acme.example", "start,read").await);
    let run = world.ask("POST /api/v1/workflows/go/runs", &[&rob, JSON, "prefer: wait=20"], r#"{"input": {}}"#).await.json();
    assert_eq!(run["status"], "failed", "{run}");
    (world, run["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_failed_run_is_taken_up_again_by_those_who_may() {
    let (world, run) = failed().await;
    let line = format!("POST /api/v1/runs/{run}/retry");
    let eve = bearer(&world.token("eve@acme.example", "start,read,decide").await);
    let rob = bearer(&world.token("rob@acme.example", "start,read").await);
    world.ask(&line, &[], "").await.expect(401);
    world.ask("POST /api/v1/runs/zzz/retry", &[&eve], "").await.expect(404);
    world.ask(&line, &[&eve], "").await.expect(403);
    world.ask(&line, &[&rob, JSON], r#"{"why": "x"}"#).await.expect(422);
    std::fs::write(world.folder.path().join("fixed"), "").unwrap();
    let key = "idempotency-key: again";
    assert_eq!(world.ask(&line, &[&rob, key], "").await.expect(200).json()["id"], run);
    let show = format!("GET /api/v1/runs/{run}");
    let ended = world.ask(&show, &[&rob, "prefer: wait=20"], "").await.expect(200).json();
    assert_eq!((&ended["status"], &ended["output"]), (&json!("completed"), &json!("ok")), "{ended}");
    assert_eq!(world.ask(&line, &[&rob, key], "").await.expect(200).json()["status"], "completed");
    let refused = world.ask(&line, &[&rob], "").await.expect(409).json();
    assert_eq!(refused["type"], "urn:hitlc:not-retryable");
    assert_eq!(refused["detail"], "only a run that has failed can be taken up again");
}

#[tokio::test]
async fn the_journal_is_a_list_or_a_stream_with_an_end() {
    let world = World::new().await;
    let (run, approval, tag) = world.paused().await;
    let ana = bearer(&world.token("ana@acme.example", "decide").await);
    let line = format!("GET /api/v1/runs/{run}/events");
    world.ask(&line, &[], "").await.expect(401);
    world.ask("GET /api/v1/runs/zzz/events", &[&ana], "").await.expect(404);
    let list = world.ask(&line, &[&ana], "").await.expect(200).json();
    assert_eq!(list["items"][0]["id"], 1);
    assert_eq!(list["items"][0]["events"][0]["type"], "run.started", "{list}");

    let headers = [ana.as_str(), JSON, &format!("if-match: {tag}"), "prefer: wait=20"];
    world.ask(&format!("POST /api/v1/approvals/{approval}/decision"), &headers, APPROVE).await.expect(200);
    let stream = world.ask(&line, &[&ana, "accept: text/event-stream"], "").await.expect(200);
    assert!(stream.header("content-type").starts_with("text/event-stream"));
    assert!(stream.body.contains("id: 1\n") && stream.body.contains("event: end\n"), "{}", stream.body);
    let rest = world.ask(&line, &[&ana, "accept: text/event-stream", "last-event-id: 1"], "").await.expect(200);
    assert!(!rest.body.contains("id: 1\n") && rest.body.contains("id: 2\n"), "{}", rest.body);
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused_and_the_process_lives() {
    let world = World::new().await;
    let rob = bearer(&world.token("rob@acme.example", "start").await);
    let line = "POST /api/v1/workflows/pay_supplier/runs";
    let huge = vec![b' '; 2 * 1024 * 1024];
    world.ask(line, &[&rob, JSON], huge.clone()).await.expect(413);
    let chunks = futures_util::stream::iter(huge.chunks(65_536).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>());
    world.ask(line, &[&rob, JSON], Body::from_stream(chunks)).await.expect(413);
    let deep = format!("{{\"input\": {}", "[".repeat(200_000));
    world.ask(line, &[&rob, JSON], deep).await.expect(400);
    world.ask("GET /healthz", &[], "").await.expect(200);
}

#[tokio::test]
async fn health_description_and_addresses_that_are_nowhere() {
    let world = World::new().await;
    world.ask("GET /healthz", &[], "").await.expect(200);
    world.ask("GET /readyz", &[], "").await.expect(200);
    world.ask("GET /api/v1/nothing", &[], "").await.expect(404);
    world.ask("DELETE /api/v1/runs", &[], "").await.expect(405);
    world.ask("GET /metrics", &[], "").await.expect(404);
    for address in ["GET /local/info", "POST /local/plans", "GET /local/tokens", "POST /local/tokens"] {
        world.ask(address, &[], "").await.expect(404);
    }
    let document = world.ask("GET /api/v1/openapi.json", &[], "").await.expect(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    for path in [
        "/api/v1/workflows",
        "/api/v1/workflows/{name}/runs",
        "/api/v1/runs",
        "/api/v1/runs/{id}",
        "/api/v1/runs/{id}/cancel",
        "/api/v1/runs/{id}/retry",
        "/api/v1/runs/{id}/events",
        "/api/v1/approvals",
        "/api/v1/approvals/{id}",
        "/api/v1/approvals/{id}/decision",
        "/hooks/{path}",
        "/healthz",
        "/readyz",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let answer = world.ask("GET /healthz", &[], "").await;
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cache-control", "no-store")] {
        assert_eq!(answer.header(name), value);
    }
    assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn while_shutting_down_nothing_is_taken() {
    let world = World::new().await;
    let rob = bearer(&world.token("rob@acme.example", "start").await);
    world.engine.shut_down(std::time::Duration::from_secs(1)).await;
    let body = r#"{"input": {"to": "V", "amount": "1.00 EUR"}}"#;
    let refused = world.ask("POST /api/v1/workflows/pay_supplier/runs", &[&rob, JSON], body).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(world.ask("GET /readyz", &[], "").await.status, 503);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let world = World::new().await;
    let (run, approval, _) = world.paused().await;
    let ana = bearer(&world.token("ana@acme.example", "start,decide,read,admin").await);
    let cookie = crate::people::sign_in(&world, &world.token("ana@acme.example", "read,decide").await).await;
    let link = world.options.links.make(flow_runtime::people::Person::new("ana@acme.example"), "/").unwrap();
    let paths = [
        "/",
        "/runs",
        "/sign-in",
        "/sign-out",
        "/healthz",
        "/readyz",
        "/api/v1/openapi.json",
        "/api/v1/workflows",
        "/api/v1/runs",
        "/api/v1/approvals",
        "/api/v1/workflows/pay_supplier/runs",
        "/static/style.css",
        "/static/live.js",
        "/static/icon.svg",
        "/local/info",
        "/local/plans",
        "/local/tokens",
    ];
    let mut paths: Vec<String> = paths.map(str::to_owned).to_vec();
    paths.push(link.clone());
    for kind in ["/runs", "/api/v1/runs"] {
        paths.extend(["", "/cancel", "/events"].map(|rest| format!("{kind}/{run}{rest}")));
    }
    for kind in ["/approvals", "/api/v1/approvals"] {
        paths.extend(["", "/decision"].map(|rest| format!("{kind}/{approval}{rest}")));
    }
    let store = world.engine.store();
    let state = async || {
        let asked = store.asked(None, None, 100).await.unwrap();
        let secrets: Vec<_> = store.tokens().await.unwrap().into_iter().map(|token| (token.id, token.revoked)).collect();
        format!("{:?} {asked:?} {secrets:?}", store.head().await.unwrap())
    };
    let before = state().await;
    let owner = Some(flow_runtime::http::Peer::Owner { user: "ana".to_owned() });
    for path in &paths {
        for method in ["GET", "HEAD"] {
            let line = format!("{method} {path}");
            for headers in [&[][..], &[ana.as_str()], &[cookie.as_str()]] {
                let answer = world.ask(&line, headers, "").await;
                assert!(!answer.status.is_server_error() && answer.header("set-cookie").is_empty(), "{line}: {answer:?}");
            }
            world.ask_from(owner.clone(), &line, &["x-hitl-as: ana@acme.example"], "").await;
        }
    }
    assert_eq!(state().await, before);
    world.ask(&format!("POST {link}"), &[], "").await.expect(303);
}
