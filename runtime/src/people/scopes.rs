//! Scopes as text: what is stored with a token and written on a command line.

use std::fmt;
use std::str::FromStr;

use super::Scopes;

/// A word that names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope `{0}`; the scopes are start, decide, read, admin and act-for")]
pub struct UnknownScope(pub String);

impl Scopes {
    /// What somebody may do who owns the machine that the store is on.
    #[must_use]
    pub const fn owner() -> Self {
        Self { start: true, decide: true, read: true, admin: true, act_for: false }
    }

    /// What a person needs in a browser.
    #[must_use]
    pub const fn person() -> Self {
        Self { start: true, decide: true, read: true, admin: false, act_for: false }
    }

    /// Whether runs and approvals may be read: who decides must see what they decide.
    #[must_use]
    pub const fn may_read(self) -> bool {
        self.read || self.decide || self.admin
    }

    const fn named(self) -> [(&'static str, bool); 5] {
        [("start", self.start), ("decide", self.decide), ("read", self.read), ("admin", self.admin), ("act-for", self.act_for)]
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (name, held) in self.named() {
            if held {
                write!(f, "{}{name}", if first { "" } else { "," })?;
                first = false;
            }
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let mut scopes = Self::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "start" => scopes.start = true,
                "decide" => scopes.decide = true,
                "read" => scopes.read = true,
                "admin" => scopes.admin = true,
                "act-for" => scopes.act_for = true,
                other => return Err(UnknownScope(other.to_owned())),
            }
        }
        Ok(scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_what_they_write() {
        for text in ["", "start", "start,decide,read", "start,decide,read,admin,act-for"] {
            assert_eq!(text.parse::<Scopes>().map(|scopes| scopes.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(" read , start ".parse::<Scopes>().map(|scopes| scopes.to_string()), Ok("start,read".to_owned()));
        assert_eq!("read,all".parse::<Scopes>(), Err(UnknownScope("all".to_owned())));
    }
}
