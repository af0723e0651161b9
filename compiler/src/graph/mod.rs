//! The graph of a workflow.

pub mod draw;
