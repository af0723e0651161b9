//! Who belongs to which group in a rehearsal: groups of the project, and those that files declare.

use std::collections::BTreeMap;

use flow_compiler::plan::Group;

use crate::machine::Membership;
use crate::people::Person;

/// Groups of the project, with their members' addresses.
#[derive(Clone, Debug, Default)]
pub struct Groups(BTreeMap<String, Vec<String>>);

impl Groups {
    /// Groups by their names; addresses in any spelling.
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let one = |members: Vec<String>| members.iter().map(|member| Person::new(member).to_string()).collect();
        Self(groups.into_iter().map(|(name, members)| (name, one(members))).collect())
    }

    /// The same with groups that files declare, which have the file in their name.
    pub(super) fn with(&self, declared: &[Group]) -> Self {
        let mut all = self.clone();
        let declared = declared.iter().map(|group| (group.name.to_string(), group.members.iter().map(ToString::to_string).collect()));
        all.0.extend(Self::new(declared).0);
        all
    }
}

impl Membership for Groups {
    fn members(&self, group: &str) -> Vec<String> {
        self.0.get(group).cloned().unwrap_or_default()
    }
}
