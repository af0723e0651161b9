//! What only the owner of the store's files may do: on the socket beside it, other commands work through the process that has it open.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flow_compiler::plan::Plan;
use serde_json::{Value as Any, json};

use crate::http::app::App;
use crate::http::auth::From;
use crate::http::body::{self, Members};
use crate::http::extract::Part;
use crate::http::peer::Peer;
use crate::http::problem::Problem;
use crate::people::{NewToken, Person, Scopes};

/// To everybody else these addresses do not exist.
fn owner_only(peer: Option<&Peer>) -> Result<(), Problem> {
    match peer {
        Some(Peer::Owner { .. }) => Ok(()),
        _ => Err(Problem::not_found("there is nothing at this address")),
    }
}

/// Which process this is.
pub(super) async fn info(State(app): State<Arc<App>>, From(peer): From) -> Result<Json<Any>, Problem> {
    owner_only(peer.as_ref())?;
    Ok(Json(json!({
        "public_url": app.engine.options().public_url,
        "served": app.served().await?,
        "pid": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
    })))
}

/// Makes a plan the current version of its workflow.
pub(super) async fn serve_plan(State(app): State<Arc<App>>, From(peer): From, body: Body) -> Result<Json<Any>, Problem> {
    owner_only(peer.as_ref())?;
    let bytes = body::read(body, app.options.plan_limit).await?;
    let plan = Plan::decode(&bytes).map_err(|error| Problem::unfit(error.to_string(), &[]))?;
    let workflow = plan.workflow.name.clone();
    let digest = app.engine.serve_plan(plan).await?;
    Ok(Json(json!({ "workflow": workflow.as_str(), "plan": digest.to_string() })))
}

/// All API tokens, without their secrets.
pub(super) async fn tokens(State(app): State<Arc<App>>, From(peer): From) -> Result<Json<Any>, Problem> {
    owner_only(peer.as_ref())?;
    let tokens = app.options.tokens.list().await?;
    let items: Vec<Any> = tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id,
                "person": token.person,
                "scopes": token.scopes,
                "agent": token.agent,
                "created_at": token.created.to_string(),
                "expires_at": token.expires.map(|at| at.to_string()),
                "revoked_at": token.revoked.map(|at| at.to_string()),
            })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

/// Makes an API token: `{"person", "scopes": "start,decide", "agent": false, "expires_at"}`.
pub(super) async fn issue(State(app): State<Arc<App>>, From(peer): From, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    owner_only(peer.as_ref())?;
    let bytes = body::read(body, app.options.body_limit).await?;
    body::expect_json(&headers, &bytes)?;
    let mut members = Members::of(&bytes)?;
    let person = members.text("person").map(|address| Person::new(&address)).filter(|person| flow_compiler::is_address(person.as_str()));
    let scopes = members.text("scopes").unwrap_or_default().parse::<Scopes>();
    let agent = members.flag("agent");
    let expires = members.text("expires_at").map(|text| text.parse::<jiff::Timestamp>());
    if person.is_none() {
        members.fault("person", "somebody's address is needed, such as ana@acme.example");
    }
    if let Err(unknown) = &scopes {
        members.fault("scopes", unknown.to_string());
    }
    if let Some(Err(error)) = &expires {
        members.fault("expires_at", error.to_string());
    }
    members.end(&["person", "scopes", "agent", "expires_at"])?;
    let (Some(person), Ok(scopes)) = (person, scopes) else { return Err(Problem::malformed("the token is not described")) };
    let expires = expires.and_then(Result::ok).map(Into::into);
    let issued = app.options.tokens.issue(NewToken { person, scopes, agent, expires }).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": issued.id, "token": issued.secret }))).into_response())
}

/// Revokes a token, at once.
pub(super) async fn revoke(State(app): State<Arc<App>>, From(peer): From, Part(id): Part) -> Result<StatusCode, Problem> {
    owner_only(peer.as_ref())?;
    if app.options.tokens.revoke(&id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(format!("there is no token `{id}`")))
    }
}
