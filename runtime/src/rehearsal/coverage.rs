//! Which outcomes of which gates the tests reached.

use std::collections::{BTreeMap, BTreeSet};

use flow_compiler::plan::{Gate, Node, NodeKind, Plan};

use super::live::gate_at;
use crate::ids::Path;
use crate::machine::event::{About, Closing, Event, Verdict};

/// What the gates of a project did in its tests.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// By the file, and by where in it the gate begins.
    gates: BTreeMap<(String, u32), BTreeSet<Reached>>,
}

/// An outcome of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Passed with nobody asked: no condition held.
    NotAsked,
    /// A band decided: its index.
    Band(u32),
    /// Somebody was asked.
    Asked,
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Nobody answered in time.
    TimedOut,
    /// Sent back to the requester.
    SentBack,
}

/// A gate with an outcome that no test reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateReport {
    /// The file.
    pub file: String,
    /// The gate's line, from 1.
    pub line: u32,
    /// The gate's name.
    pub gate: String,
    /// Its workflow's name.
    pub workflow: String,
    /// How many outcomes it has.
    pub outcomes: usize,
    /// Those that no test reaches, each in words that follow "no test".
    pub missing: Vec<String>,
    /// Whether no test reaches it at all.
    pub unreached: bool,
}

impl Coverage {
    /// Notes what the gates of a run did.
    pub(super) fn note(&mut self, plan: &Plan, events: &[Event]) {
        let mut asked: BTreeMap<u32, &Path> = BTreeMap::new();
        for event in events {
            match event {
                Event::NotAsked { node, band: None, .. } => self.add(plan, node, Reached::NotAsked),
                Event::NotAsked { node, band: Some(band), .. } => self.add(plan, node, Reached::Band(*band)),
                Event::Asked(question) if question.about == About::Gate => {
                    asked.insert(question.n, &question.node);
                    self.add(plan, &question.node, Reached::Asked);
                    self.add(plan, &question.node, Reached::Band(question.band));
                }
                Event::Closed { n, how, .. } => {
                    let reached = match how {
                        Closing::Approved => Reached::Approved,
                        Closing::Rejected => Reached::Rejected,
                        Closing::Expired | Closing::Lapsed => Reached::TimedOut,
                        Closing::Superseded | Closing::Withdrawn => continue,
                    };
                    if let Some(node) = asked.get(n) {
                        self.add(plan, node, reached);
                    }
                }
                Event::Voted { n, vote } if vote.answer == Verdict::SendBack => {
                    if let Some(node) = asked.get(n) {
                        self.add(plan, node, Reached::SentBack);
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, plan: &Plan, node: &Path, reached: Reached) {
        let gate = plan.workflow.body.nodes.get(node.node() as usize).filter(|_| gate_at(plan, node).is_some());
        if let Some(gate) = gate {
            self.gates.entry((plan.file.clone(), gate.span.start)).or_default().insert(reached);
        }
    }

    /// The gates of a workflow, each with the outcomes that no test reached.
    #[must_use]
    pub fn report(&self, plan: &Plan) -> Vec<GateReport> {
        let gates = plan.workflow.body.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Gate(gate) => Some((node, gate.as_ref())),
            _ => None,
        });
        gates.map(|(node, gate)| self.gate(plan, node, gate)).collect()
    }

    fn gate(&self, plan: &Plan, node: &Node, gate: &Gate) -> GateReport {
        let none = BTreeSet::new();
        let reached = self.gates.get(&(plan.file.clone(), node.span.start)).unwrap_or(&none);
        let outcomes = outcomes(gate);
        let missing = outcomes.iter().filter(|(outcome, _)| !reached.contains(outcome)).map(|(_, words)| words.clone()).collect();
        GateReport {
            file: plan.file.clone(),
            line: node.line,
            gate: gate.name.to_string(),
            workflow: plan.workflow.name.to_string(),
            outcomes: outcomes.len(),
            missing,
            unreached: reached.is_empty(),
        }
    }
}

impl GateReport {
    /// What no test reaches, as a sentence; `None` where the tests reach all of it.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        if self.unreached {
            return Some(format!("no test reaches the gate `{}` of `{}`", self.gate, self.workflow));
        }
        let (last, rest) = self.missing.split_last()?;
        let all = if rest.is_empty() { last.clone() } else { format!("{} or {last}", rest.join(", ")) };
        Some(format!("no test of the gate `{}` of `{}` {all}", self.gate, self.workflow))
    }
}

/// The outcomes that a gate has, each in words that follow "no test of the gate". That it asks is said by what is answered.
fn outcomes(gate: &Gate) -> Vec<(Reached, String)> {
    let mut all = Vec::new();
    let conditional = gate.bands.iter().all(|band| band.when.is_some());
    if conditional {
        all.push((Reached::NotAsked, "passes it with nobody asked".to_owned()));
    }
    if let [_, _, ..] = gate.bands.as_slice() {
        for (index, band) in (0_u32..).zip(&gate.bands) {
            let when = band.when_text.as_ref().map_or_else(|| "in which no other holds".to_owned(), |when| format!("`{when}`"));
            all.push((Reached::Band(index), format!("takes the band {when}")));
        }
    }
    if gate.bands.iter().any(|band| band.by.is_some()) {
        all.push((Reached::Approved, "approves it".to_owned()));
        all.push((Reached::Rejected, "rejects it".to_owned()));
        if gate.send_back {
            all.push((Reached::SentBack, "sends it back".to_owned()));
        }
        if gate.deadline.is_some() {
            all.push((Reached::TimedOut, "lets its deadline pass".to_owned()));
        }
    }
    all
}
