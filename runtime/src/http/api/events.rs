//! A run's journal: as a list, or live.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::watch;
use utoipa::IntoParams;

use super::runs::{MOST, parse, wrong_cursor};
use crate::http::app::App;
use crate::http::auth::Access;
use crate::http::extract::{Params, Part};
use crate::http::peer::Closing;
use crate::http::problem::Problem;
use crate::ids::RunId;
use crate::view::{Entry, Page};

/// How often something is said when nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many transitions are read at once.
const BATCH: u32 = 200;

/// From where, and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// `next` of the page before: those after this number.
    cursor: Option<String>,
    /// At most so many.
    limit: Option<u32>,
}

/// The journal of a run. With `Accept: text/event-stream` it goes on live: the `id` of an event is its number, `Last-Event-ID` resumes
/// after it, and `end` is the last one.
#[utoipa::path(get, path = "/runs/{id}/events", security(("token" = [])),
    params(
        ("id" = String, Path, description = "the run's id"),
        EventsQuery,
        ("Last-Event-ID" = Option<u64>, Header, description = "those after this number"),
    ),
    responses((status = 200, body = Page<Entry>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    access: Access,
    Part(id): Part,
    Params(query): Params<EventsQuery>,
    closing: Option<axum::Extension<Closing>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let run = parse(&app, &id)?;
    app.engine.sees(run, access.caller()).await?;
    access.reads()?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let after = match last.or(query.cursor).filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => cursor.trim().parse().map_err(|_| wrong_cursor(&cursor))?,
    };
    if wants_stream(&headers) {
        return Ok(live(app, run, after, closing.map(|axum::Extension(closing)| closing)).into_response());
    }
    let limit = query.limit.unwrap_or(BATCH).clamp(1, MOST);
    let items = app.engine.journal(run, after, limit).await?;
    let full = u32::try_from(items.len()).is_ok_and(|count| count >= limit);
    let next = items.last().filter(|_| full).map(|entry| entry.id.to_string());
    Ok(Json(Page { items, next }).into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| kind.trim().to_ascii_lowercase().starts_with("text/event-stream"))
}

struct Following {
    app: Arc<App>,
    run: RunId,
    after: u64,
    changes: watch::Receiver<u64>,
    closing: Option<Closing>,
    ready: VecDeque<Event>,
    over: bool,
}

fn live(app: Arc<App>, run: RunId, after: u64, closing: Option<Closing>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = app.engine.watch(run);
    let following = Following { app, run, after, changes, closing, ready: VecDeque::new(), over: false };
    Sse::new(stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok(event), following))
    }))
}

impl Following {
    /// The next event; `None` when there is none any more.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            // Seen before it is read: what is written in between is noticed.
            self.changes.mark_unchanged();
            if self.read().await.is_err() {
                return None;
            }
            if self.ready.is_empty() {
                tokio::select! {
                    changed = self.changes.changed() => if changed.is_err() {
                        // Nothing will be told any more; what happened is read again after a while.
                        tokio::time::sleep(HEARTBEAT).await;
                        return Some(Event::default().comment("heartbeat"));
                    },
                    () = tokio::time::sleep(HEARTBEAT) => return Some(Event::default().comment("heartbeat")),
                    () = Closing::wait(self.closing.clone()) => return None,
                }
            }
        }
    }

    async fn read(&mut self) -> Result<(), Problem> {
        // The status is read first: of a run that had ended then, the journal is complete.
        let run = self.app.engine.run(self.run).await?;
        let entries = self.app.engine.journal(self.run, self.after, BATCH).await?;
        let complete = entries.len() < BATCH as usize;
        for entry in entries {
            self.after = entry.id;
            self.ready.push_back(told("transition", &entry).id(entry.id.to_string()));
        }
        if complete && run.ended_at.is_some() {
            self.ready.push_back(told("end", &run));
            self.over = true;
        }
        Ok(())
    }
}

fn told(name: &str, what: &impl serde::Serialize) -> Event {
    // JSON has no line breaks, so the text is one line as an event's data must be.
    Event::default().event(name).data(serde_json::to_string(what).unwrap_or_default())
}
