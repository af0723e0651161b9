//! People: who somebody is, and what their token or session lets them do.
//!
//! Identities are compared, not spellings: a [`Person`] exists only in its one spelling.

mod links;
mod scopes;
mod secret;
mod sessions;
mod tokens;

pub use links::Links;
pub use scopes::UnknownScope;
pub use secret::NoRandom;
pub use sessions::{Session, Sessions};
pub use tokens::{Found, Issued, NewToken, TokenError, Tokens};

use std::fmt;

use crate::machine::event::Channel;

/// A person's address in its one spelling: trimmed, lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Person(String);

impl Person {
    /// The person of an address in any spelling.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self(address.trim().to_lowercase())
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a token or session may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// Start runs.
    pub start: bool,
    /// Decide approvals.
    pub decide: bool,
    /// Read runs and approvals.
    pub read: bool,
    /// Cancel and retry runs of others, manage tokens.
    pub admin: bool,
    /// Start runs on behalf of others.
    pub act_for: bool,
}

/// Who speaks, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub person: Person,
    /// What they may do.
    pub scopes: Scopes,
    /// Whether it is a program that acts by itself.
    pub agent: bool,
    /// How they speak.
    pub channel: Channel,
    /// The operating system's user, on the channel `local`.
    pub os_user: Option<String>,
}
