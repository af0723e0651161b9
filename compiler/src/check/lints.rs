//! Warnings that need no proof: what is declared and never used.

use super::Said;
use super::declare::ActionInfo;
use super::scope::{Binding, Home, Kind};
use crate::faults::{self, Site};
use crate::{Diagnostic, FileId};

/// Names of a closed block that nobody used.
pub(super) fn unused(file: FileId, closed: &[Binding], of: &str) -> Vec<Diagnostic> {
    closed
        .iter()
        .filter(|binding| !binding.used && binding.at != Home::Nowhere)
        .filter_map(|binding| {
            let site = Site { file, span: binding.span };
            match binding.kind {
                Kind::Parameter => Some(faults::lints::unused_parameter(site, &binding.name, of)),
                Kind::Step => Some(faults::lints::unused_value(site, &binding.name, true)),
                Kind::Let => Some(faults::lints::unused_value(site, &binding.name, false)),
                // A gate's name also names it in the inbox; an item may only count.
                Kind::Gate | Kind::Item | Kind::Answer => None,
            }
        })
        .collect()
}

/// Actions that no workflow calls, in files that have workflows. Known when all files are checked: others may use them.
pub(super) fn unused_actions(actions: &[ActionInfo], said: &mut [Said]) {
    let mut with_workflows: Vec<FileId> = Vec::new();
    for action in actions {
        if let (true, Some(site)) = (action.workflow, action.site)
            && with_workflows.last() != Some(&site.file)
        {
            with_workflows.push(site.file);
        }
    }
    with_workflows.sort_unstable();
    for action in actions.iter().filter(|action| !action.workflow && !action.used) {
        if let Some(site) = action.site.filter(|site| with_workflows.binary_search(&site.file).is_ok())
            && let Some(said) = said.get_mut(site.file.0 as usize)
        {
            said.lints.push(faults::lints::unused_action(site, &action.name));
        }
    }
}
