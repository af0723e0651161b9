//! Groups of two flows: who is in a group of the one, as far as it is known, and of the other.

use std::collections::BTreeSet;

use crate::oversight::people::{Groups, Sameness};
use crate::plan::{Group, Plan};

/// Groups of two flows: of that whose people are given, and of that which needs them.
pub(super) struct Members<'p> {
    pub(super) given: &'p Plan,
    pub(super) needed: &'p Plan,
}

/// A group is known by its file and name; by its name alone where its file was renamed.
fn find<'p>(plan: &'p Plan, name: &str) -> Option<&'p Group> {
    plan.groups.iter().find(|group| group.name == name)
}

fn own(name: &str) -> &str {
    name.rsplit('#').next().unwrap_or(name)
}

fn members(group: &Group) -> BTreeSet<String> {
    group.members.iter().map(|member| member.to_lowercase()).collect()
}

impl Groups for Members<'_> {
    fn within(&self, given: &str, needed: &str) -> Option<Sameness> {
        if own(given) != own(needed) {
            return None;
        }
        match (find(self.given, given).map(members), find(self.needed, needed).map(members)) {
            // Groups of the project's settings, which are read when it matters.
            (None, None) => (given == needed).then_some(Sameness::Same),
            (Some(given), Some(needed)) if given == needed => Some(Sameness::Same),
            (Some(given), Some(needed)) if given.is_subset(&needed) => Some(Sameness::Fewer),
            _ => None,
        }
    }

    fn holds(&self, needed: &str, address: &str) -> bool {
        find(self.needed, needed).is_some_and(|group| members(group).contains(&address.to_lowercase()))
    }
}
