//! API tokens: opaque random texts, of which only the digest is stored.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;
use parking_lot::RwLock;

use super::secret::{NoRandom, random};
use super::{Caller, Person, Scopes};
use crate::engine::Clock;
use crate::ids::{At, Digest};
use crate::machine::event::Channel;
use crate::store::{Store, StoreError, Token};

/// How long a token is believed without asking the store again, so that one revoked by another process ends soon.
const BELIEVED: SignedDuration = SignedDuration::from_secs(1);

/// How many tokens are remembered.
const REMEMBERED: usize = 4096;

/// What every token begins with, so that scanners of leaked secrets know one.
const PREFIX: &str = "hitl_";

/// Makes, finds and revokes tokens. One for a process: revoking through it is effective at once.
pub struct Tokens {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    recent: RwLock<Recent>,
}

#[derive(Default)]
struct Recent {
    found: HashMap<Digest, (At, Found)>,
    /// How often something was revoked: what was looked up before is not remembered after.
    revocations: u64,
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it will be.
    pub person: Person,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Whether a program that acts by itself will hold it.
    pub agent: bool,
    /// When it ends.
    pub expires: Option<At>,
}

/// A token that was made.
#[derive(Clone)]
pub struct Issued {
    /// The token itself; it is nowhere stored.
    pub secret: String,
    /// Its public id, to revoke it.
    pub id: String,
}

/// A token that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its public id.
    pub id: String,
    /// Whose it is.
    pub person: Person,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Whether a program that acts by itself holds it.
    pub agent: bool,
    /// Whether it is a browser's session.
    pub session: bool,
    /// When it ends.
    pub expires: Option<At>,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Agents never decide.
    #[error("an agent's token cannot have the scope `decide`")]
    AgentDecides,
    /// There is no randomness.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Tokens {
    /// The tokens of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, recent: RwLock::default() }
    }

    /// The clock that it goes by.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Makes an API token.
    ///
    /// # Errors
    /// What [`TokenError`] says.
    pub async fn issue(&self, new: NewToken) -> Result<Issued, TokenError> {
        if new.agent && new.scopes.decide {
            return Err(TokenError::AgentDecides);
        }
        let id = format!("t{}", random::<10>()?);
        self.keep(new, id, false).await
    }

    /// Makes a session, which ends with the token `parent` that opened it.
    pub(super) async fn issue_session(&self, new: NewToken, parent: Option<&str>) -> Result<Issued, TokenError> {
        let own = random::<10>()?;
        let id = parent.map_or_else(|| format!("s{own}"), |parent| format!("{parent}.s{own}"));
        self.keep(new, id, true).await
    }

    async fn keep(&self, new: NewToken, id: String, session: bool) -> Result<Issued, TokenError> {
        let secret = format!("{PREFIX}{}", random::<32>()?);
        let token = Token {
            secret: Digest::of(&[secret.as_bytes()]),
            id: id.clone(),
            person: new.person.as_str().to_owned(),
            scopes: new.scopes.to_string(),
            agent: new.agent,
            session,
            created: self.clock.now(),
            expires: new.expires,
            revoked: None,
        };
        self.store.put_token(token).await?;
        Ok(Issued { secret, id })
    }

    /// Whether this token would be found without asking the store.
    #[must_use]
    pub fn remembers(&self, secret: &str) -> bool {
        self.remembered(Digest::of(&[secret.as_bytes()]), self.clock.now()).is_some()
    }

    /// The API token of a secret, when it holds now. Sessions are not found.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn find(&self, secret: &str) -> Result<Option<Found>, StoreError> {
        let digest = Digest::of(&[secret.as_bytes()]);
        let now = self.clock.now();
        if let Some(found) = self.remembered(digest, now) {
            return Ok(Some(found));
        }
        let revocations = self.recent.read().revocations;
        let found = self.look_up(digest).await?.filter(|found| !found.session);
        if let Some(found) = &found {
            let mut recent = self.recent.write();
            if recent.found.len() >= REMEMBERED {
                recent.found.clear();
            }
            if recent.revocations == revocations {
                recent.found.insert(digest, (now, found.clone()));
            }
        }
        Ok(found)
    }

    fn remembered(&self, digest: Digest, now: At) -> Option<Found> {
        let recent = self.recent.read();
        let (since, found) = recent.found.get(&digest)?;
        let fresh = *since <= now && now < since.plus(BELIEVED) && found.expires.is_none_or(|end| now < end);
        fresh.then(|| found.clone())
    }

    /// The session of a secret, when it holds now; always asks the store.
    pub(super) async fn find_session(&self, secret: &str) -> Result<Option<Found>, StoreError> {
        let found = self.look_up(Digest::of(&[secret.as_bytes()])).await?;
        Ok(found.filter(|found| found.session))
    }

    async fn look_up(&self, digest: Digest) -> Result<Option<Found>, StoreError> {
        let now = self.clock.now();
        let Some(token) = self.store.token(digest).await? else { return Ok(None) };
        if token.revoked.is_some() || token.expires.is_some_and(|end| end <= now) {
            return Ok(None);
        }
        // A scope that this version does not know gives nothing.
        let scopes = token.scopes.parse().unwrap_or_default();
        Ok(Some(Found {
            id: token.id,
            person: Person::new(&token.person),
            scopes,
            agent: token.agent,
            session: token.session,
            expires: token.expires,
        }))
    }

    /// Revokes a token and the sessions that it opened, at once; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let known = self.store.revoke_token(id, now).await?;
        {
            let mut recent = self.recent.write();
            recent.revocations += 1;
            recent.found.retain(|_, (_, found)| found.id != id);
        }
        let children = format!("{id}.");
        for token in self.store.tokens().await? {
            if token.session && token.revoked.is_none() && token.id.starts_with(&children) {
                self.store.revoke_token(&token.id, now).await?;
            }
        }
        Ok(known)
    }

    /// All API tokens, newest first, revoked and expired ones included.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn list(&self) -> Result<Vec<Token>, StoreError> {
        let mut tokens = self.store.tokens().await?;
        tokens.retain(|token| !token.session);
        Ok(tokens)
    }
}

impl Found {
    /// Who speaks, when they speak with this.
    #[must_use]
    pub fn caller(self) -> Caller {
        let channel = if self.session { Channel::Page } else { Channel::Api };
        // INVARIANT: whatever the store says, an agent does not decide.
        let scopes = Scopes { decide: self.scopes.decide && !self.agent, ..self.scopes };
        Caller { person: self.person, scopes, agent: self.agent, channel, os_user: None }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("id", &self.id).finish_non_exhaustive()
    }
}
