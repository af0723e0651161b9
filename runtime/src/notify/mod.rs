//! Telling people: mail, signed webhooks, chats, and the outbox that sees that they arrive.
//!
//! Owns how a letter is written and delivered and when it is tried again. What it is about comes from a [`Notices`]; when it is due, and
//! whether it is still wanted, is not known here.

mod backoff;
mod chat;
mod letter;
mod mailer;
mod notice;
mod outbox;
mod smtp;
#[cfg(test)]
mod tests;
mod webhook;

pub use mailer::{Attachment, Mail, MailError, Mailer};
pub use notice::{Asked, Ended, Notice, Notices};
pub use outbox::Outbox;
pub use webhook::signed;
