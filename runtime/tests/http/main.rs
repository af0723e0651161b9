//! The API and the pages, over a real engine with a store in memory.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what does not hold fails the test")]

mod api;
mod full;
mod gates;
mod held;
mod keys;
mod pages;
mod people;
mod sockets;
mod starts;
mod support;
mod triggers;
