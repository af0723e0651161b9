//! `textDocument/documentSymbol`

use flow_compiler::ide;
use gen_lsp_types as lsp;

use super::Answered;
use crate::Host;
use crate::convert::{Lines, symbol_kind};
use crate::world::World;

pub(super) struct Symbols;

impl Answered for Symbols {
    type Request = lsp::DocumentSymbolRequest;

    fn offer(capabilities: &mut lsp::ServerCapabilities) {
        capabilities.document_symbol_provider = Some(true.into());
    }

    fn answer<H: Host>(world: &mut World<'_, H>, params: lsp::DocumentSymbolParams) -> Option<lsp::DocumentSymbolResponse> {
        let text = &world.document(&params.text_document.uri)?.text;
        let lines = Lines::of(text.as_str(), world.client.encoding);
        let symbols = ide::symbols(text).into_iter().map(|symbol| converted(symbol, &lines)).collect();
        Some(lsp::DocumentSymbolResponse::DocumentSymbolList(symbols))
    }
}

#[expect(deprecated, reason = "a field that must be there")]
fn converted(symbol: ide::Symbol, lines: &Lines<'_>) -> lsp::DocumentSymbol {
    // Editors refuse a symbol without a name.
    let name = if symbol.name.trim().is_empty() { "(no name)".to_owned() } else { symbol.name };
    let children: Vec<lsp::DocumentSymbol> = symbol.children.into_iter().map(|child| converted(child, lines)).collect();
    lsp::DocumentSymbol {
        name,
        detail: (!symbol.detail.is_empty()).then_some(symbol.detail),
        kind: symbol_kind(symbol.kind),
        tags: None,
        range: lines.range(symbol.span),
        selection_range: lines.range(symbol.name_span),
        children: (!children.is_empty()).then_some(children),
        deprecated: None,
    }
}
