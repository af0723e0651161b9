//! Conditions and terms as the generator makes them, and as flows write them.

use std::fmt::{self, Display, Formatter};

/// What two terms that are compared have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Money,
    Date,
    Time,
    Span,
    Text,
    Risk,
}

/// `count` hundredths, days, or the number of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    pub kind: Kind,
    pub count: i64,
    /// 0 is EUR, 1 is USD.
    pub currency: usize,
}

// Parameters of every flow.
pub(crate) const NUMBERS: [&str; 2] = ["amount", "fee"];
pub(crate) const MONEYS: [&str; 2] = ["price", "tax"];
pub(crate) const DATES: [&str; 2] = ["due", "start"];
pub(crate) const TIMES: [&str; 2] = ["opened", "closed"];
pub(crate) const SPANS: [&str; 2] = ["patience", "grace"];

pub(crate) const CURRENCIES: [&str; 2] = ["EUR", "USD"];
pub(crate) const TEXTS: [&str; 5] = ["DE", "IR", "KP", "SY", "EUR"];
pub(crate) const RISKS: [&str; 3] = ["low", "medium", "high"];

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    /// A parameter.
    Name(Kind, &'static str),
    Literal(Literal),
    /// Two terms and whether the second is taken away.
    Sum(Box<Self>, Box<Self>, bool),
    /// So many hundredths of it.
    Times(Box<Self>, i64),
    Minus(Box<Self>),
    If(Box<Cond>, Box<Self>, Box<Self>),
    /// A parameter that may be absent, and what is taken instead.
    Otherwise(&'static str, Box<Self>),
    Amount(Box<Self>),
    /// Written by the name that a `let` gave it.
    Let(&'static str, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    AtMost,
    More,
    AtLeast,
    Same,
    Other,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cond {
    Name(&'static str),
    Compare(Order, Term, Term),
    /// Whether the term is in the list, or is not in it.
    In(bool, Term, Vec<Literal>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    IsNone(&'static str),
    /// A parameter that may be absent, present and in such an order with a term.
    Present(&'static str, Order, Term),
    If(Box<Self>, Box<Self>, Box<Self>),
    /// Two conditions hold together, or do not.
    Same(Box<Self>, Box<Self>, bool),
    /// The money has the currency.
    Currency(Term, usize),
    Let(&'static str, Box<Self>),
}

impl Order {
    pub(crate) const ALL: [Self; 6] = [Self::Less, Self::AtMost, Self::More, Self::AtLeast, Self::Same, Self::Other];

    pub(crate) const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Same => "==",
            Self::Other => "!=",
        }
    }

    pub(crate) const fn turned(self) -> Self {
        match self {
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::More => Self::Less,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }

    pub(crate) const fn negated(self) -> Self {
        match self {
            Self::Less => Self::AtLeast,
            Self::AtMost => Self::More,
            Self::More => Self::AtMost,
            Self::AtLeast => Self::Less,
            Self::Same => Self::Other,
            Self::Other => Self::Same,
        }
    }
}

impl Term {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Name(kind, _) => *kind,
            Self::Literal(literal) => literal.kind,
            Self::Sum(left, right, minus) => match (left.kind(), right.kind(), minus) {
                (Kind::Date, Kind::Date, true) | (Kind::Time, Kind::Time, true) => Kind::Span,
                (kind, ..) => kind,
            },
            Self::Times(inner, _) | Self::Minus(inner) | Self::If(_, inner, _) | Self::Let(_, inner) | Self::Otherwise(_, inner) => {
                inner.kind()
            }
            Self::Amount(_) => Kind::Number,
        }
    }

    /// The same with the parameters of an action replaced by arguments.
    pub(crate) fn with(&self, arguments: &Arguments) -> Self {
        let boxed = |term: &Self| Box::new(term.with(arguments));
        match self {
            Self::Name(_, name) => {
                arguments.terms.iter().find(|(own, _)| own == name).map_or_else(|| self.clone(), |(_, term)| term.clone())
            }
            Self::Literal(_) => self.clone(),
            Self::Sum(left, right, minus) => Self::Sum(boxed(left), boxed(right), *minus),
            Self::Times(inner, factor) => Self::Times(boxed(inner), *factor),
            Self::Minus(inner) => Self::Minus(boxed(inner)),
            Self::If(condition, then, otherwise) => Self::If(Box::new(condition.with(arguments)), boxed(then), boxed(otherwise)),
            Self::Otherwise(name, instead) => Self::Otherwise(arguments.named(name), boxed(instead)),
            Self::Amount(inner) => Self::Amount(boxed(inner)),
            Self::Let(name, inner) => Self::Let(name, boxed(inner)),
        }
    }
}

/// What a call gives an action, where it is not the parameter of the same name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub terms: Vec<(&'static str, Term)>,
    pub conditions: Vec<(&'static str, Cond)>,
}

impl Arguments {
    /// The name of what is given in place of a parameter that may be absent.
    fn named(&self, parameter: &'static str) -> &'static str {
        let given = self.terms.iter().find(|(own, _)| *own == parameter);
        given.map_or(parameter, |(_, term)| if let Term::Name(_, name) = term { name } else { parameter })
    }
}

impl Cond {
    pub(crate) fn with(&self, arguments: &Arguments) -> Self {
        let boxed = |condition: &Self| Box::new(condition.with(arguments));
        match self {
            Self::Name(name) => {
                arguments.conditions.iter().find(|(own, _)| own == name).map_or_else(|| self.clone(), |(_, condition)| condition.clone())
            }
            Self::Compare(order, left, right) => Self::Compare(*order, left.with(arguments), right.with(arguments)),
            Self::In(within, item, list) => Self::In(*within, item.with(arguments), list.clone()),
            Self::And(left, right) => Self::And(boxed(left), boxed(right)),
            Self::Or(left, right) => Self::Or(boxed(left), boxed(right)),
            Self::Not(inner) => Self::Not(boxed(inner)),
            Self::IsNone(name) => Self::IsNone(arguments.named(name)),
            Self::Present(name, order, term) => Self::Present(arguments.named(name), *order, term.with(arguments)),
            Self::If(condition, then, otherwise) => Self::If(boxed(condition), boxed(then), boxed(otherwise)),
            Self::Same(left, right, same) => Self::Same(boxed(left), boxed(right), *same),
            Self::Currency(money, currency) => Self::Currency(money.with(arguments), *currency),
            Self::Let(name, inner) => Self::Let(name, boxed(inner)),
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

fn hundredths(count: i64) -> String {
    let sign = if count < 0 { "-" } else { "" };
    let (whole, rest) = (count.abs() / 100, count.abs() % 100);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:02}") }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Number => f.write_str(&hundredths(self.count)),
            Kind::Money => write!(f, "{} {}", hundredths(self.count), CURRENCIES[self.currency]),
            Kind::Date => write!(f, "2026-01-{:02}", self.count),
            Kind::Span => write!(f, "{} days", self.count),
            Kind::Time => unreachable!("times are not written"),
            Kind::Text => write!(f, "\"{}\"", TEXTS[usize::try_from(self.count).unwrap_or(0)]),
            Kind::Risk => f.write_str(RISKS[usize::try_from(self.count).unwrap_or(0)]),
        }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(_, name) | Self::Let(name, _) => f.write_str(name),
            Self::Literal(literal) => write!(f, "{literal}"),
            Self::Sum(left, right, minus) => write!(f, "({left} {} {right})", if *minus { '-' } else { '+' }),
            Self::Times(inner, factor) => write!(f, "({inner} * {})", hundredths(*factor)),
            Self::Minus(inner) => write!(f, "(-{inner})"),
            Self::If(condition, then, otherwise) => write!(f, "(if {condition} then {then} else {otherwise})"),
            Self::Otherwise(name, instead) => write!(f, "({name} otherwise {instead})"),
            Self::Amount(inner) => write!(f, "{inner}.amount"),
        }
    }
}

impl Display for Cond {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) | Self::Let(name, _) => f.write_str(name),
            Self::Compare(order, left, right) => write!(f, "{left} {} {right}", order.sign()),
            Self::In(within, item, list) => {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                write!(f, "{item} {} [{}]", if *within { "in" } else { "not in" }, list.join(", "))
            }
            Self::And(left, right) => write!(f, "({left} and {right})"),
            Self::Or(left, right) => write!(f, "({left} or {right})"),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::IsNone(name) => write!(f, "{name} is none"),
            Self::Present(name, order, term) => write!(f, "({name} is present and {name} {} {term})", order.sign()),
            Self::If(condition, then, otherwise) => write!(f, "(if {condition} then {then} else {otherwise})"),
            Self::Same(left, right, same) => write!(f, "(({left}) {} ({right}))", if *same { "==" } else { "!=" }),
            Self::Currency(money, currency) => write!(f, "{money}.currency == \"{}\"", CURRENCIES[*currency]),
        }
    }
}
