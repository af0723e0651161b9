//! Approvals: the inbox, one of them, and deciding.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Any};
use utoipa::{IntoParams, ToSchema};

use super::runs::{LIMIT, MOST, settled, slow_down, wrong_cursor};
use crate::engine::{Answer, Decide, EngineError};
use crate::http::app::App;
use crate::http::auth::Access;
use crate::http::body::{self, Members};
use crate::http::extract::{Params, Part};
use crate::http::peer::Closing;
use crate::http::prefer::{self, Match};
use crate::http::problem::Problem;
use crate::ids::{ApprovalId, Digest};
use crate::machine::event::Closing::Superseded;
use crate::machine::refusal::Refusal;
use crate::people::{Caller, Person};
use crate::view::{Approval, Decided, Page};

/// A digest that nothing has: what is shown is never empty.
const NOTHING_SEEN: Digest = Digest([0; 32]);

/// Which approvals are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct InboxQuery {
    /// `pending`, the only one that can be listed.
    status: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// At most so many.
    limit: Option<u32>,
}

/// What waits for the caller, oldest first.
#[utoipa::path(get, path = "/approvals", params(InboxQuery), security(("token" = [])), responses(
    (status = 200, body = Page<Approval>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem),
))]
pub(super) async fn inbox(
    State(app): State<Arc<App>>,
    access: Access,
    Params(query): Params<InboxQuery>,
) -> Result<Json<Page<Approval>>, Problem> {
    access.reads()?;
    if let Some(status) = query.status.filter(|status| !matches!(status.as_str(), "" | "pending")) {
        return Err(Problem::unfit_at("status", format!("only pending approvals can be listed, not `{status}`")));
    }
    let cursor = match query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => Some(app.engine.parse_approval(cursor).ok_or_else(|| wrong_cursor(cursor))?),
    };
    let limit = query.limit.unwrap_or(LIMIT).clamp(1, MOST);
    Ok(Json(app.engine.approvals(access.person(), cursor, limit).await?))
}

/// Everything that the approver needs. The `ETag` is the digest of what is shown; a decision names it.
#[utoipa::path(get, path = "/approvals/{id}", security(("token" = [])), params(("id" = String, Path, description = "the approval's id")),
    responses(
        (status = 200, body = Approval), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    ))]
pub(super) async fn show(State(app): State<Arc<App>>, access: Access, Part(id): Part) -> Result<Response, Problem> {
    let id = parse(&app, &id)?;
    sees(&app, id, access.caller()).await?;
    let approval = app.engine.approval(id, access.person()).await?;
    access.reads()?;
    let tag = HeaderValue::from_str(&format!("\"{}\"", approval.digest));
    let mut response = Json(approval).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What somebody answers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the members are read one by one, so that all that do not fit are named; this describes them")]
pub(super) struct DecisionBody {
    /// `approve`, `reject` or `send_back`; for a call in doubt `done`, `not_done` or `give_up`.
    decision: String,
    /// What is said with it.
    comment: Option<String>,
    /// What was filled in, by the names of the fields; what is left out is as proposed. For a call in doubt that was done, `result`.
    #[schema(required = false)]
    values: Map<String, Any>,
}

struct Said {
    answer: Answer,
    comment: Option<String>,
    values: Map<String, Any>,
}

/// Decides an approval, durably before it answers.
#[utoipa::path(post, path = "/approvals/{id}/decision", security(("token" = [])), request_body = DecisionBody,
    params(
        ("id" = String, Path, description = "the approval's id"),
        ("If-Match" = String, Header, description = "the digest of what was seen, in double quotes"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same key and body give the same answer, for 24 hours"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: the answer comes when the run is settled, or after N seconds, at most 60"),
    ),
    responses(
        (status = 200, body = Decided), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem), (status = 429, body = Problem),
        (status = 503, body = Problem),
    ))]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    access: Access,
    Part(id): Part,
    closing: Option<axum::Extension<Closing>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let caller = access.named()?;
    let bytes = body::read(body, app.options.body_limit).await?;
    body::expect_json(&headers, &bytes)?;
    let approval = parse(&app, &id)?;
    sees(&app, approval, Some(&caller)).await?;
    may_decide(&app, approval, &caller).await?;
    slow_down(&app, &caller)?;
    let seen = prefer::if_match(&headers);
    let Match::Digest(digest) = seen else { return Err(without_digest(&app, approval, caller, seen).await) };
    let Said { answer, comment, values } = match said(&bytes) {
        Ok(said) => said,
        Err(problem) => return Err(misfit(&app, approval, caller, digest, problem).await),
    };
    let route = format!("POST /api/v1/approvals/{id}/decision");
    let key = prefer::key(&headers, &caller.person, &route, &[&digest.0, &bytes])?;
    let request = Decide { approval, caller, answer, comment, values, digest, key };
    let mut decided = match app.engine.decide(request).await {
        Ok(decided) => decided,
        Err(error) => return Err(what_stands(&app, approval, error).await),
    };
    let wait = prefer::wait(&headers);
    if let Some(wait) = wait
        && let Ok(run) = settled(&app, approval.run, wait, closing).await
    {
        decided.run_status = run.status;
    }
    let mut response = Json(decided).into_response();
    if let Some(wait) = wait {
        prefer::applied(&mut response, wait);
    }
    Ok(response)
}

/// To who may not see its run there is no approval.
pub(in crate::http) async fn sees(app: &App, approval: ApprovalId, caller: Option<&Caller>) -> Result<(), Problem> {
    let missing = || EngineError::NotFound(format!("approval `{}`", app.engine.approval_id(approval)));
    app.engine.sees(approval.run, caller).await.map_err(|error| match error {
        EngineError::NotFound(_) => missing().into(),
        other => other.into(),
    })
}

/// A refusal, with the approval that took the place of a closed one.
pub(in crate::http) async fn what_stands(app: &App, approval: ApprovalId, error: EngineError) -> Problem {
    let superseded = matches!(&error, EngineError::Refused(Refusal::AlreadyClosed { how, .. }) if *how == Superseded);
    let problem = Problem::from(error);
    match app.engine.approval(approval, None).await.ok().and_then(|approval| approval.next).filter(|_| superseded) {
        Some(next) => problem.followed_by(&next),
        None => problem,
    }
}

/// To whom a gate is handed on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the members are read one by one, so that all that do not fit are named; this describes them")]
pub(super) struct DelegateBody {
    /// Their address; one's own takes it back.
    to: String,
}

/// Hands the caller's part of a gate on: somebody else decides in their stead.
#[utoipa::path(post, path = "/approvals/{id}/delegate", security(("token" = [])), request_body = DelegateBody,
    params(("id" = String, Path, description = "the approval's id")),
    responses(
        (status = 200, body = Approval), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem), (status = 503, body = Problem),
    ))]
pub(super) async fn delegate(
    State(app): State<Arc<App>>,
    access: Access,
    Part(id): Part,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Approval>, Problem> {
    let caller = access.named()?;
    let bytes = body::read(body, app.options.body_limit).await?;
    body::expect_json(&headers, &bytes)?;
    let approval = parse(&app, &id)?;
    sees(&app, approval, Some(&caller)).await?;
    may_decide(&app, approval, &caller).await?;
    slow_down(&app, &caller)?;
    let mut members = Members::of(&bytes)?;
    let to = members.text("to").unwrap_or_default();
    members.end(&["to"])?;
    match app.engine.hand_on(approval, &caller, &Person::new(&to)).await {
        Ok(approval) => Ok(Json(approval)),
        Err(error) => Err(what_stands(&app, approval, error).await),
    }
}

/// Agents and tokens without the scope decide nothing; whether there is such an approval is said before that.
pub(in crate::http) async fn may_decide(app: &App, approval: ApprovalId, caller: &Caller) -> Result<(), Problem> {
    if caller.scopes.decide && !caller.agent {
        return Ok(());
    }
    app.engine.approval(approval, Some(&caller.person)).await?;
    Err(if caller.agent { Problem::forbidden("programs that act by themselves do not decide") } else { Problem::no_scope("decide") })
}

/// What is said to somebody who does not name a digest. Refusals come in one order, and the engine knows it: so it is asked with a
/// digest that nothing has, which it cannot but refuse.
async fn without_digest(app: &App, approval: ApprovalId, caller: Caller, seen: Match) -> Problem {
    match probe(app, approval, caller).await {
        Err(error) if before_precondition(&error) => error.into(),
        Err(error) if seen == Match::Foreign => error.into(),
        _ => Problem::no_precondition(),
    }
}

/// What is said to somebody whose body does not fit: that, unless something that comes before it is wrong as well.
async fn misfit(app: &App, approval: ApprovalId, caller: Caller, digest: Digest, problem: Problem) -> Problem {
    match probe(app, approval, caller).await {
        Err(EngineError::Refused(Refusal::Stale { current })) if current == digest => problem,
        Err(
            error @ EngineError::Refused(
                Refusal::Stale { .. } | Refusal::AlreadyClosed { .. } | Refusal::AlreadyVoted { .. } | Refusal::RunEnded(_),
            ),
        ) => what_stands(app, approval, error).await,
        Err(error) if before_precondition(&error) => error.into(),
        _ => problem,
    }
}

async fn probe(app: &App, approval: ApprovalId, caller: Caller) -> Result<Decided, EngineError> {
    let values = Map::new();
    app.engine.decide(Decide { approval, caller, answer: Answer::Approve, comment: None, values, digest: NOTHING_SEEN, key: None }).await
}

fn before_precondition(error: &EngineError) -> bool {
    match error {
        EngineError::Refused(refusal) => matches!(refusal, Refusal::NoSuchQuestion | Refusal::NotEntitled(_)),
        _ => true,
    }
}

fn said(bytes: &[u8]) -> Result<Said, Problem> {
    let mut members = Members::of(bytes)?;
    let decision = members.text("decision");
    let comment = members.text("comment");
    let values = members.object("values");
    let answer = match decision.as_deref() {
        Some("approve") => Some(Answer::Approve),
        Some("reject") => Some(Answer::Reject),
        Some("done") => Some(Answer::Done),
        Some("not_done") => Some(Answer::NotDone),
        Some("give_up") => Some(Answer::GiveUp),
        Some("send_back") => Some(Answer::SendBack),
        Some(other) => {
            members
                .fault("decision", format!("`{other}` is no decision; those are approve, reject, send_back, done, not_done and give_up"));
            None
        }
        None => {
            members.fault("decision", "a decision is missing");
            None
        }
    };
    members.end(&["decision", "comment", "values"])?;
    match answer {
        Some(answer) => Ok(Said { answer, comment: comment.filter(|text| !text.trim().is_empty()), values }),
        None => Err(Problem::unfit_at("decision", "a decision is missing")),
    }
}

/// The approval of a public id.
pub(in crate::http) fn parse(app: &App, id: &str) -> Result<ApprovalId, Problem> {
    app.engine.parse_approval(id).ok_or_else(|| EngineError::NotFound(format!("approval `{id}`")).into())
}
