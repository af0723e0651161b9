//! The same tests for every store.
