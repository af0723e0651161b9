//! `textDocument/formatting`: the one layout. A file that cannot be read is left as it is; its diagnostics say why.

use flow_compiler::Span;
use gen_lsp_types as lsp;

use super::Answered;
use crate::Host;
use crate::convert::Lines;
use crate::world::World;

pub(super) struct Formatting;

impl Answered for Formatting {
    type Request = lsp::DocumentFormattingRequest;

    fn offer(capabilities: &mut lsp::ServerCapabilities) {
        capabilities.document_formatting_provider = Some(true.into());
    }

    fn answer<H: Host>(world: &mut World<'_, H>, params: lsp::DocumentFormattingParams) -> Option<Vec<lsp::TextEdit>> {
        let text = world.document(&params.text_document.uri)?.text.as_str();
        let formatted = flow_grammar::format(text).ok()?;
        let Some((span, new)) = difference(text, &formatted) else { return Some(Vec::new()) };
        let range = Lines::of(text, world.client.encoding).range(span);
        Some(vec![lsp::TextEdit { range, new_text: new.to_owned() }])
    }
}

/// The lines in which two texts differ: what becomes of which place of the old one. So the cursor stays where it is in all others.
fn difference<'n>(old: &str, new: &'n str) -> Option<(Span, &'n str)> {
    if old == new {
        return None;
    }
    let same = |a: &str, b: &str| a == b;
    let before: usize =
        old.split_inclusive('\n').zip(new.split_inclusive('\n')).take_while(|(a, b)| same(a, b)).map(|(a, _)| a.len()).sum();
    let (old_rest, new_rest) = (old.get(before..)?, new.get(before..)?);
    let ends = old_rest.split_inclusive('\n').rev().zip(new_rest.split_inclusive('\n').rev());
    let after: usize = ends.take_while(|(a, b)| same(a, b)).map(|(a, _)| a.len()).sum();
    let after = after.min(old_rest.len()).min(new_rest.len());
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Some((Span::new(place(before), place(old.len() - after)), new_rest.get(..new_rest.len() - after)?))
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn only_lines_that_differ_are_written() {
        let cases = [
            ("a\nb\nc\n", "a\nB\nc\n"),
            ("a\nb\n", "a\n\nb\n"),
            ("a\na\na\n", "a\na\n"),
            ("a", "a\n"),
            ("", "a\n"),
            ("a\n", ""),
            ("x\na\n", "a\nx\na\n"),
            ("a\r\nb\r\n", "a\nb\n"),
        ];
        for (old, new) in cases {
            let (span, text) = difference(old, new).unwrap();
            let mut done = old.to_owned();
            done.replace_range(span.range(), text);
            assert_eq!(done, new, "{old:?}");
        }
        assert_eq!(difference("a\nb\nc\n", "a\nB\nc\n").map(|(span, text)| (span.start, span.end, text)), Some((2, 4, "B\n")));
        assert!(difference("a\n", "a\n").is_none());
    }
}
