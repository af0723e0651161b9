//! The compiler of Flow: names, types, effects, the graph, diagnostics, the plan, and the evaluator of its expressions.
//!
//! INVARIANT: it reads no file, no clock, no environment. The same sources always give the same diagnostics and the same plan, byte for byte.
#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types))]

mod address;
mod check;
mod code;
mod cron;
pub mod diagnostic;
pub mod eval;
mod faults;
pub mod graph;
pub mod ide;
pub mod levels;
pub mod oversight;
pub mod plan;
mod sources;
mod suggest;
mod text;
pub mod value;

pub use address::{is_address, is_webhook_path};
pub use check::{Checked, WorkflowRef, check};
pub use code::{Code, UnknownCode};
pub use diagnostic::{Diagnostic, FileId, Severity};
pub use flow_grammar::Span;
pub use levels::{Level, Levels, UnknownLint};
pub use sources::{BadPath, Sources, used_path};
pub use text::Text;
