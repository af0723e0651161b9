//! Warnings that need no proof: what is declared and never used.

use flow_grammar::ast;

use super::Checker;
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

impl Checker<'_> {
    /// Actions that no workflow calls, in a file that has workflows.
    pub(super) fn unused_actions(&mut self, module: &ast::Module) {
        if !module.declarations.iter().any(|declaration| matches!(declaration, ast::Declaration::Workflow(_))) {
            return;
        }
        for action in &self.actions {
            if let Some(span) = action.span
                && !action.used
            {
                self.lints.push(faults::lints::unused_action(self.site(span), &action.name));
            }
        }
    }
}
