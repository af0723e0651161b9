//! Telling people: mail, signed webhooks, and the outbox that sees that they arrive.
//!
//! Owns how a letter is written and delivered and when it is tried again. What it is about comes from a [`Notices`]; when it is due, and
//! whether it is still wanted, is not known here.

mod mailer;
mod smtp;

pub use mailer::{Attachment, Mail, MailError, Mailer};
