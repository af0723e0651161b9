//! Runs: the list, and one with its journal.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::html::Html;
use super::time::Moment;
use super::visitor::{Badge, Sent, Visitor};
use super::{Page, render, see_other, sentence, value};
use crate::http::api::{RunsQuery, parse_run};
use crate::http::app::App;
use crate::http::extract::{Params, Part};
use crate::store::Status;
use crate::view::{Entry, Run, requester};

/// How many transitions a page shows; the newest.
const JOURNAL: u32 = 1000;

#[derive(Template)]
#[template(path = "runs.html")]
struct Runs {
    who: Option<Badge>,
    statuses: Vec<&'static str>,
    chosen: String,
    runs: Vec<Row>,
    next: Option<Html>,
}

struct Row {
    id: Html,
    workflow: Html,
    requester: Html,
    status: &'static str,
    started: Moment,
}

/// Runs, newest first.
pub(super) async fn list(State(app): State<Arc<App>>, visitor: Visitor, Params(query): Params<RunsQuery>) -> Page {
    visitor.reads()?;
    let filter = query.filter(&app)?;
    let chosen = filter.status.map(Status::name).unwrap_or_default().to_owned();
    let page = app.engine.runs_for(filter, Some(&visitor.0.caller)).await?;
    let now = app.options.tokens.clock().now().timestamp();
    let row = |run: &Run| Row {
        id: Html::text(&run.id),
        workflow: Html::text(&run.workflow),
        requester: Html::text(requester(run.requester.as_deref())),
        status: run.status,
        started: Moment::of(&run.started_at, now),
    };
    let runs = page.items.iter().map(row).collect();
    let statuses = Status::ALL.iter().map(|status| status.name()).collect();
    let next = page.next.as_deref().map(Html::text);
    Ok(render(StatusCode::OK, &Runs { who: visitor.badge(), statuses, chosen, runs, next }))
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    who: Option<Badge>,
    id: Html,
    workflow: Html,
    status: &'static str,
    over: bool,
    requester: Html,
    waits: bool,
    owner: Html,
    started: Moment,
    ended: Option<Moment>,
    input: Html,
    output: Option<Html>,
    error: Option<Html>,
    rejection: Option<Rejected>,
    approvals: Vec<Asked>,
    called_by: Option<Html>,
    children: Vec<Called>,
    journal: Vec<Happened>,
    last: u64,
    may_cancel: bool,
    may_retry: bool,
    csrf: String,
}

struct Rejected {
    gate: Html,
    by: Option<Html>,
    comment: Option<Html>,
}

struct Asked {
    id: Html,
    gate: Html,
    status: &'static str,
}

struct Called {
    id: Html,
    workflow: Html,
    status: &'static str,
}

struct Happened {
    id: u64,
    at: Moment,
    kind: &'static str,
    text: Html,
}

/// A run with its journal.
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, Part(id): Part) -> Page {
    let parsed = parse_run(&app, &id)?;
    app.engine.sees(parsed, Some(&visitor.0.caller)).await?;
    let run = app.engine.run(parsed).await?;
    visitor.reads()?;
    let entries = app.engine.journal(parsed, 0, JOURNAL).await?;
    let now = app.options.tokens.clock().now().timestamp();
    Ok(render(StatusCode::OK, &page(&visitor, run, &entries, now)))
}

fn page(visitor: &Visitor, run: Run, entries: &[Entry], now: jiff::Timestamp) -> RunPage {
    let caller = &visitor.0.caller;
    let own = [run.requester.as_deref(), Some(&*run.owner)].contains(&Some(caller.person.as_str()));
    let may = caller.scopes.admin || (own && caller.scopes.start);
    let happened = |entry: &Entry| -> Vec<Happened> {
        let at = Moment::of(&entry.at, now);
        entry
            .events
            .iter()
            .map(|event| Happened { id: entry.id, at: at.clone(), kind: event.kind, text: Html::prose(&sentence(&event.text)) })
            .collect()
    };
    RunPage {
        who: visitor.badge(),
        id: Html::text(&run.id),
        workflow: Html::text(&run.workflow),
        status: run.status,
        over: run.ended_at.is_some(),
        requester: Html::text(requester(run.requester.as_deref())),
        waits: run.waits_for_turn,
        owner: Html::text(&run.owner),
        started: Moment::of(&run.started_at, now),
        ended: run.ended_at.as_deref().map(|at| Moment::of(at, now)),
        input: value::value(&run.input),
        output: (!run.output.is_null()).then(|| value::output(&run.output, run.output_by_model)),
        error: run.error.as_deref().map(Html::text),
        rejection: run.rejection.map(|rejection| Rejected {
            gate: Html::text(&rejection.gate),
            by: rejection.by.as_deref().map(Html::text),
            comment: rejection.comment.as_deref().map(Html::text),
        }),
        approvals: run
            .approvals
            .iter()
            .map(|asked| Asked { id: Html::text(&asked.id), gate: Html::text(&asked.gate), status: asked.status })
            .collect(),
        called_by: run.called_by.as_deref().map(Html::text),
        children: run
            .children
            .iter()
            .map(|child| Called { id: Html::text(&child.id), workflow: Html::text(&child.workflow), status: child.status })
            .collect(),
        journal: entries.iter().flat_map(happened).collect(),
        last: entries.last().map(|entry| entry.id).unwrap_or_default(),
        may_cancel: run.ended_at.is_none() && may,
        may_retry: run.status == Status::Failed.name() && may,
        csrf: visitor.0.csrf.clone(),
    }
}

/// Cancels a run.
pub(super) async fn cancel(State(app): State<Arc<App>>, visitor: Visitor, Part(id): Part, headers: HeaderMap, body: Body) -> Page {
    let run = parse_run(&app, &id)?;
    Sent::read_from(&app, &visitor, &headers, body).await?;
    app.engine.sees(run, Some(&visitor.0.caller)).await?;
    let run = app.engine.cancel(run, &visitor.0.caller, None).await?;
    Ok(see_other(&format!("/runs/{}", run.id)))
}

/// Takes up a run that has failed.
pub(super) async fn retry(State(app): State<Arc<App>>, visitor: Visitor, Part(id): Part, headers: HeaderMap, body: Body) -> Page {
    let run = parse_run(&app, &id)?;
    Sent::read_from(&app, &visitor, &headers, body).await?;
    app.engine.sees(run, Some(&visitor.0.caller)).await?;
    let run = app.engine.retry(run, &visitor.0.caller, None).await?;
    Ok(see_other(&format!("/runs/{}", run.id)))
}
