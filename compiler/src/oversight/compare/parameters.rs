//! What the proof says of the duties of one action in two versions, over its parameters.

use super::calls::Shown;
use super::merge::{Declared, Side};
use crate::oversight::Declarations as _;
use crate::oversight::decide::{Answer, F};
use crate::oversight::example;
use crate::oversight::nearby::Tries;
use crate::oversight::people::{self, Groups};
use crate::oversight::place::{Node, Places};
use crate::oversight::terms::{Id, Names, Terms};
use crate::oversight::way::Way;
use crate::plan::Duty;

/// The parameters of an action in both flows, as the slots of a workflow that does nothing.
pub(super) struct Parameters<'c, 'p> {
    pub(super) places: &'p Places<'p>,
    pub(super) declared: &'p Declared,
    /// How many the later action has; those of the earlier follow.
    pub(super) later: usize,
    pub(super) groups: &'c dyn Groups,
}

/// An action and the terms of its parameters.
pub(super) type Given<'c> = (u32, &'c [Id]);

impl<'p> Parameters<'_, 'p> {
    /// Where an action's duties demand less in one flow than in the other: the duty, and what shows it.
    pub(super) fn duties(&self, terms: &mut Terms<'p>, side: Side, from: Given<'_>, to: Given<'_>) -> Vec<(usize, Shown)> {
        let (body, declared) = (Node { region: 0, index: 0 }, self.declared);
        let mut found = Vec::new();
        for (number, duty) in declared.duties(from.0).into_iter().enumerate() {
            let mut way = Way::new(self.places, terms, declared, &[0]);
            let needed = duty.by.as_ref().map(|by| people::demanded(&mut way.lowering, by, from.1));
            let here = applies(&mut way, duty, from.1);
            let mut others = declared.duties(to.0);
            others.retain(|other| match (&needed, &other.by) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(needed), Some(by)) => {
                    let given = people::demanded(&mut way.lowering, by, to.1);
                    people::were_enough(&given, needed, self.groups)
                }
            });
            let still: Vec<F> = others.iter().map(|other| applies(&mut way, other, to.1)).collect();
            let shown = match way.ask(&[here], &still) {
                Answer::Impossible => continue,
                Answer::GaveUp => None,
                Answer::Possible(model) => example::find_where(&way, [&model; 2], (&[body], &[]), &mut { Tries::OF_ONE }, |world| {
                    let (later, earlier) = world.values(0).split_at_checked(self.later).unwrap_or_default();
                    let (own, new) = if side == Side::Old { (earlier, later) } else { (later, earlier) };
                    usize::from(!world.applies(duty, own)) + others.iter().filter(|other| world.applies(other, new)).count()
                }),
            };
            found.push((number, shown.map_or(Shown::Nothing, Shown::Example)));
        }
        found
    }
}

fn applies<'p>(way: &mut Way<'_, 'p>, duty: &'p Duty, arguments: &[Id]) -> F {
    let Some(when) = &duty.when else { return way.lowering.arena.always() };
    let fails = way.condition(when, Names::Arguments(arguments)).fails;
    way.lowering.not(fails)
}
