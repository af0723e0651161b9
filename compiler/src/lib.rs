//! The compiler of Flow: names, types, effects, the graph, diagnostics, the plan, and the evaluator of its expressions.
//!
//! INVARIANT: it reads no file, no clock, no environment. The same sources always give the same diagnostics and the same plan, byte for byte.

mod code;
pub mod diagnostic;
pub mod eval;
pub mod graph;
pub mod plan;
pub mod value;

pub use code::Code;
pub use diagnostic::{Diagnostic, FileId, Severity};
pub use flow_grammar::Span;
