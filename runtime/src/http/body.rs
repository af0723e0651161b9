//! Reading bodies: within the limit, in time, of the right type, and as JSON objects whose every member is known.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, header};
use flow_compiler::value::Mismatch;
use futures_util::StreamExt;
use serde_json::{Map, Value as Json};

use super::problem::Problem;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much of a body beyond the limit is thrown away before the refusal is sent, so that a client that sends first and reads
/// afterwards sees it instead of a broken connection.
const DISCARDED: usize = 256 * 1024 * 1024;
const DISCARDING: Duration = Duration::from_secs(20);

/// Reads a body.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(PATIENCE, collect(body, limit)).await {
        Ok(result) => result,
        Err(_) => Err(Problem::too_slow()),
    }
}

async fn collect(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut stream = body.into_data_stream();
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Problem::malformed(format!("the body broke off: {error}")))?;
        if first.len().max(whole.len()) + chunk.len() > limit {
            discard(stream).await;
            return Err(Problem::too_large(limit));
        }
        // Nearly every body is one chunk, which is not copied.
        if first.is_empty() && whole.is_empty() {
            first = chunk;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&chunk);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.into() })
}

/// Reads a body to its end without keeping it, within limits.
pub(super) async fn discard(mut stream: BodyDataStream) {
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(chunk)) = stream.next().await {
            seen += chunk.len();
            if seen > DISCARDED {
                break;
            }
        }
    };
    // Too slow is as good as too much.
    let _ = tokio::time::timeout(DISCARDING, reading).await;
}

/// Refuses a body that does not say that it is JSON. One that is empty need not say anything.
pub(super) fn expect_json(headers: &HeaderMap, bytes: &[u8]) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return if bytes.is_empty() { Ok(()) } else { Err(Problem::wrong_type("application/json")) };
    };
    let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if json { Ok(()) } else { Err(Problem::wrong_type("application/json")) }
}

/// The members of a JSON object, taken out one by one; what is left over is unknown.
#[derive(Debug, Default)]
pub(super) struct Members {
    map: Map<String, Json>,
    errors: Vec<Mismatch>,
}

impl Members {
    /// The members of a body. An empty body is an object without any.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let json = serde_json::from_slice(bytes).map_err(|error| Problem::malformed(format!("the body is not JSON: {error}")))?;
        match json {
            Json::Object(map) => Ok(Self { map, errors: Vec::new() }),
            other => Err(Problem::unfit("the body does not fit", &[wrong("", "an object", &other)])),
        }
    }

    /// A text; `null` is as good as nothing.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.map.remove(name) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) => Some(text),
            Some(other) => {
                self.errors.push(wrong(name, "a text", &other));
                None
            }
        }
    }

    /// Yes or no; `null` and nothing are no.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.map.remove(name) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(flag)) => flag,
            Some(other) => {
                self.errors.push(wrong(name, "true or false", &other));
                false
            }
        }
    }

    /// An object; `null` and nothing are an empty one.
    pub(super) fn object(&mut self, name: &str) -> Map<String, Json> {
        match self.map.remove(name) {
            None | Some(Json::Null) => Map::new(),
            Some(Json::Object(map)) => map,
            Some(other) => {
                self.errors.push(wrong(name, "an object", &other));
                Map::new()
            }
        }
    }

    /// Something that does not fit.
    pub(super) fn fault(&mut self, path: &str, problem: impl Into<String>) {
        self.errors.push(Mismatch { path: path.to_owned(), problem: problem.into() });
    }

    /// Refuses everything that did not fit, and every member that was not taken.
    pub(super) fn end(mut self, known: &[&str]) -> Result<(), Problem> {
        for name in self.map.keys() {
            self.errors.push(Mismatch { path: name.clone(), problem: format!("not known here; known are {}", listed(known)) });
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::unfit("the body does not fit", &self.errors)) }
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn wrong(path: &str, wanted: &str, found: &Json) -> Mismatch {
    let found = match found {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    Mismatch { path: path.to_owned(), problem: format!("expected {wanted}, found {found}") }
}
