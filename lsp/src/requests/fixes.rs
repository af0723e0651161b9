//! `textDocument/codeAction`: the fixes of diagnostics.

use std::collections::HashMap;

use flow_compiler::diagnostic::Fix;
use flow_compiler::ide;
use gen_lsp_types as lsp;

use super::Answered;
use crate::Host;
use crate::convert::{self, Lines};
use crate::world::{Checked, World};

pub(super) struct Fixes;

impl Answered for Fixes {
    type Request = lsp::CodeActionRequest;

    fn offer(capabilities: &mut lsp::ServerCapabilities) {
        let kinds = Some(vec![lsp::CodeActionKind::QuickFix]);
        let options = lsp::CodeActionOptions { code_action_kinds: kinds, ..Default::default() };
        capabilities.code_action_provider = Some(options.into());
    }

    fn answer<H: Host>(world: &mut World<'_, H>, params: lsp::CodeActionParams) -> Option<Vec<lsp::CodeActionResponse>> {
        let wanted = |kinds: &Vec<lsp::CodeActionKind>| {
            kinds.iter().any(|kind| *kind == lsp::CodeActionKind::QuickFix || *kind == lsp::CodeActionKind::Empty)
        };
        if params.context.only.as_ref().is_some_and(|only| !wanted(only)) {
            return None;
        }
        let asked = world.asked(&params.text_document.uri)?;
        let checked = &*asked.checked;
        let lines = Lines::of(checked.sources.text(asked.file), world.client.encoding);
        let place = |file, span| world.location(checked, file, span);
        let actions = ide::fixes(&checked.diagnostics, asked.file, lines.span(params.range)).map(|(found, fix)| {
            lsp::CodeActionResponse::CodeAction(lsp::CodeAction {
                title: fix.title.clone(),
                kind: Some(lsp::CodeActionKind::QuickFix),
                diagnostics: Some(vec![convert::diagnostic(found, &lines, &place)]),
                is_preferred: Some(true),
                edit: Some(edit(world, checked, fix)),
                ..lsp::CodeAction::default()
            })
        });
        Some(actions.collect())
    }
}

/// The edits of a fix, by file.
fn edit<H: Host>(world: &World<'_, H>, checked: &Checked, fix: &Fix) -> lsp::WorkspaceEdit {
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for edit in &fix.edits {
        if let Some(location) = world.location(checked, edit.file, edit.span) {
            changes.entry(location.uri).or_default().push(lsp::TextEdit { range: location.range, new_text: edit.text.clone() });
        }
    }
    lsp::WorkspaceEdit { changes: Some(changes), ..Default::default() }
}
