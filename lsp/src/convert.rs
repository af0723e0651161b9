//! Between bytes and the protocol's positions, and between the compiler's structs and the protocol's.
//!
//! The only place that knows how a client counts letters and what it calls kinds of things.

use flow_compiler::ide::{ItemKind, SymbolKind};
use flow_compiler::{Code, Diagnostic, Severity, Span};
use gen_lsp_types as lsp;

/// How a client counts the letters of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// What the protocol takes for granted: two for a letter beyond the first 65,536.
    #[default]
    Utf16,
    /// Letters.
    Utf32,
}

impl Encoding {
    /// The one that costs least among those that a client can do.
    pub(crate) fn chosen(offered: &[lsp::PositionEncodingKind]) -> Self {
        if offered.contains(&lsp::PositionEncodingKind::UTF8) {
            Self::Utf8
        } else if offered.contains(&lsp::PositionEncodingKind::UTF32) && !offered.contains(&lsp::PositionEncodingKind::UTF16) {
            Self::Utf32
        } else {
            Self::Utf16
        }
    }

    pub(crate) const fn kind(self) -> lsp::PositionEncodingKind {
        match self {
            Self::Utf8 => lsp::PositionEncodingKind::UTF8,
            Self::Utf16 => lsp::PositionEncodingKind::UTF16,
            Self::Utf32 => lsp::PositionEncodingKind::UTF32,
        }
    }

    fn width(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A text with the places where its lines begin.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t str, encoding: Encoding) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { text, starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect(), encoding }
    }

    /// The position of a byte.
    pub(crate) fn position(&self, offset: u32) -> lsp::Position {
        let offset = self.text.floor_char_boundary(offset as usize);
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        let character = if before.is_ascii() { before.len() } else { before.chars().map(|letter| self.encoding.width(letter)).sum() };
        lsp::Position { line: small(line), character: small(character) }
    }

    /// The byte of a position; one beyond the end of its line is the line's end, one beyond the text the text's end.
    pub(crate) fn offset(&self, position: lsp::Position) -> usize {
        let Some(start) = self.starts.get(position.line as usize).copied() else { return self.text.len() };
        let line = self.text.get(start..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (wanted, mut seen) = (position.character as usize, 0);
        for (at, letter) in line.char_indices() {
            // In the middle of a letter is before it.
            seen += self.encoding.width(letter);
            if seen > wanted {
                return start + at;
            }
        }
        start + line.len()
    }

    pub(crate) fn range(&self, span: Span) -> lsp::Range {
        lsp::Range { start: self.position(span.start), end: self.position(span.end) }
    }

    pub(crate) fn span(&self, range: lsp::Range) -> Span {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        Span::new(small(start.min(end)), small(end.max(start)))
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A diagnostic; `place` says where its other labels are.
pub(crate) fn diagnostic(
    found: &Diagnostic,
    lines: &Lines<'_>,
    place: &dyn Fn(flow_compiler::FileId, Span) -> Option<lsp::Location>,
) -> lsp::Diagnostic {
    let labels = found.labels.iter();
    let related = labels.filter_map(|label| {
        let location = place(label.file, label.span)?;
        Some(lsp::DiagnosticRelatedInformation { location, message: label.message.clone() })
    });
    let related: Vec<lsp::DiagnosticRelatedInformation> = related.collect();
    lsp::Diagnostic {
        range: lines.range(found.span),
        severity: Some(match found.severity {
            Severity::Error => lsp::DiagnosticSeverity::Error,
            Severity::Warning => lsp::DiagnosticSeverity::Warning,
        }),
        code: Some(lsp::Code::String(found.code.as_str().to_owned())),
        source: Some("hitlc".to_owned()),
        message: message(found).into(),
        tags: is_unused(found.code).then(|| vec![lsp::DiagnosticTag::Unnecessary]),
        related_information: (!related.is_empty()).then_some(related),
        ..lsp::Diagnostic::default()
    }
}

/// All that is said of it, a line each.
fn message(found: &Diagnostic) -> String {
    let mut message = found.message.clone();
    if !found.label.is_empty() {
        message.push_str(&format!("\n{}", found.label));
    }
    for said in found.counterexample.iter().chain(&found.help) {
        message.push_str(&format!("\n{said}"));
    }
    message
}

/// Whether an editor may grey out what it speaks of.
const fn is_unused(code: Code) -> bool {
    matches!(code, Code::F0502 | Code::F0503 | Code::F0504 | Code::F0506 | Code::F0508)
}

pub(crate) fn item_kind(kind: ItemKind) -> lsp::CompletionItemKind {
    use lsp::CompletionItemKind as Kind;
    match kind {
        ItemKind::Value => Kind::Variable,
        ItemKind::Field => Kind::Field,
        ItemKind::Argument => Kind::Property,
        ItemKind::Action | ItemKind::Function => Kind::Function,
        ItemKind::Workflow => Kind::Method,
        ItemKind::Record => Kind::Struct,
        ItemKind::Enum => Kind::Enum,
        ItemKind::Member => Kind::EnumMember,
        ItemKind::Type => Kind::TypeParameter,
        ItemKind::Group => Kind::Class,
        ItemKind::Module => Kind::Module,
        ItemKind::Keyword => Kind::Keyword,
    }
}

pub(crate) fn symbol_kind(kind: SymbolKind) -> lsp::SymbolKind {
    use lsp::SymbolKind as Kind;
    match kind {
        SymbolKind::Module => Kind::Module,
        SymbolKind::Record => Kind::Struct,
        SymbolKind::Field => Kind::Field,
        SymbolKind::Enum => Kind::Enum,
        SymbolKind::Member => Kind::EnumMember,
        SymbolKind::Group => Kind::Class,
        SymbolKind::Action => Kind::Function,
        SymbolKind::Policy => Kind::Interface,
        SymbolKind::Workflow | SymbolKind::Test => Kind::Method,
        SymbolKind::Step => Kind::Event,
        SymbolKind::Value => Kind::Variable,
        SymbolKind::Gate => Kind::Key,
    }
}

#[cfg(test)]
mod tests {
    use flow_compiler::Span;
    use gen_lsp_types::{Position, PositionEncodingKind};

    use super::{Encoding, Lines};

    const TEXT: &str = "a\u{e9}\u{1f600}b\r\nsecond\n";

    #[test]
    fn letters_are_counted_as_the_client_counts_them() {
        // Bytes: a 0, é 1, the face 3, b 7, the line's end 8, the next line 10.
        for (encoding, columns) in
            [(Encoding::Utf8, [0, 1, 3, 7, 8]), (Encoding::Utf16, [0, 1, 2, 4, 5]), (Encoding::Utf32, [0, 1, 2, 3, 4])]
        {
            let lines = Lines::of(TEXT, encoding);
            for (offset, column) in [0, 1, 3, 7, 8].into_iter().zip(columns) {
                let position = lines.position(offset);
                assert_eq!((position.line, position.character), (0, column), "{encoding:?} at {offset}");
                assert_eq!(lines.offset(position), offset as usize, "{encoding:?} at {offset}");
            }
            assert_eq!(lines.position(12), Position { line: 1, character: 2 });
        }
    }

    #[test]
    fn positions_that_are_nowhere_are_somewhere() {
        let lines = Lines::of(TEXT, Encoding::Utf16);
        // In the middle of the face; behind the line's end; behind the text's.
        assert_eq!(lines.offset(Position { line: 0, character: 3 }), 3);
        assert_eq!(lines.offset(Position { line: 0, character: 99 }), 8);
        assert_eq!(lines.offset(Position { line: 1, character: u32::MAX }), 16);
        assert_eq!(lines.offset(Position { line: 9, character: 0 }), TEXT.len());
        assert_eq!(lines.position(u32::MAX), Position { line: 2, character: 0 });
        let range = gen_lsp_types::Range { start: Position { line: 1, character: 3 }, end: Position { line: 0, character: 1 } };
        assert_eq!(lines.span(range), Span::new(1, 13));
    }

    #[test]
    fn the_cheapest_way_to_count_is_taken() {
        let (utf8, utf16, utf32) = (PositionEncodingKind::UTF8, PositionEncodingKind::UTF16, PositionEncodingKind::UTF32);
        assert_eq!(Encoding::chosen(&[]), Encoding::Utf16);
        assert_eq!(Encoding::chosen(&[utf16.clone(), utf8]), Encoding::Utf8);
        assert_eq!(Encoding::chosen(&[utf32.clone(), utf16]), Encoding::Utf16);
        assert_eq!(Encoding::chosen(&[utf32]), Encoding::Utf32);
    }
}
