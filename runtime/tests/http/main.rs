//! The API and the pages, over a real engine with a store in memory.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "what does not hold fails the test")]

mod api;
mod full;
mod gates;
mod held;
mod keys;
mod pages;
mod people;
#[path = "../replayed/mod.rs"]
mod replayed;
mod sockets;
mod starts;
mod stead;
mod support;
mod triggers;
