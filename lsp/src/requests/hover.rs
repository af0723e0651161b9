//! `textDocument/hover`

use flow_compiler::ide::{self, Index};
use gen_lsp_types as lsp;

use super::Answered;
use crate::Host;
use crate::convert::Lines;
use crate::world::World;

pub(super) struct Hover;

impl Answered for Hover {
    type Request = lsp::HoverRequest;

    fn offer(capabilities: &mut lsp::ServerCapabilities) {
        capabilities.hover_provider = Some(true.into());
    }

    fn answer<H: Host>(world: &mut World<'_, H>, params: lsp::HoverParams) -> Option<lsp::Hover> {
        let at = params.text_document_position_params;
        let asked = world.asked(&at.text_document.uri)?;
        let lines = Lines::of(asked.checked.sources.text(asked.file), world.client.encoding);
        let offset = u32::try_from(lines.offset(at.position)).ok()?;
        let found = ide::hover(&Index::of(&asked.checked.sources), asked.file, offset)?;
        let (kind, value) = if world.client.markdown {
            let about = if found.text.is_empty() { String::new() } else { format!("\n\n{}", found.text) };
            (lsp::MarkupKind::Markdown, format!("```flow\n{}\n```{about}", found.code))
        } else {
            let about = found.text.replace('`', "");
            (lsp::MarkupKind::PlainText, format!("{}\n\n{about}", found.code).trim_end().to_owned())
        };
        let contents = lsp::Contents::MarkupContent(lsp::MarkupContent { kind, value });
        Some(lsp::Hover { contents, range: Some(lines.range(found.span)) })
    }
}
