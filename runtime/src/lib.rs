//! The runtime of Flow: a pure machine, its host, the store, actions, people, notifications, API and pages.
#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types))]

pub mod actions;
pub mod config;
pub mod engine;
pub mod http;
pub mod ids;
pub mod machine;
pub mod notify;
pub mod people;
pub mod rehearsal;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod view;
