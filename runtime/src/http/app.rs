//! What every handler shares.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::Uri;

use super::limit::{Limiter, Rate};
use crate::actions::reach::Reach;
use crate::engine::Engine;
use crate::people::{Links, Person, Sessions, Tokens};
use crate::store::StoreError;

/// How HTTP is served.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The process's tokens.
    pub tokens: Arc<Tokens>,
    /// The process's one-time links.
    pub links: Arc<Links>,
    /// The most bytes that a body may have.
    pub body_limit: usize,
    /// The most bytes that a plan may have, on the local socket.
    pub plan_limit: usize,
    /// Hosts, or `host:port`, that a run's end may be told to.
    pub callback_hosts: Reach,
    /// How often an address may fail to say who it is.
    pub failures: Rate,
    /// How often an account may start, decide and cancel; `None` for as often as it can.
    pub account: Option<Rate>,
}

impl HttpOptions {
    /// The defaults for an engine.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        Self {
            tokens: Arc::new(Tokens::new(Arc::clone(engine.store()), Arc::clone(&engine.options().clock))),
            links: Arc::new(Links::new()),
            body_limit: 1024 * 1024,
            plan_limit: 64 * 1024 * 1024,
            callback_hosts: engine.callback_hosts().clone(),
            failures: Rate { burst: 60, per_second: 1.0 },
            account: None,
        }
    }
}

/// What every handler shares.
#[derive(Debug)]
pub(super) struct App {
    pub(super) engine: Arc<Engine>,
    pub(super) options: HttpOptions,
    pub(super) sessions: Sessions,
    pub(super) failures: Limiter<IpAddr>,
    pub(super) accounts: Option<Limiter<Person>>,
    /// The cookie's name.
    pub(super) cookie: String,
    /// Whether pages are served over TLS.
    pub(super) secure: bool,
    /// `host:port` of the public address.
    pub(super) authority: String,
    served: AtomicBool,
}

impl App {
    pub(super) fn new(engine: Arc<Engine>, options: HttpOptions) -> Self {
        let public: Uri = engine.options().public_url.parse().unwrap_or_default();
        let secure = public.scheme_str() == Some("https");
        // Cookies are shared by all ports of a host: without the port two runs on one machine would sign each other out.
        let cookie = match public.port_u16() {
            _ if secure => "__Host-hitl".to_owned(),
            Some(port) => format!("hitl-{port}"),
            None => "hitl".to_owned(),
        };
        Self {
            sessions: Sessions::new(Arc::clone(&options.tokens)),
            failures: Limiter::new(options.failures),
            accounts: options.account.map(Limiter::new),
            authority: public.authority().map(|authority| authority.as_str().to_lowercase()).unwrap_or_default(),
            served: AtomicBool::new(false),
            engine,
            options,
            cookie,
            secure,
        }
    }

    /// Whether a server ever owned the store.
    pub(super) async fn served(&self) -> Result<bool, StoreError> {
        if self.served.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let served = self.engine.store().meta("served").await?.is_some();
        self.served.store(served, Ordering::Relaxed);
        Ok(served)
    }
}
