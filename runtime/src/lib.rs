//! The runtime of Flow: a pure machine, its host, the store, actions, people, notifications, API and pages.

pub mod actions;
pub mod engine;
pub mod http;
pub mod ids;
pub mod machine;
pub mod people;
pub mod store;
pub mod view;
