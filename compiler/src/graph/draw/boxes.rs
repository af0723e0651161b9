//! What stands in each box.

use super::fit::{MAX_LINE, short, wrapped, wrapped_at};
use super::model::{Graph, Item, Kind};
use super::words::{Words, named, period, retry, span};
use crate::plan::{Action, Call, Effect, Expr, Gate, Handler, HandlerEvent, Implementation, Loop, Node, NodeKind, Plan, Region};

/// Where the workflow starts.
pub(super) fn start(words: &Words<'_>) -> Item {
    let workflow = &words.plan.workflow;
    let parameters: Vec<_> =
        workflow.parameters.iter().map(|parameter| format!("{}: {}", parameter.name, words.ty(&parameter.ty))).collect();
    let details = if parameters.is_empty() { Vec::new() } else { vec![short(&parameters.join(", "))] };
    Item { details, ..plain("start".to_owned(), Kind::Start, workflow.name.to_string()) }
}

/// Where a region ends; `prefix` is for the id.
pub(super) fn end(prefix: String) -> Item {
    plain(prefix + "end", Kind::End, "end".to_owned())
}

/// What is done when a run does not complete.
pub(super) fn handler(plan: &Plan, handler: &Handler) -> Item {
    let event = match handler.on {
        HandlerEvent::Failure => "failure",
        HandlerEvent::Reject => "reject",
        HandlerEvent::Cancel => "cancel",
    };
    let words = Words::over(plan, &handler.body);
    let id = format!("on_{event}");
    let prefix = format!("{id}_");
    let error = u32::try_from(plan.workflow.parameters.len()).ok().and_then(|slot| words.slot(slot)).unwrap_or("error");
    let start = plain(format!("{prefix}start"), Kind::Start, error.to_owned());
    let inside = Graph::of(&words, &handler.body, &prefix, start, end(prefix.clone()));
    Item { inside: Some(inside), ..plain(id, Kind::Handler, format!("on {event}")) }
}

/// A node's box; `None` where its lines say it all.
pub(super) fn item(words: &Words<'_>, region: &Region, id: String, node: &Node) -> Option<Item> {
    let box_of = |kind, label| plain(id.clone(), kind, label);
    let item = match &node.kind {
        NodeKind::Let { slot, value } => {
            let text = words.slot_type(*slot).map_or_else(|| words.expr(value), |ty| words.of_type(value, ty));
            box_of(Kind::Let, short(&format!("{} = {text}", words.slot(*slot).unwrap_or("value"))))
        }
        NodeKind::Call(call) => {
            let (kind, label, details) = call_words(words, call);
            Item { details, ..box_of(kind, label) }
        }
        NodeKind::Gate(gate) => Item { details: gate_details(words, gate), ..box_of(Kind::Gate, gate_label(gate)) },
        NodeKind::Branch { conditions, .. } => box_of(Kind::Branch, branch_label(words, conditions)),
        NodeKind::Parallel { .. } => box_of(Kind::Parallel, "parallel".to_owned()),
        NodeKind::Join { branch } => match region.nodes.get(*branch as usize).map(|node| &node.kind) {
            Some(NodeKind::Parallel { .. }) => Item { line: None, ..box_of(Kind::Join, "all branches done".to_owned()) },
            _ => return None,
        },
        NodeKind::ForEach(each) => loop_item(words, id.clone(), each),
        NodeKind::Wait(wait) => box_of(Kind::Wait, short(&words.wait(wait))),
        NodeKind::Return(value) => {
            let ty = words.plan.workflow.result.as_ref();
            let value = value.as_ref().map(|value| ty.map_or_else(|| words.expr(value), |ty| words.of_type(value, ty)));
            box_of(Kind::Return, value.map_or_else(|| "return".to_owned(), |value| short(&format!("return {value}"))))
        }
        NodeKind::Fail(why) => {
            box_of(Kind::Fail, why.as_ref().map_or_else(|| "fail".to_owned(), |why| short(&format!("fail {}", words.expr(why)))))
        }
    };
    let line = (item.kind != Kind::Join).then_some(node.line);
    Some(Item { line, ..item })
}

const fn plain(id: String, kind: Kind, label: String) -> Item {
    Item { id, kind, label, details: Vec::new(), line: None, inside: None }
}

fn loop_item(words: &Words<'_>, id: String, each: &Loop) -> Item {
    let body = words.plan.workflow.loops.get(each.body as usize);
    let within = body.and_then(|body| Some((body, words.inside(body)?)));
    let item = within.as_ref().and_then(|(_, inner)| inner.slot(0)).unwrap_or("item");
    let result = each.slot.and_then(|slot| words.slot(slot)).map(|name| format!("{name} = ")).unwrap_or_default();
    let many = if each.at_most > 1 { format!(", at most {} at once", each.at_most) } else { String::new() };
    let mut lines = wrapped(&format!("{result}for each {item} in {}{many}", words.expr(&each.list))).into_iter();
    let label = lines.next().unwrap_or_default();
    let inside = within.as_ref().map(|(body, inner)| {
        let prefix = format!("{id}_");
        let start = plain(format!("{prefix}start"), Kind::Start, item.to_owned());
        let last = each.give.as_ref().map_or_else(
            || end(prefix.clone()),
            |give| plain(format!("{prefix}give"), Kind::Give, short(&format!("give {}", inner.expr(give)))),
        );
        Graph::of(inner, body, &prefix, start, last)
    });
    Item { details: lines.collect(), inside, ..plain(id, Kind::Loop, label) }
}

fn call_words(words: &Words<'_>, call: &Call) -> (Kind, String, Vec<String>) {
    let Some(action) = words.plan.actions.get(call.action as usize) else {
        return (Kind::Call(Effect::Plain), call.name.to_string(), Vec::new());
    };
    let arguments = arguments(words, action, &call.arguments);
    let result = call.slot.and_then(|slot| words.slot(slot)).map(|name| format!("{name} = ")).unwrap_or_default();
    let attempt = if call.attempt { "try " } else { "" };
    let whole = format!("{attempt}{result}{}({})", action.name, arguments.join(", "));
    let (label, mut details) = if whole.chars().count() <= MAX_LINE {
        (whole, Vec::new())
    } else {
        (short(&format!("{attempt}{result}{}", action.name)), wrapped_at(arguments.join(",\n").split('\n')))
    };
    details.extend(call.retry.map(retry));
    details.extend(call.repeat.iter().flat_map(|repeat| wrapped(&words.repeat(repeat))));
    details.extend(call.timeout.map(|timeout| format!("timeout {}", span(timeout))));
    if let Some(undo) = &call.undo {
        details.extend(words.plan.actions.get(undo.action as usize).into_iter().flat_map(|action| {
            let arguments = self::arguments(words, action, &undo.arguments).join(", ");
            wrapped(&format!("undo {}({arguments})", action.name))
        }));
    }
    details.extend(call.waiver.iter().flat_map(|why| wrapped(&format!("without approval because \"{why}\""))));
    let kind = if matches!(action.implementation, Implementation::Workflow(_)) {
        details.push("a run of its own".to_owned());
        Kind::Workflow(action.effect)
    } else {
        Kind::Call(action.effect)
    };
    if action.effect == Effect::Irreversible {
        details.push("irreversible".to_owned());
    }
    (kind, label, details)
}

fn arguments(words: &Words<'_>, action: &Action, values: &[Expr]) -> Vec<String> {
    let parameters = action.parameters.iter().zip(values);
    parameters.map(|(parameter, value)| named(&parameter.name, &words.of_type(value, &parameter.ty))).collect()
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
    details.extend(gate.asks.iter().map(|ask| short(&format!("ask {}: {}", ask.name, words.ty(&ask.ty)))));
    details.extend(gate.remind.map(|every| format!("remind every {}", period(every))));
    details.extend(gate.deadline.iter().flat_map(|deadline| wrapped(&words.deadline(deadline))));
    if gate.send_back {
        details.push("send back to requester".to_owned());
    }
    let reason = match (gate.reason.on_approve, gate.reason.on_reject) {
        (true, true) => Some("reason required"),
        (true, false) => Some("reason required on approve"),
        (false, true) => Some("reason required on reject"),
        (false, false) => None,
    };
    details.extend(reason.map(str::to_owned));
    details
}

fn branch_label(words: &Words<'_>, conditions: &[Expr]) -> String {
    match conditions {
        [only] => short(&format!("{}?", words.expr(only))),
        _ => "which?".to_owned(),
    }
}
