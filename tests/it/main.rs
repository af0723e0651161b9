//! Tests of the program as people and scripts use it: one test binary, so that it is linked once.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod audit;
mod cli;
mod commands;
mod crash;
mod docs;
mod edges;
mod editors;
mod examples;
mod flow_tests;
mod fmt;
mod gates;
mod gates_matter;
mod lsp;
mod model;
mod modules;
mod oversight;
mod race;
#[path = "../../runtime/tests/replayed/mod.rs"]
mod replayed;
mod support;
mod tutorial;
mod ui;
mod use_cases;
mod web;
mod webhook;
