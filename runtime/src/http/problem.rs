//! Everything that the API refuses, as RFC 9457 problem details: one function for each, so that the wording is read in one place.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow_compiler::value::Mismatch;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::engine::EngineError;
use crate::ids::Digest;
use crate::machine::event::{Channel, Closing, Term, Verdict, Vote};
use crate::machine::refusal::Refusal;
use crate::people::TokenError;
use crate::store::{Status, StoreError};

/// A refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Which problem it is: a URN that never changes.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The problem in a few words, always the same for a type.
    pub title: &'static str,
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16)]
    pub status: StatusCode,
    /// What happened this time.
    pub detail: String,
    /// More: `errors` (`path`, `problem`), `current` (what stands).
    #[serde(flatten)]
    pub more: Map<String, Json>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields by reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, title, status, detail: detail.into(), more: Map::new(), headers: Vec::new() }
    }

    fn with(mut self, member: &str, value: Json) -> Self {
        self.more.insert(member.to_owned(), value);
        self
    }

    fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn again_in(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// 401
    #[must_use]
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "urn:hitlc:unauthenticated", "it is not known who you are", detail)
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 404
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "urn:hitlc:not-found", "not found", detail)
    }

    /// 405
    #[must_use]
    pub fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "urn:hitlc:wrong-method",
            "this cannot be done here",
            "the address is right, the method is not",
        )
    }

    /// 403
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "urn:hitlc:forbidden", "not yours to do", detail)
    }

    /// 403: what is missing from the token.
    #[must_use]
    pub fn no_scope(scope: &str) -> Self {
        Self::forbidden(format!("this needs the scope `{scope}`, which your token does not have"))
    }

    /// 428
    #[must_use]
    pub fn no_precondition() -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "urn:hitlc:no-precondition",
            "say what you saw",
            "send `If-Match` with the one digest of the approval that you saw, in double quotes",
        )
    }

    /// 409: what stands.
    #[must_use]
    pub fn decided(detail: impl Into<String>, current: Json) -> Self {
        Self::new(StatusCode::CONFLICT, "urn:hitlc:already-decided", "already decided", detail).with("current", current)
    }

    /// 409: the caller's part is answered, and the whole is not.
    fn answered(detail: String, vote: &Vote, needed: &[Term]) -> Self {
        let needed: Vec<String> = needed.iter().map(ToString::to_string).collect();
        let current = json!({ "status": "pending", "vote": vote_json(vote), "needed": needed });
        Self::new(StatusCode::CONFLICT, "urn:hitlc:already-decided", "already answered", detail).with("current", current)
    }

    /// 409: why the run cannot be taken up again.
    #[must_use]
    pub fn not_retryable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "urn:hitlc:not-retryable", "the run cannot be taken up again", detail)
    }

    /// The approval that took the place of the one that was closed.
    #[must_use]
    pub fn followed_by(mut self, next: &str) -> Self {
        self.detail = format!("{}: `{next}`", self.detail);
        if let Some(Json::Object(current)) = self.more.get_mut("current") {
            current.insert("next".to_owned(), Json::from(next));
        }
        self
    }

    /// 412
    #[must_use]
    pub fn stale(current: Digest) -> Self {
        let problem = Self::new(
            StatusCode::PRECONDITION_FAILED,
            "urn:hitlc:changed",
            "what you saw has changed",
            "look at the approval again, and decide on what it shows now",
        )
        .with("current", json!({ "digest": current.to_string() }));
        match HeaderValue::from_str(&format!("\"{current}\"")) {
            Ok(tag) => problem.header(header::ETAG, tag),
            Err(_) => problem,
        }
    }

    /// 422 with where it does not fit, and why.
    #[must_use]
    pub fn unfit(detail: impl Into<String>, errors: &[Mismatch]) -> Self {
        let errors = errors.iter().map(|error| json!({ "path": error.path, "problem": error.problem })).collect();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "urn:hitlc:does-not-fit", "it does not fit", detail).with("errors", Json::Array(errors))
    }

    /// 422 about one member.
    #[must_use]
    pub fn unfit_at(path: &str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::unfit(problem.clone(), &[Mismatch { path: path.to_owned(), problem }])
    }

    /// 400
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "urn:hitlc:malformed", "the request cannot be read", detail)
    }

    /// 408
    #[must_use]
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "urn:hitlc:too-slow", "the request took too long", "the body did not arrive in time")
    }

    /// 413
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "urn:hitlc:too-large",
            "the request is too large",
            format!("a request's body has at most {limit} bytes"),
        )
        .with("limit", json!(limit))
        .header(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// 415
    #[must_use]
    pub fn wrong_type(wanted: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "urn:hitlc:wrong-type",
            "this kind of body is not understood",
            format!("send the body as `Content-Type: {wanted}`"),
        )
    }

    /// 429
    #[must_use]
    pub fn too_many(seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "urn:hitlc:too-many", "too many requests", format!("try again in {seconds} s"))
            .again_in(seconds)
    }

    /// 503
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:hitlc:unavailable", "not now", detail).again_in(2)
    }

    /// 500: the cause goes to the log, not to the caller.
    #[must_use]
    pub fn internal(cause: &str) -> Self {
        tracing::error!(cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "urn:hitlc:internal",
            "something went wrong here",
            "nothing is known to have been done; the log of the server says more",
        )
    }

    fn key(status: StatusCode, detail: &EngineError) -> Self {
        Self::new(status, "urn:hitlc:idempotency-key", "the idempotency key cannot be used so", detail.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.headers);
        response
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound(_) => Self::not_found(error.to_string()),
            EngineError::Input(mismatches) => Self::unfit("the input does not fit", &mismatches),
            EngineError::Refused(refusal) => refusal.into(),
            EngineError::NoOwner(detail) => Self::unfit(detail, &[]),
            EngineError::KeyReused => Self::key(StatusCode::UNPROCESSABLE_ENTITY, &error),
            EngineError::KeyInFlight => Self::key(StatusCode::CONFLICT, &error),
            EngineError::Draining => Self::unavailable("the server is shutting down"),
            EngineError::Forbidden(detail) => Self::forbidden(detail),
            EngineError::Store(error) => error.into(),
            EngineError::Setup(cause) | EngineError::Corrupt(cause) => Self::internal(&cause),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::unavailable("the disk is full; nothing was done"),
            StoreError::Conflict(_) => Self::unavailable("somebody else was changing the run at the same moment; nothing was done"),
            StoreError::Once(_) | StoreError::Turn => Self::unavailable("another run was started at the same moment; nothing was done"),
            StoreError::Taken => Self::key(StatusCode::CONFLICT, &EngineError::KeyInFlight),
            StoreError::Broken(_) | StoreError::Unusable(_) => Self::internal(&error.to_string()),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::AgentDecides => Self::unfit_at("scopes", error.to_string()),
            TokenError::NoRandom(_) => Self::internal(&error.to_string()),
            TokenError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NoSuchQuestion => Self::not_found(detail),
            Refusal::NotEntitled(_) => Self::forbidden(detail),
            Refusal::AlreadyClosed { how, vote } => Self::decided(detail, standing(how, vote.as_ref())),
            Refusal::AlreadyVoted { vote, needed, .. } => Self::answered(detail, &vote, &needed),
            Refusal::Stale { current } => Self::stale(current),
            Refusal::CommentRequired => Self::unfit_at("comment", detail),
            Refusal::WrongAnswer(_) => Self::unfit_at("decision", detail),
            Refusal::CannotHandOn(_) => Self::unfit_at("to", detail),
            Refusal::Invalid(mismatches) => Self::unfit(detail, &mismatches),
            Refusal::NotRetryable(_) => Self::not_retryable(detail),
            Refusal::RunEnded(status) => Self::decided(detail, json!({ "status": status.name() })),
            Refusal::RunEnding => Self::decided(detail, json!({ "status": Status::Ending.name() })),
        }
    }
}

fn standing(how: Closing, vote: Option<&Vote>) -> Json {
    let status = match how {
        Closing::Approved | Closing::Lapsed => "approved",
        Closing::Rejected => "rejected",
        Closing::Expired => "expired",
        Closing::Superseded => "superseded",
        Closing::Withdrawn => "withdrawn",
    };
    json!({ "status": status, "vote": vote.map(vote_json) })
}

fn vote_json(vote: &Vote) -> Json {
    let decision = match vote.answer {
        Verdict::Approve => "approve",
        Verdict::Reject => "reject",
        Verdict::SendBack => "send_back",
        Verdict::Done(_) => "done",
        Verdict::NotDone => "not_done",
        Verdict::GiveUp => "give_up",
    };
    let channel = match vote.channel {
        Channel::Local => "local",
        Channel::Api => "api",
        Channel::Page => "page",
        Channel::Timer => "timer",
        Channel::Webhook => "webhook",
    };
    json!({ "by": vote.by, "decision": decision, "comment": vote.comment, "at": vote.at.to_string(), "channel": channel })
}
