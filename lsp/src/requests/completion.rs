//! `textDocument/completion`

use flow_compiler::ide;
use gen_lsp_types as lsp;

use super::Answered;
use crate::Host;
use crate::convert::{Lines, item_kind};
use crate::world::World;

pub(super) struct Completion;

impl Answered for Completion {
    type Request = lsp::CompletionRequest;

    fn offer(capabilities: &mut lsp::ServerCapabilities) {
        // What follows these is wanted at once: a field, an argument, a value in a text.
        let triggers = [".", "(", "{"].map(str::to_owned).to_vec();
        capabilities.completion_provider = Some(lsp::CompletionOptions { trigger_characters: Some(triggers), ..Default::default() });
    }

    fn answer<H: Host>(world: &mut World<'_, H>, params: lsp::CompletionParams) -> Option<lsp::CompletionResponse> {
        let at = params.text_document_position_params;
        let client = world.client;
        let asked = world.asked(&at.text_document.uri)?;
        let lines = Lines::of(asked.checked.sources.text(asked.file), client.encoding);
        let offset = u32::try_from(lines.offset(at.position)).ok()?;
        let found = ide::completion(&asked.checked.sources, asked.file, offset);
        // The word behind the cursor is left alone by editors that insert; those that replace say so.
        let replaced = flow_compiler::Span::new(found.replace.start, offset.max(found.replace.start));
        let range = lines.range(replaced);
        let items = found.items.into_iter().map(|item| {
            let snippet = item.snippet.filter(|_| client.snippets);
            let format = if snippet.is_some() { lsp::InsertTextFormat::Snippet } else { lsp::InsertTextFormat::PlainText };
            let new_text = snippet.unwrap_or_else(|| item.insert.clone());
            let documentation = lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: item.doc.clone() };
            lsp::CompletionItem {
                kind: Some(item_kind(item.kind)),
                detail: (!item.detail.is_empty()).then_some(item.detail),
                documentation: (!item.doc.is_empty()).then_some(lsp::Documentation::MarkupContent(documentation)),
                sort_text: Some(format!("{}{}", item.rank, item.label)),
                filter_text: Some(item.label.clone()),
                insert_text_format: Some(format),
                text_edit: Some(lsp::CompletionItemTextEdit::TextEdit(lsp::TextEdit { range, new_text })),
                label: item.label,
                ..lsp::CompletionItem::default()
            }
        });
        Some(lsp::CompletionResponse::CompletionItemList(items.collect()))
    }
}
