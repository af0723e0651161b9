//! Signing in with a token or with the link of one's own terminal, and signing out. No GET consumes anything.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::html::Html;
use super::visitor::{Badge, Sent, Visitor};
use super::{Page, own_path, render, see_other, sentence};
use crate::http::app::App;
use crate::http::auth::{self, From};
use crate::http::extract::{Params, Part};
use crate::http::problem::Problem;
use crate::people::Scopes;

/// How long a browser keeps the cookie.
const WEEK: u32 = 7 * 24 * 60 * 60;

#[derive(Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    who: Option<Badge>,
    next: Html,
    fault: Option<Html>,
}

/// Asks for a token.
pub(super) async fn form(Params(Next { next }): Params<Next>) -> Page {
    let next = Html::text(own_path(&next.unwrap_or_default()));
    Ok(render(StatusCode::OK, &SignIn { who: None, next, fault: None }))
}

/// Makes a session of a token.
pub(super) async fn sign_in(State(app): State<Arc<App>>, From(peer): From, headers: HeaderMap, body: Body) -> Page {
    let sent = Sent::read(&app, &headers, body).await?;
    let next = own_path(sent.get("next"));
    let token = match auth::find_token(&app, sent.get("token").trim(), peer.as_ref()).await {
        Ok(token) => token,
        Err(problem) => {
            let page = SignIn { who: None, next: Html::text(next), fault: Some(Html::prose(&sentence(&problem.detail))) };
            return Ok(render(problem.status, &page));
        }
    };
    let session = app.sessions.open_with(token).await?;
    Ok(with_cookie(&app, see_other(next), &session.secret, WEEK))
}

/// Ends the session.
pub(super) async fn sign_out(State(app): State<Arc<App>>, visitor: Visitor, headers: HeaderMap, body: Body) -> Page {
    Sent::read_from(&app, &visitor, &headers, body).await?;
    app.sessions.close(&visitor.0).await?;
    Ok(with_cookie(&app, see_other("/sign-in"), "", 0))
}

#[derive(Template)]
#[template(path = "link.html")]
struct Link {
    who: Option<Badge>,
    /// Whom it signs in; `None` when it was used.
    person: Option<Html>,
}

/// Shows what a link does, and does nothing.
pub(super) async fn link(State(app): State<Arc<App>>, Part(secret): Part) -> Page {
    let person = app.options.links.peek(&secret).map(|person| Html::text(person.as_str()));
    let status = if person.is_some() { StatusCode::OK } else { StatusCode::GONE };
    Ok(render(status, &Link { who: None, person }))
}

/// Uses a link: once.
pub(super) async fn use_link(State(app): State<Arc<App>>, Part(secret): Part, headers: HeaderMap) -> Page {
    auth::same_origin(&app, &headers)?;
    let Some((person, next)) = app.options.links.take(&secret) else {
        return Ok(render(StatusCode::GONE, &Link { who: None, person: None }));
    };
    let session = app.sessions.open(person, Scopes::person()).await?;
    Ok(with_cookie(&app, see_other(own_path(&next)), &session.secret, WEEK))
}

fn with_cookie(app: &App, mut response: Response, secret: &str, seconds: u32) -> Response {
    let secure = if app.secure { "; Secure" } else { "" };
    let cookie = format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", app.cookie);
    match HeaderValue::from_str(&cookie) {
        Ok(value) => {
            response.headers_mut().insert(header::SET_COOKIE, value);
            response
        }
        Err(_) => super::problem_page(Problem::internal("a cookie cannot be sent"), None),
    }
}
