//! `textDocument/definition`

use flow_compiler::ide::{self, Index};
use gen_lsp_types as lsp;

use super::Answered;
use crate::Host;
use crate::convert::Lines;
use crate::world::World;

pub(super) struct Definition;

impl Answered for Definition {
    type Request = lsp::DefinitionRequest;

    fn offer(capabilities: &mut lsp::ServerCapabilities) {
        capabilities.definition_provider = Some(true.into());
    }

    fn answer<H: Host>(world: &mut World<'_, H>, params: lsp::DefinitionParams) -> Option<lsp::DefinitionResponse> {
        let at = params.text_document_position_params;
        let asked = world.asked(&at.text_document.uri)?;
        let lines = Lines::of(asked.checked.sources.text(asked.file), world.client.encoding);
        let offset = u32::try_from(lines.offset(at.position)).ok()?;
        let place = ide::definition(&Index::of(&asked.checked.sources), asked.file, offset)?;
        let location = world.location(&asked.checked, place.file, place.span)?;
        Some(lsp::DefinitionResponse::Definition(lsp::Definition::Location(location)))
    }
}
