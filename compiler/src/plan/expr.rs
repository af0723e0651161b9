//! Expressions of a plan: names resolved to slots, types checked, so that evaluating one asks no question twice.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Type;
use crate::value::Value;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A literal.
    Const(Value),
    /// A slot of the run: `frame` 0 is the workflow's (or, in an action, the action's), 1 a loop's inside it, and so on.
    Slot {
        /// Which frame.
        frame: u8,
        /// Which slot of it.
        index: u32,
    },
    /// A name bound by a comprehension around it: 0 is the outermost.
    Local(u32),
    /// A field of a record, by its index in the declaration.
    Field(Box<Expr>, u32),
    /// A field of `json`, by name; absent gives `none` as JSON null.
    JsonField(Box<Expr>, SmolStr),
    /// `.amount` of money.
    Amount(Box<Expr>),
    /// `.currency` of money, as text.
    CurrencyOf(Box<Expr>),
    /// `xs[i]`
    Index(Box<Expr>, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// `a or b`
    Or(Box<Expr>, Box<Expr>),
    /// `a < b` and its like, over numbers, money, dates, times, durations, text; equality over everything but secrets and `json`.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `a + b` and its like.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `x in list`
    In(Box<Expr>, Box<Expr>),
    /// `contains`, `starts with`, `ends with` on text.
    TextTest(TextTest, Box<Expr>, Box<Expr>),
    /// `list contains x` is [`Expr::In`] turned round; this is `text matches "regex"`.
    Matches(Box<Expr>, SmolStr),
    /// `x is none`
    IsNone(Box<Expr>),
    /// `x otherwise y`
    Otherwise(Box<Expr>, Box<Expr>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `value as T`, decoding `json`.
    Decode(Box<Expr>, Type),
    /// `[a, b]`
    List(Vec<Expr>),
    /// A record literal: its fields in the order of the declaration.
    Record(Vec<Expr>),
    /// A value written as JSON (`body { to, amount }`): names, values and their types.
    JsonObject(Vec<(SmolStr, Expr, Type)>),
    /// A text with interpolations.
    Text(Vec<TextPart>),
    /// A built-in function.
    Builtin(Builtin, Vec<Expr>),
    /// `[body for item in list if filter]`, and the folds over the same.
    For {
        /// What is made of the values.
        fold: Fold,
        /// The list.
        list: Box<Expr>,
        /// The filter; sees the item as the next [`Expr::Local`].
        filter: Option<Box<Expr>>,
        /// The value (for [`Fold::Sort`] the key); sees the item as the next [`Expr::Local`].
        body: Box<Expr>,
    },
    /// `now`
    Now,
    /// `today`
    Today,
    /// `env.NAME`, a text.
    Env(SmolStr),
    /// `secret.NAME`; only inside an action's implementation.
    Secret(SmolStr),
    /// `owner` as a text: the address of the run's owner, or of a group its name.
    Owner,
    /// `requester` as a text.
    Requester,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TextPart {
    /// As it is.
    Text(SmolStr),
    /// The text of a value, whose type says how it is written.
    Value(Expr, Type),
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Arithmetic. Over numbers exact or an error (`/` rounds to 28 digits); money plus money, money times number, money divided by number
/// or money, time and date plus or minus duration, differences of times and dates, durations among themselves; `+` joins texts and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Tests of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

/// Built-in functions that take their arguments by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is its own name, see section 4 of the language")]
pub enum Builtin {
    Count,
    Sum,
    Min,
    Max,
    First,
    Last,
    Any,
    All,
    Sort,
    Length,
    Lower,
    Upper,
    Trim,
    Split,
    Join,
    Replace,
    Round,
    Abs,
    Floor,
    Ceil,
    Date,
    Days,
    Hours,
    Money,
    Minor,
}

/// What a comprehension makes of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Fold {
    List,
    Sum,
    Any,
    All,
    Min,
    Max,
    Count,
    /// The items themselves, ordered by the body's value, stable.
    Sort,
}
