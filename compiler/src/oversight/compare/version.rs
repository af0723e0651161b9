//! What is compared: all that the files of one version say, workflow or not.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::plan::{Action, Implementation, Plan};

/// One version of some files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Version {
    /// Their workflows.
    pub workflows: Vec<Plan>,
    /// The actions that workflows of each file may call, whether or not one does.
    pub actions: Vec<KnownAction>,
    /// What files call the files that they use: by the path of a file and a name, the path that is meant.
    pub modules: BTreeMap<(String, SmolStr), String>,
    /// The groups of the project's settings, with the addresses of their members.
    pub groups: BTreeMap<String, Vec<String>>,
}

/// An action as workflows of a file may call it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownAction {
    /// The path of the file that declares it; empty for one that is built in.
    pub path: String,
    /// Its name there.
    pub name: SmolStr,
    /// A plan of that file, of a workflow that does nothing, with this action alone: under the name that it has there, with its duties there.
    pub plan: Plan,
}

/// A declaration: the path of its file, and its name there. The path of what is built in is empty.
pub(super) type Declaration = (String, SmolStr);

impl Version {
    /// What a file means by a name that stands in its plan.
    pub(super) fn meant(&self, file: &str, written: &str) -> Declaration {
        match written.split_once('.') {
            Some((module, name)) => {
                let used = self.modules.get(&(file.to_owned(), SmolStr::new(module)));
                (used.map_or_else(|| module.to_owned(), Clone::clone), SmolStr::new(name))
            }
            None => (file.to_owned(), SmolStr::new(written)),
        }
    }

    /// Which declaration an action of a file's plan is.
    pub(super) fn declaration(&self, file: &str, action: &Action) -> Declaration {
        match action.implementation {
            Implementation::Log | Implementation::Notify => (String::new(), action.name.clone()),
            _ => self.meant(file, &action.name),
        }
    }

    /// The plans of all workflows and of those that they call, each once.
    pub(super) fn all(&self) -> Vec<&Plan> {
        let mut found: Vec<&Plan> = Vec::new();
        let mut open: Vec<&Plan> = self.workflows.iter().rev().collect();
        while let Some(plan) = open.pop() {
            if found.iter().all(|known| (&known.file, &known.workflow.name) != (&plan.file, &plan.workflow.name)) {
                found.push(plan);
            }
            open.extend(&plan.children);
        }
        found
    }
}
