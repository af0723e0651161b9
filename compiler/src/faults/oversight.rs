//! Faults of oversight: duties, policies, and calls that may run unasked.

use flow_grammar::Span;

use super::Site;
use crate::oversight::{Advice, Duties, Missed, Node, Refusal, Unfit, Unfollowed, Verdict};
use crate::plan::{Action, Approvers, Duty, Gate, Term, Who};
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
    pub(crate) verdict: &'u Verdict,
    pub(crate) duties: &'u Duties<'p>,
    pub(crate) refusal: &'u Refusal,
    pub(crate) advice: &'u Advice<'u>,
    /// Where workflows that ask somebody call this one.
    pub(crate) callers: &'u [Site],
    /// Whether the workflow says who its owner is.
    pub(crate) owned: bool,
    /// What stands between two statements where the call stands.
    pub(crate) apart: &'u str,
}

/// A call that may run with nobody asked.
pub(crate) fn unproved(site: Site, told: &Unproved<'_, '_>) -> Diagnostic {
    let Unproved { action, refusal, .. } = told;
    let call = if told.verdict.undo { format!("undoing with `{}`", action.name) } else { format!("`{}`", action.name) };
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
    for (at, why) in refusal.unfit.iter().take(MOST_GATES) {
        if let Some((_, span)) = gate_of(told.duties, *at) {
            diagnostic = diagnostic.because(span, unfit(*at, why, told));
        }
    }
    for (gate, why) in refusal.missed.iter().take(MOST_GATES) {
        if let Some((_, span)) = gate_of(told.duties, *gate) {
            diagnostic = diagnostic.because(span, missed(*why));
        }
    }
    for caller in told.callers.iter().take(MOST_GATES) {
        let why = "what is asked before this call does not count: the workflow may be started alone";
        diagnostic = diagnostic.because_in(caller.file, caller.span, why);
    }
    if let Some(example) = &refusal.example {
        let example = example.to_string();
        if !example.is_empty() {
            diagnostic.label = format!("for example with {example}");
            diagnostic.counterexample = Some(example);
        }
    }
    match help(told) {
        Help::Say(help) => diagnostic.help(help),
        Help::Insert(title, statements) => {
            let before = Span::new(site.span.start, site.span.start);
            let text: String = statements.iter().flat_map(|statement| [statement.as_str(), told.apart]).collect();
            diagnostic.replace(title, before, text)
        }
    }
}

/// What to do about a call that may run with nobody asked.
enum Help {
    Say(String),
    /// Statements that mend it right before the call, and what they do.
    Insert(String, Vec<String>),
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

fn unfit(at: Node, why: &Unfit, told: &Unproved<'_, '_>) -> String {
    match why {
        Unfit::Unknown(arguments) => unknown(at, arguments, told),
        Unfit::Silence => "this gate does not count: it opens when nobody answers".to_owned(),
        Unfit::People => {
            let asked: Vec<String> = told.advice.asked_by(at).into_iter().map(|by| format!("`{by}`")).collect();
            match (asked.join(" or "), told.advice.by(told.verdict.call, told.verdict.undo, told.placed)) {
                (asked, Some(by)) if !asked.is_empty() => format!("this gate does not count: it asks {asked}, and `{by}` is demanded"),
                _ => "this gate does not count: those who may approve it are not enough".to_owned(),
            }
        }
    }
}

fn unknown(at: Node, arguments: &[usize], told: &Unproved<'_, '_>) -> String {
    let Verdict { call, undo, .. } = told.verdict;
    let names: Vec<String> =
        arguments.iter().filter_map(|at| told.action.parameters.get(*at)).map(|parameter| format!("`{}`", parameter.name)).collect();
    let is = if names.len() > 1 { "are" } else { "is" };
    // The last of them is what the gate has to wait for.
    let behind = arguments.iter().find_map(|argument| told.advice.known_after(at, *call, *undo, *argument));
    let help = behind.map_or_else(String::new, |step| format!("; move it behind the step `{step}`"));
    match names.as_slice() {
        [] => "this gate does not count: it cannot show the call".to_owned(),
        names => format!("this gate does not count: {} {is} not known yet when it asks{help}", names.join(", ")),
    }
}

fn missed(why: Missed) -> &'static str {
    match why {
        Missed::Over => "this gate does not count: it is asked for the items of a loop that is over",
        Missed::Beside => "this gate does not count: it is asked beside the call, in another branch of the `parallel`",
        Missed::Body => "this gate does not count: what runs in a handler may run before it is asked",
    }
}

fn help(told: &Unproved<'_, '_>) -> Help {
    let Unproved { refusal, .. } = told;
    let say = |help: &str| Help::Say(help.to_owned());
    if refusal.gave_up {
        return say("split the workflow, or make the conditions simpler");
    }
    let Verdict { call, undo, .. } = told.verdict;
    if *undo {
        return say("undoing has no gate of its own: one before the step has to know what it will be given");
    }
    if !told.owned && told.placed.by.as_ref().is_some_and(names_owner) {
        return say("say who is the workflow's `owner`: otherwise whoever starts a run is, and that proves nothing");
    }
    if let Some((parameter, read)) = read_again(told) {
        return Help::Say(format!("it is read again for the call: name it before the gate, `let {parameter} = {read}`, and give that"));
    }
    let Some(proposal) = told.advice.propose((*call, *undo), told.action, told.placed, &refusal.fit) else {
        let demanded = told.placed.text.trim_start_matches("only after approval").trim();
        return Help::Say(format!("put a gate before it: `require approval {demanded}`, in the words of the workflow"));
    };
    // The same words mean something else there: what they read is read twice, or takes much work.
    let is_in_vain = |gate: &Node| proposal.when.is_some() && told.advice.asks_when(*gate) == proposal.when;
    if proposal.could_ask.iter().any(is_in_vain) {
        return Help::Say(format!("let the gate always ask: `{}`", proposal.gate));
    }
    let gate = proposal.text();
    if !proposal.could_ask.is_empty() {
        let why = match &refusal.example {
            None if refusal.unfollowed.contains(&Unfollowed::NoValue) => {
                "a part of a condition may have no exact value, and then the duty applies: "
            }
            None if refusal.unfollowed.contains(&Unfollowed::Unknown) => "a part of a condition cannot be followed: ",
            _ => "",
        };
        return Help::Say(format!("{why}let the gate ask on all of these values: `{gate}`"));
    }
    if let Some(step) = later_step(told) {
        return Help::Say(format!("move the gate behind the step `{step}`: `{gate}`"));
    }
    let mut statements = proposal.names;
    let names: Vec<String> = statements.iter().map(|name| format!("`{name}`, then ")).collect();
    let or = proposal.any.map_or_else(String::new, |any| format!("; or let the gate before the loop ask `when {any}`"));
    let title = format!("put a gate before it: {}`{gate}`{or}", names.concat());
    statements.push(gate);
    Help::Insert(title, statements)
}

fn names_owner(by: &Approvers) -> bool {
    by.stages.iter().flatten().map(Term::who).chain(&by.except).any(|who| *who == Who::Owner)
}

/// Arguments that are not known at a gate which is no other way unfit.
fn unknown_arguments<'u>(told: &'u Unproved<'_, '_>) -> impl Iterator<Item = (Node, usize)> + 'u {
    told.refusal.unfit.iter().flat_map(|(gate, why)| match why {
        Unfit::Unknown(arguments) => arguments.iter().map(|argument| (*gate, *argument)).collect(),
        _ => Vec::new(),
    })
}

/// The step that the nearest gate would have to wait for.
fn later_step<'u>(told: &'u Unproved<'_, '_>) -> Option<&'u str> {
    let Verdict { call, undo, .. } = told.verdict;
    unknown_arguments(told).find_map(|(gate, argument)| told.advice.known_after(gate, *call, *undo, argument))
}

/// An argument that reads the clock or the environment, which no gate can know: its parameter, and what it is.
fn read_again<'u>(told: &'u Unproved<'_, '_>) -> Option<(&'u str, String)> {
    let Verdict { call, undo, .. } = told.verdict;
    let parameters = told.action.parameters.iter().enumerate();
    parameters.filter_map(|(argument, parameter)| Some((parameter.name.as_str(), told.advice.read_again(*call, *undo, argument)?))).next()
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
