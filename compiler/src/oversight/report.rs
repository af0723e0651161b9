//! The report for an auditor: each call that cannot be taken back or has a duty, the gates before it, and what the proof found.
//!
//! From a plan to plain structs of texts. How they are laid out is the command line's matter; the JSON is theirs as it stands.

use serde::Serialize;

use super::place::{Arm, Node, Places};
use super::{Duties, Outcome, Verdict, Work, people};
use crate::graph::draw::words::{self, Words};
use crate::plan::{
    Call, Deadline, Effect, Expr, Gate, GuardArgument, HandlerEvent, Implementation, Lapse, NodeKind, Plan, Preview, Region, Show, Style,
    Who,
};

/// What is watched in one workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its name.
    pub workflow: String,
    /// The file of its plan.
    pub file: String,
    /// What its documentation comment says.
    pub doc: Option<String>,
    /// Who owns a run.
    pub owner: String,
    /// Workflows that call it as a step, each a report of its own.
    pub called_by: Vec<String>,
    /// Workflows that it calls as steps, in the order of the flow.
    pub calls_workflows: Vec<String>,
    /// Calls that cannot be taken back, and those with a duty, in the order of the flow.
    pub calls: Vec<WatchedCall>,
    /// Gates before these calls.
    pub gates: Vec<WatchedGate>,
}

/// A call that cannot be taken back, or has a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WatchedCall {
    /// The step's name.
    pub step: String,
    /// The action's, with its module's.
    pub action: String,
    /// What the action's documentation comment says.
    pub doc: Option<String>,
    /// Whether it can be taken back.
    pub irreversible: bool,
    /// The line of its statement.
    pub line: u32,
    /// When it runs.
    pub place: Place,
    /// What else must be so that it runs: conditions around it, lists that are gone through.
    pub only_where: Vec<String>,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// What is demanded of it.
    pub duties: Vec<WatchedDuty>,
    /// Gates that may have been passed before it, the nearest first.
    pub gates: Vec<GateBefore>,
    /// Why it stands without an approval, as its author says.
    pub waiver: Option<String>,
    /// How what it would touch is looked at beforehand.
    pub preview: Option<String>,
}

/// When a call runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// As a step.
    Step,
    /// To undo a step.
    Undo,
    /// In `on failure`.
    OnFailure,
    /// In `on reject`.
    OnReject,
    /// In `on cancel`.
    OnCancel,
}

/// A name and what it is, in the flow's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// The name.
    pub name: String,
    /// The value; `None` where it is decided later.
    pub value: Option<String>,
}

/// A duty of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WatchedDuty {
    /// As its author wrote it.
    pub text: String,
    /// The policy that says so; `None`: the action itself.
    pub policy: Option<String>,
    /// What was proved.
    pub proof: Proof,
    /// Gates that cover it together, by their index in [`Report::gates`], with those of their bands that count.
    pub covered_by: Vec<Covering>,
}

/// A gate that covers a duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Covering {
    /// Index in [`Report::gates`].
    pub gate: usize,
    /// Which of [`WatchedGate::asks`] count.
    pub bands: Vec<usize>,
}

/// What was proved of a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Whenever it applies, somebody was asked.
    Covered,
    /// It never applies to this call.
    NeverApplies,
    /// Nothing was.
    NotProved,
}

/// A gate before a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateBefore {
    /// Index in [`Report::gates`].
    pub gate: usize,
    /// It is passed only where this is so.
    pub only_where: Vec<String>,
    /// What the call will be given, as the gate's page says it.
    pub arguments: Vec<Argument>,
    /// Whether a decision there holds for exactly these arguments.
    pub bound: bool,
}

/// A gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WatchedGate {
    /// Its name.
    pub name: String,
    /// The line of its statement.
    pub line: u32,
    /// What its documentation comment says.
    pub doc: Option<String>,
    /// The title of its page.
    pub title: String,
    /// Tried in order: the first whose condition holds says who decides.
    pub asks: Vec<Asks>,
    /// Who decides where a condition cannot be evaluated; `None` where there is no condition.
    pub where_unsure: Option<String>,
    /// What happens when nobody answers, one after the other; empty: it waits.
    pub deadlines: Vec<String>,
    /// Whether it opens when nobody answers.
    pub opens_in_silence: bool,
    /// How often those who are asked are reminded.
    pub reminds: Option<String>,
    /// Values that the page shows.
    pub shows: Vec<Shown>,
    /// Values that the approver enters.
    pub enters: Vec<String>,
    /// Whether it can be sent back to who asked for the run.
    pub can_be_sent_back: bool,
    /// Which answers need a reason.
    pub reason_required: Vec<&'static str>,
}

impl WatchedGate {
    /// Whether nobody passes it unasked.
    #[must_use]
    pub fn asks_always(&self) -> bool {
        self.where_unsure.is_none() && self.asks.iter().all(|asks| asks.who.is_some())
    }
}

/// A band of a gate; a plain gate has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asks {
    /// The author's condition; `None`: always.
    pub when: Option<String>,
    /// Who decides; `None`: nobody is asked.
    pub who: Option<String>,
}

/// A value that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its label.
    pub label: String,
    /// The value in the flow's words.
    pub value: String,
    /// How it is drawn, where the author says so.
    pub drawn_as: Option<&'static str>,
}

/// The reports of a plan's workflow and of those that it calls, each once, callers first.
#[must_use]
pub fn report(plan: &Plan) -> Vec<Report> {
    let mut reports = Vec::new();
    add(plan, None, &mut reports);
    reports
}

fn add(plan: &Plan, caller: Option<&str>, reports: &mut Vec<Report>) {
    let name = plan.workflow.name.as_str();
    let callers = caller.map(str::to_owned);
    match reports.iter_mut().find(|known| known.workflow == name && known.file == plan.file) {
        Some(known) => known.called_by.extend(callers.filter(|caller| !known.called_by.contains(caller))),
        None => {
            reports.push(Report { called_by: callers.into_iter().collect(), ..of_workflow(plan) });
            plan.children.iter().for_each(|child| add(child, Some(name), reports));
        }
    }
}

fn of_workflow(plan: &Plan) -> Report {
    let duties = Duties::of(&plan.workflow, plan);
    let writer = Writer { plan, places: Places::of(&plan.workflow), verdicts: duties.prove(&mut Work::default()) };
    let (mut calls, mut met) = (Vec::new(), Vec::new());
    for (at, kind) in writer.places.nodes() {
        let NodeKind::Call(call) = kind else { continue };
        calls.extend(writer.call(at, call, call.action, &call.arguments, false, &mut met));
        let undo = call.undo.as_ref();
        calls.extend(undo.and_then(|undo| writer.call(at, call, undo.action, &undo.arguments, true, &mut met)));
    }
    calls.sort_by_key(|call| call.line);
    let owner = plan.workflow.owner.as_ref().map_or_else(|| "who starts the run".to_owned(), |owner| writer.owner(owner));
    let gates = met.iter().filter_map(|gate| writer.gate(*gate)).collect();
    let workflow = &plan.workflow;
    let (name, doc) = (workflow.name.to_string(), workflow.doc.clone());
    let calls_workflows = called_workflows(plan, &writer.places);
    Report { workflow: name, file: plan.file.clone(), doc, owner, called_by: Vec::new(), calls_workflows, calls, gates }
}

fn called_workflows(plan: &Plan, places: &Places<'_>) -> Vec<String> {
    let mut called: Vec<(u32, String)> = Vec::new();
    for (at, kind) in places.nodes() {
        let NodeKind::Call(call) = kind else { continue };
        let Some(action) = plan.actions.get(call.action as usize) else { continue };
        let name = action.name.to_string();
        if matches!(action.implementation, Implementation::Workflow(_)) && called.iter().all(|(_, known)| *known != name) {
            called.push((places.node(at).map_or(0, |node| node.line), name));
        }
    }
    called.sort();
    called.into_iter().map(|(_, name)| name).collect()
}

pub(super) struct Writer<'p> {
    plan: &'p Plan,
    places: Places<'p>,
    verdicts: Vec<Verdict>,
}

impl<'p> Writer<'p> {
    /// Of a plan of which nothing is proved.
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan, places: Places::of(&plan.workflow), verdicts: Vec::new() }
    }

    pub(super) const fn places(&self) -> &Places<'p> {
        &self.places
    }

    fn region(&self, region: u32) -> Option<&'p Region> {
        self.plan.workflow.regions().nth(region as usize)
    }

    /// The regions that what stands in one sees, outermost first.
    pub(super) fn regions(&self, region: u32) -> Vec<&'p Region> {
        self.places.chain(region).iter().filter_map(|region| self.region(*region)).collect()
    }

    /// Words for what stands in a region.
    pub(super) fn words(&self, region: u32) -> Words<'p> {
        Words::seeing(self.plan, &self.regions(region)).unwrap_or_else(|| Words::over(self.plan, &self.plan.workflow.body))
    }

    /// What a loop goes through.
    pub(super) fn list(&self, node: Node) -> Option<String> {
        match &self.places.node(node)?.kind {
            NodeKind::ForEach(each) => Some(self.words(node.region).expr(&each.list)),
            _ => None,
        }
    }

    pub(super) fn owner(&self, owner: &Who) -> String {
        match owner {
            Who::Owner => "who starts the run".to_owned(),
            owner => self.words(0).who(owner),
        }
    }

    /// `None` for a call that is not watched. Adds the gates before it to those that were met.
    fn call(&self, at: Node, call: &Call, action: u32, given: &[Expr], undo: bool, met: &mut Vec<Node>) -> Option<WatchedCall> {
        let declared = self.plan.actions.get(action as usize)?;
        let irreversible = declared.effect == Effect::Irreversible;
        // A workflow that is called has a report of its own.
        if matches!(declared.implementation, Implementation::Workflow(_)) || (!irreversible && declared.duties.is_empty()) {
            return None;
        }
        let words = self.words(at.region);
        let names = || declared.parameters.iter();
        let argument = |(parameter, value): (&crate::plan::Parameter, &Expr)| Argument {
            name: parameter.name.to_string(),
            value: Some(words.of_type(value, &parameter.ty)),
        };
        let mut number = |gate: Node| {
            met.iter().position(|known| *known == gate).unwrap_or_else(|| {
                met.push(gate);
                met.len() - 1
            })
        };
        let gates = (self.places.passed(at))
            .map(|passed| {
                let (arguments, bound) = self.seen_at(passed.gate, at, undo, declared);
                let only_where = passed.where_taken.iter().map(|arm| self.arm(*arm)).collect();
                GateBefore { gate: number(passed.gate), only_where, arguments, bound }
            })
            .collect();
        let duties = (0..)
            .zip(&declared.duties)
            .map(|(index, duty)| {
                let found = self.verdicts.iter().find(|verdict| verdict.call == at && verdict.undo == undo && verdict.duty == index);
                let (proof, covers) = match found.map(|verdict| &verdict.outcome) {
                    Some(Outcome::Covered(covers)) if covers.is_empty() => (Proof::NeverApplies, [].as_slice()),
                    Some(Outcome::Covered(covers)) => (Proof::Covered, covers.as_slice()),
                    Some(Outcome::Refused(_)) | None => (Proof::NotProved, [].as_slice()),
                };
                let covered_by = covers.iter().map(|cover| Covering { gate: number(cover.gate), bands: cover.bands.clone() }).collect();
                WatchedDuty { text: duty.text.clone(), policy: duty.policy.as_ref().map(ToString::to_string), proof, covered_by }
            })
            .collect();
        Some(WatchedCall {
            step: call.name.to_string(),
            action: declared.name.to_string(),
            doc: declared.doc.clone(),
            irreversible,
            line: self.places.node(at).map_or(0, |node| node.line),
            place: self.place(at, undo),
            only_where: self.around(at),
            arguments: names().zip(given).map(argument).collect(),
            duties,
            gates,
            waiver: call.waiver.clone().filter(|_| !undo),
            preview: declared.preview.as_deref().map(looks),
        })
    }

    fn place(&self, at: Node, undo: bool) -> Place {
        if undo {
            return Place::Undo;
        }
        let first = self.places.chain(at.region).first().copied().unwrap_or_default();
        let handler = (first as usize).checked_sub(self.plan.workflow.loops.len() + 1);
        match handler.and_then(|handler| self.plan.workflow.handlers.get(handler)).map(|handler| handler.on) {
            Some(HandlerEvent::Failure) => Place::OnFailure,
            Some(HandlerEvent::Reject) => Place::OnReject,
            Some(HandlerEvent::Cancel) => Place::OnCancel,
            None => Place::Step,
        }
    }

    /// Conditions and loops around a node, outermost first.
    fn around(&self, at: Node) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for node in self.places.outward(at) {
            if let Some(NodeKind::ForEach(each)) = self.places.node(node).map(|node| &node.kind)
                && let Some(list) = self.list(node).filter(|_| node != at)
            {
                let item = self.region(each.body + 1).and_then(|body| body.slots.first()).map_or("item", |slot| slot.name.as_str());
                found.push(format!("for each {item} in {list}"));
            }
            let own = self.places.taken(node).into_iter().filter(|arm| arm.region == node.region);
            found.extend(own.map(|arm| self.arm(arm)));
        }
        found.reverse();
        found
    }

    /// When an arm is taken.
    fn arm(&self, arm: Arm) -> String {
        let at = Node { region: arm.region, index: arm.branch };
        let Some(NodeKind::Branch { conditions, .. }) = self.places.node(at).map(|node| &node.kind) else {
            return "always".to_owned();
        };
        let words = self.words(arm.region);
        let not = conditions.iter().take(arm.arm as usize).map(|condition| format!("not ({})", words.expr(condition)));
        let holds = conditions.get(arm.arm as usize).map(|condition| words.expr(condition));
        not.chain(holds).collect::<Vec<_>>().join(" and ")
    }

    /// What the call will be given, as a gate says it.
    fn seen_at(&self, gate: Node, at: Node, undo: bool, action: &crate::plan::Action) -> (Vec<Argument>, bool) {
        // What undoes a step is not listed on a page.
        let guard = self.places.guard(gate, at).filter(|_| !undo);
        let words = self.words(gate.region);
        let arguments = guard.into_iter().flat_map(|guard| action.parameters.iter().zip(&guard.arguments)).map(|(parameter, argument)| {
            let value = match argument {
                GuardArgument::Known(value) | GuardArgument::Asked(value) => Some(words.of_type(value, &parameter.ty)),
                // A list of what is given for each item.
                GuardArgument::Each(values) => Some(words.expr(values)),
                GuardArgument::Later => None,
            };
            Argument { name: parameter.name.to_string(), value }
        });
        (arguments.collect(), guard.is_some_and(|guard| guard.bound))
    }

    pub(super) fn gate(&self, at: Node) -> Option<WatchedGate> {
        let gate = self.places.gate(at)?;
        let words = self.words(at.region);
        let asks = gate.bands.iter().map(|band| Asks {
            when: band.when.as_ref().map(|when| band.when_text.clone().unwrap_or_else(|| words.expr(when))),
            who: band.by.as_ref().map(|by| words.approvers(by)),
        });
        let title = match &gate.title {
            Expr::Text(_) | Expr::Const(_) => words.expr(&gate.title).trim_matches('"').to_owned(),
            title => words.expr(title),
        };
        let reasons = [(gate.reason.on_approve, "approve"), (gate.reason.on_reject, "reject")];
        Some(WatchedGate {
            name: gate.name.to_string(),
            line: self.places.node(at).map_or(0, |node| node.line),
            doc: gate.doc.clone(),
            title,
            asks: asks.collect(),
            where_unsure: where_unsure(gate, &words),
            deadlines: deadlines(gate, &words),
            opens_in_silence: people::opens_in_silence(gate),
            reminds: gate.remind.map(|every| format!("every {}", words::period(every))),
            shows: gate.shows.iter().map(|show| shown(show, &words)).collect(),
            enters: gate.asks.iter().map(|ask| format!("{}: {}", ask.name, words.ty(&ask.ty))).collect(),
            can_be_sent_back: gate.send_back,
            reason_required: reasons.into_iter().filter(|(required, _)| *required).map(|(_, answer)| answer).collect(),
        })
    }
}

fn where_unsure(gate: &Gate, words: &Words<'_>) -> Option<String> {
    gate.bands.iter().any(|band| band.when.is_some()).then(|| {
        let mut all: Vec<String> = Vec::new();
        for who in gate.bands.iter().filter_map(|band| band.by.as_ref()).map(|by| words.approvers(by)) {
            if !all.contains(&who) {
                all.push(who);
            }
        }
        if all.is_empty() { "owner".to_owned() } else { all.join(" together with ") }
    })
}

fn deadlines(gate: &Gate, words: &Words<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut due = gate.deadline.as_ref();
    while let Some(Deadline { after, then }) = due {
        let (what, next) = match then {
            Lapse::Reject => ("it is rejected".to_owned(), None),
            Lapse::Fail(_) => ("the run fails".to_owned(), None),
            Lapse::Approve => ("it opens by itself".to_owned(), None),
            Lapse::Escalate { to, deadline } => (format!("{} may decide too", words.approvers(to)), Some(&**deadline)),
        };
        let further = if found.is_empty() { "" } else { " more" };
        found.push(format!("after {}{further} {what}", words::period(*after)));
        due = next;
    }
    found
}

fn shown(show: &Show, words: &Words<'_>) -> Shown {
    let drawn_as = match show.style {
        Style::Plain => None,
        Style::Table => Some("table"),
        Style::Diff => Some("diff"),
        Style::Markdown => Some("markdown"),
        Style::Code => Some("code"),
    };
    Shown { label: show.label.to_string(), value: words.of_type(&show.value, &show.ty), drawn_as }
}

fn looks(preview: &Preview) -> String {
    match &preview.implementation {
        Implementation::Sql(_) => "a query of the database".to_owned(),
        Implementation::Exec(exec) => format!("the program `{}`", exec.program),
        Implementation::Http(http) => format!("an HTTP {} request", http.method),
        _ => "a look at it".to_owned(),
    }
}
