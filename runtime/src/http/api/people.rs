//! The caller themselves: who decides for them while they are out of office.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use utoipa::ToSchema;

use super::runs::slow_down;
use crate::http::app::App;
use crate::http::auth::Access;
use crate::http::body::{self, Members};
use crate::http::problem::Problem;
use crate::ids::At;
use crate::people::Person;
use crate::view::StandIn;

/// Who decides for the caller, and until when.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the members are read one by one, so that all that do not fit are named; this describes them")]
pub(super) struct StandInBody {
    /// Their address; without it the caller is back.
    to: Option<String>,
    /// RFC 3339.
    until: Option<String>,
}

/// Who decides for the caller now.
#[utoipa::path(get, path = "/people/me/stand-in", security(("token" = [])), responses(
    (status = 200, body = StandIn), (status = 401, body = Problem),
))]
pub(super) async fn stand_in(State(app): State<Arc<App>>, access: Access) -> Result<Json<StandIn>, Problem> {
    let caller = access.named()?;
    Ok(Json(app.engine.stand_in_of(&caller.person)))
}

/// Says who decides for the caller until then, or that they are back.
#[utoipa::path(post, path = "/people/me/stand-in", security(("token" = [])), request_body = StandInBody, responses(
    (status = 200, body = StandIn), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem),
))]
pub(super) async fn out_of_office(
    State(app): State<Arc<App>>,
    access: Access,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<StandIn>, Problem> {
    let caller = access.named()?;
    let bytes = body::read(body, app.options.body_limit).await?;
    body::expect_json(&headers, &bytes)?;
    slow_down(&app, &caller)?;
    let mut members = Members::of(&bytes)?;
    let to = members.text("to").map(|to| Person::new(&to));
    let until = members.text("until").map(|text| text.parse::<jiff::Timestamp>());
    match &until {
        Some(Err(error)) => members.fault("until", error.to_string()),
        None if to.is_some() => members.fault("until", "say until when, such as `2026-12-01T08:00:00Z`"),
        _ => {}
    }
    members.end(&["to", "until"])?;
    let until = until.and_then(Result::ok).map_or(At::default(), At::from);
    Ok(Json(app.engine.stand_in(&caller, to.as_ref(), until).await?))
}
