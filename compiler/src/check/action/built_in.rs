//! The actions that every flow has: `log` and `notify`.

use smol_str::SmolStr;

use super::lower_parameters;
use crate::check::Checker;
use crate::check::declare::{ActionInfo, Declared, ParameterInfo, What};
use crate::check::ty::Ty;
use crate::plan::{Action, Effect, Implementation};
use flow_grammar::Span;

/// Names, parameters (all of them texts), and what the plan holds.
const BUILT_IN: [(&str, &[&str], Implementation); 2] =
    [("log", &["message"], Implementation::Log), ("notify", &["to", "message"], Implementation::Notify)];

impl Checker<'_> {
    /// Declares them, in the first places of the actions. They stand at no place of the file.
    pub(crate) fn built_in_actions(&mut self) {
        let first = self.actions.is_empty();
        for (index, (name, parameters, _)) in BUILT_IN.iter().enumerate() {
            let what = What::Action(u32::try_from(index).unwrap_or(u32::MAX));
            self.declared.insert(SmolStr::new_static(name), Declared { span: Span::default(), what });
            if !first {
                continue;
            }
            self.actions.push(ActionInfo {
                name: SmolStr::new_static(name),
                site: None,
                workflow: false,
                effect: Effect::Plain,
                parameters: texts(parameters),
                result: None,
                used: true,
                faulty: false,
            });
        }
    }
}

/// What plans hold of them.
pub(crate) fn lowered_built_ins() -> impl Iterator<Item = Action> {
    BUILT_IN.iter().map(|(name, parameters, implementation)| Action {
        name: SmolStr::new_static(name),
        doc: None,
        effect: Effect::Plain,
        parameters: lower_parameters(&texts(parameters)),
        result: None,
        timeout: super::TIMEOUT,
        implementation: implementation.clone(),
        preview: None,
        secrets: Vec::new(),
        duties: Vec::new(),
    })
}

fn texts(names: &[&'static str]) -> Vec<ParameterInfo> {
    names.iter().map(|name| ParameterInfo { name: SmolStr::new_static(name), ty: Ty::Text, default: None }).collect()
}
