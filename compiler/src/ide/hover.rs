//! What a name is: its type or signature, its documentation, its effect.

use flow_grammar::Span;

use super::index::Index;
use super::{describe, words};
use crate::FileId;
use crate::check::declare::What;
use crate::check::record::Target;
use crate::check::scope::Kind;
use crate::check::ty::{Ty, TypeInfoKind};

/// What is said of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The name.
    pub span: Span,
    /// How it is declared, in Flow; may be empty.
    pub code: String,
    /// Paragraphs about it, in Markdown; may be empty.
    pub text: String,
}

/// What is said of the name at an offset, if there is one.
#[must_use]
pub fn hover(index: &Index<'_>, file: FileId, offset: u32) -> Option<Hover> {
    let reference = index.reference(file, offset)?;
    let span = reference.site.span;
    let name = index.sources.text(file).get(span.range())?;
    let (code, paragraphs) = match &reference.target {
        Target::Value { ty, kind, .. } => value(index, file, name, ty, *kind),
        Target::GateValue { ty, .. } => (format!("{name}: {}", index.shown(ty, file)), vec![gate_value(name).to_owned()]),
        Target::Declared(what) => declared(index, file, name, *what)?,
        Target::ProjectGroup => (format!("group {name}"), vec![people(index.sources.groups().get(name)?), "In `hitl.toml`.".to_owned()]),
        Target::Field { of, at } => {
            let (info, field) = (index.info(*of)?, index.fields(*of).get(*at as usize)?);
            let owner = index.written_in(file, info.site.file, &info.name);
            let json = (field.json != field.name).then(|| format!("Outside, it is called `{}`.", field.json));
            let about = vec![field.doc.clone(), Some(format!("A field of `{owner}`.")), json];
            (format!("{}: {}", field.name, index.shown(&field.ty, file)), about.into_iter().flatten().collect())
        }
        Target::MoneyPart(ty) => (format!("{name}: {}", index.shown(ty, file)), vec!["A part of an amount of money.".to_owned()]),
        Target::Member { of, at } => {
            let info = index.info(*of)?;
            let TypeInfoKind::Enum(members) = &info.kind else { return None };
            let owner = index.written_in(file, info.site.file, &info.name);
            (format!("{owner}.{}", members.get(*at as usize)?), info.doc.clone().into_iter().collect())
        }
        Target::Parameter { of, at } => {
            let info = index.callee(*of)?;
            (index.parameter(info, *at as usize, file), vec![format!("A parameter of `{}`.", info.name)])
        }
        Target::Function => built_in(words::FUNCTIONS, name)?,
        Target::BuiltIn(ty) => {
            let word = words::find(words::VALUES, name)?;
            (format!("{name}: {}", index.shown(ty, file)), vec![word.about.to_owned()])
        }
        Target::BuiltInType => built_in(words::TYPES, name)?,
    };
    Some(Hover { span, code, text: paragraphs.join("\n\n") })
}

fn built_in(table: &'static [words::Word], name: &str) -> Option<(String, Vec<String>)> {
    let word = words::find(table, name)?;
    Some((word.signature.to_owned(), vec![word.about.to_owned()]))
}

/// A value: its type, what it is, and what its type says about itself.
fn value(index: &Index<'_>, file: FileId, name: &str, ty: &Ty, kind: Kind) -> (String, Vec<String>) {
    if kind == Kind::Gate {
        let about = format!("A gate. After it `{name}.by`, `{name}.at`, `{name}.comment` and what it asks for are values.");
        return (format!("require approval as {name}"), vec![about]);
    }
    let mut about = vec![format!("{}.", capital(describe::kind(kind)))];
    if let Ty::Record(of) | Ty::Enum(of) = ty.present() {
        about.extend(index.info(*of).and_then(|info| info.doc.clone()));
    }
    (format!("{name}: {}", index.shown(ty, file)), about)
}

fn gate_value(name: &str) -> &'static str {
    match name {
        "by" => "Who decided.",
        "at" => "When it was decided.",
        "comment" => "What they wrote.",
        _ => "What whoever decided entered.",
    }
}

fn declared(index: &Index<'_>, from: FileId, name: &str, what: What) -> Option<(String, Vec<String>)> {
    match what {
        What::Record(of) | What::Enum(of) => {
            let info = index.info(of)?;
            Some((index.definition_of(info, from), info.doc.clone().into_iter().collect()))
        }
        What::Action(of) | What::Workflow(of) => {
            let info = index.callee(of)?;
            let about = index.doc_of(info).into_iter().chain(describe::effect(info).map(str::to_owned));
            Some((index.signature(info, from), about.collect()))
        }
        What::Group(of) => {
            let info = index.world.groups.get(of as usize)?;
            Some((format!("group {}", info.name), vec![people(&info.members)]))
        }
        What::Module(used) => {
            let names: Vec<String> = index.declared(used).iter().map(|(name, _)| format!("`{name}`")).collect();
            let about = if names.is_empty() { "It declares nothing.".to_owned() } else { format!("It declares {}.", names.join(", ")) };
            let path = index.sources.path(used);
            let code = if name.starts_with('"') { format!("use \"{path}\"") } else { format!("use \"{path}\" as {name}") };
            Some((code, vec![about]))
        }
        What::Poisoned => None,
    }
}

fn people<T: AsRef<str>>(members: &[T]) -> String {
    let members: Vec<String> = members.iter().map(|member| format!("`{}`", member.as_ref())).collect();
    if members.is_empty() { "Nobody is in it.".to_owned() } else { members.join(", ") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
