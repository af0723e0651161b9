//! `http`, against a real server.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use flow_compiler::plan::{Body, Expr, Http, Implementation, TextPart, Type};
use flow_compiler::value::Value;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Case, Project, among, constant, hole, literal, not_done, number, secret, slot, text, unknown};
use crate::actions::Outcome;

/// What the server was asked: method and address, headers, body.
type Seen = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

async fn answer(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> axum::response::Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    seen.lock().push((format!("{method} {uri}"), headers.clone(), body.clone()));
    let json = |text: &'static str| ([("content-type", "application/json")], text).into_response();
    match uri.path() {
        "/json" => json(r#"{"data": {"id": "r-1", "amount": 12.50}}"#),
        "/quoted" => json(r#""a text""#),
        "/conflict" => (StatusCode::CONFLICT, "there already").into_response(),
        "/broken" => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        "/away" => (StatusCode::FOUND, [("location", "/json")], "").into_response(),
        "/echo" => headers.get("authorization").map(|value| value.as_bytes().to_vec()).unwrap_or_default().into_response(),
        "/big" => vec![b'x'; 1024 * 1024 + 1].into_response(),
        "/slow" => std::future::pending().await,
        _ => "text".into_response(),
    }
}

/// A server, and a project that may call it.
async fn server() -> (Project, String, Seen) {
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (allowing(address), format!("http://{address}"), seen)
}

fn allowing(address: SocketAddr) -> Project {
    Project::with(&format!("[http]\nallow = [\"{address}\"]"))
}

fn http(method: &str, url: Vec<TextPart>) -> Http {
    Http {
        method: method.into(),
        url,
        headers: Vec::new(),
        query: Vec::new(),
        body: None,
        ok_when: None,
        not_done_when: None,
        result: None,
    }
}

fn get(url: &str) -> Http {
    http("GET", vec![literal(url)])
}

fn case(http: Http) -> Case {
    Case::new(Implementation::Http(http))
}

#[tokio::test]
async fn answers_are_decoded_whole_or_in_part() {
    let (project, base, _) = server().await;
    let whole = case(get(&format!("{base}/text"))).gives(Type::Text);
    assert_eq!(project.run(whole).await, Outcome::Done(text("text")));
    let quoted = case(get(&format!("{base}/quoted"))).gives(Type::Text);
    assert_eq!(project.run(quoted).await, Outcome::Done(text("a text")));
    let mut part = get(&format!("{base}/json"));
    let data = Expr::JsonField(Box::new(slot(3)), "data".into());
    part.result = Some((data, Type::Json));
    let part = case(part).record(&[("id", Type::Text), ("amount", Type::Number)]).gives(Type::Record(0));
    assert_eq!(project.run(part).await, Outcome::Done(Value::Record([text("r-1"), number("12.50")].into())));
    assert_eq!(project.run(case(get(&format!("{base}/json")))).await, Outcome::Done(Value::None));
    unknown(&project.run(case(get(&format!("{base}/text"))).gives(Type::Number)).await, "not JSON");
}

#[tokio::test]
async fn statuses_mean_what_the_author_says() {
    let (project, base, seen) = server().await;
    unknown(&project.run(case(get(&format!("{base}/broken")))).await, "answered with status 500: oops");
    let mut listed = get(&format!("{base}/conflict"));
    listed.not_done_when = Some(among(0, &[409]));
    not_done(&project.run(case(listed.clone())).await, "answered with status 409: there already");
    listed.not_done_when = None;
    listed.ok_when = Some(among(0, &[200, 409]));
    assert_eq!(project.run(case(listed)).await, Outcome::Done(Value::None));
    unknown(&project.run(case(get(&format!("{base}/away")))).await, "status 302");
    unknown(&project.run(case(get(&format!("{base}/big"))).gives(Type::Text)).await, "more than 1 MiB");
    assert_eq!(seen.lock().len(), 5, "nothing is followed and nothing is tried twice");
}

#[tokio::test]
async fn values_stay_in_their_place() {
    let (project, base, seen) = server().await;
    let mut post = http("POST", vec![hole(slot(0), Type::Text), literal("/a/"), hole(slot(1), Type::Text), literal("/b")]);
    post.query = vec![
        ("q".into(), slot(1), Type::Text),
        ("n".into(), slot(2), Type::List(Box::new(Type::Number))),
        ("none".into(), slot(3), Type::Optional(Box::new(Type::Text))),
    ];
    post.headers = vec![("X-Who".into(), slot(1)), ("Authorization".into(), secret())];
    post.body = Some(Body { value: slot(2), ty: Type::List(Box::new(Type::Number)) });
    let post = case(post)
        .given("base", Type::Text, text(&base))
        .given("x", Type::Text, text("../é?#&=% /"))
        .given("ns", Type::List(Box::new(Type::Number)), Value::List([number("1"), number("2")].into()))
        .given("none", Type::Optional(Box::new(Type::Text)), Value::None);
    assert_eq!(project.run(post).await, Outcome::Done(Value::None));
    let seen = seen.lock();
    let (line, headers, body) = &seen[0];
    assert_eq!(line, "POST /a/..%2F%C3%A9%3F%23%26%3D%25%20%2F/b?q=..%2F%C3%A9%3F%23%26%3D%25+%2F&n=1&n=2");
    assert_eq!(headers["idempotency-key"], "run-1/3/key");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["authorization"], "s3cr3t \"value\"");
    assert_eq!(body, "[1,2]");
}

#[tokio::test]
async fn a_text_is_sent_as_it_is() {
    let (project, base, seen) = server().await;
    let mut put = http("PUT", vec![literal(&format!("{base}/x"))]);
    put.body = Some(Body { value: constant("a \"b\""), ty: Type::Text });
    assert_eq!(project.run(case(put)).await, Outcome::Done(Value::None));
    let seen = seen.lock();
    assert_eq!((seen[0].1["content-type"].to_str().unwrap(), seen[0].2.as_str()), ("text/plain; charset=utf-8", "a \"b\""));
}

#[tokio::test]
async fn no_value_can_change_the_request() {
    let (project, base, seen) = server().await;
    let mut header = get(&format!("{base}/x"));
    header.headers = vec![("X-Who".into(), slot(0))];
    not_done(&project.run(case(header).given("x", Type::Text, text("a\r\nEvil: 1"))).await, "line break");
    for value in [".", ".."] {
        let path = http("DELETE", vec![literal(&format!("{base}/customers/")), hole(slot(0), Type::Text), literal("/notes")]);
        not_done(&project.run(case(path).given("x", Type::Text, text(value))).await, "`.` or `..`");
    }
    let empty = http("DELETE", vec![literal(&format!("{base}/customers/")), hole(slot(0), Type::Text)]);
    not_done(&project.run(case(empty).given("x", Type::Text, text(""))).await, "is empty");
    let host = http("GET", vec![literal("http://"), hole(slot(0), Type::Text), literal(".acme.example/")]);
    not_done(&project.run(case(host).given("x", Type::Text, text("evil.example/"))).await, "no web address");
    not_done(&project.run(case(get("file:///etc/passwd"))).await, "http://");
    assert!(seen.lock().is_empty());
}

#[tokio::test]
async fn what_never_connected_is_not_done() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let project = allowing(address);
    let refused = project.run(case(get(&format!("http://user:pass@{address}/?key=private")))).await;
    not_done(&refused, "cannot connect");
    not_done(&refused, "refused");
    assert!(!format!("{refused:?}").contains("private"), "{refused:?}");
    not_done(&project.run(case(get("http://127.0.0.1:1/"))).await, "not a public address");
    not_done(&project.run(case(get("http://localhost:1/"))).await, "not a public address");
    not_done(&project.run(case(get("http://no-such-host.invalid/"))).await, "cannot connect");
}

#[tokio::test]
async fn what_was_sent_and_not_answered_is_unknown() {
    let (project, base, _) = server().await;
    unknown(&project.run(case(get(&format!("{base}/slow"))).within(200)).await, "no answer within");
    for reply in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(reply.as_bytes()).await;
        });
        let cut = case(get(&format!("http://{address}/"))).gives(Type::Text);
        unknown(&allowing(address).run(cut).await, "was lost");
    }
}

#[tokio::test]
async fn tls_that_fails_is_not_done() {
    // A server that speaks no TLS.
    let (project, base, seen) = server().await;
    let outcome = project.run(case(get(&base.replace("http:", "https:")))).await;
    not_done(&outcome, "cannot connect");
    assert!(seen.lock().is_empty());
}

#[tokio::test]
async fn secrets_are_scrubbed_from_answers() {
    let (project, base, _) = server().await;
    let mut echo = get(&format!("{base}/echo"));
    echo.headers = vec![("Authorization".into(), Expr::Text(vec![literal("Bearer "), hole(secret(), Type::Secret)]))];
    let outcome = project.run(case(echo).gives(Type::Text)).await;
    assert_eq!(outcome, Outcome::Done(text("Bearer ***")));
}
