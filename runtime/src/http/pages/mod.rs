//! Pages: the same engine, for people. They work without JavaScript; with it they stay up to date.

mod answer;
mod approval;
mod assets;
mod html;
mod inbox;
mod markdown;
mod run;
mod sign_in;
mod time;
mod value;
mod visitor;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html as Answer, IntoResponse, Response};
use axum::routing::{get, post};

use super::app::App;
use super::problem::Problem;
use html::Html;
use visitor::Badge;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(inbox::show))
        .route("/approvals/{id}", get(approval::show))
        .route("/approvals/{id}/decision", post(approval::decide))
        .route("/approvals/{id}/delegate", post(approval::hand_on))
        .route("/runs", get(run::list))
        .route("/runs/{id}", get(run::show))
        .route("/runs/{id}/cancel", post(run::cancel))
        .route("/runs/{id}/retry", post(run::retry))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/link/{secret}", get(sign_in::link).post(sign_in::use_link))
        .route("/static/style.css", get(assets::style))
        .route("/static/live.js", get(assets::script))
        .route("/static/icon.svg", get(assets::icon))
}

/// A page, or why there is none.
type Page = Result<Response, Refused>;

/// Why a page is not shown.
pub(super) enum Refused {
    /// It is not known who asks; they are sent to sign in and come back.
    SignIn {
        /// Where they wanted to go.
        next: String,
    },
    /// Anything else.
    Problem(Problem),
}

impl<P: Into<Problem>> From<P> for Refused {
    fn from(problem: P) -> Self {
        Self::Problem(problem.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { next } => {
                let next = percent_encoding::utf8_percent_encode(&next, percent_encoding::NON_ALPHANUMERIC);
                see_other(&format!("/sign-in?next={next}"))
            }
            Self::Problem(problem) => problem_page(problem, None),
        }
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    who: Option<Badge>,
    title: String,
    detail: Html,
    errors: Vec<(Html, Html)>,
}

/// A refusal as a page.
fn problem_page(problem: Problem, who: Option<Badge>) -> Response {
    let errors = faults(&problem);
    let page = Message { who, title: capital(problem.title), detail: Html::prose(&sentence(&problem.detail)), errors };
    let mut response = render(problem.status, &page);
    if let Some(value) = problem.into_response().headers_mut().remove(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// What does not fit, and where.
fn faults(problem: &Problem) -> Vec<(Html, Html)> {
    let errors = problem.more.get("errors").and_then(|errors| errors.as_array()).into_iter().flatten();
    let text = |error: &serde_json::Value, name: &str| Html::prose(error.get(name).and_then(|text| text.as_str()).unwrap_or_default());
    errors.map(|error| (text(error, "path"), text(error, "problem"))).collect()
}

/// A refusal, for a browser as a page, for a program as it is.
pub(super) fn problem_for(headers: &HeaderMap, problem: Problem) -> Response {
    let wants_page = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"));
    if wants_page { problem_page(problem, None) } else { problem.into_response() }
}

fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Answer(text)).into_response(),
        Err(error) => Problem::internal(&error.to_string()).into_response(),
    }
}

fn see_other(path: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(path) else { return Problem::internal("an address cannot be sent").into_response() };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// The path itself when it stays on this server, else the inbox.
fn own_path(path: &str) -> &str {
    let own = path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if own { path } else { "/" }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Messages are written without capital and period; on a page they are sentences.
fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    if text.ends_with(['.', '!', '?', '…']) || text.is_empty() { text } else { format!("{text}.") }
}
