//! Browser sessions: stored like tokens, held in a cookie, with a text for forms that only the session's holder can know.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use sha2::Sha256;

use super::secret::same;
use super::tokens::{Found, Issued, NewToken, TokenError, Tokens};
use super::{Caller, Person, Scopes};
use crate::store::StoreError;

/// How long a session holds.
const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Opens, finds and closes sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    tokens: Arc<Tokens>,
}

/// A session that holds.
#[derive(Clone)]
pub struct Session {
    /// Who speaks through it.
    pub caller: Caller,
    /// What its forms carry.
    pub csrf: String,
    id: String,
}

impl Sessions {
    /// The sessions among these tokens.
    #[must_use]
    pub fn new(tokens: Arc<Tokens>) -> Self {
        Self { tokens }
    }

    /// Opens a session for somebody whose identity is beyond doubt.
    ///
    /// # Errors
    /// What [`TokenError`] says.
    pub async fn open(&self, person: Person, scopes: Scopes) -> Result<Issued, TokenError> {
        let expires = Some(self.tokens.clock().now().plus(LASTS));
        self.tokens.issue_session(NewToken { person, scopes, agent: false, expires }, None).await
    }

    /// Opens a session that may do what the token may, and ends when it ends.
    ///
    /// # Errors
    /// What [`TokenError`] says.
    pub async fn open_with(&self, token: Found) -> Result<Issued, TokenError> {
        let own = self.tokens.clock().now().plus(LASTS);
        let expires = Some(token.expires.map_or(own, |end| end.min(own)));
        let new = NewToken { person: token.person, scopes: token.scopes, agent: token.agent, expires };
        self.tokens.issue_session(new, Some(&token.id)).await
    }

    /// The session of a cookie's value.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn find(&self, secret: &str) -> Result<Option<Session>, StoreError> {
        let Some(found) = self.tokens.find_session(secret).await? else { return Ok(None) };
        let id = found.id.clone();
        Ok(Some(Session { caller: found.caller(), csrf: csrf(secret), id }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn close(&self, session: &Session) -> Result<(), StoreError> {
        self.tokens.revoke(&session.id).await.map(|_| ())
    }
}

impl Session {
    /// Whether a form carried the right text.
    #[must_use]
    pub fn vouches(&self, csrf: &str) -> bool {
        !csrf.is_empty() && same(&self.csrf, csrf)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// Derived from the session's secret, so that it needs no storage, survives a restart, and tells nothing about the secret.
fn csrf(secret: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        // Not reached: HMAC takes keys of any length. An empty text vouches for nothing.
        return String::new();
    };
    mac.update(b"a form of this session");
    BASE32_NOPAD.encode(&mac.finalize().into_bytes()).to_ascii_lowercase()
}
