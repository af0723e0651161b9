//! Drawings of a plan's graph: Mermaid, DOT, SVG and JSON.
//!
//! All four are written from one `model::Drawing`, so that they show the same boxes, lines and words.

mod boxes;
mod dot;
mod fit;
mod json;
mod layout;
mod links;
mod mermaid;
mod model;
mod route;
mod signs;
mod svg;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use crate::plan::Plan;

/// A graph with more boxes than this is not laid out as SVG.
pub const MAX_SVG_NODES: usize = 1_000;

/// The graph has more than [`MAX_SVG_NODES`] boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the graph has {nodes} boxes, and at most {MAX_SVG_NODES} can be drawn as SVG")]
pub struct TooLarge {
    /// How many it has.
    pub nodes: usize,
}

/// The graph as a Mermaid flowchart.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    mermaid::write(&model::Drawing::of(plan))
}

/// The graph in Graphviz' language.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    dot::write(&model::Drawing::of(plan))
}

/// The graph as a picture of its own, in light and dark.
///
/// # Errors
/// [`TooLarge`]
pub fn svg(plan: &Plan) -> Result<String, TooLarge> {
    let drawing = model::Drawing::of(plan);
    match drawing.boxes() {
        nodes if nodes > MAX_SVG_NODES => Err(TooLarge { nodes }),
        _ => Ok(svg::write(&drawing)),
    }
}

/// The graph for programs: `{"workflow", "file", "nodes": [{"id", "kind", "label", "details", "effect", "line", "inside"}], "edges": [{"from", "to",
/// "label"}]}`. The ids of nodes are `n` and the index in the plan; `start` and `end` stand for the run itself. What is done in a loop
/// or a handler follows it, with that one's id as `inside` and before its own (`n3_n0`).
#[must_use]
pub fn json(plan: &Plan) -> String {
    json::write(plan, &model::Drawing::of(plan))
}

/// An expression of the workflow's body as an author writes it, as far as the plan still knows.
#[must_use]
pub fn expression(plan: &Plan, expr: &crate::plan::Expr) -> String {
    words::Words::new(plan).expr(expr)
}

/// A type of the plan as an author writes it.
#[must_use]
pub fn type_name(plan: &Plan, ty: &crate::plan::Type) -> String {
    words::Words::new(plan).ty(ty)
}
