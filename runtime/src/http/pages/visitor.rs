//! Somebody who looks at pages: a session, or they are sent to sign in.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};

use super::Refused;
use super::html::Html;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::{auth, body};
use crate::people::Session;

/// Who looks at a page.
pub(super) struct Visitor(pub(super) Session);

/// What the head of every page says about them.
pub(super) struct Badge {
    pub(super) name: Html,
    pub(super) csrf: String,
}

impl Visitor {
    pub(super) fn badge(&self) -> Option<Badge> {
        Some(Badge { name: Html::text(self.0.caller.person.as_str()), csrf: self.0.csrf.clone() })
    }

    /// Refuses who may not read.
    pub(super) fn reads(&self) -> Result<(), Problem> {
        if self.0.caller.scopes.may_read() { Ok(()) } else { Err(Problem::no_scope("read")) }
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        if let Some(session) = auth::session(app, &parts.headers).await? {
            return Ok(Self(session));
        }
        let path = parts.uri.path_and_query().map(|path| path.as_str()).unwrap_or_default();
        // After signing in a form is filled in again, on the page that it stands on.
        let next = if parts.method == Method::GET || parts.method == Method::HEAD {
            path
        } else {
            path.trim_end_matches("/decision").trim_end_matches("/cancel").trim_end_matches("/retry")
        };
        Err(Refused::SignIn { next: next.to_owned() })
    }
}

/// What a form carried.
pub(super) struct Sent(HashMap<String, String>);

impl Sent {
    /// Reads a form that a page of this server sent.
    pub(super) async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<Self, Problem> {
        auth::same_origin(app, headers)?;
        let bytes = body::read(body, app.options.body_limit).await?;
        let kind = headers.get(header::CONTENT_TYPE).cloned().unwrap_or(HeaderValue::from_static(""));
        let mut request = Request::new(Body::from(bytes));
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
        let form = Form::<HashMap<String, String>>::from_request(request, &()).await;
        form.map(|Form(fields)| Self(fields)).map_err(|_| Problem::wrong_type("application/x-www-form-urlencoded"))
    }

    /// Reads a form that a page of this session sent.
    pub(super) async fn read_from(app: &App, visitor: &Visitor, headers: &HeaderMap, body: Body) -> Result<Self, Problem> {
        let sent = Self::read(app, headers, body).await?;
        auth::vouched(&visitor.0, sent.get("csrf"))?;
        Ok(sent)
    }

    /// Whether there is such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A field; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}
