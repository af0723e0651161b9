//! What actions demand of every call in two versions, whether or not a workflow calls them: their own duties, and those of policies.

use super::calls::Shown;
use super::groups::Members;
use super::members;
use super::merge::{Declared, Side};
use super::parameters::Parameters;
use super::told::Teller;
use super::twins::{Twins, does_the_same};
use super::version::{Declaration, KnownAction, Version};
use super::{Change, Direction};
use crate::oversight::Declarations as _;
use crate::oversight::place::Places;
use crate::oversight::terms::{Id, Terms};
use crate::plan::{Action, Effect, Plan, Region, Slot, Workflow};

/// Each action as workflows of each file may call it. What is so in several files is said once.
pub(super) fn compare(twins: &Twins<'_>, old: &Version, new: &Version, changes: &mut Vec<Change>) {
    let mut known: Vec<&KnownAction> = old.actions.iter().collect();
    // Where an action is declared its duties are told first.
    known.sort_by_key(|known| known.path != known.plan.file);
    let mut said: Vec<(Declaration, Direction, String)> = Vec::new();
    for before in known {
        let declaration = twins.later(&(before.path.clone(), before.name.clone()));
        let Some(now) = stands_for(twins, (old, before), new, &declaration) else { continue };
        let earlier = twins.retold(&before.plan, &now.plan.file);
        let (given, needed) = (Members::of((&now.plan, new), (&earlier, old)), Members::of((&earlier, old), (&now.plan, new)));
        let mut found = Vec::new();
        of_action(&earlier, &now.plan, [&given, &needed], &mut found);
        found.extend(other_than(before, now));
        for mut change in found {
            // Each file may call it by another name.
            let said_of_it = change.message.split_once("` ").map_or("", |(_, said)| said);
            let what = (declaration.clone(), change.direction, said_of_it.to_owned());
            if said.contains(&what) {
                continue;
            }
            said.push(what);
            if !now.path.is_empty() {
                change.file.clone_from(&now.path);
            }
            changes.push(change);
        }
    }
}

/// Actions that are new and do what another one did that cannot be taken back or has a duty: less must not be demanded of them.
pub(super) fn compare_new(twins: &Twins<'_>, old: &Version, new: &Version, changes: &mut Vec<Change>) {
    let own = |version: &'_ Version| version.actions.iter().filter(|known| known.path == known.plan.file).cloned().collect::<Vec<_>>();
    let is_known = |now: &KnownAction| {
        let mut olds = old.actions.iter();
        olds.any(|known| twins.later(&(known.path.clone(), known.name.clone())) == (now.path.clone(), now.name.clone()))
    };
    let olds = own(old);
    for now in own(new).iter().filter(|now| !is_known(now)) {
        for before in &olds {
            let (Some(was), Some(is)) = (before.plan.actions.first(), now.plan.actions.first()) else { continue };
            let earlier = twins.retold(&before.plan, &now.plan.file);
            let groups = [Members::of((&now.plan, new), (&earlier, old)), Members::of((&earlier, old), (&now.plan, new))];
            let mut found = Vec::new();
            if does_the_same(was, is) {
                of_action(&earlier, &now.plan, groups.each_ref(), &mut found);
            }
            if found.iter().any(|change| change.direction == Direction::Weaker) {
                let what = format!("is new and does what `{}` does, and less is demanded of it", before.name);
                changes.push(Teller::of(&earlier, &now.plan).demand(Direction::Weaker, is, what, &Shown::None));
                break;
            }
        }
    }
}

/// What is worth knowing of an action, whatever it demands.
fn other_than(before: &KnownAction, now: &KnownAction) -> Vec<Change> {
    let (Some(was), Some(is)) = (before.plan.actions.first(), now.plan.actions.first()) else { return Vec::new() };
    let teller = Teller::of(&before.plan, &now.plan);
    let mut notes = Vec::new();
    if before.name != now.name {
        notes.push(format!("is compared with `{}`, which is gone", before.name));
    }
    if was.implementation != is.implementation {
        notes.push("does something else: what it is made of has changed".to_owned());
    }
    match (&was.preview, &is.preview) {
        (Some(_), None) => notes.push("no longer shows what a call would touch: its preview is gone".to_owned()),
        (Some(before), Some(now)) if before != now => {
            notes.push("shows in another way what a call would touch: its preview has changed".to_owned())
        }
        _ => {}
    }
    notes.into_iter().map(|note| teller.demand(Direction::Note, is, note, &Shown::None)).collect()
}

/// An action of the later version in the file that stands for that of the earlier one. Where that knows it no longer, what it demands where
/// it is declared; `None` for an action that is gone, or whose callers are.
fn stands_for<'v>(
    twins: &Twins<'_>,
    (old, before): (&Version, &KnownAction),
    new: &'v Version,
    declaration: &Declaration,
) -> Option<&'v KnownAction> {
    let mut same = new.actions.iter().filter(|known| (&known.path, &known.name) == (&declaration.0, &declaration.1));
    let file = twins.file(&before.plan.file);
    if let Some(found) = same.clone().find(|known| known.plan.file == file) {
        return Some(found);
    }
    let calls = old.workflows.iter().any(|plan| plan.file == before.plan.file);
    let stays = new.actions.iter().any(|known| known.plan.file == file) || new.workflows.iter().any(|plan| plan.file == file);
    if calls && !stays {
        return None;
    }
    same.clone().find(|known| known.plan.file == known.path).or_else(|| same.next())
}

/// What an action demands, as each version's plan of it alone says.
fn of_action(old: &Plan, new: &Plan, [given, needed]: [&Members<'_>; 2], changes: &mut Vec<Change>) {
    let teller = Teller::of(old, new);
    let aligned = members::aligned(old, new);
    let (old, new) = aligned.as_ref().map_or((old, new), |(old, new)| (old, new));
    let declared = Declared::pair(old, new);
    let to = 0;
    let from = u32::try_from(new.actions.len()).unwrap_or(u32::MAX);
    let (Some(before), Some(now)) = (declared.action(from), declared.action(to)) else { return };
    match (before.effect, now.effect) {
        (Effect::Irreversible, Effect::Irreversible) => {}
        (Effect::Irreversible, _) => {
            changes.push(teller.demand(Direction::Weaker, now, "is no longer irreversible".to_owned(), &Shown::None))
        }
        (_, Effect::Irreversible) => changes.push(teller.demand(Direction::Stronger, now, "is irreversible now".to_owned(), &Shown::None)),
        _ => {}
    }
    if before.duties.is_empty() && now.duties.is_empty() {
        return;
    }
    let slots = |action: &Action| {
        action.parameters.iter().map(|parameter| Slot { name: parameter.name.clone(), ty: parameter.ty.clone() }).collect::<Vec<_>>()
    };
    let body = Region { slots: [slots(now), slots(before)].concat(), nodes: Vec::new() };
    let workflow = Workflow { body, loops: Vec::new(), handlers: Vec::new(), owner: None, ..new.workflow.clone() };
    let places = Places::of(&workflow);
    let mut terms = Terms::bare(&declared, &places);
    let later = now.parameters.len();
    let count = |parameters: usize| u32::try_from(parameters).unwrap_or(u32::MAX);
    let own: Vec<Id> = (0..count(later)).map(|slot| terms.slot(0, slot)).collect();
    let mut others: Vec<Id> = Vec::new();
    for (slot, parameter) in (count(later)..).zip(&before.parameters) {
        let same = now.parameters.iter().zip(&own).find(|(other, _)| other.name == parameter.name && other.ty == parameter.ty);
        if let Some((_, id)) = same {
            terms.slot_is((0, slot), *id);
        }
        others.push(terms.slot(0, slot));
    }
    let weaker = Parameters { places: &places, declared: &declared, later, groups: given };
    for (duty, shown) in weaker.duties(&mut terms, Side::Old, (from, &others), (to, &own)) {
        changes.extend(teller.duty(Direction::Weaker, before, now, duty, &shown));
    }
    let stronger = Parameters { groups: needed, ..weaker };
    for (duty, shown) in stronger.duties(&mut terms, Side::New, (to, &own), (from, &others)) {
        changes.extend(teller.duty(Direction::Stronger, now, before, duty, &shown));
    }
}
