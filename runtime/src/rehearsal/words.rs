//! Words for what a run did.

use flow_compiler::plan::{Type, TypeDef};
use flow_compiler::value::{Value, to_json, to_text};

use super::live::Live;
use crate::machine::event::{End, Principal, Question};
use crate::machine::place;

/// A value as an author would write it.
pub(super) fn value(value: &Value, ty: &Type, types: &[TypeDef]) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::Text(_) | Value::List(_) | Value::Record(_) | Value::Json(_) => to_json(value, ty, types).to_string(),
        _ => to_text(value, ty, types),
    }
}

/// Somebody.
pub(super) fn principal(principal: &Principal) -> String {
    format!("`{}`", principal.name())
}

/// Those whom a question asks.
pub(super) fn asked(question: &Question) -> String {
    let names: Vec<String> = question.of.stages.iter().flatten().map(|term| principal(&term.of)).collect();
    names.join(", ")
}

/// Where a run stands, after "the run"; `family` is that run and those that it called.
pub(super) fn standing(live: &Live<'_>, family: &[&Live<'_>]) -> String {
    if let Some((end, _)) = &live.state.ended {
        return ended(live, end);
    }
    if let Some((of, question)) = family.iter().find_map(|of| Some((of, of.doubts().next()?))) {
        let action = place::action_at(of.plan, &question.node).map(|(_, action)| action);
        return format!("is in doubt about `{}`{}", action.map_or("", |action| action.name.as_str()), whose(of));
    }
    let gates =
        family.iter().flat_map(|of| of.gates().map(|(question, gate)| format!("`{}`{} by {}", gate.name, whose(of), asked(question))));
    let gates: Vec<String> = gates.collect();
    if !gates.is_empty() {
        return format!("waits for {}", gates.join(" and "));
    }
    match family.iter().filter_map(|of| of.state.due()).min() {
        Some(due) => format!("waits until {due}"),
        None => "goes on".to_owned(),
    }
}

/// What is said of something of a run that was called.
fn whose(live: &Live<'_>) -> String {
    live.state.called_by.as_ref().map_or_else(String::new, |_| format!(" of `{}`", live.plan.workflow.name))
}

fn ended(live: &Live<'_>, end: &End) -> String {
    match (end, &live.plan.workflow.result) {
        (End::Completed(result), Some(ty)) => format!("completed with {}", value(result, ty, &live.plan.types)),
        (End::Completed(_), None) => "completed".to_owned(),
        (End::Failed { error, .. }, _) => format!("failed: {error}"),
        (End::Rejected { by: Some(by), comment: None, .. }, _) => format!("was rejected by `{by}`"),
        (End::Rejected { by: Some(by), comment: Some(comment), .. }, _) => format!("was rejected by `{by}`, who said \"{comment}\""),
        (End::Rejected { by: None, .. }, _) => "was rejected: nobody answered in time".to_owned(),
        (End::Cancelled { by }, _) => format!("was cancelled by `{by}`"),
    }
}
