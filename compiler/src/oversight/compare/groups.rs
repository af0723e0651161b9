//! Groups of two flows: who is in a group of the one, as far as it is known, and of the other.

use std::collections::{BTreeMap, BTreeSet};

use super::version::Version;
use crate::oversight::people::{Groups, Sameness};
use crate::plan::Plan;

/// Groups of two flows: of that whose people are given, and of that which needs them.
pub(super) struct Members<'p> {
    given: Known<'p>,
    needed: Known<'p>,
}

/// Groups that a flow names: those of its files, and those of the project's settings.
#[derive(Clone, Copy)]
struct Known<'p> {
    plan: &'p Plan,
    settings: &'p BTreeMap<String, Vec<String>>,
}

impl<'p> Members<'p> {
    pub(super) fn of(given: (&'p Plan, &'p Version), needed: (&'p Plan, &'p Version)) -> Self {
        let known = |(plan, version): (&'p Plan, &'p Version)| Known { plan, settings: &version.groups };
        Self { given: known(given), needed: known(needed) }
    }
}

impl Known<'_> {
    fn members(&self, name: &str) -> Option<BTreeSet<String>> {
        let declared = self.plan.groups.iter().find(|group| group.name == name);
        match declared {
            Some(group) => Some(group.members.iter().map(|member| member.to_lowercase()).collect()),
            None => self.settings.get(name).map(|members| members.iter().map(|member| member.to_lowercase()).collect()),
        }
    }
}

impl Groups for Members<'_> {
    fn within(&self, given: &str, needed: &str) -> Option<Sameness> {
        // Whatever a group is called, its members decide.
        match (self.given.members(given), self.needed.members(needed)) {
            // Groups of which nothing is known but their names.
            (None, None) => (given == needed).then_some(Sameness::Same),
            (Some(given), Some(needed)) if given == needed => Some(Sameness::Same),
            (Some(given), Some(needed)) if given.is_subset(&needed) => Some(Sameness::Fewer),
            _ => None,
        }
    }

    fn holds(&self, needed: &str, address: &str) -> bool {
        self.needed.members(needed).is_some_and(|members| members.contains(&address.to_lowercase()))
    }
}
