//! Faults of oversight: duties, policies, and calls that may run unasked.

use flow_grammar::Span;

use super::Site;
use crate::oversight::{Duties, Node, Refusal, Unfit, Unfollowed};
use crate::plan::{Action, Duty, Gate};
use crate::{Code, Diagnostic};

/// A duty that speaks of something else than the call.
pub(crate) fn outside_of_duty(site: Site, word: &str) -> Diagnostic {
    site.error(Code::F0330, format!("a duty speaks of what the call is given, and `{word}` is not"))
        .here("only parameters of the action and literals")
        .help("give the action a parameter for it")
}

/// A policy about nothing.
pub(crate) fn empty_policy(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0331, format!("the policy \"{name}\" demands nothing"))
        .help("add a rule: `any irreversible action only after approval`")
}

/// A policy about a workflow.
pub(crate) fn policy_of_workflow(site: Site, name: &str) -> Diagnostic {
    site.error(Code::F0331, format!("`{name}` is a workflow, and a policy speaks of actions"))
        .help("name the actions that it calls: what they demand holds wherever they are called")
}

/// A condition about any action that has no meaning for any.
pub(crate) fn fits_no_action(site: Site) -> Diagnostic {
    site.error(Code::F0331, "no action has the parameters that this condition speaks of")
        .help("check the names: for an action that lacks one, the rule always applies")
}

/// So many gates of each kind are told of, the nearest to the call.
const MOST_GATES: usize = 5;

/// What there is to tell of a call that is not proved.
pub(crate) struct Unproved<'u, 'p> {
    pub(crate) action: &'u Action,
    pub(crate) placed: &'u Duty,
    /// Where the duty is written.
    pub(crate) duty: Site,
    pub(crate) undo: bool,
    pub(crate) duties: &'u Duties<'p>,
    pub(crate) refusal: &'u Refusal,
}

/// A call that may run with nobody asked.
pub(crate) fn unproved(site: Site, told: &Unproved<'_, '_>) -> Diagnostic {
    let Unproved { action, refusal, .. } = told;
    let call = if told.undo { format!("undoing with `{}`", action.name) } else { format!("`{}`", action.name) };
    let message = match (refusal.gave_up, &refusal.example) {
        (true, _) => format!("the proof that somebody is asked before {call} takes too much work"),
        (false, Some(_)) => format!("{call} can run with nobody asked who suffices"),
        (false, None) => format!("it is not proved that somebody is asked before {call}"),
    };
    let mut diagnostic = site.error(Code::F0332, message).because_in(told.duty.file, told.duty.span, demand(told));
    for gate in refusal.fit.iter().take(MOST_GATES) {
        if let Some((gate, span)) = gate_of(told.duties, *gate) {
            diagnostic = diagnostic.because(span, asks(gate));
        }
    }
    for (gate, why) in refusal.unfit.iter().take(MOST_GATES) {
        if let Some((gate, span)) = gate_of(told.duties, *gate) {
            diagnostic = diagnostic.because(span, unfit(gate, why, action));
        }
    }
    if let Some(example) = &refusal.example {
        let example = example.to_string();
        if !example.is_empty() {
            diagnostic.label = format!("for example with {example}");
            diagnostic.counterexample = Some(example);
        }
    }
    diagnostic.help(help(told))
}

fn demand(told: &Unproved<'_, '_>) -> String {
    match &told.placed.policy {
        Some(policy) => format!("the policy \"{policy}\" demands it"),
        None => format!("`{}` demands it", told.action.name),
    }
}

fn gate_of<'p>(duties: &Duties<'p>, node: Node) -> Option<(&'p Gate, Span)> {
    let found = duties.node(node)?;
    match &found.kind {
        crate::plan::NodeKind::Gate(gate) => Some((gate, found.span)),
        _ => None,
    }
}

fn asks(gate: &Gate) -> String {
    match gate.bands.as_slice() {
        [band] => match &band.when_text {
            Some(when) => format!("this gate asks only when `{when}`"),
            None => "this gate is not passed on every way".to_owned(),
        },
        _ => "this gate does not ask on every such value".to_owned(),
    }
}

fn unfit(gate: &Gate, why: &Unfit, action: &Action) -> String {
    match why {
        Unfit::Unknown(arguments) => {
            let names: Vec<String> =
                arguments.iter().filter_map(|at| action.parameters.get(*at)).map(|parameter| format!("`{}`", parameter.name)).collect();
            match names.as_slice() {
                [] => "this gate does not count: it cannot show the call".to_owned(),
                names => format!("this gate does not count: {} is not known yet when it asks", names.join(", ")),
            }
        }
        Unfit::Silence => "this gate does not count: it opens when nobody answers".to_owned(),
        Unfit::People if gate.deadline.is_some() => {
            "this gate does not count: those who may approve it, after an escalation too, are not enough".to_owned()
        }
        Unfit::People => "this gate does not count: those who may approve it are not enough".to_owned(),
    }
}

fn help(told: &Unproved<'_, '_>) -> String {
    let Unproved { refusal, .. } = told;
    if refusal.gave_up {
        return "split the workflow, or make the conditions simpler".to_owned();
    }
    if refusal.example.is_none() && refusal.unfollowed.contains(&Unfollowed::NoValue) {
        return "a part of a condition may have no exact value, and then the duty applies: let the gate ask on the same condition"
            .to_owned();
    }
    if refusal.example.is_none() && refusal.unfollowed.contains(&Unfollowed::Unknown) {
        return "a part of a condition cannot be followed: let the gate ask on the same condition, or always".to_owned();
    }
    if told.undo {
        return "undoing has no gate of its own: one before the step has to know what it will be given".to_owned();
    }
    let demanded = told.placed.text.trim_start_matches("only after approval").trim();
    let by = if refusal.fit.is_empty() { "put a gate before it" } else { "let the gate ask on all of these values" };
    if demanded.is_empty() {
        format!("{by}: `require approval`")
    } else {
        format!("{by}: `require approval {demanded}`, in the words of the workflow")
    }
}

/// A gate whose condition never holds.
pub(crate) fn never_asks(site: Site, gate: &Gate) -> Diagnostic {
    site.warning(Code::F0530, "this gate never asks anybody")
        .here(condition(gate, "never holds here"))
        .help("mend the condition, or remove the gate")
}

/// A gate whose condition always holds.
pub(crate) fn always_asks(site: Site, gate: &Gate) -> Diagnostic {
    site.warning(Code::F0531, "this gate asks whatever the values are")
        .here(condition(gate, "always holds here"))
        .help("mend the condition, or leave out `when`")
}

/// A gate that asks only where an earlier one has asked.
pub(crate) fn implied_gate(site: Site, earlier: Span) -> Diagnostic {
    site.warning(Code::F0532, "whenever this gate asks, the same people have already been asked")
        .because(earlier, "by this one")
        .help("remove one of them, or ask somebody else")
}

/// A band that no value reaches.
pub(crate) fn unreached_band(site: Site, gate: &Gate, band: usize) -> Diagnostic {
    let when = gate.bands.get(band).and_then(|band| band.when_text.as_deref());
    let band = when.map_or_else(|| "`otherwise`".to_owned(), |when| format!("`when {when}`"));
    site.error(Code::F0304, format!("the band {band} can never be reached"))
        .here("the bands before it take all of its values")
        .help("remove it, or mend the conditions before it")
}

fn condition(gate: &Gate, what: &str) -> String {
    match gate.bands.first().and_then(|band| band.when_text.as_deref()) {
        Some(when) if gate.bands.len() == 1 => format!("`{when}` {what}"),
        _ => what.to_owned(),
    }
}
