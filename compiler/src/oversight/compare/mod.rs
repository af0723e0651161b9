//! What a change of flows weakens or strengthens, by the same proof that checks them.
//!
//! What is compared is what is declared, by its file and name ([`twins`]): workflows ([`flows`]), and what actions demand of every call
//! ([`demands`]), whether or not a workflow calls them.
//!
//! For each call that cannot be taken back or has a duty, both flows are put over the same unknowns ([`share`]): what both call the same is
//! the same. Then the procedure is asked where the one asks and the other does not, and what it suggests is verified by evaluating both.
//! What cannot be compared counts as weaker, and never as stronger.

mod answers;
mod beside;
mod calls;
mod demands;
mod ends;
mod flows;
mod groups;
mod lists;
mod loops;
mod matching;
mod members;
mod merge;
mod notes;
mod owners;
mod parameters;
mod share;
mod told;
mod twins;
mod version;

use serde::Serialize;

use crate::plan::Plan;
use groups::Members;
use told::Teller;
use twins::Twins;
pub use version::{KnownAction, Version};

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Something runs with fewer, with others, or with nobody asked.
    Weaker,
    /// The other way round.
    Stronger,
    /// Neither, and worth knowing.
    Note,
}

/// What became weaker or stronger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which way.
    pub direction: Direction,
    /// The workflow; `None` for what an action demands.
    pub workflow: Option<String>,
    /// The action; `None` for a gate or a workflow that is gone.
    pub action: Option<String>,
    /// The step's name.
    pub step: Option<String>,
    /// The file of the later plan, or of the earlier one for what is gone.
    pub file: String,
    /// The line in the later file; `None` for what is gone and for what an action demands.
    pub line: Option<u32>,
    /// The line in the earlier file.
    pub old_line: Option<u32>,
    /// What changed, in one sentence.
    pub message: String,
    /// Values that show it, by their names in the flow; verified by evaluating both flows.
    pub example: Vec<(String, String)>,
    /// Whether it could be compared at all; what could not counts as weaker.
    pub compared: bool,
    /// Further calls of which the same is so, each with its line.
    pub also: Vec<String>,
}

/// What a change weakens and strengthens: workflows and actions are matched by where they are declared, calls by action and step.
#[must_use]
pub fn compare(old: &Version, new: &Version) -> Vec<Change> {
    let mut twins = Twins::of(old, new);
    let mut changes = Vec::new();
    let (pairs, gone) = twins.workflows();
    for (plan, known, renamed) in pairs {
        let known = known.map_or_else(|| nothing(plan), |known| twins.retold(known, &plan.file));
        let (later, earlier) = (Members::of((plan, new), (&known, old)), Members::of((&known, old), (plan, new)));
        let teller = Teller::of(&known, plan);
        changes.extend(renamed.then(|| teller.renamed()));
        let aligned = members::aligned(&known, plan);
        let both = aligned.as_ref().map_or((&known, plan), |(known, plan)| (known, plan));
        flows::compare(both, &teller, [&later, &earlier], &mut changes);
        owners::compare((&known, plan), &teller, [&later, &earlier], &mut changes);
    }
    changes.extend(gone.into_iter().map(|plan| Teller::of(plan, plan).gone(None)));
    demands::compare(&twins, old, new, &mut changes);
    demands::compare_new(&twins, old, new, &mut changes);
    changes.sort_by(|a, b| (a.direction, &a.workflow, a.line).cmp(&(b.direction, &b.workflow, b.line)));
    changes
}

/// A workflow of the same name that does nothing.
fn nothing(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.workflow.body.nodes.clear();
    plan.workflow.loops.clear();
    plan.workflow.handlers.clear();
    plan
}
