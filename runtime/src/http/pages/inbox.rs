//! The inbox: what waits for whoever looks.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::html::Html;
use super::time::Moment;
use super::visitor::{Badge, Visitor};
use super::{Page, render};
use crate::http::app::App;
use crate::http::extract::Params;
use crate::view::Approval;

/// How many are on a page.
const LIMIT: u32 = 50;

#[derive(Deserialize)]
pub(super) struct Cursor {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    who: Option<Badge>,
    waiting: Vec<Waiting>,
    next: Option<Html>,
}

struct Waiting {
    id: Html,
    title: Html,
    workflow: Html,
    requester: Html,
    in_doubt: bool,
    asked: Moment,
    due: Option<Moment>,
}

pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, Params(Cursor { cursor }): Params<Cursor>) -> Page {
    visitor.reads()?;
    let cursor = cursor.and_then(|cursor| app.engine.parse_approval(&cursor));
    let page = app.engine.approvals(Some(&visitor.0.caller.person), cursor, LIMIT).await?;
    let now = app.options.tokens.clock().now().timestamp();
    let waiting = page.items.iter().map(|approval| waiting(approval, now)).collect();
    let next = page.next.as_deref().map(Html::text);
    Ok(render(StatusCode::OK, &Inbox { who: visitor.badge(), waiting, next }))
}

fn waiting(approval: &Approval, now: jiff::Timestamp) -> Waiting {
    Waiting {
        id: Html::text(&approval.id),
        title: super::approval::title(approval, &in_a_list(&approval.title)),
        workflow: Html::text(&approval.workflow),
        requester: Html::text(crate::view::requester(approval.requester.as_deref())),
        in_doubt: approval.kind == "in_doubt",
        asked: Moment::of(&approval.asked_at, now),
        due: approval.due_at.as_deref().map(|due| Moment::of(due, now)),
    }
}

/// A title as far as a list has room for it; the question itself shows all of it.
fn in_a_list(title: &str) -> String {
    const MOST: usize = 200;
    match title.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", title.get(..end).unwrap_or_default()),
        None => title.to_owned(),
    }
}
