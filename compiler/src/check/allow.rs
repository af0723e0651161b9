//! `# allow: NAME, because ...`: warnings that an author has thought about, each with the reason.
//!
//! Owns which comments are allowances, what they reach over, and which of them allow nothing. What a warning weighs is `levels`' matter.

use flow_grammar::{Parsed, Span, ast};

use crate::faults::{self, Site};
use crate::levels::{self, Levels};
use crate::{Code, Diagnostic, FileId};

/// One name that a comment allows.
#[derive(Debug)]
pub(super) struct Allowance {
    code: Code,
    name: Span,
    comment: Span,
    /// From the comment to the end of the statement or declaration below it; `None` where it stands above neither.
    reach: Option<Span>,
    used: bool,
}

/// The allowances of a file, and what is wrong with them.
pub(super) fn read(file: FileId, text: &str, parsed: &Parsed) -> (Vec<Allowance>, Vec<Diagnostic>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    // Nearly no file has one, and those that have none pay for one search.
    if !text.contains("allow:") {
        return (found, wrong);
    }
    let items = items(&parsed.module);
    for comment in &parsed.comments {
        match written(file, text, *comment) {
            Some(Ok((code, name))) => {
                let reach = reached(text, &parsed.comments, *comment, &items);
                found.push(Allowance { code, name, comment: *comment, reach, used: false });
            }
            Some(Err(fault)) => wrong.push(*fault),
            None => {}
        }
    }
    (found, wrong)
}

/// Weighs the warnings of one file, and adds a word about each allowance that allows nothing.
pub(super) fn weigh(file: FileId, lints: Vec<Diagnostic>, mut allowances: Vec<Allowance>, levels: &Levels) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = lints.into_iter().filter_map(|lint| weighed(lint, &mut allowances, levels)).collect();
    let idle: Vec<Diagnostic> = allowances
        .iter()
        .filter(|allowance| !allowance.used && allowance.code != Code::F0509)
        .map(|allowance| {
            faults::lints::unused_allow(
                Site { file, span: allowance.name },
                allowance.code.lint().unwrap_or_default(),
                allowance.comment,
                allowance.reach.is_some(),
            )
        })
        .collect();
    told.extend(idle.into_iter().filter_map(|lint| weighed(lint, &mut allowances, levels)));
    told
}

fn weighed(lint: Diagnostic, allowances: &mut [Allowance], levels: &Levels) -> Option<Diagnostic> {
    let over = |allowance: &&mut Allowance| {
        allowance.code == lint.code && allowance.reach.is_some_and(|reach| reach.start <= lint.span.start && lint.span.end <= reach.end)
    };
    // The nearest: a later one stands further inside.
    let nearest = allowances.iter_mut().rev().find(over);
    let excuse = nearest.map(|allowance| {
        allowance.used = true;
        allowance.name
    });
    let severity = levels.weigh(lint.code, excuse.is_some())?;
    let lint = match excuse {
        Some(name) => lint.because(name, "this is forbidden in the project, so that no comment allows it"),
        None => lint,
    };
    Some(Diagnostic { severity, ..lint })
}

/// What a comment allows, with the place of the name; `None` for a comment that is no allowance.
fn written(file: FileId, text: &str, comment: Span) -> Option<Result<(Code, Span), Box<Diagnostic>>> {
    let body = text.get(comment.range())?.trim_start_matches('#').trim_start().strip_prefix("allow:")?;
    let body = body.trim_start();
    let start = comment.end as usize - body.len();
    let length = body.find(|letter: char| letter == ',' || letter.is_whitespace()).unwrap_or(body.len());
    let (name, rest) = body.split_at_checked(length)?;
    let place = span(start, start + length);
    let site = Site { file, span: place };
    if name.is_empty() {
        return Some(Err(Box::new(faults::lints::allows_what(Site { file, span: comment }))));
    }
    let code = match levels::named(name) {
        Ok(code) => code,
        Err(unknown) => return Some(Err(Box::new(faults::lints::unknown_lint(site, name, unknown.nearest)))),
    };
    let rest = rest.trim_start();
    let reason = rest.strip_prefix(',').map(str::trim_start).unwrap_or(rest).strip_prefix("because");
    let reasoned = reason.is_some_and(|reason| reason.starts_with(char::is_whitespace) && !reason.trim().is_empty());
    Some(match (reasoned, rest.starts_with(',')) {
        (true, true) => Ok((code, place)),
        (true, false) => Err(Box::new(faults::lints::allow_without_comma(site, name))),
        (false, _) => Err(Box::new(faults::lints::no_reason(site, name))),
    })
}

/// From the comment to the end of what begins on the first line below it that is no comment.
fn reached(text: &str, comments: &[Span], comment: Span, items: &[Span]) -> Option<Span> {
    let line = text.get(..comment.start as usize)?.rsplit('\n').next()?;
    if !line.trim().is_empty() {
        return None;
    }
    let mut at = comment.end as usize;
    loop {
        let rest = text.get(at..)?;
        let blank = rest.len() - rest.trim_start().len();
        // An empty line parts them.
        if rest.get(..blank)?.matches('\n').count() != 1 {
            return None;
        }
        at += blank;
        let next = comments.partition_point(|other| (other.start as usize) < at);
        match comments.get(next).filter(|other| other.start as usize == at) {
            Some(other) => at = other.end as usize,
            None => break,
        }
    }
    let first = items.partition_point(|item| (item.start as usize) < at);
    let item = items.get(first).filter(|item| item.start as usize == at)?;
    Some(comment.to(*item))
}

/// All declarations, statements and handlers, by place.
fn items(module: &ast::Module) -> Vec<Span> {
    use ast::Declaration as Declared;
    let mut items = Vec::new();
    for declaration in &module.declarations {
        let span = match declaration {
            Declared::Use(used) => used.span,
            Declared::Record(record) => record.span,
            Declared::Enum(declared) => declared.span,
            Declared::Group(group) => group.span,
            Declared::Action(action) => action.span,
            Declared::Policy(policy) => policy.span,
            Declared::Workflow(workflow) => {
                of_block(&workflow.body, &mut items);
                for handler in &workflow.handlers {
                    items.push(handler.span);
                    of_block(&handler.body, &mut items);
                }
                workflow.span
            }
            Declared::Test(test) => test.span,
            Declared::Broken(broken) => broken.span,
        };
        items.push(span);
    }
    items.sort_unstable();
    items
}

/// Blocks nest no deeper than brackets do.
fn of_block(block: &ast::Block, items: &mut Vec<Span>) {
    use ast::StatementKind as Statement;
    for statement in &block.statements {
        items.push(statement.span);
        match &statement.kind {
            Statement::If { arms, otherwise } => {
                arms.iter().map(|(_, block)| block).chain(otherwise).for_each(|block| of_block(block, items))
            }
            Statement::Match { arms, otherwise, .. } => {
                arms.iter().map(|(_, block)| block).chain(otherwise).for_each(|block| of_block(block, items));
            }
            Statement::ForEach(each) | Statement::Let { value: ast::LetValue::ForEach(each), .. } => of_block(&each.body, items),
            Statement::Parallel(branches) => branches.iter().for_each(|block| of_block(block, items)),
            _ => {}
        }
    }
}

fn span(start: usize, end: usize) -> Span {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(place(start), place(end))
}
