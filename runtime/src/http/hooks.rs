//! Webhooks: messages of other programs that start runs, signed or with a token.
//!
//! The body is a JSON object with a value for each parameter. A signed message is believed for five minutes around its time, and the same
//! message again is the same run. A sender learns no more than the run's id: whether it may read the run is asked when it reads it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::post};
use serde_json::{Map, Value as Any, json};
use utoipa::OpenApi;

use super::api::slow_down;
use super::app::App;
use super::auth::{self, From};
use super::body;
use super::extract::Part;
use super::limit::neighbourhood;
use super::peer::Peer;
use super::problem::Problem;
use crate::engine::Message;
use crate::notify::signed;
use crate::people::Caller;

/// How far the time of a signed message may be from now, in seconds.
const TOLERANCE: i64 = 5 * 60;

/// No id of a message is longer.
const LONGEST_ID: usize = 256;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/hooks/{*path}", post(receive))
}

/// Its calls, for the description of the API.
#[derive(OpenApi)]
#[openapi(paths(receive))]
pub(super) struct Hooks;

/// A message that starts a run, of the workflow that says `on webhook "PATH"`. Its body has a value for each parameter.
#[utoipa::path(post, path = "/hooks/{path}", security((), ("token" = [])), request_body = serde_json::Map<String, Any>,
    params(
        ("path" = String, Path, description = "the path of the webhook; it may have several parts"),
        ("webhook-id" = Option<String>, Header, description = "the message's id: the same message again is the same run"),
        ("webhook-timestamp" = Option<String>, Header, description = "when it was signed, in seconds"),
        ("webhook-signature" = Option<String>, Header, description = "`v1,` and the signature; needed without a token"),
    ),
    responses(
        (status = 201, description = "a run was started: its id is `run`"), (status = 200, description = "there is a run of it already"),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
        (status = 503, body = Problem),
    ))]
async fn receive(
    State(app): State<Arc<App>>,
    From(peer): From,
    Part(path): Part,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = body::read(body, app.options.body_limit).await?;
    let caller = match headers.get(header::AUTHORIZATION) {
        Some(_) => Some(auth::bearer_caller(&app, &headers, peer.as_ref()).await?),
        None => {
            believed(&app, &path, &headers, &bytes, peer.as_ref())?;
            None
        }
    };
    if !app.engine.has_webhook(&path) {
        return Err(Problem::not_found(format!("there is no webhook `{path}`")));
    }
    if let Some(caller) = &caller {
        may_start(&app, caller)?;
    }
    body::expect_json(&headers, &bytes)?;
    let input = object(&bytes)?;
    let id = message_id(&headers)?;
    let begun = app.engine.receive(Message { path, input, id, caller }).await?;
    let status = if begun.known { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(json!({ "run": begun.run.id, "existing": begun.known }))).into_response())
}

fn may_start(app: &App, caller: &Caller) -> Result<(), Problem> {
    if !caller.scopes.start {
        return Err(Problem::no_scope("start"));
    }
    slow_down(app, caller)
}

fn object(bytes: &Bytes) -> Result<Map<String, Any>, Problem> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Any::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::unfit("the body does not fit: it is an object with a value for each parameter", &[])),
        Err(error) => Err(Problem::malformed(format!("the body is not JSON: {error}"))),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|value| !value.is_empty())
}

fn message_id(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    match text(headers, "webhook-id") {
        Some(id) if id.len() > LONGEST_ID => Err(Problem::malformed(format!("`webhook-id` has at most {LONGEST_ID} bytes"))),
        id => Ok(id.map(str::to_owned)),
    }
}

/// Refuses a message that is not signed with the webhook's secret. Whether there is such a webhook is not told to strangers.
fn believed(app: &App, path: &str, headers: &HeaderMap, body: &[u8], peer: Option<&Peer>) -> Result<(), Problem> {
    let (Some(id), Some(time), Some(signatures)) =
        (text(headers, "webhook-id"), text(headers, "webhook-timestamp"), text(headers, "webhook-signature"))
    else {
        return Err(Problem::unauthenticated("sign the message as standardwebhooks.com says, or send `Authorization: Bearer TOKEN`"));
    };
    let address = match peer {
        Some(Peer::Network(address)) => Some(neighbourhood(*address)),
        _ => None,
    };
    if let Some(address) = &address {
        app.failures.look(address, Instant::now()).map_err(Problem::too_many)?;
    }
    let seconds = time.parse::<i64>().ok();
    let now = app.engine.now().timestamp().as_second();
    let fresh = seconds.is_some_and(|seconds| seconds.saturating_sub(now).saturating_abs() <= TOLERANCE);
    let secret = app.engine.webhook_secret(path);
    let right = match (&secret, seconds) {
        (Some(secret), Some(seconds)) => signed(secret, id, seconds, body, signatures),
        _ => false,
    };
    if right && fresh {
        return Ok(());
    }
    if let Some(address) = address {
        app.failures.take(address, Instant::now()).map_err(Problem::too_many)?;
    }
    Err(Problem::unauthenticated(if right { "the message's time is more than five minutes off" } else { "the signature is not right" }))
}
