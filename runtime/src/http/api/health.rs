//! Whether the process lives, and whether it takes requests.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::problem::Problem;

/// How it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`
    status: &'static str,
    /// What is wrong with the project file, while what it said before is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<String>,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = Health)))]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok", config: None })
}

/// The process takes requests.
#[utoipa::path(get, path = "/readyz", responses((status = 200, body = Health), (status = 503, body = Problem)))]
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    if app.engine.ready() {
        Ok(Json(Health { status: "ok", config: app.engine.config_fault() }))
    } else {
        Err(Problem::unavailable("the server is shutting down"))
    }
}
