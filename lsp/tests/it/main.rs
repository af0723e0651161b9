//! Tests of the server over a connection in memory: a client that says what an editor says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod client;
mod fixtures;
mod projects;
mod protocol;
mod random;
