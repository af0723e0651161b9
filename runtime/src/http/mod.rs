//! API and pages: HTTP in, the engine's functions, JSON and HTML out. The only module that knows axum.
//!
//! It has no rule of its own about runs and approvals; it knows who asks, reads what they sent, and writes what the engine answers.
//! INVARIANT: no GET or HEAD changes anything.

mod api;
mod app;
mod auth;
mod body;
mod extract;
mod guard;
mod hooks;
mod limit;
mod pages;
mod peer;
mod prefer;
pub mod problem;
mod serve;

pub use app::HttpOptions;
pub use limit::Rate;
pub use peer::Peer;
pub use serve::{Listener, serve};

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};

use crate::engine::Engine;
use app::App;
use problem::Problem;

/// Everything that is served: the API, the pages, and on the local socket what only the owner of the store may do.
pub fn router(engine: Arc<Engine>, options: HttpOptions) -> Router {
    let app = Arc::new(App::new(engine, options));
    let (api, document) = api::routes();
    Router::new()
        .merge(api)
        .merge(api::document_route(document))
        .merge(pages::routes())
        .merge(hooks::routes())
        .nest("/local", api::local_routes())
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&app), guard::guard))
        .with_state(app)
}

async fn nowhere(headers: axum::http::HeaderMap) -> Response {
    pages::problem_for(&headers, Problem::not_found("there is nothing at this address"))
}

async fn wrong_method() -> Response {
    Problem::wrong_method().into_response()
}
