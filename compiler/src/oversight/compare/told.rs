//! Changes in plain words.

use super::calls::{Loosened, Shown};
use super::merge::{Merged, Side};
use super::{Change, Direction};
use crate::oversight::place::Node;
use crate::oversight::prove::Call;
use crate::oversight::report::Writer;
use crate::oversight::{Declarations as _, WatchedGate};
use crate::plan::{Action, Implementation, NodeKind, Plan};

/// Knows the words of both flows.
pub(super) struct Teller<'p> {
    old: Writer<'p>,
    new: Writer<'p>,
    plans: [&'p Plan; 2],
}

/// What was said already: the gate of a change, and the change.
#[derive(Default)]
pub(super) struct Told {
    gates: Vec<(Direction, About, Node, usize)>,
}

/// What is said of a gate: that it is not asked at, or who decides there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Asking,
    People,
}

/// A call in the earlier flow, and that in the later one which stands for it.
pub(super) type Both<'c, 'p> = (&'c Call<'p>, &'c Call<'p>);

impl<'p> Teller<'p> {
    pub(super) fn of(old: &'p Plan, new: &'p Plan) -> Self {
        Self { old: Writer::new(old), new: Writer::new(new), plans: [old, new] }
    }

    /// Says what became looser from the earlier to the later flow (weaker), or the other way round (stronger, of which only what was
    /// verified is said). Of several calls behind one gate the first is told with its example, the others beside it.
    pub(super) fn tell(
        &self,
        direction: Direction,
        merged: &Merged,
        both: Both<'_, '_>,
        found: Loosened,
        changes: &mut Vec<Change>,
        told: &mut Told,
    ) {
        let weaker = direction == Direction::Weaker;
        let say = |weak: &str, strong: &str| if weaker { weak.to_owned() } else { strong.to_owned() };
        let (message, shown, gates) = match found {
            Loosened::Unasked(gates, shown) => (say("no longer asks", "asks now"), shown, gates),
            Loosened::Reached(apart, shown) => {
                let message = match apart.and_then(|node| self.list(merged, node)) {
                    Some(list) => say(
                        &format!("no longer runs for items of `{list}` alone, with nobody asked"),
                        &format!("runs for items of `{list}` alone now, and ran without one with nobody asked"),
                    ),
                    None => say("runs with nobody asked where it did not run before", "no longer runs where it ran with nobody asked"),
                };
                (message, shown, Vec::new())
            }
            Loosened::People { gate, band, short, shown } => {
                let asked_there = self.name(merged, gate);
                // Others who decide at the same gate are told of it once; a gate that is not asked at is told with what is not asked.
                let about = if short.iter().any(|other| self.name(merged, *other) == asked_there) { About::People } else { About::Asking };
                let known = told.gates.iter().find(|known| (known.0, known.1, known.2) == (direction, about, gate)).map(|known| known.3);
                if let Some(at) = known {
                    self.also(merged, both.1, at, changes);
                    return;
                }
                if weaker || matches!(shown, Shown::Example(_)) {
                    told.gates.push((direction, about, gate, changes.len()));
                }
                (self.others(merged, weaker, (gate, band), &short), shown, Vec::new())
            }
            Loosened::Silent(gate, shown) => {
                let gate = self.name(merged, gate);
                let message = say(
                    &format!("runs when nobody answers: `{gate}` opens by itself"),
                    &format!("no longer runs when nobody answers: `{gate}` opened by itself"),
                );
                (message, shown, Vec::new())
            }
            Loosened::InLoop(gate) => {
                let known = told.gates.iter().find(|known| (known.0, known.1, known.2) == (direction, About::Asking, gate));
                if let Some(at) = known.map(|known| known.3) {
                    self.also(merged, both.1, at, changes);
                    return;
                }
                let name = self.name(merged, gate);
                let message =
                    format!("comes after a loop in which fewer or others are asked at `{name}` than before, and nobody need be asked");
                (message, Shown::None, vec![gate])
            }
            Loosened::Called(at) => {
                let nodes = merged.workflow.regions().nth(at.region as usize).and_then(|region| region.nodes.get(at.index as usize));
                let action =
                    nodes.and_then(|node| if let NodeKind::Call(call) = &node.kind { merged.declared.action(call.action) } else { None });
                let name = action.map_or("", |action| action.name.as_str());
                let message = format!("comes no more, or less often, after `{name}`, which asks somebody, and nobody need be asked");
                (message, Shown::None, Vec::new())
            }
            Loosened::Given(shown) => ("is given something else, with nobody asked".to_owned(), shown, Vec::new()),
            Loosened::Unbound(gate, shown) => {
                let gate = self.name(merged, gate);
                let message = say(
                    &format!("is no longer approved for exactly what it is given, as it was at `{gate}`"),
                    &format!("is approved at `{gate}` for exactly what it is given, and was not before"),
                );
                (message, shown, Vec::new())
            }
        };
        if weaker || matches!(shown, Shown::Example(_)) {
            told.gates.extend(gates.into_iter().map(|gate| (direction, About::Asking, gate, changes.len())));
            changes.push(self.of_call(direction, merged, both, &message, shown));
        }
    }

    /// The same is so of a further call, unless that one is told of anyway.
    fn also(&self, merged: &Merged, call: &Call<'_>, at: usize, changes: &mut [Change]) {
        let (line, step) = step_of(merged, call);
        let Some(known) = changes.get(at).map(|change| (change.direction, change.workflow.clone())) else { return };
        let is_told = changes.iter().any(|change| (change.direction, &change.workflow, change.line) == (known.0, &known.1, line));
        if let (false, Some(change)) = (is_told, changes.get_mut(at)) {
            change.also.push(format!("{} in line {}", Self::subject(merged, call, &step), line.unwrap_or_default()));
        }
    }

    fn gate(&self, merged: &Merged, gate: Node) -> Option<WatchedGate> {
        let (side, region) = merged.own(gate.region);
        let writer = if side == Side::Old { &self.old } else { &self.new };
        writer.gate(Node { region, ..gate })
    }

    /// What a loop goes through.
    fn list(&self, merged: &Merged, node: Node) -> Option<String> {
        let (side, region) = merged.own(node.region);
        let writer = if side == Side::Old { &self.old } else { &self.new };
        writer.list(Node { region, ..node })
    }

    fn name(&self, merged: &Merged, gate: Node) -> String {
        self.gate(merged, gate).map_or_else(String::new, |gate| gate.name)
    }

    /// Who decides at a gate of one flow, beside those who are enough in the other.
    fn others(&self, merged: &Merged, weaker: bool, (gate, band): (Node, Option<usize>), short: &[Node]) -> String {
        let Some(gate) = self.gate(merged, gate) else { return "is asked for elsewhere".to_owned() };
        let needed = deciders(&gate, band);
        let short: Vec<WatchedGate> = short.iter().filter_map(|gate| self.gate(merged, *gate)).collect();
        if let Some(twin) = short.iter().find(|other| other.name == gate.name) {
            let given = deciders(twin, None);
            let (now, before) = if weaker { (&given, &needed) } else { (&needed, &given) };
            let who = if now == before {
                format!("{now}, the same words with other people behind them")
            } else {
                format!("now {now}, before {before}")
            };
            let what = if weaker {
                "can be approved by some who were not enough before"
            } else {
                "can no longer be approved by some who were enough before"
            };
            return format!("{what}: at `{}` {who}", gate.name);
        }
        let others: Vec<String> = short.iter().map(|gate| format!("`{}` ({})", gate.name, deciders(gate, None))).collect();
        let only = if others.is_empty() { String::new() } else { format!(", only at {}", others.join(" and ")) };
        let name = &gate.name;
        if weaker {
            format!("is no longer asked for at `{name}` ({needed}){only}")
        } else {
            format!("is asked for at `{name}` ({needed}) now, and was not before{only}")
        }
    }

    fn subject(merged: &Merged, call: &Call<'_>, step: &str) -> String {
        let Some(action) = merged.declared.action(call.action).map(|action| action.name.as_str()) else {
            return format!("the result of `{}`", merged.workflow.name);
        };
        let own = action == step || action.rsplit('.').next() == Some(step);
        // One that the later files do not know by a name of theirs.
        let action = action.rsplit_once('#').map_or(action.to_owned(), |(_, name)| name.to_owned());
        let undo = if call.undo { " to undo" } else { "" };
        if own && !call.undo { format!("`{action}`") } else { format!("`{action}`{undo} (step `{step}`)") }
    }

    fn of_call(&self, direction: Direction, merged: &Merged, (old, new): Both<'_, '_>, message: &str, shown: Shown) -> Change {
        let (line, step) = step_of(merged, new);
        let (old_line, _) = step_of(merged, old);
        let message = format!("{} {message}", Self::subject(merged, new, &step));
        let (message, example, compared) = with(message, shown);
        Change {
            direction,
            workflow: Some(self.plans[1].workflow.name.to_string()),
            action: merged.declared.action(new.action).map(|action| action.name.to_string()),
            step: Some(step).filter(|step| !step.is_empty()),
            file: self.plans[1].file.clone(),
            line,
            old_line,
            message,
            example,
            compared,
            also: Vec::new(),
        }
    }

    /// A call that is new.
    pub(super) fn new_call(&self, merged: &Merged, call: &Call<'_>, shown: Option<Shown>) -> Change {
        let direction = if shown.is_some() { Direction::Weaker } else { Direction::Note };
        let action = merged.declared.action(call.action).map(|action| &action.implementation);
        let what = match (&shown, action) {
            (None, _) => "is new; somebody is always asked before it",
            (Some(_), Some(Implementation::Workflow(_))) => "is new, with nobody asked before it; what it asks by itself is not looked at",
            (Some(_), _) => "is new, and runs with nobody asked",
        };
        Change { old_line: None, ..self.of_call(direction, merged, (call, call), what, shown.unwrap_or(Shown::None)) }
    }

    /// A call that runs for each item of a loop, and did not before.
    pub(super) fn more_calls(&self, merged: &Merged, both: Both<'_, '_>, shown: Option<Shown>) -> Change {
        let direction = if shown.is_some() { Direction::Weaker } else { Direction::Note };
        let asked = if shown.is_some() { ", with nobody asked" } else { "; somebody is always asked before it" };
        let what = format!("is called for each item of a loop, and was called once{asked}");
        self.of_call(direction, merged, both, &what, shown.unwrap_or(Shown::None))
    }

    /// A call that is gone.
    pub(super) fn gone_call(&self, merged: &Merged, call: &Call<'_>) -> Change {
        let change = self.of_call(Direction::Note, merged, (call, call), "is no longer called", Shown::None);
        Change { line: None, file: self.plans[0].file.clone(), ..change }
    }

    /// A gate of the earlier workflow that is gone, or the workflow itself.
    pub(super) fn gone(&self, gate: Option<(&str, u32)>) -> Change {
        let workflow = &self.plans[0].workflow.name;
        let message = gate.map_or_else(|| format!("the workflow `{workflow}` is gone"), |(name, _)| format!("the gate `{name}` is gone"));
        Change {
            direction: Direction::Note,
            workflow: Some(workflow.to_string()),
            action: None,
            step: None,
            file: self.plans[0].file.clone(),
            line: None,
            old_line: gate.map(|(_, line)| line),
            message,
            example: Vec::new(),
            compared: true,
            also: Vec::new(),
        }
    }

    /// What a gate no longer shows or asks for.
    pub(super) fn gate_note(&self, gate: &str, (old, new): (Option<u32>, Option<u32>), note: &str) -> Change {
        let workflow = Some(self.plans[1].workflow.name.to_string());
        let message = format!("`{gate}` {note}");
        Change { workflow, file: self.plans[1].file.clone(), line: new, old_line: old, message, ..self.gone(None) }
    }

    /// A gate asks by what an action gives, which comes about in another way now.
    pub(super) fn answer(&self, merged: &Merged, both: (&Action, &Action), gate: Node) -> Change {
        let name = self.name(merged, gate);
        self.other_answer(both, &format!("`{name}` asks by it: whether it asks as often, and the same people, cannot be compared"))
    }

    /// A call that nobody is asked about is made by what an action gives, which comes about in another way now.
    pub(super) fn answer_to_call(&self, merged: &Merged, both: (&Action, &Action), (old, new): Both<'_, '_>) -> Change {
        let (line, step) = step_of(merged, new);
        let subject = Self::subject(merged, new, &step);
        let change =
            self.other_answer(both, &format!("{subject} is made by it with nobody asked: whether it does the same cannot be compared"));
        Change { line, old_line: step_of(merged, old).0, step: Some(step), ..change }
    }

    fn other_answer(&self, (before, now): (&Action, &Action), and: &str) -> Change {
        let what = match (&before.implementation, &now.implementation) {
            (Implementation::Workflow(_), _) => "has changed",
            (was, is) if was == is => "reads its answer from other members",
            _ => "answers in another way",
        };
        let (workflow, action) = (Some(self.plans[1].workflow.name.to_string()), Some(now.name.to_string()));
        let (file, message) = (self.plans[1].file.clone(), format!("`{}` {what}, and {and}", now.name));
        Change { direction: Direction::Weaker, workflow, action, file, old_line: None, message, compared: false, ..self.gone(None) }
    }

    /// Others own a workflow that is called.
    pub(super) fn owner(&self, direction: Direction, called: &str) -> Change {
        let [before, now] = [(&self.old, self.plans[0]), (&self.new, self.plans[1])].map(|(writer, plan)| {
            plan.workflow.owner.as_ref().map_or_else(|| "who starts the run".to_owned(), |owner| writer.owner(owner))
        });
        let workflow = &self.plans[1].workflow.name;
        let can = if direction == Direction::Weaker { "some can decide who could not" } else { "some can no longer decide who could" };
        let message = format!("`{called}`, which `{workflow}` calls, asks its owner, and {can} before: now `{now}`, before `{before}`");
        let file = self.plans[1].file.clone();
        Change { direction, workflow: Some(workflow.to_string()), file, message, ..self.gone(None) }
    }

    /// Something about a workflow as a whole.
    pub(super) fn of_workflow(&self, what: &str) -> Change {
        let workflow = &self.plans[1].workflow.name;
        let message = format!("`{workflow}` {what}");
        Change { workflow: Some(workflow.to_string()), file: self.plans[1].file.clone(), message, ..self.gone(None) }
    }

    /// A workflow that has another name now.
    pub(super) fn renamed(&self) -> Change {
        let [old, new] = self.plans.map(|plan| &plan.workflow.name);
        let of = if old == new { format!(" of {}", self.plans[0].file) } else { String::new() };
        Change { message: format!("the workflow `{new}` is compared with `{old}`{of}, which is gone"), ..self.of_workflow("") }
    }

    /// What an action is or demands.
    pub(super) fn demand(&self, direction: Direction, action: &Action, what: String, shown: &Shown) -> Change {
        let (message, example, compared) = with(format!("`{}` {what}", action.name), shown.clone());
        Change {
            direction,
            workflow: None,
            action: Some(action.name.to_string()),
            step: None,
            file: self.plans[1].file.clone(),
            line: None,
            old_line: None,
            message,
            example,
            compared,
            also: Vec::new(),
        }
    }

    /// A duty of one flow that the other does not keep. `None` for what is stronger and was not verified.
    pub(super) fn duty(&self, direction: Direction, of: &Action, other: &Action, duty: usize, shown: &Shown) -> Option<Change> {
        let duty = of.duties.get(duty)?;
        let by = duty.policy.as_ref().map_or_else(String::new, |policy| format!(" of policy \"{policy}\""));
        let text = format!("`{}`{by}", duty.text);
        let what = match (direction, other.duties.is_empty()) {
            (Direction::Weaker, true) => format!("has no duty any more: it was {text}"),
            (Direction::Weaker, false) => format!("is no longer held to {text}"),
            (_, true) => format!("has a duty now: {text}"),
            (_, false) => format!("is held to {text} now"),
        };
        let verified = matches!(shown, Shown::Example(_));
        (direction == Direction::Weaker || verified).then(|| self.demand(direction, of, what, shown))
    }
}

fn deciders(gate: &WatchedGate, band: Option<usize>) -> String {
    let asks = gate.asks.iter().enumerate().filter(|(number, _)| band.is_none_or(|band| band == *number));
    let mut who: Vec<String> = Vec::new();
    for (_, asks) in asks {
        let own = asks.who.as_ref().map(|who| format!("`{who}`"));
        who.extend(own.filter(|text| !who.contains(text)));
    }
    let mut text = who.join(" or ");
    for step in gate.deadlines.iter().filter(|step| step.ends_with("may decide too")) {
        text.push_str(&format!(", {step}"));
    }
    text
}

/// The line and the name of a call's step.
fn step_of(merged: &Merged, call: &Call<'_>) -> (Option<u32>, String) {
    let node = merged.workflow.regions().nth(call.at.region as usize).and_then(|region| region.nodes.get(call.at.index as usize));
    let name = match node.map(|node| &node.kind) {
        Some(NodeKind::Call(call)) => call.name.to_string(),
        _ => String::new(),
    };
    (node.map(|node| node.line), name)
}

fn with(message: String, shown: Shown) -> (String, Vec<(String, String)>, bool) {
    match shown {
        Shown::Example(example) if example.told.is_empty() => (message, Vec::new(), true),
        Shown::Example(example) => (format!("{message}, for example where {example}"), example.told, true),
        Shown::None => (message, Vec::new(), true),
        Shown::Nothing => (format!("{message}, as far as it can be seen: the two cannot be compared"), Vec::new(), false),
    }
}
