//! Where a name is declared.

use flow_grammar::{Span, ast};

use super::Place;
use super::index::Index;
use crate::FileId;
use crate::check::declare::What;
use crate::check::record::Target;
use crate::faults::Site;

/// Where the name at an offset is declared; `None` for what is built in or stands in the project's settings.
#[must_use]
pub fn definition(index: &Index<'_>, file: FileId, offset: u32) -> Option<Place> {
    let reference = index.reference(file, offset)?;
    let here = |span: Span| (span != Span::default()).then_some(Place { file, span });
    let there = |site: Site| Place { file: site.file, span: site.span };
    match &reference.target {
        Target::Value { declared, .. } => here(*declared),
        Target::GateValue { gate, .. } => {
            let name = index.sources.text(file).get(reference.site.span.range())?;
            here(asked(index, file, *gate, name).unwrap_or(*gate))
        }
        Target::Declared(What::Record(of) | What::Enum(of)) => index.info(*of).map(|info| there(info.site)),
        Target::Declared(What::Action(of) | What::Workflow(of)) => index.callee(*of)?.site.map(there),
        Target::Declared(What::Group(of)) => index.world.groups.get(*of as usize).map(|info| there(info.site)),
        Target::Declared(What::Module(used)) => Some(Place { file: *used, span: Span::default() }),
        Target::Field { of, at } => {
            let (info, field) = (index.info(*of)?, index.fields(*of).get(*at as usize)?);
            Some(Place { file: info.site.file, span: field.span })
        }
        Target::Member { of, at } => {
            let site = index.info(*of)?.site;
            let ast::Declaration::Enum(declared) = index.declaration(site)? else { return None };
            // A member that is written twice is one member.
            let mut seen: Vec<&ast::Ident> = Vec::new();
            for member in &declared.members {
                if seen.iter().all(|known| known.name != member.name) {
                    seen.push(member);
                }
            }
            seen.get(*at as usize).map(|member| Place { file: site.file, span: member.span })
        }
        Target::Parameter { of, at } => {
            let info = index.callee(*of)?;
            let name = &info.parameters.get(*at as usize)?.name;
            let written = index.parameters_of(info).iter().find(|written| written.name.name == *name)?;
            Some(Place { file: info.site?.file, span: written.name.span })
        }
        Target::Declared(What::Poisoned)
        | Target::ProjectGroup
        | Target::MoneyPart(_)
        | Target::Function
        | Target::BuiltIn(_)
        | Target::BuiltInType => None,
    }
}

/// Where a gate asks for a value.
fn asked(index: &Index<'_>, file: FileId, gate: Span, name: &str) -> Option<Span> {
    let workflows = index.module(file).iter().filter_map(|declaration| match declaration {
        ast::Declaration::Workflow(workflow) => Some(workflow),
        _ => None,
    });
    workflows.flat_map(|workflow| std::iter::once(&workflow.body).chain(workflow.handlers.iter().map(|handler| &handler.body))).find_map(
        |block| {
            let gate = find_gate(block, gate)?;
            gate.clauses.iter().find_map(|clause| match &clause.kind {
                ast::GateClauseKind::Ask { name: asked, .. } if asked.name == name => Some(asked.span),
                _ => None,
            })
        },
    )
}

/// The gate whose name stands at a place. Blocks nest no deeper than brackets do.
fn find_gate(block: &ast::Block, name: Span) -> Option<&ast::Gate> {
    block.statements.iter().find_map(|statement| match &statement.kind {
        ast::StatementKind::Gate(gate) => gate.name.as_ref().filter(|ident| ident.span == name).map(|_| gate),
        other => blocks(other).into_iter().find_map(|block| find_gate(block, name)),
    })
}

/// The blocks in a statement.
pub(super) fn blocks(statement: &ast::StatementKind) -> Vec<&ast::Block> {
    match statement {
        ast::StatementKind::If { arms, otherwise } => arms.iter().map(|(_, block)| block).chain(otherwise).collect(),
        ast::StatementKind::Match { arms, otherwise, .. } => arms.iter().map(|(_, block)| block).chain(otherwise).collect(),
        ast::StatementKind::ForEach(each) | ast::StatementKind::Let { value: ast::LetValue::ForEach(each), .. } => vec![&each.body],
        ast::StatementKind::Parallel(branches) => branches.iter().collect(),
        _ => Vec::new(),
    }
}
