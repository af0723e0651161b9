//! Counterparts for tests that run on loopback: real servers, small enough to be read.
//!
//! Only for tests of this crate and, with the feature `testing`, of others.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test's counterpart that cannot be set up fails the test")]

mod smtp;

pub use smtp::{Received, Script, SmtpSink};
