//! What is drawn: boxes and lines in plain words. A loop or a handler is a box with a graph inside.

use std::collections::BTreeSet;

use super::boxes;
use super::links::{Linker, OPEN};
use super::words::Words;
use crate::plan::{Effect, Plan, Region};

/// A workflow as it is drawn.
pub(super) struct Drawing {
    /// The workflow's name.
    pub(super) workflow: String,
    /// Its body.
    pub(super) body: Graph,
    /// What it does when a run does not complete: a box for each, with a graph inside.
    pub(super) handlers: Vec<Item>,
}

/// Boxes and lines.
pub(super) struct Graph {
    /// Boxes: the start first, then nodes in the order of the plan.
    pub(super) items: Vec<Item>,
    /// Lines.
    pub(super) links: Vec<Link>,
}

/// A box.
pub(super) struct Item {
    /// `start`, `n` and the index of the plan's node, or `end`; of a box inside another, behind the other's id and `_`.
    pub(super) id: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Its first line.
    pub(super) label: String,
    /// Further lines.
    pub(super) details: Vec<String>,
    /// The line of its statement; `None` for what stands for no statement.
    pub(super) line: Option<u32>,
    /// What is done in it.
    pub(super) inside: Option<Graph>,
}

/// What a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Start,
    Let,
    Call(Effect),
    /// A call of a workflow, which is a run of its own.
    Workflow(Effect),
    Gate,
    Branch,
    Parallel,
    Join,
    Loop,
    Wait,
    Give,
    Return,
    Fail,
    Handler,
    End,
}

impl Kind {
    /// Its name for programs and style sheets.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Let => "let",
            Self::Call(_) => "call",
            Self::Workflow(_) => "workflow",
            Self::Gate => "gate",
            Self::Branch => "branch",
            Self::Parallel => "parallel",
            Self::Join => "join",
            Self::Loop => "loop",
            Self::Wait => "wait",
            Self::Give => "give",
            Self::Return => "return",
            Self::Fail => "fail",
            Self::Handler => "handler",
            Self::End => "end",
        }
    }

    /// The effect of a call.
    pub(super) const fn effect(self) -> Option<&'static str> {
        match self {
            Self::Call(Effect::Read) | Self::Workflow(Effect::Read) => Some("read"),
            Self::Call(Effect::Plain) | Self::Workflow(Effect::Plain) => Some("write"),
            Self::Call(Effect::Irreversible) | Self::Workflow(Effect::Irreversible) => Some("irreversible"),
            _ => None,
        }
    }
}

/// A line from one box to another, by their places in [`Graph::items`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The arm of a branch that it stands for.
    pub(super) label: Option<String>,
}

impl Drawing {
    /// The drawing of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let words = Words::new(plan);
        let body = Graph::of(&words, &plan.workflow.body, "", boxes::start(&words), boxes::end(String::new()));
        let handlers = plan.workflow.handlers.iter().map(|handler| boxes::handler(plan, handler)).collect();
        Self { workflow: plan.workflow.name.to_string(), body, handlers }
    }

    /// How many boxes it has, those inside others included.
    pub(super) fn boxes(&self) -> usize {
        self.body.boxes() + self.handlers.iter().map(Item::boxes).sum::<usize>()
    }
}

impl Item {
    fn boxes(&self) -> usize {
        1 + self.inside.as_ref().map_or(0, Graph::boxes)
    }
}

impl Graph {
    /// The drawing of a region, between a box that it starts from and one that it leads to.
    pub(super) fn of(words: &Words<'_>, region: &Region, prefix: &str, start: Item, end: Item) -> Self {
        let nodes = &region.nodes;
        let mut items = vec![start];
        let mut places = vec![None; nodes.len()];
        for ((index, node), place) in nodes.iter().enumerate().zip(&mut places) {
            if let Some(item) = boxes::item(words, region, format!("{prefix}n{index}"), node) {
                *place = Some(items.len());
                items.push(item);
            }
        }
        let links = Linker::new(nodes, words, &places).links();
        let mut graph = Self { items, links };
        graph.close(end);
        graph
    }

    fn boxes(&self) -> usize {
        self.items.iter().map(Item::boxes).sum()
    }

    /// Leads what ends without `return` or `fail` to one end.
    fn close(&mut self, end: Item) {
        let mut loose: BTreeSet<usize> = (0..self.items.len()).collect();
        for link in &self.links {
            // A line that leaves a box by one arm leaves its other arms to lines of their own.
            loose.remove(&link.from);
        }
        loose.retain(|&place| self.items.get(place).is_some_and(|item| !matches!(item.kind, Kind::Return | Kind::Fail)));
        if loose.is_empty() && self.links.iter().all(|link| link.to != OPEN) {
            return;
        }
        let to = self.items.len();
        self.items.push(end);
        self.links.iter_mut().filter(|link| link.to == OPEN).for_each(|link| link.to = to);
        self.links.extend(loose.into_iter().map(|from| Link { from, to, label: None }));
    }
}
