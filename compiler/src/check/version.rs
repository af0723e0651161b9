//! All that one version of some files says about oversight, for the comparison of two.

use std::collections::BTreeMap;

use super::assemble::{self, Callee};
use super::{Checked, CheckedFile};
use crate::FileId;
use crate::oversight::{KnownAction, Version};

impl Checked {
    /// What the named files say, with the groups of the project's settings. Files with errors say nothing.
    #[must_use]
    pub fn version(&self, is_named: impl Fn(FileId) -> bool, groups: BTreeMap<String, Vec<String>>) -> Version {
        let named = || self.files.iter().filter(|file| file.sound && is_named(file.id));
        let plans = |file: &CheckedFile| file.names.iter().filter_map(|name| self.plan(file.id, name)).collect::<Vec<_>>();
        let used = |user: &CheckedFile| {
            let path = |of: FileId| self.files.get(of.0 as usize).map(|file| file.path.clone());
            let known = user.modules.iter().filter_map(|(used, name)| Some(((user.path.clone(), name.clone()), path(*used)?)));
            known.collect::<Vec<_>>()
        };
        Version {
            workflows: named().flat_map(plans).collect(),
            actions: named().flat_map(|file| self.actions(file)).collect(),
            modules: self.files.iter().flat_map(used).collect(),
            groups,
        }
    }

    /// The actions that a file or one that it uses declares, and those of which policies about its workflows speak.
    fn actions(&self, file: &CheckedFile) -> Vec<KnownAction> {
        let lowered = &self.lowered;
        let declared = |action: u32| lowered.files.get(action as usize).copied().flatten();
        let is_near = |of: FileId| of == file.id || file.modules.iter().any(|(used, _)| *used == of);
        let mut found = Vec::new();
        for (index, callee) in &lowered.callees {
            let Callee::Action(action) = callee else { continue };
            if declared(*index).is_some_and(is_near) || lowered.duties.of(file.id, *index).any(|placed| placed.duty.policy.is_some()) {
                let of = declared(*index).and_then(|of| self.files.get(of.0 as usize));
                let path = of.map_or_else(String::new, |of| of.path.clone());
                found.push(KnownAction { path, name: action.name.clone(), plan: assemble::alone(self, file, *index) });
            }
        }
        found
    }
}
