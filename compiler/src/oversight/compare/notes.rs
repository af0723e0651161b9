//! What changes neither who is asked nor when, and is worth knowing: what those who decide no longer see, or need no longer say.

use super::Change;
use super::merge::{Merged, Side};
use super::told::Teller;
use crate::oversight::place::{Node, Places};
use crate::oversight::prove;
use crate::oversight::terms::{Id, Names, Terms};
use crate::plan::{Gate, NodeKind, Plan};

/// For each gate of the earlier flow and that of its name in the later one.
pub(super) fn of<'p>(merged: &Merged, places: &Places<'p>, terms: &mut Terms<'p>, teller: &Teller<'_>, changes: &mut Vec<Change>) {
    // A value that is given to no call any more need not be seen.
    let given = [Side::Old, Side::New].map(|side| given(merged, places, terms, side));
    let is_over = |value: &Id| given[0].contains(value) && !given[1].contains(value);
    let gates = |side: Side| {
        let own = places.nodes().filter(|(node, _)| merged.side(*node) == side);
        own.filter_map(|(node, kind)| if let NodeKind::Gate(gate) = kind { Some((node, &**gate)) } else { None }).collect::<Vec<_>>()
    };
    let news = gates(Side::New);
    for (at, gate) in gates(Side::Old) {
        let Some((twin, now)) = news.iter().find(|(_, now)| now.name == gate.name) else { continue };
        let shown: Vec<Id> = values(terms, (*twin, now));
        let mut notes = Vec::new();
        for (show, value) in gate.shows.iter().zip(values(terms, (at, gate))) {
            if !shown.contains(&value) && !is_over(&value) {
                notes.push(format!("no longer shows `{}`", show.label));
            }
        }
        let reasons = [(gate.reason.on_approve, now.reason.on_approve, "approve"), (gate.reason.on_reject, now.reason.on_reject, "reject")];
        let lost = reasons.into_iter().filter(|(before, now, _)| *before && !*now);
        notes.extend(lost.map(|(.., answer)| format!("no longer needs a reason to {answer}")));
        let line = |node: Node| places.node(node).map(|node| node.line);
        changes.extend(notes.into_iter().map(|note| teller.gate_note(&gate.name, (line(at), line(*twin)), &note)));
    }
}

/// What starts runs, and which of them are one.
pub(super) fn of_settings((old, new): (&Plan, &Plan), teller: &Teller<'_>, changes: &mut Vec<Change>) {
    let (before, now) = (&old.workflow.settings, &new.workflow.settings);
    let mut note = |what: &str| changes.push(teller.of_workflow(what));
    match (&before.starts_by, &now.starts_by) {
        (Some(_), None) => note("may be started by anybody now"),
        (Some(before), Some(now)) if before != now => note("may be started by others than before"),
        _ => {}
    }
    match (&before.once_per, &now.once_per) {
        (Some(_), None) => note("runs as often as it is started: it had one run for a value (`once per`)"),
        (Some(before), Some(now)) if before != now => note("has one run for another value than before (`once per`)"),
        _ => {}
    }
    if !before.is_triggered() && now.is_triggered() {
        note("starts with nobody who asks for it now");
    }
}

/// What the calls of one flow are given.
fn given<'p>(merged: &Merged, places: &Places<'p>, terms: &mut Terms<'p>, side: Side) -> Vec<Id> {
    let calls = prove::calls(places).into_iter().filter(|call| merged.side(call.at) == side);
    calls.flat_map(|call| call.arguments.iter().map(|argument| terms.expr(argument, Names::At(call.at))).collect::<Vec<_>>()).collect()
}

fn values<'p>(terms: &mut Terms<'p>, (at, gate): (Node, &'p Gate)) -> Vec<Id> {
    gate.shows.iter().map(|show| terms.expr(&show.value, Names::At(at))).collect()
}
