//! Groups of people: those of the project's settings, and those that served files declare.
//!
//! What a file declares is kept in the store, so that who belongs to a group is known before the file is served again. A file that is
//! served anew says it anew: a run never keeps members of its own. The two cannot be taken for one another, since a file's group has its
//! path before its name (`people.flow#finance`).

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_compiler::plan::Plan;
use parking_lot::RwLock;

use super::host::{decode, encode};
use super::{Engine, EngineError};
use crate::config::LiveConfig;
use crate::machine::Membership;
use crate::people::Person;
use crate::store::Store;

/// Where the store keeps them.
const KEPT: &str = "groups";

type Members = BTreeMap<String, Vec<String>>;

/// All groups and their members, each in their one spelling.
#[derive(Debug)]
pub(super) struct Groups {
    /// Those that the engine was given.
    project: Members,
    /// Those that the project's file names now.
    live: Arc<LiveConfig>,
    declared: RwLock<Members>,
}

impl Groups {
    /// The groups of the settings, and those that the store knows.
    pub(super) async fn open(project: &Members, live: Arc<LiveConfig>, store: &dyn Store) -> Result<Self, EngineError> {
        let project = project.iter().map(|(name, members)| (name.clone(), spelled(members))).collect();
        let declared = match store.meta(KEPT).await? {
            Some(bytes) => decode(&bytes)?,
            None => Members::new(),
        };
        Ok(Self { project, live, declared: RwLock::new(declared) })
    }

    /// The names of all groups.
    pub(super) fn names(&self) -> Vec<String> {
        self.project.keys().chain(self.live.current().groups.keys()).chain(self.declared.read().keys()).cloned().collect()
    }
}

impl Membership for Groups {
    fn members(&self, group: &str) -> Vec<String> {
        match self.project.get(group).cloned().or_else(|| self.live.members(group)) {
            Some(members) => members,
            None => self.declared.read().get(group).cloned().unwrap_or_default(),
        }
    }
}

impl Engine {
    /// Takes over what a served plan and the plans in it say of their groups.
    pub(super) async fn keep_groups(&self, plan: &Plan) -> Result<(), EngineError> {
        let mut said = Members::new();
        collect(plan, &mut said);
        let changed = {
            let mut declared = self.people.groups.declared.write();
            let before = declared.clone();
            declared.extend(said);
            (*declared != before).then(|| declared.clone())
        };
        if let Some(all) = changed {
            self.store.set_meta(KEPT, encode(&all)?).await?;
        }
        Ok(())
    }
}

fn collect(plan: &Plan, said: &mut Members) {
    for group in &plan.groups {
        said.insert(group.name.to_string(), spelled(&group.members));
    }
    plan.children.iter().for_each(|child| collect(child, said));
}

fn spelled<S: AsRef<str>>(members: &[S]) -> Vec<String> {
    members.iter().map(|member| Person::new(member.as_ref()).to_string()).collect()
}
