//! The API: one function for each call, described for OpenAPI where it is written.

mod approvals;
mod events;
mod health;
mod local;
mod people;
mod runs;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::hooks::Hooks;
pub(super) use approvals::{may_decide, parse as parse_approval, sees as sees_approval, what_stands};
pub(super) use runs::{RunsQuery, parse as parse_run, slow_down};

#[derive(OpenApi)]
#[openapi(info(
    title = "hitlc",
    description = "Runs of workflows in which people keep the last word: start them, read them, and decide what they ask."
))]
struct Description;

/// The calls and their description.
pub(super) fn routes() -> (Router<Arc<App>>, Document) {
    let calls = OpenApiRouter::new()
        .routes(routes!(runs::workflows))
        .routes(routes!(runs::start))
        .routes(routes!(runs::list))
        .routes(routes!(runs::show))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::retry))
        .routes(routes!(events::events))
        .routes(routes!(approvals::inbox))
        .routes(routes!(approvals::show))
        .routes(routes!(approvals::decide))
        .routes(routes!(approvals::delegate))
        .routes(routes!(people::stand_in, people::out_of_office));
    let (router, mut document) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .nest("/api/v1", calls)
        .split_for_parts();
    document.merge(Hooks::openapi());
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("token", scheme);
    (router, document)
}

/// The description itself, made once.
pub(super) fn document_route(document: Document) -> Router<Arc<App>> {
    let json = axum::body::Bytes::from(serde_json::to_vec(&document).unwrap_or_default());
    let answer = move || async move {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("max-age=300")),
        ];
        (headers, json).into_response()
    };
    Router::new().route("/api/v1/openapi.json", get(answer))
}

/// What only the owner of the store's files may do, on the socket beside it.
pub(super) fn local_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/info", get(local::info))
        .route("/plans", post(local::serve_plan))
        .route("/tokens", get(local::tokens).post(local::issue))
        .route("/tokens/{id}", axum::routing::delete(local::revoke))
}
