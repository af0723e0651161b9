//! Tests of the whole, with the real binary: one test binary, so that it is linked once.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod crash;
mod docs;
mod edges;
mod support;
