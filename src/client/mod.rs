//! The one way in which commands work on runs: the HTTP API, over the network or over the socket beside the store.

mod error;
mod events;
pub(crate) mod types;

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

pub(crate) use error::Refused;
pub(crate) use events::{Events, News};
use types::{Approval, Decided, Page, Run, StandIn, Workflow};

use crate::fault::Fault;

/// The longest that a server is asked to wait with its answer.
const WAIT: &str = "wait=60";

/// Somebody who speaks to a server.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    person: Option<String>,
}

/// What somebody answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// `approve | reject | done | not_done | give_up`
    pub(crate) decision: &'static str,
    pub(crate) comment: Option<String>,
    pub(crate) values: Map<String, Json>,
}

impl Client {
    /// Speaks to a server.
    pub(crate) fn server(url: &str, token: Option<String>) -> Result<Self, Fault> {
        let base = url.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(
                Fault::usage(format!("`{url}` is no server")).help("give its address, such as `--server https://approvals.acme.example`")
            );
        }
        // A second command of the same process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { http: build(reqwest::Client::builder())?, base, token, person: None })
    }

    /// Speaks to the owner of a store over its socket, as `person` where the token does not say who it is.
    pub(crate) fn socket(path: &Path, token: Option<String>, person: Option<String>) -> Result<Self, Fault> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = build(reqwest::Client::builder().unix_socket(path))?;
        Ok(Self { http, base: "http://localhost".to_owned(), token, person })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match (&self.token, &self.person) {
            (Some(token), _) => request.bearer_auth(token),
            (None, Some(person)) => request.header("x-hitl-as", person),
            (None, None) => request,
        }
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refused> {
        let response = request.send().await.map_err(|error| Refused::lost(&self.base, &error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| Refused::lost(&self.base, &error))?;
        if !status.is_success() {
            return Err(Refused::problem(status.as_u16(), &body));
        }
        let body: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(body).map_err(|error| Refused::Strange(error.to_string()))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        self.answer(self.request(Method::GET, path)).await
    }

    /// Which process serves, on the local socket.
    pub(crate) async fn info(&self) -> Result<types::Info, Refused> {
        self.get("/local/info").await
    }

    /// Hands a plan over, on the local socket.
    pub(crate) async fn serve_plan(&self, plan: Vec<u8>) -> Result<(), Refused> {
        let request = self.request(Method::POST, "/local/plans").header("content-type", "application/cbor").body(plan);
        self.answer::<Json>(request).await.map(drop)
    }

    /// All tokens, on the local socket.
    pub(crate) async fn tokens(&self) -> Result<Page<types::Token>, Refused> {
        self.get("/local/tokens").await
    }

    /// All tokens as JSON, on the local socket.
    pub(crate) async fn tokens_json(&self) -> Result<Json, Refused> {
        self.get("/local/tokens").await
    }

    /// Makes a token, on the local socket.
    pub(crate) async fn issue(&self, token: &Json) -> Result<types::Issued, Refused> {
        self.answer(self.request(Method::POST, "/local/tokens").json(token)).await
    }

    /// Revokes a token, on the local socket.
    pub(crate) async fn revoke(&self, id: &str) -> Result<(), Refused> {
        self.answer::<Json>(self.request(Method::DELETE, &format!("/local/tokens/{}", segment(id)))).await.map(drop)
    }

    /// The workflows that can be started.
    pub(crate) async fn workflows(&self) -> Result<Page<Workflow>, Refused> {
        self.get("/api/v1/workflows").await
    }

    /// Starts a run; the same key again gives the same run.
    pub(crate) async fn start(&self, workflow: &str, input: &Map<String, Json>, key: &str) -> Result<Run, Refused> {
        let request = self.request(Method::POST, &format!("/api/v1/workflows/{}/runs", segment(workflow))).header("idempotency-key", key);
        self.answer(request.json(&json!({ "input": input }))).await
    }

    /// A run as it is now.
    pub(crate) async fn run(&self, id: &str) -> Result<Run, Refused> {
        self.get(&format!("/api/v1/runs/{}", segment(id))).await
    }

    /// A run when it has ended or waits for somebody, or after a while.
    pub(crate) async fn settled(&self, id: &str) -> Result<Run, Refused> {
        let request = self.request(Method::GET, &format!("/api/v1/runs/{}", segment(id)));
        self.answer(request.header("prefer", WAIT)).await
    }

    /// Runs, newest first.
    pub(crate) async fn runs(&self, filter: &[(&str, &str)]) -> Result<Page<Json>, Refused> {
        self.get(&format!("/api/v1/runs{}", query(filter))).await
    }

    /// A run as JSON, just as the server tells it.
    pub(crate) async fn run_json(&self, id: &str) -> Result<Json, Refused> {
        self.get(&format!("/api/v1/runs/{}", segment(id))).await
    }

    /// Transitions of a run after one.
    pub(crate) async fn journal(&self, id: &str, cursor: &str) -> Result<Page<Json>, Refused> {
        self.get(&format!("/api/v1/runs/{}/events{}", segment(id), query(&[("cursor", cursor)]))).await
    }

    /// Cancels a run.
    pub(crate) async fn cancel(&self, id: &str) -> Result<Run, Refused> {
        let request = self.request(Method::POST, &format!("/api/v1/runs/{}/cancel", segment(id)));
        self.answer(request.header("prefer", WAIT)).await
    }

    /// Takes up a run that has failed.
    pub(crate) async fn retry(&self, id: &str) -> Result<Run, Refused> {
        let request = self.request(Method::POST, &format!("/api/v1/runs/{}/retry", segment(id)));
        self.answer(request.header("prefer", WAIT)).await
    }

    /// Open approvals, oldest first, as JSON.
    pub(crate) async fn approvals(&self, cursor: &str) -> Result<Page<Json>, Refused> {
        self.get(&format!("/api/v1/approvals{}", query(&[("status", "pending"), ("cursor", cursor)]))).await
    }

    /// An approval.
    pub(crate) async fn approval(&self, id: &str) -> Result<Approval, Refused> {
        self.get(&format!("/api/v1/approvals/{}", segment(id))).await
    }

    /// An approval as JSON, just as the server tells it.
    pub(crate) async fn approval_json(&self, id: &str) -> Result<Json, Refused> {
        self.get(&format!("/api/v1/approvals/{}", segment(id))).await
    }

    /// Decides an approval as it was seen.
    pub(crate) async fn decide(&self, approval: &Approval, answer: &Answer) -> Result<Decided, Refused> {
        let request = self
            .request(Method::POST, &format!("/api/v1/approvals/{}/decision", segment(&approval.id)))
            .header("if-match", format!("\"{}\"", approval.digest));
        let body = json!({ "decision": answer.decision, "comment": answer.comment, "values": answer.values });
        self.answer(request.json(&body)).await
    }

    /// Hands an approval on to somebody else.
    pub(crate) async fn delegate(&self, id: &str, to: &str) -> Result<Approval, Refused> {
        let request = self.request(Method::POST, &format!("/api/v1/approvals/{}/delegate", segment(id)));
        self.answer(request.json(&json!({ "to": to }))).await
    }

    /// Says who decides for the caller until then; without anybody the caller is back.
    pub(crate) async fn stand_in(&self, to: Option<&str>, until: Option<&str>) -> Result<StandIn, Refused> {
        let request = self.request(Method::POST, "/api/v1/people/me/stand-in");
        self.answer(request.json(&json!({ "to": to, "until": until }))).await
    }

    /// What happens to a run, after its transition number `after`, as it happens.
    pub(crate) async fn events(&self, id: &str, after: u64) -> Result<Events, Refused> {
        let request = self
            .request(Method::GET, &format!("/api/v1/runs/{}/events", segment(id)))
            .header("accept", "text/event-stream")
            .header("last-event-id", after);
        let response = request.send().await.map_err(|error| Refused::lost(&self.base, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Events::new(response));
        }
        let body = response.bytes().await.map_err(|error| Refused::lost(&self.base, &error))?;
        Err(Refused::problem(status.as_u16(), &body))
    }
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Fault> {
    let built = builder.connect_timeout(Duration::from_secs(10)).redirect(reqwest::redirect::Policy::none()).build();
    built.map_err(|error| Fault::new(format!("cannot make connections: {error}")))
}

/// A key that nobody else has.
pub(crate) fn fresh_key() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    // Each state has keys of its own, from the system's random numbers.
    let part = |salt: u8| RandomState::new().hash_one((std::process::id(), salt));
    format!("hitlc-{:016x}{:016x}", part(0), part(1))
}

/// `?name=value&...` of those that have a value.
fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={}", segment(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// A text as one segment of a path.
fn segment(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
