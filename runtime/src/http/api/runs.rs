//! Runs: starting, reading, cancelling, taking up again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Any};
use utoipa::{IntoParams, ToSchema};

use crate::actions::reach::Reach;
use crate::engine::{EngineError, Key, Start};
use crate::http::app::App;
use crate::http::auth::Access;
use crate::http::body::{self, Members};
use crate::http::extract::{Params, Part};
use crate::http::peer::Closing;
use crate::http::prefer;
use crate::http::problem::Problem;
use crate::ids::RunId;
use crate::people::{Caller, Person};
use crate::store::{RunFilter, Status};
use crate::view::{Page, Run, Workflow};

/// How many items a list has when nothing is said.
pub(super) const LIMIT: u32 = 50;

/// The most items that a list has.
pub(super) const MOST: u32 = 500;

/// The workflows that can be started.
#[utoipa::path(get, path = "/workflows", security(("token" = [])), responses(
    (status = 200, body = Page<Workflow>), (status = 401, body = Problem), (status = 403, body = Problem),
))]
pub(super) async fn workflows(State(app): State<Arc<App>>, access: Access) -> Result<Json<Page<Workflow>>, Problem> {
    if !matches!(&access, Access::Caller(caller) if caller.scopes.start) {
        access.reads()?;
    }
    Ok(Json(Page { items: app.engine.workflows(), next: None }))
}

/// What a run is started with.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the members are read one by one, so that all that do not fit are named; this describes them")]
pub(super) struct StartBody {
    /// A value for each parameter; those with defaults may be left out.
    #[schema(required = false)]
    input: Map<String, Any>,
    /// Called once when the run ends; the host must be allowed by the server.
    callback: Option<String>,
}

/// The run that was wanted.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(super) struct Started {
    #[serde(flatten)]
    run: Run,
    /// Whether it was there already: the workflow has one run only for a value that it names (`once per`).
    existing: bool,
}

/// Starts a run.
#[utoipa::path(post, path = "/workflows/{name}/runs", security(("token" = [])), request_body = StartBody,
    params(
        ("name" = String, Path, description = "the workflow's name"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same key and body give the same run, for 24 hours"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: the answer comes when the run is settled, or after N seconds, at most 60"),
        ("On-Behalf-Of" = Option<String>, Header, description = "for whom a service starts the run; needs the scope `act-for`"),
    ),
    responses(
        (status = 200, body = Started, description = "there was such a run already (`once per`)"),
        (status = 201, body = Started), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem),
    ))]
pub(super) async fn start(
    State(app): State<Arc<App>>,
    access: Access,
    Part(workflow): Part,
    closing: Option<axum::Extension<Closing>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let caller = access.named()?;
    let bytes = body::read(body, app.options.body_limit).await?;
    body::expect_json(&headers, &bytes)?;
    let on_behalf_of = headers.get("on-behalf-of").map(|value| Person::new(value.to_str().unwrap_or_default()));
    if let Err(problem) = may_start(&caller, on_behalf_of.as_ref()) {
        known_workflow(&app, &workflow)?;
        return Err(problem);
    }
    slow_down(&app, &caller)?;
    let (input, callback) = match start_members(&app, &bytes) {
        Ok(members) => members,
        Err(problem) => {
            known_workflow(&app, &workflow)?;
            return Err(problem);
        }
    };
    let behalf = on_behalf_of.as_ref().map(Person::as_str).unwrap_or_default();
    let route = format!("POST /api/v1/workflows/{workflow}/runs");
    let key = prefer::key(&headers, &caller.person, &route, &[behalf.as_bytes(), b"\n", &bytes])?;
    let begun = app.engine.begin(Start { workflow, input, caller, on_behalf_of, callback, key }).await?;
    let (run, known) = (begun.run, begun.known);
    let wait = prefer::wait(&headers);
    let run = match (wait, app.engine.parse_run(&run.id)) {
        (Some(wait), Some(id)) => settled(&app, id, wait, closing).await.unwrap_or(run),
        _ => run,
    };
    let location = HeaderValue::from_str(&format!("/api/v1/runs/{}", run.id));
    let status = if known { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = (status, Json(Started { run, existing: known })).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if let Some(wait) = wait {
        prefer::applied(&mut response, wait);
    }
    Ok(response)
}

fn may_start(caller: &Caller, on_behalf_of: Option<&Person>) -> Result<(), Problem> {
    if !caller.scopes.start {
        return Err(Problem::no_scope("start"));
    }
    match on_behalf_of {
        Some(_) if !caller.scopes.act_for => Err(Problem::no_scope("act-for")),
        Some(person) if !flow_compiler::is_address(person.as_str()) => Err(Problem::malformed("`On-Behalf-Of` is somebody's address")),
        _ => Ok(()),
    }
}

/// Refusals come in one order: whether there is such a workflow is said before anything else.
fn known_workflow(app: &App, name: &str) -> Result<(), Problem> {
    if app.engine.workflows().iter().any(|workflow| workflow.name == name) {
        Ok(())
    } else {
        Err(EngineError::NotFound(format!("workflow `{name}`")).into())
    }
}

/// The limit of an account, where one is set.
pub(in crate::http) fn slow_down(app: &App, caller: &Caller) -> Result<(), Problem> {
    match &app.accounts {
        Some(accounts) => accounts.take(caller.person.clone(), Instant::now()).map_err(Problem::too_many),
        None => Ok(()),
    }
}

fn start_members(app: &App, bytes: &[u8]) -> Result<(Map<String, Any>, Option<String>), Problem> {
    let mut members = Members::of(bytes)?;
    let input = members.object("input");
    let callback = members.text("callback");
    if let Some(problem) = callback.as_deref().and_then(|url| callback_fault(&app.options.callback_hosts, url)) {
        members.fault("callback", problem);
    }
    members.end(&["input", "callback"])?;
    Ok((input, callback))
}

/// Why the end of a run is not told to this address.
fn callback_fault(hosts: &Reach, url: &str) -> Option<String> {
    let Ok(url) = reqwest::Url::parse(url) else { return Some("this is no address such as `https://host/path`".to_owned()) };
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Some("an address begins with `https://` or `http://`, and has no user in it".to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    let listed = hosts.lists(host, url.port_or_known_default().unwrap_or_default());
    (!listed).then(|| format!("the host `{host}` is not on the server's list of hosts that may be called"))
}

/// Waits until a run is settled, the time is up, or the server stops.
pub(super) async fn settled(app: &App, run: RunId, wait: Duration, closing: Option<axum::Extension<Closing>>) -> Result<Run, EngineError> {
    tokio::select! {
        run = app.engine.settled(run, wait) => run,
        () = Closing::wait(closing.map(|axum::Extension(closing)| closing)) => app.engine.run(run).await,
    }
}

/// Which runs are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct RunsQuery {
    /// Of this status only.
    status: Option<String>,
    /// Of this workflow only.
    workflow: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// At most so many.
    limit: Option<u32>,
}

impl RunsQuery {
    /// The filter that it asks for.
    pub(in crate::http) fn filter(self, app: &App) -> Result<RunFilter, Problem> {
        let status = match self.status.as_deref().filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => match Status::ALL.iter().find(|status| status.name() == name) {
                Some(status) => Some(*status),
                None => return Err(Problem::unfit_at("status", format!("there is no status `{name}`"))),
            },
        };
        let before = match self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            None => None,
            Some(cursor) => Some(app.engine.parse_run(cursor).ok_or_else(|| wrong_cursor(cursor))?),
        };
        let workflow = self.workflow.filter(|name| !name.is_empty());
        Ok(RunFilter { status, workflow, before, limit: self.limit.unwrap_or(LIMIT).clamp(1, MOST) })
    }
}

/// 422
pub(super) fn wrong_cursor(cursor: &str) -> Problem {
    Problem::unfit_at("cursor", format!("`{cursor}` is not a cursor; take `next` of the page before"))
}

/// Runs, newest first.
#[utoipa::path(get, path = "/runs", params(RunsQuery), security(("token" = [])), responses(
    (status = 200, body = Page<Run>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem),
))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    access: Access,
    Params(query): Params<RunsQuery>,
) -> Result<Json<Page<Run>>, Problem> {
    access.reads()?;
    Ok(Json(app.engine.runs_for(query.filter(&app)?, access.caller()).await?))
}

/// A run.
#[utoipa::path(get, path = "/runs/{id}", security(("token" = [])),
    params(
        ("id" = String, Path, description = "the run's id"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: the answer comes when the run is settled, or after N seconds, at most 60"),
    ),
    responses((status = 200, body = Run), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    access: Access,
    Part(id): Part,
    closing: Option<axum::Extension<Closing>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let run = parse(&app, &id)?;
    app.engine.sees(run, access.caller()).await?;
    let now = app.engine.run(run).await?;
    access.reads()?;
    now_or_settled(&app, run, now, closing, &headers).await
}

/// Cancels a run: nothing new starts, what is under way is awaited.
#[utoipa::path(post, path = "/runs/{id}/cancel", security(("token" = [])),
    params(
        ("id" = String, Path, description = "the run's id"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: the answer comes when the run is settled, or after N seconds, at most 60"),
    ),
    responses(
        (status = 200, body = Run), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem),
    ))]
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    access: Access,
    Part(id): Part,
    closing: Option<axum::Extension<Closing>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Change { caller, run, key } = change(&app, access, &id, "cancel", &headers, body).await?;
    let now = app.engine.cancel(run, &caller, key.as_ref()).await?;
    now_or_settled(&app, run, now, closing, &headers).await
}

/// Takes up a run that has failed: from what had failed, and the gates that bound it ask again.
#[utoipa::path(post, path = "/runs/{id}/retry", security(("token" = [])),
    params(
        ("id" = String, Path, description = "the run's id"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: the answer comes when the run is settled, or after N seconds, at most 60"),
    ),
    responses(
        (status = 200, body = Run), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem),
    ))]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    access: Access,
    Part(id): Part,
    closing: Option<axum::Extension<Closing>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Change { caller, run, key } = change(&app, access, &id, "retry", &headers, body).await?;
    let now = app.engine.retry(run, &caller, key.as_ref()).await?;
    now_or_settled(&app, run, now, closing, &headers).await
}

/// A change of a run that somebody wants, with nothing in its body.
struct Change {
    caller: Caller,
    run: RunId,
    key: Option<Key>,
}

async fn change(app: &App, access: Access, id: &str, what: &str, headers: &HeaderMap, body: Body) -> Result<Change, Problem> {
    let caller = access.named()?;
    let run = parse(app, id)?;
    app.engine.sees(run, Some(&caller)).await?;
    let bytes = body::read(body, app.options.body_limit).await?;
    body::expect_json(headers, &bytes)?;
    slow_down(app, &caller)?;
    Members::of(&bytes)?.end(&[])?;
    let key = prefer::key(headers, &caller.person, &format!("POST /api/v1/runs/{id}/{what}"), &[&bytes])?;
    Ok(Change { caller, run, key })
}

/// A run as it is now, or when it is settled where the caller would rather wait.
async fn now_or_settled(
    app: &App,
    run: RunId,
    now: Run,
    closing: Option<axum::Extension<Closing>>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let Some(wait) = prefer::wait(headers) else { return Ok(Json(now).into_response()) };
    let mut response = Json(settled(app, run, wait, closing).await?).into_response();
    prefer::applied(&mut response, wait);
    Ok(response)
}

/// The run of a public id.
pub(in crate::http) fn parse(app: &App, id: &str) -> Result<RunId, Problem> {
    app.engine.parse_run(id).ok_or_else(|| EngineError::NotFound(format!("run `{id}`")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_to_listed_hosts_only() {
        let hosts = Reach::try_from(vec!["hooks.acme.example".to_owned(), "localhost:9000".to_owned()]).unwrap();
        for good in ["https://hooks.acme.example/x", "http://HOOKS.acme.example/", "http://localhost:9000/a?b"] {
            assert_eq!(callback_fault(&hosts, good), None, "{good}");
        }
        for bad in [
            "hooks.acme.example",
            "file:///etc/passwd",
            "https://evil.example/",
            "https://hooks.acme.example@evil.example/",
            "https://u:p@hooks.acme.example/",
            "http://localhost:9001/",
            "http://localhost/",
        ] {
            assert!(callback_fault(&hosts, bad).is_some(), "{bad}");
        }
        assert!(callback_fault(&Reach::default(), "https://hooks.acme.example/x").is_some());
    }
}
