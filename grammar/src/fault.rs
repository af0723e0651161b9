//! What can be wrong with a text before anybody asks what it means.

use smol_str::SmolStr;

use crate::Span;

/// One fault of syntax. How it is worded is the compiler's matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where: for something missing, the end of the token before it.
    pub span: Span,
    /// Where the cause stands, when it is elsewhere: the `{` that nobody closes.
    pub cause: Option<Span>,
}

/// See [`Fault`].
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// Something else was expected here.
    Expected {
        /// In an author's words (``a name``, ``` `{` ```), most likely first, none twice.
        expected: Vec<String>,
        /// What stands there instead, shortened; `None` at the end of the file.
        found: Option<SmolStr>,
        /// What was being read: `a step`, `a record`.
        reading: &'static str,
    },
    /// A word that opens no declaration, statement or clause here.
    UnknownWord {
        /// The word.
        word: SmolStr,
        /// What could stand here: `a declaration`, `a statement`, `a clause of a step`.
        wanted: &'static str,
        /// The nearest word that may stand here.
        nearest: Option<&'static str>,
        /// All words that may stand here.
        allowed: &'static [&'static str],
    },
    /// A `{`, `(` or `[` that nobody closes. `span` is the declaration or opening, `cause` the opening bracket.
    Unclosed {
        /// The opening bracket.
        bracket: char,
        /// What it belongs to: `the workflow `pay``.
        of: String,
    },
    /// A closing bracket that nobody opened.
    Unopened(char),
    /// A text that does not end on its line (or `"""` that does not end at all).
    UnclosedText,
    /// `\q` is no escape.
    UnknownEscape(SmolStr),
    /// `\u{110000}` is no character.
    NoSuchCharacter(SmolStr),
    /// A newline or comment inside `{...}` of a text.
    BrokenInterpolation,
    /// `{}` in a text.
    EmptyInterpolation,
    /// A `{` in a text that no `}` closes.
    UnclosedInterpolation,
    /// A reserved word where a name is needed.
    ReservedName(SmolStr),
    /// `a < b < c`.
    ChainedComparison,
    /// Brackets deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
    /// More operators than [`MAX_EXPRESSION_DEPTH`](crate::MAX_EXPRESSION_DEPTH) around one value.
    LongExpression,
    /// A deadline that escalates more often than so.
    ManyEscalations(usize),
    /// More bytes than [`MAX_BYTES`](crate::MAX_BYTES).
    TooLarge(usize),
    /// The bytes are no UTF-8.
    NotUtf8,
    /// A character that nothing in the language begins with.
    StrayCharacter(char),
    /// `;` is not part of the language.
    Semicolon,
    /// `=` where `==` is meant, `&&`, `||`, `!`: the other languages' spelling of an operator.
    WrongOperator {
        /// As written.
        written: SmolStr,
        /// As it should be.
        meant: &'static str,
    },
    /// Something that other languages have and this one says otherwise.
    Foreign {
        /// As written.
        written: SmolStr,
        /// How it is said here, as a sentence.
        help: &'static str,
    },
    /// A call without `step`, or a value without `let`.
    MissingKeyword {
        /// What is called or named.
        word: SmolStr,
        /// `step` or `let`.
        keyword: &'static str,
    },
    /// A text in other quotes; so many bytes are its opening and its closing quote.
    WrongQuotes {
        /// The first.
        open: u32,
        /// The last.
        close: u32,
    },
    /// `€100`: the sign of a currency before its amount.
    CurrencySign {
        /// The sign.
        sign: char,
        /// The code of its currency.
        code: &'static str,
        /// The digits behind it.
        digits: SmolStr,
    },
    /// A `{` in a text that begins no value: `"{\"id\": 1}"`.
    UnescapedBrace,
    /// `2026-13-1`: digits directly followed by `-digit` that are no date or time.
    NotADate(SmolStr),
    /// A comma that trails a list where none may.
    TrailingComma,
}
