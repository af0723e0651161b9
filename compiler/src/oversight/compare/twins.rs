//! Which file, workflow and action of the earlier version is which of the later one, and the earlier plans in the words of the later.
//!
//! What is declared is known by its file and name, however files that use it write that. A file, an action or a workflow that is gone
//! stands for a new one that says the same under another name, so that a new name hides nothing.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::version::{Declaration, Version};
use crate::plan::{Action, Effect, Implementation, Plan, TypeDef, TypeKind};

/// What stands for what.
pub(super) struct Twins<'v> {
    old: &'v Version,
    new: &'v Version,
    /// Files of the earlier version, with those of the later.
    files: BTreeMap<String, String>,
    /// Actions and workflows that have another name or place.
    moved: BTreeMap<Declaration, Declaration>,
    /// Types that have.
    types: BTreeMap<Declaration, Declaration>,
}

/// A workflow, the one that it is compared with, and whether that has another name or place.
pub(super) type Pair<'v> = (&'v Plan, Option<&'v Plan>, bool);

impl<'v> Twins<'v> {
    pub(super) fn of(old: &'v Version, new: &'v Version) -> Self {
        let mut twins = Self { old, new, files: files(old, new), moved: BTreeMap::new(), types: BTreeMap::new() };
        twins.moved = twins.moved(&declared(old), &declared(new), does_the_same);
        twins.types = twins.moved(&types(old), &types(new), looks_the_same);
        twins
    }

    /// What a declaration of the earlier version is in the later one.
    pub(super) fn later(&self, of: &Declaration) -> Declaration {
        self.moved.get(of).cloned().unwrap_or_else(|| (self.file(&of.0), of.1.clone()))
    }

    /// What a file of the earlier version is in the later one.
    pub(super) fn file(&self, path: &str) -> String {
        self.files.get(path).map_or_else(|| path.to_owned(), Clone::clone)
    }

    /// What is gone stands for what is new and has its name in another file, or is alike under another name.
    fn moved<T>(
        &self,
        old: &BTreeMap<Declaration, &T>,
        new: &BTreeMap<Declaration, &T>,
        alike: fn(&T, &T) -> bool,
    ) -> BTreeMap<Declaration, Declaration> {
        let place = |of: &Declaration| (self.file(&of.0), of.1.clone());
        let kept: BTreeSet<Declaration> = old.keys().map(place).collect();
        let gone: Vec<(&Declaration, &T)> =
            old.iter().map(|(of, one)| (of, *one)).filter(|(of, _)| !new.contains_key(&place(of))).collect();
        let fresh: Vec<(&Declaration, &T)> = new.iter().map(|(of, one)| (of, *one)).filter(|(of, _)| !kept.contains(of)).collect();
        let by_name = |one: &(&Declaration, &T), other: &(&Declaration, &T)| one.0.1 == other.0.1;
        let by_deed = |one: &(&Declaration, &T), other: &(&Declaration, &T)| alike(one.1, other.1);
        let mut moved: BTreeMap<Declaration, Declaration> = BTreeMap::new();
        for (of, now) in only(&gone, &fresh, by_name).into_iter().chain(only(&gone, &fresh, by_deed)) {
            if moved.values().all(|taken| *taken != now) {
                moved.entry(of).or_insert(now);
            }
        }
        moved
    }

    /// Workflows in pairs, and those that are gone. One that is new is compared with one that is gone and makes the same calls.
    pub(super) fn workflows(&mut self) -> (Vec<Pair<'v>>, Vec<&'v Plan>) {
        let (old, new) = (self.old.all(), self.new.all());
        let at = |plan: &Plan| (plan.file.clone(), plan.workflow.name.clone());
        let mut pairs: Vec<Pair<'v>> = Vec::new();
        for plan in new {
            let same = old.iter().find(|known| self.later(&at(known)) == at(plan)).copied();
            pairs.push((plan, same, false));
        }
        let is_paired = |known: &Plan, pairs: &[Pair<'_>]| pairs.iter().any(|(_, same, _)| same.is_some_and(|same| at(same) == at(known)));
        let mut gone: Vec<&'v Plan> = old.into_iter().filter(|known| !is_paired(known, &pairs)).collect();
        for index in 0..pairs.len() {
            let Some((plan, None, _)) = pairs.get(index).copied() else { continue };
            let moved = gone.iter().find(|known| known.workflow.name == plan.workflow.name).copied();
            let alike = moved.or_else(|| self.most_alike(&gone, plan));
            if let (Some(alike), Some(pair)) = (alike, pairs.get_mut(index)) {
                *pair = (plan, Some(alike), true);
                self.moved.entry(at(alike)).or_insert_with(|| at(plan));
            }
        }
        gone.retain(|known| !is_paired(known, &pairs));
        (pairs, gone)
    }

    /// Of workflows that are gone that which makes most of the calls that one makes which matter.
    fn most_alike(&self, gone: &[&'v Plan], plan: &Plan) -> Option<&'v Plan> {
        let called = |version: &Version, plan: &Plan| -> BTreeSet<Declaration> {
            let matter = plan.actions.iter().filter(|action| action.effect != Effect::Read);
            matter.map(|action| version.declaration(&plan.file, action)).filter(|of| !of.0.is_empty()).collect()
        };
        let own = called(self.new, plan);
        let shared = |known: &Plan| called(self.old, known).iter().filter(|of| own.contains(&self.later(of))).count();
        gone.iter().copied().filter(|known| shared(known) > 0).max_by_key(|known| shared(known))
    }

    /// An earlier plan in the words of a file of the later version.
    pub(super) fn retold(&self, plan: &Plan, file: &str) -> Plan {
        let mut retold = plan.clone();
        let of = |written: &SmolStr| self.written(file, &self.later(&self.old.meant(&plan.file, written)));
        let of_type = |written: &SmolStr| {
            let meant = self.old.meant(&plan.file, written);
            self.written(file, self.types.get(&meant).unwrap_or(&(self.file(&meant.0), meant.1.clone())))
        };
        for action in &mut retold.actions {
            if !matches!(action.implementation, Implementation::Log | Implementation::Notify) {
                action.name = of(&action.name);
            }
        }
        retold.types.iter_mut().for_each(|def| def.name = of_type(&def.name));
        retold
    }

    /// A declaration of the later version as a file writes it.
    fn written(&self, file: &str, of: &Declaration) -> SmolStr {
        if of.0 == file {
            return of.1.clone();
        }
        let used = self.new.modules.iter().find(|((user, _), used)| user == file && **used == of.0);
        used.map_or_else(|| SmolStr::new(format!("{}#{}", of.0, of.1)), |((_, module), _)| SmolStr::new(format!("{module}.{}", of.1)))
    }
}

/// All actions by where they are declared.
fn declared(version: &Version) -> BTreeMap<Declaration, &Action> {
    let known = version.actions.iter().filter(|known| !known.path.is_empty());
    known.filter_map(|known| Some(((known.path.clone(), known.name.clone()), known.plan.actions.first()?))).collect()
}

pub(super) fn does_the_same(one: &Action, other: &Action) -> bool {
    let names = |action: &Action| action.parameters.iter().map(|parameter| parameter.name.clone()).collect::<Vec<_>>();
    one.implementation == other.implementation && names(one) == names(other)
}

/// All types that a plan uses, by where they are declared.
fn types(version: &Version) -> BTreeMap<Declaration, &TypeDef> {
    let plans = version.all().into_iter().chain(version.actions.iter().map(|known| &known.plan));
    plans.flat_map(|plan| plan.types.iter().map(|def| (version.meant(&plan.file, &def.name), def))).collect()
}

/// Whether types have the same members, or fields of the same names.
fn looks_the_same(one: &TypeDef, other: &TypeDef) -> bool {
    match (&one.kind, &other.kind) {
        (TypeKind::Enum(one), TypeKind::Enum(other)) => one == other,
        (TypeKind::Record(one), TypeKind::Record(other)) => one.iter().map(|field| &field.name).eq(other.iter().map(|field| &field.name)),
        _ => false,
    }
}

/// Pairs of which each is the only one that fits the other.
fn only<T: Clone, A>(ones: &[(&T, A)], others: &[(&T, A)], fits: impl Fn(&(&T, A), &(&T, A)) -> bool) -> Vec<(T, T)> {
    let mut found = Vec::new();
    for one in ones {
        let mut fitting = others.iter().filter(|other| fits(one, other));
        if let (Some(other), None) = (fitting.next(), fitting.next())
            && ones.iter().filter(|one| fits(one, other)).count() == 1
        {
            found.push((one.0.clone(), other.0.clone()));
        }
    }
    found
}

/// Files that stand for one another: of one path, of paths that end alike, or that declare most of the same.
fn files(old: &Version, new: &Version) -> BTreeMap<String, String> {
    let (olds, news) = (names(old), names(new));
    let mut pairs: Vec<((usize, usize), &String, &String)> = Vec::new();
    for (path, own) in &olds {
        for (other, others) in &news {
            let shared = own.iter().filter(|name| others.contains(*name)).count();
            let alike = if path == other {
                usize::MAX
            } else {
                path.rsplit('/').zip(other.rsplit('/')).take_while(|(one, other)| one == other).count()
            };
            if alike > 0 || shared > 0 || (olds.len(), news.len()) == (1, 1) {
                pairs.push(((alike, shared), path, other));
            }
        }
    }
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.0));
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut taken: BTreeSet<&String> = BTreeSet::new();
    for (_, path, other) in pairs {
        if !found.contains_key(path) && taken.insert(other) {
            found.insert(path.clone(), other.clone());
        }
    }
    found
}

/// The files of a version, with the names of what they declare.
fn names(version: &Version) -> BTreeMap<String, BTreeSet<SmolStr>> {
    let mut found: BTreeMap<String, BTreeSet<SmolStr>> = BTreeMap::new();
    for ((user, _), used) in &version.modules {
        found.entry(user.clone()).or_default();
        found.entry(used.clone()).or_default();
    }
    for known in &version.actions {
        found.entry(known.plan.file.clone()).or_default();
        if !known.path.is_empty() {
            found.entry(known.path.clone()).or_default().insert(known.name.clone());
        }
    }
    for plan in version.all() {
        found.entry(plan.file.clone()).or_default().insert(plan.workflow.name.clone());
    }
    found
}
