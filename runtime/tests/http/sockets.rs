//! Real connections: on the network, and on the socket beside the store.

use std::future::Future;

use flow_runtime::http::{Listener, Peer, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::oneshot;

use crate::support::{JSON, World, bearer};

/// Serves while the test talks, and stops then.
async fn served<F: Future<Output = ()>>(world: &World, listener: Listener, talk: impl FnOnce() -> F) {
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(vec![listener], world.router.clone(), async {
        let _ = stopped.await;
    }));
    talk().await;
    stop.send(()).unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn connections_are_kept_and_huge_bodies_get_a_clear_answer() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    served(&world, Listener::Tcp(listener), || async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..3 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(buffer[..count].starts_with(b"HTTP/1.1 200"));
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        let size = 100_000_000;
        let head = format!("POST /api/v1/workflows/x/runs HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = vec![b'x'; 1_000_000];
        for _ in 0..size / chunk.len() {
            stream.write_all(&chunk).await.unwrap();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("urn:hitlc:too-large"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_live_stream_ends_when_the_server_stops() {
    let world = World::new().await;
    let (run, _, _) = world.paused().await;
    let token = world.token("ana@acme.example", "read").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut stream = None;
    served(&world, Listener::Tcp(listener), || async {
        let mut following = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "GET /api/v1/runs/{run}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
        );
        following.write_all(head.as_bytes()).await.unwrap();
        let mut buffer = [0; 16_384];
        let mut seen = String::new();
        while !seen.contains("id: 1\n") {
            let count = following.read(&mut buffer).await.unwrap();
            assert!(count > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        stream = Some(following);
    })
    .await;
    let mut rest = String::new();
    stream.unwrap().read_to_string(&mut rest).await.unwrap();
    assert!(!rest.contains("event: end"), "{rest}");
}

#[tokio::test]
async fn the_socket_knows_its_owner() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    served(&world, Listener::Unix(listener), || async move {
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(b"GET /local/info HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"public_url\":\"http://127.0.0.1:7420\""), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_name_is_believed_on_the_socket_until_a_server_owned_the_store() {
    let world = World::new().await;
    let (_, approval, tag) = world.paused().await;
    let owner = Some(Peer::Owner { user: "ana".to_owned() });
    let line = format!("POST /api/v1/approvals/{approval}/decision");
    let tag = format!("if-match: {tag}");
    let approve = r#"{"decision": "approve"}"#;
    let ana = "x-hitl-as: ana@acme.example";
    world.ask(&line, &[ana, JSON, &tag], approve).await.expect(401);
    world.ask_from(Some(Peer::Stranger), "GET /healthz", &[], "").await.expect(403);
    world.ask_from(owner.clone(), &line, &[JSON, &tag], approve).await.expect(401);
    let all = world.ask_from(owner.clone(), "GET /api/v1/approvals", &[], "").await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);

    world.engine.store().set_meta("served", vec![1]).await.unwrap();
    world.ask_from(owner.clone(), &line, &[ana, JSON, &tag], approve).await.expect(403);
    let token = bearer(&world.token("ana@acme.example", "decide").await);
    world.ask_from(owner, &line, &[&token, JSON, &tag], approve).await.expect(200);
}

#[tokio::test]
async fn a_decision_over_the_socket_is_recorded_as_local() {
    let world = World::new().await;
    let (_, approval, tag) = world.paused().await;
    let owner = Some(Peer::Owner { user: "ana".to_owned() });
    let line = format!("POST /api/v1/approvals/{approval}/decision");
    let headers = ["x-hitl-as: Ana@acme.example", JSON, &format!("if-match: {tag}")];
    let decided = world.ask_from(owner, &line, &headers, r#"{"decision": "approve"}"#).await.expect(200).json();
    assert_eq!(decided["vote"]["channel"], "local");
    assert_eq!(decided["vote"]["by"], "ana@acme.example");
}

#[tokio::test]
async fn plans_and_tokens_are_handed_over_on_the_socket() {
    let world = World::new().await;
    let owner = || Some(Peer::Owner { user: "ana".to_owned() });
    world.ask_from(owner(), "POST /local/plans", &[], "nonsense").await.expect(422);
    let described = r#"{"person": "ana@acme.example", "scopes": "read,start", "agent": true}"#;
    let made = world.ask_from(owner(), "POST /local/tokens", &[JSON], described).await.expect(201).json();
    let token = bearer(made["token"].as_str().unwrap());
    world.ask("GET /api/v1/runs", &[&token], "").await.expect(200);
    let listed = world.ask_from(owner(), "GET /local/tokens", &[], "").await.expect(200);
    assert!(listed.body.contains(made["id"].as_str().unwrap()) && !listed.body.contains("hitl_"));
    world.ask_from(owner(), &format!("DELETE /local/tokens/{}", made["id"].as_str().unwrap()), &[], "").await.expect(204);
    world.ask("GET /api/v1/runs", &[&token], "").await.expect(401);
    world.ask_from(owner(), "POST /local/tokens", &[JSON], r#"{"scopes": "all", "expires_at": "soon"}"#).await.expect(422);
    let agent = r#"{"person": "b@acme.example", "scopes": "decide", "agent": true}"#;
    world.ask_from(owner(), "POST /local/tokens", &[JSON], agent).await.expect(422);
}
