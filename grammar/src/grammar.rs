//! What `flow.pest` is compiled to.

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "flow.pest"]
pub(crate) struct Grammar;
