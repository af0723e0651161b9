//! How declarations are shown: as their author would write them, in one line where they fit.

use flow_grammar::ast;

use super::index::Index;
use crate::FileId;
use crate::check::declare::ActionInfo;
use crate::check::scope::Kind;
use crate::check::ty::{TypeInfo, TypeInfoKind};
use crate::plan::Effect;

/// A signature that is longer than this is broken into lines.
const WIDEST: usize = 90;

impl Index<'_> {
    /// `irreversible action transfer(to: text, amount: money) -> Receipt`
    pub(super) fn signature(&self, info: &ActionInfo, from: FileId) -> String {
        let word = match (info.workflow, info.effect) {
            (true, _) => "workflow",
            (false, Effect::Read) => "read action",
            (false, Effect::Plain) => "action",
            (false, Effect::Irreversible) => "irreversible action",
        };
        let parameters: Vec<String> = (0..).zip(&info.parameters).map(|(at, _)| self.parameter(info, at, from)).collect();
        let result = info.result.as_ref().map_or_else(String::new, |ty| format!(" -> {}", self.shown(ty, from)));
        let duties: String = self.duties(info).iter().map(|duty| format!("\n  {duty}")).collect();
        let name = info.site.map_or_else(|| info.name.to_string(), |site| self.written_in(from, site.file, &info.name));
        let line = format!("{word} {name}({}){result}", parameters.join(", "));
        if line.chars().count() <= WIDEST {
            return format!("{line}{duties}");
        }
        format!("{word} {name}(\n  {},\n){result}{duties}", parameters.join(",\n  "))
    }

    /// `amount: money = 1000 EUR`
    pub(super) fn parameter(&self, info: &ActionInfo, at: usize, from: FileId) -> String {
        let Some(parameter) = info.parameters.get(at) else { return String::new() };
        let default = self.parameters_of(info).iter().find(|written| written.name.name == parameter.name);
        let default = default.and_then(|written| written.default.as_ref()).zip(info.site).map(|(default, site)| {
            let text = self.sources.text(site.file).get(default.span.range()).unwrap_or_default();
            format!(" = {text}")
        });
        format!("{}: {}{}", parameter.name, self.shown(&parameter.ty, from), default.unwrap_or_default())
    }

    /// The parameters as they are written; those of what is built in stand nowhere.
    pub(super) fn parameters_of(&self, info: &ActionInfo) -> &[ast::Parameter] {
        match info.site.and_then(|site| self.declaration(site)) {
            Some(ast::Declaration::Action(action)) => &action.parameters,
            Some(ast::Declaration::Workflow(workflow)) => &workflow.parameters,
            _ => &[],
        }
    }

    /// `only after approval by finance`
    fn duties(&self, info: &ActionInfo) -> Vec<String> {
        let Some((site, ast::Declaration::Action(action))) = info.site.and_then(|site| Some((site, self.declaration(site)?))) else {
            return Vec::new();
        };
        let text = self.sources.text(site.file);
        let written = action.duties.iter().filter_map(|duty| text.get(duty.span.range()));
        written.map(|duty| duty.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// The documentation of an action or workflow.
    pub(super) fn doc_of(&self, info: &ActionInfo) -> Option<String> {
        match self.declaration(info.site?)? {
            ast::Declaration::Action(action) => action.doc.clone(),
            ast::Declaration::Workflow(workflow) => workflow.doc.clone(),
            _ => None,
        }
    }

    /// A record or enum as it is declared.
    pub(super) fn definition_of(&self, info: &TypeInfo, from: FileId) -> String {
        let name = self.written_in(from, info.site.file, &info.name);
        match &info.kind {
            TypeInfoKind::Record(fields) => {
                let fields = fields.list.iter().map(|field| format!("  {}: {}\n", field.name, self.shown(&field.ty, from)));
                format!("record {name} {{\n{}}}", fields.collect::<String>())
            }
            TypeInfoKind::Enum(members) => {
                let members: Vec<&str> = members.iter().map(smol_str::SmolStr::as_str).collect();
                format!("enum {name} {{ {} }}", members.join(" "))
            }
        }
    }
}

/// What an effect means, in a sentence.
pub(super) fn effect(info: &ActionInfo) -> Option<&'static str> {
    match (info.workflow, info.effect) {
        (true, _) => None,
        (false, Effect::Read) => Some("It changes nothing."),
        (false, Effect::Plain) => Some("It changes something that can be put right."),
        (false, Effect::Irreversible) => Some("What it does cannot be taken back."),
    }
}

/// What kind of value it is.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Parameter => "a parameter",
        Kind::Step => "the result of a step",
        Kind::Let => "a value",
        Kind::Gate => "a gate",
        Kind::Item => "an item of a list",
        Kind::Answer => "a part of what came back",
    }
}
