//! Which calls of two versions of one workflow stand for one another.

use super::merge::{Merged, Side};
use crate::oversight::Declarations as _;
use crate::oversight::place::{Node, Places};
use crate::oversight::prove::Call;
use crate::oversight::terms::{Id, Names, Terms};
use crate::plan::NodeKind;

/// Calls that stand for one another: of one action in steps of one name, first those that are given the same; else in their order.
pub(super) fn matched<'p>(
    merged: &'p Merged,
    places: &Places<'p>,
    terms: &mut Terms<'p>,
    olds: &[Call<'p>],
    news: &[Call<'p>],
) -> Vec<(Call<'p>, Call<'p>)> {
    let action = |call: &Call<'_>| merged.declared.action(call.action).map(|action| action.name.clone());
    let step = |call: &Call<'_>| match places.node(call.at).map(|node| &node.kind) {
        Some(NodeKind::Call(call)) => Some(call.name.clone()),
        _ => None,
    };
    let handled = |call: &Call<'_>| {
        merged.handlers(Side::Old).chain(merged.handlers(Side::New)).any(|region| places.chain(call.at.region).contains(&region))
    };
    let mut pairs: Vec<(Call<'p>, Call<'p>)> = Vec::new();
    let mut given = |call: &Call<'p>| call.arguments.iter().map(|argument| terms.expr(argument, Names::At(call.at))).collect::<Vec<_>>();
    let arguments: Vec<(Node, bool, Vec<Id>)> = olds.iter().chain(news).map(|call| (call.at, call.undo, given(call))).collect();
    let given = |call: &Call<'_>| arguments.iter().find(|(at, undo, _)| (*at, *undo) == (call.at, call.undo)).map(|(_, _, given)| given);
    for (by_step, by_arguments) in [(true, true), (true, false), (false, false)] {
        for old in olds {
            let same = |one: &Call<'_>, other: &Call<'_>| (one.at, one.undo) == (other.at, other.undo);
            if pairs.iter().any(|(known, _)| same(known, old)) {
                continue;
            }
            let fits = |new: &&Call<'p>| {
                let free = pairs.iter().all(|(_, known)| !same(known, new));
                let alike = action(old) == action(new) && old.undo == new.undo && handled(old) == handled(new);
                free && alike && (!by_step || step(old) == step(new)) && (!by_arguments || given(old) == given(new))
            };
            if let Some(new) = news.iter().find(fits) {
                pairs.push((*old, *new));
            }
        }
    }
    pairs
}
