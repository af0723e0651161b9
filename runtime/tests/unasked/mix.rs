//! Conditions: of the fragment that Z3 is asked about too, and of more.

use std::fmt::{self, Display, Formatter};

use super::make::Choices;
use super::terms::{Arguments, Cond, Kind, Term};

/// A condition: of the fragment that Z3 is asked about too, or of more.
#[derive(Clone, Debug)]
pub(crate) enum Mix {
    Plain(Cond),
    /// A text with two terms in it.
    Shape(&'static str, Term, Term),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    /// Of any line, or of all lines, each an `item`.
    Lines(bool, Box<Self>),
}

const NUMBER_SHAPES: [&str; 12] = [
    "({a} / 3) > 300",
    "({a} * {b}) > 2000",
    "({a} / {b}) >= 1",
    "round({a}, 0) > 1000",
    "abs({a}) > 1000",
    "floor({a}) >= 1000",
    "({a} % 7) == 0",
    "sum(line.amount for line in lines) > 1000",
    "count(lines) > 1",
    "all(line.amount > 10 for line in lines if line.urgent)",
    "min(line.amount for line in lines) is none",
    "(max(line.amount for line in lines if line.urgent) otherwise {a}) > 1000",
];
const TEXT_SHAPES: [&str; 4] = ["length({a}) > 2", "{a} starts with \"D\"", "lower({a}) == \"de\"", "{a} contains \"R\""];

impl Display for Mix {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(condition) => write!(f, "({condition})"),
            Self::Shape(shape, a, b) => f.write_str(&shape.replace("{a}", &a.to_string()).replace("{b}", &b.to_string())),
            Self::And(left, right) => write!(f, "({left} and {right})"),
            Self::Or(left, right) => write!(f, "({left} or {right})"),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Lines(any, body) => write!(f, "{}({body} for item in lines)", if *any { "any" } else { "all" }),
        }
    }
}

impl Mix {
    pub(crate) fn made(choices: &mut Choices, deep: u32) -> Self {
        match choices.below(10) {
            0 => Self::Shape(choices.one(&NUMBER_SHAPES), choices.term(Kind::Number, 1), choices.term(Kind::Number, 0)),
            1 if choices.often(50) => Self::Shape(choices.one(&TEXT_SHAPES), choices.term(Kind::Text, 0), choices.term(Kind::Text, 0)),
            2 if deep > 0 => Self::And(Box::new(Self::made(choices, deep - 1)), Box::new(Self::made(choices, deep - 1))),
            3 if deep > 0 => Self::Or(Box::new(Self::made(choices, deep - 1)), Box::new(Self::made(choices, deep - 1))),
            _ => {
                let depth = u32::try_from(choices.below(3)).unwrap();
                Self::Plain(choices.condition(depth))
            }
        }
    }

    pub(crate) fn with(&self, arguments: &Arguments) -> Self {
        let boxed = |inner: &Self| Box::new(inner.with(arguments));
        match self {
            Self::Plain(condition) => Self::Plain(condition.with(arguments)),
            Self::Shape(shape, a, b) => Self::Shape(shape, a.with(arguments), b.with(arguments)),
            Self::And(left, right) => Self::And(boxed(left), boxed(right)),
            Self::Or(left, right) => Self::Or(boxed(left), boxed(right)),
            Self::Not(inner) => Self::Not(boxed(inner)),
            Self::Lines(any, inner) => Self::Lines(*any, boxed(inner)),
        }
    }

    pub(crate) fn changed(&self, choices: &mut Choices, up: bool) -> Self {
        match self {
            Self::Plain(condition) => Self::Plain(choices.changed(condition, up)),
            Self::And(left, right) if choices.often(50) => Self::And(Box::new(left.changed(choices, up)), right.clone()),
            Self::And(left, right) => Self::And(left.clone(), Box::new(right.changed(choices, up))),
            Self::Or(left, right) if choices.often(50) => Self::Or(Box::new(left.changed(choices, up)), right.clone()),
            Self::Or(left, right) => Self::Or(left.clone(), Box::new(right.changed(choices, up))),
            Self::Not(inner) => Self::Not(Box::new(inner.changed(choices, !up))),
            Self::Shape(..) if up => self.clone().or(Self::Plain(choices.small())),
            Self::Shape(..) => self.clone().and(Self::Plain(choices.small())),
            Self::Lines(any, inner) => Self::Lines(*any, Box::new(inner.changed(choices, up))),
        }
    }

    /// One that mostly holds wherever this one does.
    pub(crate) fn near(&self, choices: &mut Choices) -> Self {
        let mut near = self.clone();
        for _ in 0..choices.below(4) {
            near = if choices.often(60) { near.changed(choices, true) } else { near.changed(choices, false) };
        }
        match near {
            Self::Plain(condition) if choices.often(30) => Self::Plain(choices.rewritten(&condition)),
            near => near,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self::And(Box::new(self), Box::new(other))
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }

    pub(crate) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}
