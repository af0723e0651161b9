//! One-time links: printed on the owner's own terminal, and nowhere else.
//!
//! They live in memory and end with the process. Looking at one consumes nothing.

use std::collections::HashMap;
use std::fmt;

use parking_lot::Mutex;

use super::Person;
use super::secret::{NoRandom, random};
use crate::ids::Digest;

/// Links that have not been used.
#[derive(Default)]
pub struct Links {
    open: Mutex<HashMap<Digest, (Person, String)>>,
}

impl Links {
    /// No links.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a link that signs `person` in once and goes on to the path `next`; answers the link's own path, `/link/...`.
    ///
    /// # Errors
    /// [`NoRandom`]
    pub fn make(&self, person: Person, next: &str) -> Result<String, NoRandom> {
        let secret = random::<32>()?;
        self.open.lock().insert(Digest::of(&[secret.as_bytes()]), (person, next.to_owned()));
        Ok(format!("/link/{secret}"))
    }

    /// Whom a link would sign in.
    #[must_use]
    pub fn peek(&self, secret: &str) -> Option<Person> {
        self.open.lock().get(&Digest::of(&[secret.as_bytes()])).map(|(person, _)| person.clone())
    }

    /// Consumes a link: whom it signs in, and where it goes on to.
    #[must_use]
    pub fn take(&self, secret: &str) -> Option<(Person, String)> {
        self.open.lock().remove(&Digest::of(&[secret.as_bytes()]))
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_used_once_and_looking_uses_nothing() -> Result<(), NoRandom> {
        let links = Links::new();
        let path = links.make(Person::new("Ana@acme.example"), "/approvals/r1-1")?;
        let secret = path.trim_start_matches("/link/");
        assert_eq!(links.peek(secret), Some(Person::new("ana@acme.example")));
        assert_eq!(links.peek(secret), Some(Person::new("ana@acme.example")));
        assert_eq!(links.take(secret), Some((Person::new("ana@acme.example"), "/approvals/r1-1".to_owned())));
        assert_eq!(links.take(secret), None);
        assert_eq!(links.peek(secret), None);
        Ok(())
    }
}
