//! Who belongs to which group in a rehearsal: the sources first, then the project file.

use std::collections::BTreeMap;

use flow_compiler::plan::Plan;

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

    /// The same with the groups that a plan's sources declare, which stand before the project's.
    pub(super) fn with_plan(&self, plan: &Plan) -> Self {
        let mut all = self.clone();
        let declared = plan.groups.iter().map(|group| (group.name.to_string(), group.members.iter().map(ToString::to_string).collect()));
        all.0.extend(Self::new(declared).0);
        all
    }
}

impl Membership for Groups {
    fn members(&self, group: &str) -> Vec<String> {
        self.0.get(group).cloned().unwrap_or_default()
    }
}
