//! What is drawn: boxes and lines in plain words, with joins left out.

use std::collections::BTreeSet;

use super::words::{Words, named};
use crate::plan::{Call, Effect, Gate, Node, NodeKind, Plan};

/// Texts longer than this are shortened in a box.
const MAX_LINE: usize = 48;

/// Longer texts that matter may have so many lines.
const MAX_LINES: usize = 4;

/// A graph as it is drawn.
pub(super) struct Drawing {
    /// The workflow's name.
    pub(super) workflow: String,
    /// Boxes: the start first, then nodes in the order of the plan.
    pub(super) items: Vec<Item>,
    /// Lines.
    pub(super) links: Vec<Link>,
}

/// A box.
pub(super) struct Item {
    /// `start`, `n` and the index of the plan's node, or `end`.
    pub(super) id: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Its first line.
    pub(super) label: String,
    /// Further lines.
    pub(super) details: Vec<String>,
    /// The line of its statement; `None` for start and end.
    pub(super) line: Option<u32>,
}

/// What a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Start,
    Let,
    Call(Effect),
    Gate,
    Branch,
    Return,
    Fail,
    End,
}

impl Kind {
    /// Its name for programs and style sheets.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Let => "let",
            Self::Call(_) => "call",
            Self::Gate => "gate",
            Self::Branch => "branch",
            Self::Return => "return",
            Self::Fail => "fail",
            Self::End => "end",
        }
    }

    /// The effect of a call.
    pub(super) const fn effect(self) -> Option<&'static str> {
        match self {
            Self::Call(Effect::Read) => Some("read"),
            Self::Call(Effect::Plain) => Some("write"),
            Self::Call(Effect::Irreversible) => Some("irreversible"),
            _ => None,
        }
    }
}

/// A line from one box to another, by their places in [`Drawing::items`].
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
        let nodes = &plan.workflow.body.nodes;
        let words = Words::new(plan);
        let mut items = vec![start(plan, &words)];
        let mut places = vec![None; nodes.len()];
        for (index, node) in nodes.iter().enumerate() {
            if let Some(item) = item(plan, &words, index, node) {
                if let Some(place) = places.get_mut(index) {
                    *place = Some(items.len());
                }
                items.push(item);
            }
        }
        let links = Linker { nodes, words: &words, places: &places, exits: Vec::new() }.links();
        let mut drawing = Self { workflow: plan.workflow.name.to_string(), items, links };
        drawing.close();
        drawing
    }

    /// Leads what ends without `return` or `fail` to one end.
    fn close(&mut self) {
        let mut open: BTreeSet<usize> = (0..self.items.len()).collect();
        for link in &self.links {
            // A line that leaves a box by one arm leaves its other arms to lines of their own.
            open.remove(&link.from);
        }
        let ends = |place: &usize| self.items.get(*place).is_some_and(|item| !matches!(item.kind, Kind::Return | Kind::Fail));
        let loose: Vec<usize> = open.into_iter().filter(ends).collect();
        let dangling: Vec<usize> = self.links.iter().filter(|link| link.to == usize::MAX).map(|link| link.from).collect();
        if loose.is_empty() && dangling.is_empty() {
            return;
        }
        let end = self.items.len();
        self.items.push(Item { id: "end".to_owned(), kind: Kind::End, label: "end".to_owned(), details: Vec::new(), line: None });
        for link in &mut self.links {
            if link.to == usize::MAX {
                link.to = end;
            }
        }
        self.links.extend(loose.into_iter().map(|from| Link { from, to: end, label: None }));
    }
}

/// A line's beginning: a box, and the arm by which it is left.
type Source = (usize, Option<String>);

struct Linker<'a> {
    nodes: &'a [Node],
    words: &'a Words<'a>,
    places: &'a [Option<usize>],
    /// For each node so far, where lines that come after it begin.
    exits: Vec<Vec<Source>>,
}

impl Linker<'_> {
    fn links(mut self) -> Vec<Link> {
        let mut links = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let sources = self.sources(node);
            let exits = match (self.places.get(index).copied().flatten(), &node.kind) {
                (Some(_), NodeKind::Return(_) | NodeKind::Fail(_)) => Vec::new(),
                (Some(place), _) => vec![(place, None)],
                (None, _) => sources.clone(),
            };
            if let Some(to) = self.places.get(index).copied().flatten() {
                links.extend(sources.into_iter().map(|(from, label)| Link { from, to, label }));
            }
            self.exits.push(exits);
        }
        self.leave_unfinished_arms(&mut links);
        links.sort();
        links.dedup();
        links
    }

    /// Where the lines to a node begin.
    fn sources(&self, node: &Node) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        for &before in &node.after {
            for (place, label) in self.exits.get(before as usize).into_iter().flatten() {
                let arm = node.within.filter(|within| within.branch == before).map(|within| self.arm(before, within.arm));
                sources.push((*place, label.clone().or(arm)));
            }
        }
        if let NodeKind::Join { branch } = node.kind {
            // The plan's edges are reduced, so an arm with nothing in it has none of its own; the branch's own edge says no arm.
            let place = self.places.get(branch as usize).copied().flatten();
            sources.retain(|(from, label)| Some(*from) != place || label.is_some());
            for arm in self.empty_arms(branch) {
                sources.extend(place.map(|place| (place, Some(self.arm(branch, arm)))));
            }
        } else if node.after.is_empty() {
            sources.push((0, None));
        }
        sources.sort();
        sources.dedup();
        sources
    }

    /// Lines out of arms that nothing comes after go to the end, marked by `usize::MAX`.
    fn leave_unfinished_arms(&self, links: &mut Vec<Link>) {
        let joined = |at: usize| {
            let follows = |node: &Node| node.after.iter().any(|&before| before as usize == at);
            self.nodes.iter().any(follows)
        };
        for (at, node) in self.nodes.iter().enumerate() {
            let NodeKind::Join { .. } = node.kind else { continue };
            if !joined(at) {
                let exits = self.exits.get(at).into_iter().flatten();
                links.extend(exits.map(|(from, label)| Link { from: *from, to: usize::MAX, label: label.clone() }));
            }
        }
    }

    /// Arms of a branch that hold no node; the missing `else` is one.
    fn empty_arms(&self, branch: u32) -> Vec<u32> {
        let Some(Node { kind: NodeKind::Branch { conditions, .. }, .. }) = self.nodes.get(branch as usize) else { return Vec::new() };
        let arms = u32::try_from(conditions.len()).unwrap_or(u32::MAX);
        let filled: BTreeSet<u32> =
            self.nodes.iter().filter_map(|node| node.within).filter(|within| within.branch == branch).map(|within| within.arm).collect();
        (0..=arms).filter(|arm| !filled.contains(arm)).collect()
    }

    /// What stands at the line into an arm.
    fn arm(&self, branch: u32, arm: u32) -> String {
        let Some(Node { kind: NodeKind::Branch { conditions, .. }, .. }) = self.nodes.get(branch as usize) else { return String::new() };
        match (conditions.get(arm as usize), conditions.len()) {
            (Some(_), 1) => "yes".to_owned(),
            (Some(condition), _) => short(&self.words.expr(condition)),
            (None, 1) => "no".to_owned(),
            (None, _) => "otherwise".to_owned(),
        }
    }
}

fn start(plan: &Plan, words: &Words<'_>) -> Item {
    let parameters: Vec<_> =
        plan.workflow.parameters.iter().map(|parameter| format!("{}: {}", parameter.name, words.ty(&parameter.ty))).collect();
    Item {
        id: "start".to_owned(),
        kind: Kind::Start,
        label: plan.workflow.name.to_string(),
        details: if parameters.is_empty() { Vec::new() } else { vec![short(&parameters.join(", "))] },
        line: None,
    }
}

fn item(plan: &Plan, words: &Words<'_>, index: usize, node: &Node) -> Option<Item> {
    let (kind, label, details) = match &node.kind {
        NodeKind::Let { slot, value } => {
            (Kind::Let, short(&format!("{} = {}", words.slot(*slot).unwrap_or("value"), words.expr(value))), Vec::new())
        }
        NodeKind::Call(call) => call_words(plan, words, call),
        NodeKind::Gate(gate) => (Kind::Gate, gate_label(gate), gate_details(words, gate)),
        NodeKind::Branch { conditions, .. } => (Kind::Branch, branch_label(words, conditions), Vec::new()),
        NodeKind::Join { .. } => return None,
        NodeKind::Parallel { .. } => (Kind::Branch, "parallel".to_owned(), Vec::new()),
        NodeKind::ForEach(each) => (Kind::Let, short(&format!("for each of {}", words.expr(&each.list))), Vec::new()),
        NodeKind::Wait(wait) => (Kind::Let, short(&words.wait(wait)), Vec::new()),
        NodeKind::Return(value) => (Kind::Return, with_value(words, "return", value.as_ref()), Vec::new()),
        NodeKind::Fail(why) => (Kind::Fail, with_value(words, "fail", why.as_ref()), Vec::new()),
    };
    Some(Item { id: format!("n{index}"), kind, label, details, line: Some(node.line) })
}

fn call_words(plan: &Plan, words: &Words<'_>, call: &Call) -> (Kind, String, Vec<String>) {
    let Some(action) = plan.actions.get(call.action as usize) else {
        return (Kind::Call(Effect::Plain), call.name.to_string(), Vec::new());
    };
    let arguments: Vec<_> =
        action.parameters.iter().zip(&call.arguments).map(|(parameter, value)| named(&parameter.name, &words.expr(value))).collect();
    let result = call.slot.and_then(|slot| words.slot(slot)).map(|name| format!("{name} = ")).unwrap_or_default();
    let whole = format!("{result}{}({})", action.name, arguments.join(", "));
    let (label, mut details) = if whole.chars().count() <= MAX_LINE {
        (whole, Vec::new())
    } else {
        (short(&format!("{result}{}", action.name)), wrapped_at(arguments.join(",\n").split('\n')))
    };
    if action.effect == Effect::Irreversible {
        details.push("irreversible".to_owned());
    }
    (Kind::Call(action.effect), label, details)
}

fn gate_label(gate: &Gate) -> String {
    if gate.name.starts_with("approval") { gate.name.to_string() } else { format!("approval {}", gate.name) }
}

fn gate_details(words: &Words<'_>, gate: &Gate) -> Vec<String> {
    let many = gate.bands.len() > 1;
    let mut details = Vec::new();
    for band in &gate.bands {
        let when = band.when.as_ref().map(|when| band.when_text.clone().unwrap_or_else(|| words.expr(when)));
        let by = band.by.as_ref().map_or_else(|| "nobody".to_owned(), |by| format!("by {}", words.approvers(by)));
        match when {
            Some(when) if many => details.extend(wrapped(&format!("when {when} {by}"))),
            Some(when) => details.extend([wrapped(&format!("when {when}")), wrapped(&by)].concat()),
            None if many => details.extend(wrapped(&format!("otherwise {by}"))),
            None => details.extend(wrapped(&by)),
        }
    }
    details.extend(gate.deadline.iter().flat_map(|deadline| wrapped(&words.deadline(deadline))));
    details
}

fn branch_label(words: &Words<'_>, conditions: &[crate::plan::Expr]) -> String {
    match conditions {
        [only] => short(&format!("{}?", words.expr(only))),
        _ => "which?".to_owned(),
    }
}

fn with_value(words: &Words<'_>, word: &str, value: Option<&crate::plan::Expr>) -> String {
    value.map_or_else(|| word.to_owned(), |value| short(&format!("{word} {}", words.expr(value))))
}

/// On at most [`MAX_LINES`] lines, broken between words.
fn wrapped(text: &str) -> Vec<String> {
    wrapped_at(text.split_whitespace())
}

/// On at most [`MAX_LINES`] lines, broken between the parts.
fn wrapped_at<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in parts {
        let full = lines.len() == MAX_LINES;
        match lines.last_mut() {
            Some(line) if full || line.chars().count() + word.chars().count() < MAX_LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| short(line)).collect()
}

/// At most [`MAX_LINE`] characters, on one line.
fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= MAX_LINE {
        return text;
    }
    let kept: String = text.chars().take(MAX_LINE - 1).collect();
    format!("{}…", kept.trim_end())
}
