//! The outline of a file: what it declares, and in workflows their steps, gates and values.

use flow_grammar::{Span, ast};

use super::definition::blocks;
use crate::Text;

/// A line of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// A few words about it; may be empty.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub span: Span,
    /// Its name, within `span`.
    pub name_span: Span,
    /// What is in it.
    pub children: Vec<Symbol>,
}

/// See [`Symbol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum SymbolKind {
    Module,
    Record,
    Field,
    Enum,
    Member,
    Group,
    Action,
    Policy,
    Workflow,
    Step,
    Value,
    Gate,
    Test,
}

/// The outline of a text, as far as it can be read.
#[must_use]
pub fn symbols(text: &Text) -> Vec<Symbol> {
    text.parsed().module.declarations.iter().filter_map(declaration).collect()
}

fn declaration(declaration: &ast::Declaration) -> Option<Symbol> {
    Some(match declaration {
        ast::Declaration::Use(used) => {
            let name = used.alias.as_ref().map_or_else(|| used.path.to_string(), |alias| alias.name.to_string());
            symbol(&name, "use", SymbolKind::Module, used.span, used.alias.as_ref().map_or(used.path_span, |alias| alias.span))
        }
        ast::Declaration::Record(record) => {
            let fields = record.fields.iter().map(|field| named(&field.name, "", SymbolKind::Field, field.span)).collect();
            Symbol { children: fields, ..named(&record.name, "record", SymbolKind::Record, record.span) }
        }
        ast::Declaration::Enum(declared) => {
            let members = declared.members.iter().map(|member| named(member, "", SymbolKind::Member, member.span)).collect();
            Symbol { children: members, ..named(&declared.name, "enum", SymbolKind::Enum, declared.span) }
        }
        ast::Declaration::Group(group) => named(&group.name, "group", SymbolKind::Group, group.span),
        ast::Declaration::Action(action) => {
            let detail = match action.effect {
                ast::Effect::Read => "read action",
                ast::Effect::Plain => "action",
                ast::Effect::Irreversible => "irreversible action",
            };
            named(&action.name, detail, SymbolKind::Action, action.span)
        }
        ast::Declaration::Policy(policy) => symbol(&policy.name.0, "policy", SymbolKind::Policy, policy.span, policy.name.1),
        ast::Declaration::Workflow(workflow) => {
            let mut children = Vec::new();
            statements(&workflow.body, &mut children);
            Symbol { children, ..named(&workflow.name, "workflow", SymbolKind::Workflow, workflow.span) }
        }
        ast::Declaration::Test(test) => symbol(&test.name.0, "test", SymbolKind::Test, test.span, test.name.1),
        ast::Declaration::Broken(broken) => {
            let name = broken.names.first()?;
            named(name, "", SymbolKind::Value, broken.span)
        }
    })
}

/// The statements of a block and of the blocks in it, in order: branches do not indent the outline.
fn statements(block: &ast::Block, found: &mut Vec<Symbol>) {
    for statement in &block.statements {
        let span = statement.span;
        match &statement.kind {
            ast::StatementKind::Step(step) => {
                let target = &step.call.target;
                let called = target.module.as_ref().map_or_else(String::new, |module| format!("{}.", module.name));
                let called = format!("{called}{}", target.name.name);
                match &step.name {
                    Some(name) => found.push(named(name, &called, SymbolKind::Step, span)),
                    None => found.push(symbol(&called, "", SymbolKind::Step, span, target.span())),
                }
            }
            ast::StatementKind::Gate(gate) => match &gate.name {
                Some(name) => found.push(named(name, "require approval", SymbolKind::Gate, span)),
                None => found.push(symbol("require approval", "", SymbolKind::Gate, span, gate.head)),
            },
            ast::StatementKind::Let { name, .. } => found.push(named(name, "let", SymbolKind::Value, span)),
            _ => {}
        }
        blocks(&statement.kind).into_iter().for_each(|block| statements(block, found));
    }
}

fn named(name: &ast::Ident, detail: &str, kind: SymbolKind, span: Span) -> Symbol {
    symbol(&name.name, detail, kind, span, name.span)
}

fn symbol(name: &str, detail: &str, kind: SymbolKind, span: Span, name_span: Span) -> Symbol {
    // Editors refuse a name outside of what it names.
    let span = span.to(name_span);
    Symbol { name: name.to_owned(), detail: detail.to_owned(), kind, span, name_span, children: Vec::new() }
}
