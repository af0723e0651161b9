//! One quick look at the whole text before the grammar reads it.
//!
//! Finds what does not need the grammar: comments, brackets nested too deep or never closed, and the faults inside single words and
//! texts. The grammar steps over the same places quietly, so that each is reported once.

mod foreign;
mod sections;
mod texts;

use smol_str::SmolStr;

use crate::{Fault, FaultKind, MAX_DEPTH, Span, dates, words};

/// What the look found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Comments in order, `#` included.
    pub(crate) comments: Vec<Span>,
    /// Faults inside words and texts, in order.
    pub(crate) faults: Vec<Fault>,
    /// Brackets without their partner.
    pub(crate) unclosed: Vec<Span>,
    /// Places that the grammar does not see: comments aside, what is too deep, and what nothing begins with.
    pub(crate) hidden: Vec<Span>,
    /// Bytes that the grammar sees as `"`: other quotes around a text.
    pub(crate) quotes: Vec<usize>,
    /// Where each section but the first begins, see [`sections`].
    pub(crate) sections: Vec<usize>,
}

impl Scan {
    /// The sections of a text of this length, which each can be read alone.
    pub(crate) fn sections(&self, length: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        let starts = std::iter::once(0).chain(self.sections.iter().copied());
        starts.zip(self.sections.iter().copied().chain([length])).map(|(start, end)| start..end)
    }

    /// Whether any fault touches the place.
    pub(crate) fn has_fault(&self, place: Span) -> bool {
        self.faults.iter().any(|fault| fault.span.start < place.end && fault.span.end > place.start)
    }

    /// The text as the grammar sees it, each hidden byte a blank.
    pub(crate) fn visible(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for place in self.comments.iter().chain(&self.hidden) {
            for byte in bytes.get_mut(place.range()).unwrap_or_default() {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        for quote in &self.quotes {
            bytes.get_mut(*quote).into_iter().for_each(|byte| *byte = b'"');
        }
        // Hidden places hold whole characters, so this is UTF-8 as before.
        String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
    }
}

/// `if ... then ... else if ...` may go on this long in one expression.
const MAX_IFS: u32 = 64;

#[derive(Clone, Copy)]
struct Open {
    kind: Kind,
    at: usize,
    /// Words `if` since the last statement began.
    ifs: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Brace,
    Paren,
    Bracket,
    /// `{` inside a text; `long` for one in `"""`.
    Hole {
        long: bool,
        /// Its newline or comment is reported already.
        broken: bool,
    },
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Open>,
    holes: usize,
    /// Brackets opened above the limit, and where the first of them stands.
    above: usize,
    above_start: usize,
    ifs: u32,
    line_start: bool,
    after_matches: bool,
    /// The end of the last token.
    last: usize,
    scan: Scan,
}

/// Looks at the whole text.
pub(crate) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        stack: Vec::new(),
        holes: 0,
        above: 0,
        above_start: 0,
        ifs: 0,
        line_start: true,
        after_matches: false,
        last: 0,
        scan: Scan::default(),
    };
    if text.starts_with('\u{feff}') {
        scanner.at = 3;
        scanner.scan.hidden.push(span(0, 3));
    }
    while let Some(byte) = scanner.peek(0) {
        scanner.token(byte);
    }
    scanner.finish();
    scanner.scan
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn fault(&mut self, kind: FaultKind, start: usize, end: usize) {
        self.scan.faults.push(Fault { kind, span: span(start, end), cause: None });
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                return;
            }
            b'\n' => {
                self.newline();
                return;
            }
            b'#' => {
                self.comment();
                return;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                self.word();
                self.last = self.at;
                return;
            }
            b'0'..=b'9' => self.number(),
            b'"' if self.after_matches => self.regex(),
            b'"' => self.open_text(),
            b'{' => self.open(Kind::Brace),
            b'(' => self.open(Kind::Paren),
            b'[' => self.open(Kind::Bracket),
            b'}' | b')' | b']' => self.close(byte),
            b'&' | b'|' | b'!' => self.operator(byte),
            b';' => {
                self.fault(FaultKind::Semicolon, self.at, self.at + 1);
                self.scan.hidden.push(span(self.at, self.at + 1));
                self.at += 1;
            }
            b'/' if self.peek(1) == Some(b'/') && self.holes == 0 => self.other_comment(2),
            b'/' if self.peek(1) == Some(b'*') && self.holes == 0 => self.block_comment(),
            b'-' if self.peek(1) == Some(b'-') && self.line_start && self.holes == 0 => self.other_comment(2),
            b',' | b':' | b'.' | b'=' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'?' => self.at += 1,
            b'\'' => self.other_quotes('\'', '\''),
            b'$' => self.currency_sign('$', "USD"),
            _ if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(['“', '”', '„', '‘', '’', '«'])) => {
                self.typographic()
            }
            _ if self.text.get(self.at..).is_some_and(|rest| rest.starts_with('€')) => self.currency_sign('€', "EUR"),
            _ if self.text.get(self.at..).is_some_and(|rest| rest.starts_with('£')) => self.currency_sign('£', "GBP"),
            _ => self.stray(),
        }
        self.after_matches = false;
        self.line_start = false;
        self.last = self.at;
    }

    /// A run of characters that nothing begins with is one fault.
    fn stray(&mut self) {
        let start = self.at;
        let mut first = None;
        while let Some(character) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            let known = character.is_ascii_alphanumeric() || " \t\r\n#_\"{}()[]&|!;,:.=<>+-*/%?".contains(character);
            if known {
                break;
            }
            first = first.or(Some(character));
            self.at += character.len_utf8();
        }
        match first {
            Some(character) => {
                self.fault(FaultKind::StrayCharacter(character), start, self.at);
                self.scan.hidden.push(span(start, self.at));
            }
            // Never the case for valid UTF-8, but the loop must go on.
            None => self.at += 1,
        }
    }

    fn operator(&mut self, byte: u8) {
        let start = self.at;
        let double = self.peek(1) == Some(byte) && byte != b'!';
        self.at += if double { 2 } else { 1 };
        let meant = match byte {
            b'&' => "and",
            b'|' => "or",
            _ if self.peek(0) == Some(b'=') => {
                self.at += 1;
                return;
            }
            _ => "not",
        };
        let written = SmolStr::new(self.text.get(start..self.at).unwrap_or_default());
        self.fault(FaultKind::WrongOperator { written, meant }, start, self.at);
    }

    fn comment(&mut self) {
        let start = self.at;
        let line = self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(self.bytes.len(), |length| start + length);
        self.at = line;
        if self.holes > 0 {
            self.break_hole(start, line);
            return;
        }
        let end = if self.text.get(start..line).is_some_and(|comment| comment.ends_with('\r')) { line - 1 } else { line };
        self.scan.comments.push(span(start, end));
    }

    fn word(&mut self) {
        let start = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        self.after_matches = word == "matches";
        if self.line_start {
            self.line_start = false;
            self.begin_line(word, start);
        }
        if word == "if" {
            let ifs = self.stack.last_mut().map_or(&mut self.ifs, |open| &mut open.ifs);
            *ifs += 1;
            if *ifs == MAX_IFS + 1 {
                let line = self.text.get(start..).and_then(|rest| rest.find('\n')).map_or(self.bytes.len(), |length| start + length);
                self.too_deep(start, line);
            }
        }
    }

    /// A line that begins with a word which opens a statement or declaration ends what `(` and `[` were open before it.
    fn begin_line(&mut self, word: &str, start: usize) {
        let statement = words::opens_statement(word);
        if !statement && !words::DECLARATIONS.contains(&word) {
            return;
        }
        let rest = self.text.get(self.at..).unwrap_or_default().trim_start_matches([' ', '\t']);
        if self.holes > 0 || rest.starts_with([':', ',', ')']) {
            return;
        }
        let first_column = start == 0 || self.bytes.get(start - 1) == Some(&b'\n');
        if !statement && first_column {
            self.begin_section(word);
        }
        while let Some(open) = self.stack.pop_if(|open| matches!(open.kind, Kind::Paren | Kind::Bracket)) {
            self.scan.unclosed.push(span(open.at, open.at + 1));
        }
        self.end_above(start);
        if !statement && first_column {
            for open in std::mem::take(&mut self.stack) {
                self.scan.unclosed.push(span(open.at, open.at + 1));
            }
        }
        self.reset_ifs();
    }

    fn reset_ifs(&mut self) {
        self.stack.last_mut().map_or(&mut self.ifs, |open| &mut open.ifs).clone_from(&0);
    }

    fn number(&mut self) {
        let start = self.at;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_digit() || byte == b'_') {
            self.at += 1;
        }
        if self.peek(0) != Some(b'-') || !self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) {
            if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
                while self.peek(0).is_some_and(|byte| byte.is_ascii_digit() || byte == b'_') {
                    self.at += 1;
                }
            }
            return;
        }
        let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        while let Some(byte) = self.peek(0) {
            let joins = matches!(byte, b'-' | b':' | b'.') && self.peek(1).is_some_and(part);
            let offset = byte == b'+' && self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) && self.peek(3) == Some(b':');
            if !part(byte) && !joins && !offset {
                break;
            }
            self.at += 1;
        }
        let date = self.text.get(start..self.at).unwrap_or_default();
        if dates::shape(date).is_none() {
            self.fault(FaultKind::NotADate(date.into()), start, self.at);
        }
    }

    fn open(&mut self, kind: Kind) {
        if self.stack.len() >= MAX_DEPTH {
            if self.above == 0 {
                self.above_start = self.at;
            }
            self.above += 1;
        } else {
            if matches!(kind, Kind::Brace) {
                self.reset_ifs();
            }
            self.stack.push(Open { kind, at: self.at, ifs: 0 });
            if matches!(kind, Kind::Hole { .. }) {
                self.holes += 1;
            }
        }
        self.at += 1;
    }

    fn close(&mut self, byte: u8) {
        let start = self.at;
        self.at += 1;
        if self.above > 0 {
            self.above -= 1;
            if self.above == 0 {
                self.too_deep(self.above_start, self.at);
            }
            return;
        }
        let fits = |kind: Kind| match byte {
            b')' => kind == Kind::Paren,
            b']' => kind == Kind::Bracket,
            _ => matches!(kind, Kind::Brace | Kind::Hole { .. }),
        };
        // A `)` or `]` looks for its partner up to the next brace; a `}` closes what stands open inside it.
        let brace = byte == b'}';
        let partner = self
            .stack
            .iter()
            .rposition(|open| fits(open.kind) || (!brace && matches!(open.kind, Kind::Brace | Kind::Hole { .. })))
            .filter(|index| self.stack.get(*index).is_some_and(|open| fits(open.kind)));
        let Some(partner) = partner else { return };
        let inner = self.stack.split_off(partner);
        let mut inner = inner.into_iter();
        let opening = inner.next();
        self.scan.unclosed.extend(inner.map(|open| span(open.at, open.at + 1)));
        match opening.map(|open| (open.kind, open.at)) {
            Some((Kind::Hole { long, .. }, at)) => {
                self.holes -= 1;
                if self.text.get(at + 1..start).is_some_and(|inside| inside.trim().is_empty()) {
                    self.fault(FaultKind::EmptyInterpolation, at, self.at);
                }
                self.text_body(long, at);
            }
            Some((Kind::Brace, _)) => self.reset_ifs(),
            _ => {}
        }
    }

    fn too_deep(&mut self, start: usize, end: usize) {
        self.fault(FaultKind::TooDeep, start, start + 1);
        self.scan.hidden.push(span(start, end));
    }

    fn end_above(&mut self, at: usize) {
        if self.above > 0 {
            self.above = 0;
            self.too_deep(self.above_start, at);
        }
    }

    fn finish(&mut self) {
        let end = self.bytes.len();
        self.end_above(end);
        for open in std::mem::take(&mut self.stack) {
            match open.kind {
                Kind::Hole { .. } => self.fault(FaultKind::UnclosedInterpolation, open.at, open.at + 1),
                _ => self.scan.unclosed.push(span(open.at, open.at + 1)),
            }
        }
        self.scan.faults.sort_by_key(|fault| fault.span);
    }
}

/// A file has at most [`MAX_BYTES`](crate::MAX_BYTES), so its offsets fit.
#[expect(clippy::cast_possible_truncation, reason = "a text longer than 1 MiB is never scanned")]
pub(crate) const fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}
