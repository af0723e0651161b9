//! What stands around a place in a text that may be half written: read from its beginning by brackets and words alone, so that nothing has to
//! be right but the brackets.

use flow_grammar::Span;

/// A token, as far as completion needs to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    Text,
    Number,
    Sign(u8),
}

/// A bracket that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) what: Block,
    /// How many tokens stood before it.
    tokens: usize,
}

/// What a bracket opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Record,
    Enum,
    Group,
    Action,
    Policy,
    Workflow,
    /// Statements in a workflow.
    Statements,
    Step,
    Gate,
    Match,
    Parallel,
    Test,
    /// A record's literal.
    Literal,
    /// `(`
    Round,
    /// `[`
    Square,
    /// `{` in a text, which is a long one or not.
    Hole {
        long: bool,
    },
}

/// What stands around a place.
#[derive(Debug)]
pub(super) struct Surroundings<'t> {
    /// Brackets that are open there, outermost first.
    pub(super) open: Vec<Open>,
    /// The tokens before it; those of texts are left out once the text is over.
    pub(super) tokens: Vec<(Token<'t>, Span)>,
    /// Whether it is in a comment.
    pub(super) comment: bool,
    /// Whether it is in a text, holes aside.
    pub(super) text: bool,
}

impl<'t> Surroundings<'t> {
    /// Of an offset, which stands between two letters.
    pub(super) fn of(text: &'t str, offset: usize) -> Self {
        let mut reader = Reader { text, at: 0, end: offset.min(text.len()), open: Vec::new(), tokens: Vec::new() };
        let (comment, text) = reader.read();
        Self { open: reader.open, tokens: reader.tokens, comment, text }
    }

    /// The innermost block of declarations, statements or clauses.
    pub(super) fn block(&self) -> Option<Block> {
        let outer = |open: &&Open| !matches!(open.what, Block::Literal | Block::Round | Block::Square | Block::Hole { .. });
        self.open.iter().rev().find(outer).map(|open| open.what)
    }

    /// Whether a bracket is open within the statement.
    pub(super) fn is_nested(&self) -> bool {
        let inner = self.open.last();
        inner.is_some_and(|open| matches!(open.what, Block::Literal | Block::Round | Block::Square | Block::Hole { .. }))
    }

    /// The words before the place on its statement or clause: from the last bracket that opened or closed a block on.
    pub(super) fn since_bracket(&self) -> &[(Token<'t>, Span)] {
        let from = self.tokens.iter().rposition(|(token, _)| matches!(token, Token::Sign(b'{' | b'}'))).map_or(0, |at| at + 1);
        self.tokens.get(from..).unwrap_or_default()
    }
}

/// Words at the beginning of a line that begin a statement, whatever is still open.
const STATEMENTS: &[&str] = &["step", "try", "let", "require", "match", "parallel", "wait", "return", "give", "fail", "if", "for"];

struct Reader<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    open: Vec<Open>,
    tokens: Vec<(Token<'t>, Span)>,
}

impl<'t> Reader<'t> {
    /// Reads to the end; whether that is in a comment, or in a text.
    fn read(&mut self) -> (bool, bool) {
        while let Some(byte) = self.peek() {
            let start = self.at;
            match byte {
                b'#' => {
                    if !self.skip_line() {
                        return (true, false);
                    }
                }
                b'"' => {
                    let long = self.rest().starts_with("\"\"\"");
                    let raw = matches!(self.tokens.last(), Some((Token::Word("matches"), _)));
                    self.at += if long { 3 } else { 1 };
                    if !self.in_text(long, raw, start) {
                        return (false, true);
                    }
                }
                b'\n' => {
                    self.at += 1;
                    // A hole of a short text holds no line's end: the text is broken, and over.
                    while matches!(self.open.last().map(|open| open.what), Some(Block::Hole { long: false })) {
                        self.close();
                    }
                    self.forgotten();
                }
                b'{' | b'(' | b'[' => {
                    let what = match byte {
                        b'(' => Block::Round,
                        b'[' => Block::Square,
                        _ => self.opened(),
                    };
                    self.open.push(Open { what, tokens: self.tokens.len() });
                    self.sign(byte);
                }
                b'}' | b')' | b']' => {
                    if let Some(long) = self.closing(byte) {
                        if !self.in_text(long, false, start) {
                            return (false, true);
                        }
                    } else {
                        self.sign(byte);
                    }
                }
                b'0'..=b'9' => {
                    self.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':'));
                    self.push(Token::Number, start);
                }
                byte if is_word(byte) => {
                    self.skip(is_word);
                    let word = self.text.get(start..self.at).unwrap_or_default();
                    self.push(Token::Word(word), start);
                }
                byte if byte.is_ascii_whitespace() || byte >= 0x80 => self.at += 1,
                byte => self.sign(byte),
            }
        }
        (false, false)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied().filter(|_| self.at < self.end)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn skip(&mut self, within: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&within) {
            self.at += 1;
        }
    }

    /// Whether the line ends before the place.
    fn skip_line(&mut self) -> bool {
        self.skip(|byte| byte != b'\n');
        self.at < self.end
    }

    fn push(&mut self, token: Token<'t>, start: usize) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.tokens.push((token, Span::new(place(start), place(self.at))));
    }

    fn sign(&mut self, byte: u8) {
        let start = self.at;
        self.at += 1;
        self.push(Token::Sign(byte), start);
    }

    /// Reads a text from within; whether it ends, or a hole begins, before the place.
    fn in_text(&mut self, long: bool, raw: bool, start: usize) -> bool {
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.at = (self.at + 2).min(self.end),
                b'\n' if !long => {
                    self.push(Token::Text, start);
                    return true;
                }
                b'"' if !long || self.rest().starts_with("\"\"\"") => {
                    self.at += if long { 3 } else { 1 };
                    self.push(Token::Text, start);
                    return true;
                }
                b'{' if !raw => {
                    self.open.push(Open { what: Block::Hole { long }, tokens: self.tokens.len() });
                    self.at += 1;
                    return true;
                }
                _ => self.at += 1,
            }
        }
        false
    }

    /// Closes what nobody closed before a line that begins a statement, as the grammar does.
    fn forgotten(&mut self) {
        let line = self.text.get(self.at..self.end).unwrap_or_default().trim_start();
        let word = line.split(|letter: char| !letter.is_ascii_lowercase()).next().unwrap_or_default();
        if !STATEMENTS.contains(&word) || line.get(word.len()..).is_none_or(|rest| rest.starts_with(|next: char| !next.is_whitespace())) {
            return;
        }
        while matches!(self.open.last().map(|open| open.what), Some(Block::Round | Block::Square)) {
            self.close();
        }
    }

    /// Takes the innermost bracket from the open ones, with what stands in it.
    fn close(&mut self) -> Option<Block> {
        let open = self.open.pop()?;
        if matches!(open.what, Block::Hole { .. }) {
            self.tokens.truncate(open.tokens);
        }
        Some(open.what)
    }

    /// Closes the bracket that this byte closes; for the hole of a text, whether the text is a long one.
    fn closing(&mut self, byte: u8) -> Option<bool> {
        let fits = |what: Block| match byte {
            b')' => what == Block::Round,
            b']' => what == Block::Square,
            _ => !matches!(what, Block::Round | Block::Square),
        };
        // A bracket that somebody forgot to close ends with the one around it; a `)` without its `(` is nothing.
        if byte == b'}' || self.open.last().is_some_and(|open| fits(open.what)) {
            while let Some(what) = self.close() {
                if let Block::Hole { long } = what {
                    self.at += 1;
                    return Some(long);
                }
                if fits(what) {
                    break;
                }
            }
        }
        None
    }

    /// What a `{` here opens.
    fn opened(&self) -> Block {
        let around = self.open.last().map(|open| open.what);
        if matches!(around, Some(Block::Round | Block::Square | Block::Literal | Block::Hole { .. })) {
            return Block::Literal;
        }
        let words = self.heading();
        match words.first() {
            Some(Token::Word("else" | "branch")) => return Block::Statements,
            Some(Token::Word("preview")) => return Block::Action,
            Some(Token::Word("parallel")) => return Block::Parallel,
            Some(Token::Word("env" | "body" | "stdin" | "returns" | "result")) | Some(Token::Sign(b'=' | b':' | b',')) => {
                return Block::Literal;
            }
            _ => {}
        }
        for (at, token) in words.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            return match *word {
                "workflow" => Block::Workflow,
                "action" => Block::Action,
                "record" => Block::Record,
                "enum" => Block::Enum,
                "group" => Block::Group,
                "policy" => Block::Policy,
                "test" => Block::Test,
                "step" => Block::Step,
                "require" => Block::Gate,
                "match" => Block::Match,
                "on" if words.get(at + 1) == Some(&Token::Word("required")) => continue,
                "if" | "for" | "on" => Block::Statements,
                _ => continue,
            };
        }
        if around == Some(Block::Match) { Block::Statements } else { Block::Literal }
    }

    /// The tokens before this place back to the last block, backwards, with what stands in brackets left out.
    fn heading(&self) -> Vec<Token<'t>> {
        let mut deep = 0_usize;
        let mut words = Vec::new();
        for (token, _) in self.tokens.iter().rev() {
            match token {
                Token::Sign(b')' | b']') => deep += 1,
                Token::Sign(b'(' | b'[') if deep > 0 => deep -= 1,
                Token::Sign(b'{' | b'}') if deep == 0 => break,
                token if deep == 0 => words.push(*token),
                _ => {}
            }
        }
        words
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
