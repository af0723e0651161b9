//! Tokens, sessions and one-time links over HTTP.

use flow_runtime::http::Rate;
use flow_runtime::people::{NewToken, Person, TokenError};
use jiff::SignedDuration;

use crate::support::{FORM, World, bearer};

#[tokio::test]
async fn a_revoked_token_ends_at_once_with_its_sessions() {
    let world = World::new().await;
    let new = NewToken { person: Person::new("Ana@ACME.example "), scopes: "read".parse().unwrap(), agent: false, expires: None };
    let issued = world.options.tokens.issue(new).await.unwrap();
    assert!(issued.secret.starts_with("hitl_"));
    let ana = bearer(&issued.secret);
    let cookie = sign_in(&world, &issued.secret).await;
    world.ask("GET /api/v1/runs", &[&ana], "").await.expect(200);
    world.ask("GET /runs", &[&cookie], "").await.expect(200);
    // A session is no token, and a token is no session.
    let session = cookie.split_once('=').unwrap().1.to_owned();
    world.ask("GET /api/v1/runs", &[&bearer(&session)], "").await.expect(401);
    world.ask("GET /runs", &[&format!("cookie: hitl-7420={}", issued.secret)], "").await.expect(303);

    assert!(world.options.tokens.revoke(&issued.id).await.unwrap());
    world.ask("GET /api/v1/runs", &[&ana], "").await.expect(401);
    world.ask("GET /runs", &[&cookie], "").await.expect(303);
    assert!(!world.options.tokens.revoke("t-none").await.unwrap());
}

#[tokio::test]
async fn a_token_ends_when_it_expires() {
    let world = World::new().await;
    let expires = Some(world.options.tokens.clock().now().plus(SignedDuration::from_millis(500)));
    let new = NewToken { person: Person::new("ana@acme.example"), scopes: "read".parse().unwrap(), agent: false, expires };
    let ana = bearer(&world.options.tokens.issue(new).await.unwrap().secret);
    world.ask("GET /api/v1/runs", &[&ana], "").await.expect(200);
    world.clock.advance(SignedDuration::from_millis(500));
    world.ask("GET /api/v1/runs", &[&ana], "").await.expect(401);
}

#[tokio::test]
async fn an_agent_gets_no_right_to_decide() {
    let world = World::new().await;
    let new = NewToken { person: Person::new("bot@acme.example"), scopes: "start,decide".parse().unwrap(), agent: true, expires: None };
    assert!(matches!(world.options.tokens.issue(new).await, Err(TokenError::AgentDecides)));
}

#[tokio::test]
async fn who_fails_too_often_waits_and_nobody_else() {
    let world = World::with(|options| options.failures = Rate { burst: 3, per_second: 0.01 }).await;
    let ana = bearer(&world.token("ana@acme.example", "read").await);
    world.ask("GET /api/v1/runs", &[&ana], "").await.expect(200);
    for _ in 0..3 {
        world.ask("GET /api/v1/runs", &[&bearer("hitl_guess")], "").await.expect(401);
    }
    let refused = world.ask("GET /api/v1/runs", &[&bearer("hitl_guess")], "").await.expect(429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 1);
    world.ask("GET /api/v1/runs", &[&ana], "").await.expect(200);
}

#[tokio::test]
async fn an_account_can_be_limited() {
    let world = World::with(|options| options.account = Some(Rate { burst: 1, per_second: 0.01 })).await;
    let rob = bearer(&world.token("rob@acme.example", "start").await);
    let body = r#"{"input": {"to": "V", "amount": "1.00 EUR"}}"#;
    let line = "POST /api/v1/workflows/pay_supplier/runs";
    world.ask(line, &[&rob, "content-type: application/json"], body).await.expect(201);
    world.ask(line, &[&rob, "content-type: application/json"], body).await.expect(429);
}

#[tokio::test]
async fn a_link_shows_a_button_and_the_button_works_once() {
    let world = World::new().await;
    let (_, approval, _) = world.paused().await;
    let path = world.options.links.make(Person::new("ana@acme.example"), &format!("/approvals/{approval}")).unwrap();
    for _ in 0..2 {
        let page = world.ask(&format!("GET {path}"), &[], "").await.expect(200);
        assert!(page.body.contains("<form method=\"post\">") && page.header("set-cookie").is_empty());
        let head = world.ask(&format!("HEAD {path}"), &[], "").await.expect(200);
        assert!(head.body.is_empty() && head.header("set-cookie").is_empty());
    }
    world.ask(&format!("POST {path}"), &["sec-fetch-site: cross-site"], "").await.expect(403);
    world.ask(&format!("POST {path}"), &["origin: https://evil.example", "host: 127.0.0.1:7420"], "").await.expect(403);
    let used = world.ask(&format!("POST {path}"), &["origin: null", "sec-fetch-site: same-origin"], "").await.expect(303);
    assert_eq!(used.header("location"), format!("/approvals/{approval}"));
    let cookie = used.header("set-cookie");
    assert!(cookie.starts_with("hitl-7420=hitl_") && cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"));
    let cookie = format!("cookie: {}", cookie.split(';').next().unwrap());
    let page = world.ask(&format!("GET /approvals/{approval}"), &[&cookie], "").await.expect(200);
    assert!(page.body.contains("value=\"approve\""));
    world.ask(&format!("POST {path}"), &[], "").await.expect(410);
    world.ask(&format!("GET {path}"), &[], "").await.expect(410);
    world.ask("GET /link/guess", &[], "").await.expect(410);
}

#[tokio::test]
async fn signing_in_goes_only_to_pages_of_this_server() {
    let world = World::new().await;
    let token = world.token("ana@acme.example", "read").await;
    let away = world.ask("GET /runs?status=paused", &[], "").await.expect(303);
    assert_eq!(away.header("location"), "/sign-in?next=%2Fruns%3Fstatus%3Dpaused");
    let page = world.ask("GET /sign-in?next=%2Fruns%3Fstatus%3Dpaused", &[], "").await.expect(200);
    assert!(page.body.contains("value=\"/runs?status=paused\""));
    for (next, to) in
        [("%2Fruns", "/runs"), ("%2F%2Fevil.example", "/"), ("https%3A%2F%2Fevil.example", "/"), ("%2F%5Cevil.example", "/"), ("", "/")]
    {
        let body = format!("token={token}&next={next}");
        let answer = world.ask("POST /sign-in", &[FORM], body).await.expect(303);
        assert_eq!(answer.header("location"), to);
    }
    let wrong = world.ask("POST /sign-in", &[FORM], "token=hitl_wrong&next=%2F").await.expect(401);
    assert!(wrong.body.contains("role=\"alert\"") && wrong.header("set-cookie").is_empty());

    let cookie = sign_in(&world, &token).await;
    let csrf = csrf(&world.ask("GET /", &[&cookie], "").await.expect(200).body);
    world.ask("POST /sign-out", &[&cookie, FORM], "csrf=wrong").await.expect(403);
    world.ask("GET /", &[&cookie], "").await.expect(200);
    world.ask("POST /sign-out", &[&cookie, FORM], format!("csrf={csrf}")).await.expect(303);
    world.ask("GET /", &[&cookie], "").await.expect(303);
}

/// The header that carries a session.
pub(crate) async fn sign_in(world: &World, token: &str) -> String {
    let answer = world.ask("POST /sign-in", &[FORM], format!("token={token}")).await.expect(303);
    format!("cookie: {}", answer.header("set-cookie").split(';').next().unwrap())
}

/// The text that the forms of a page carry.
pub(crate) fn csrf(page: &str) -> String {
    hidden(page, "csrf")
}

/// A hidden field's value.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split_once(&start).unwrap_or_else(|| unreachable!("{page}")).1;
    rest.split_once('"').unwrap().0.to_owned()
}
