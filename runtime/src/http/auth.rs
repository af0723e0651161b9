//! Who speaks: a bearer token, a session's cookie, or the owner of the store's files on the local socket.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use super::app::App;
use super::limit::neighbourhood;
use super::peer::Peer;
use super::problem::Problem;
use crate::machine::event::Channel;
use crate::people::{Caller, Found, Person, Scopes, Session};

/// Who speaks.
#[derive(Clone, Debug)]
pub(super) enum Access {
    /// Somebody whom the store knows.
    Caller(Caller),
    /// The owner of the store's files, who can read them in any case; nobody in particular.
    Reader,
}

impl Access {
    /// Who speaks, as somebody who can be held to it.
    pub(super) fn named(self) -> Result<Caller, Problem> {
        match self {
            Self::Caller(caller) => Ok(caller),
            Self::Reader => Err(Problem::unauthenticated("say who you are: `X-Hitl-As: EMAIL` or a bearer token")),
        }
    }

    /// Who speaks, if anybody in particular does.
    pub(super) fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Caller(caller) => Some(caller),
            Self::Reader => None,
        }
    }

    /// The person, if there is one.
    pub(super) fn person(&self) -> Option<&Person> {
        match self {
            Self::Caller(caller) => Some(&caller.person),
            Self::Reader => None,
        }
    }

    /// Refuses who may not read.
    pub(super) fn reads(&self) -> Result<(), Problem> {
        match self {
            Self::Caller(caller) if !caller.scopes.may_read() => Err(Problem::no_scope("read")),
            _ => Ok(()),
        }
    }
}

impl FromRequestParts<Arc<App>> for Access {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<Peer>().cloned();
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self::Caller(bearer_caller(app, &parts.headers, peer.as_ref()).await?));
        }
        if let Some(Peer::Owner { user }) = peer {
            return local(app, &parts.headers, user).await;
        }
        match session(app, &parts.headers).await? {
            Some(session) => {
                if parts.method != Method::GET && parts.method != Method::HEAD {
                    same_origin(app, &parts.headers)?;
                    let sent = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
                    vouched(&session, sent.unwrap_or_default())?;
                }
                Ok(Self::Caller(session.caller))
            }
            None => Err(Problem::unauthenticated("send a token: `Authorization: Bearer TOKEN`")),
        }
    }
}

/// Who speaks with a bearer token.
pub(super) async fn bearer_caller(app: &App, headers: &HeaderMap, peer: Option<&Peer>) -> Result<Caller, Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(bearer).ok_or_else(|| Problem::unauthenticated("send `Authorization: Bearer TOKEN`"))?;
    Ok(find_token(app, token, peer).await?.caller())
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// The token of a secret. Who fails too often has to wait; tokens that were found lately are not held up by it.
pub(super) async fn find_token(app: &App, secret: &str, peer: Option<&Peer>) -> Result<Found, Problem> {
    let address = match peer {
        Some(Peer::Network(address)) => Some(neighbourhood(*address)),
        _ => None,
    };
    if let Some(address) = &address
        && !app.options.tokens.remembers(secret)
    {
        app.failures.look(address, Instant::now()).map_err(Problem::too_many)?;
    }
    if let Some(found) = app.options.tokens.find(secret).await? {
        return Ok(found);
    }
    if let Some(address) = address {
        app.failures.take(address, Instant::now()).map_err(Problem::too_many)?;
    }
    Err(Problem::unauthenticated("this token is not known, was revoked, or has expired"))
}

async fn local(app: &App, headers: &HeaderMap, user: String) -> Result<Access, Problem> {
    let Some(name) = headers.get("x-hitl-as") else { return Ok(Access::Reader) };
    let name = name.to_str().map(str::trim).unwrap_or_default();
    if name.is_empty() {
        return Err(Problem::malformed("`X-Hitl-As` is somebody's address"));
    }
    if app.served().await? {
        return Err(Problem::forbidden("a server has owned this store, so `--as` is not believed any more; use a token"));
    }
    Ok(Access::Caller(Caller {
        person: Person::new(name),
        scopes: Scopes::owner(),
        agent: false,
        channel: Channel::Local,
        os_user: Some(user),
    }))
}

/// The session of a request's cookie.
pub(super) async fn session(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    for (_, secret) in pairs.filter(|(name, _)| *name == app.cookie) {
        if let Some(session) = app.sessions.find(secret).await? {
            return Ok(Some(session));
        }
    }
    Ok(None)
}

/// Refuses a form that another site made the browser send.
///
/// A browser that sends no referrer may send `Origin: null` for its own forms, too; then `Sec-Fetch-Site` tells, where it is sent,
/// and the form's own text in any case.
pub(super) fn same_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    let refused = || Err(Problem::forbidden("this form was not sent from a page of this server"));
    match text(header::HeaderName::from_static("sec-fetch-site")).as_deref() {
        Some("same-origin" | "none") => return Ok(()),
        Some(_) => return refused(),
        None => {}
    }
    match text(header::ORIGIN).as_deref() {
        None | Some("null") => Ok(()),
        Some(origin) => {
            let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
            let host = text(header::HOST);
            if authority == app.authority || Some(authority) == host.as_deref() { Ok(()) } else { refused() }
        }
    }
}

/// Refuses a form that does not carry the session's text.
pub(super) fn vouched(session: &Session, csrf: &str) -> Result<(), Problem> {
    if session.vouches(csrf) { Ok(()) } else { Err(Problem::forbidden("this form belongs to another session; load the page again")) }
}

/// The peer of a request, for handlers.
#[derive(Clone, Debug)]
pub(super) struct From(pub(super) Option<Peer>);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Peer>().cloned()))
    }
}
