//! The same conditions for Z3: for each where it can be evaluated, and whether it then holds.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::terms::{Cond, DATES, Kind, Literal, MONEYS, NUMBERS, Order, SPANS, TIMES, Term};

/// `can` and `is` are formulas of SMT-LIB.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub can: String,
    pub is: String,
}

impl Truth {
    pub(crate) fn holds(&self) -> String {
        format!("(and {} {})", self.can, self.is)
    }

    pub(crate) fn fails(&self) -> String {
        format!("(and {} (not {}))", self.can, self.is)
    }
}

/// Where a term can be computed, and its number; of money the currency too, and where it is the sum of no amounts, which has none.
#[derive(Clone, Debug)]
struct Worth {
    can: String,
    is: String,
    currency: String,
    nothing: String,
}

/// Formulas for one query.
#[derive(Default)]
pub(crate) struct Query {
    /// A result that is not exact is an error: the same for the same operation on the same.
    inexact: HashMap<String, usize>,
}

/// Declares all parameters.
pub(crate) fn parameters() -> String {
    let mut text = String::new();
    for name in NUMBERS.iter().chain(&TIMES).chain(&SPANS).chain(&["limit"]) {
        writeln!(text, "(declare-const {name} Real)").unwrap();
    }
    for name in MONEYS {
        writeln!(text, "(declare-const {name} Real)(declare-const {name}.c Int)(declare-const {name}.n Bool)").unwrap();
        writeln!(text, "(assert (>= {name}.c 0))(assert (=> {name}.n (= {name} 0.0)))").unwrap();
    }
    for name in DATES.iter().chain(&["risk", "country", "note"]) {
        writeln!(text, "(declare-const {name} Int)").unwrap();
    }
    text.push_str("(assert (and (>= risk 0) (<= risk 2)))");
    for name in ["is_new", "urgent", "note.none", "limit.none"] {
        writeln!(text, "(declare-const {name} Bool)").unwrap();
    }
    text
}

fn real(hundredths: i64) -> String {
    let size = format!("(/ {}.0 100.0)", hundredths.abs());
    if hundredths < 0 { format!("(- {size})") } else { size }
}

fn literal(literal: &Literal) -> String {
    match literal.kind {
        Kind::Number | Kind::Money => real(literal.count),
        Kind::Span => format!("{}.0", literal.count * 86_400),
        Kind::Time => unreachable!("times are not written"),
        // The name of a currency is also a text; codes of currencies are the first.
        Kind::Text if literal.count == 4 => "0".into(),
        Kind::Text => (literal.count + 10).to_string(),
        Kind::Date | Kind::Risk => literal.count.to_string(),
    }
}

impl Query {
    /// What has to be declared besides parameters.
    pub(crate) fn declarations(&self) -> String {
        self.inexact.values().fold(String::new(), |mut text, number| {
            write!(text, "(declare-const inexact.{number} Bool)").unwrap();
            text
        })
    }

    fn exact(&mut self, sign: &str, of: &[&Worth]) -> String {
        let key = of.iter().fold(sign.to_owned(), |key, worth| format!("{key}|{}|{}", worth.is, worth.currency));
        let next = self.inexact.len();
        format!("(not inexact.{})", self.inexact.entry(key).or_insert(next))
    }

    fn worth(&mut self, term: &Term) -> Worth {
        let plain = |can: &str, is: String| Worth { can: can.into(), is, currency: "0".into(), nothing: "false".into() };
        match term {
            Term::Name(Kind::Money, name) => {
                Worth { can: "true".into(), is: (*name).into(), currency: format!("{name}.c"), nothing: format!("{name}.n") }
            }
            Term::Name(_, name) => plain("true", (*name).into()),
            Term::Literal(of) => Worth { currency: of.currency.to_string(), ..plain("true", literal(of)) },
            Term::Let(_, inner) => self.worth(inner),
            Term::Minus(inner) => {
                let (kind, inner) = (inner.kind(), self.worth(inner));
                // The longest span back has none forward.
                let exact = if kind == Kind::Span { self.exact("0 -", &[&inner]) } else { "true".into() };
                Worth { can: format!("(and {} {exact})", inner.can), is: format!("(- {})", inner.is), ..inner }
            }
            Term::Amount(inner) => {
                let inner = self.worth(inner);
                plain(&inner.can, inner.is)
            }
            Term::Times(inner, factor) => {
                let inner = self.worth(inner);
                let exact = self.exact(&format!("* {factor}"), &[&inner]);
                Worth { can: format!("(and {} {exact})", inner.can), is: format!("(* {} {})", inner.is, real(*factor)), ..inner }
            }
            Term::Sum(left, right, minus) => self.sum(left, right, *minus),
            Term::If(condition, then, otherwise) => {
                let condition = self.truth(condition);
                let (then, otherwise) = (self.worth(then), self.worth(otherwise));
                let choose = |then: &str, otherwise: &str| format!("(ite {} {then} {otherwise})", condition.is);
                Worth {
                    can: format!("(and {} {})", condition.can, choose(&then.can, &otherwise.can)),
                    is: choose(&then.is, &otherwise.is),
                    currency: choose(&then.currency, &otherwise.currency),
                    nothing: choose(&then.nothing, &otherwise.nothing),
                }
            }
            Term::Otherwise(name, instead) => {
                let instead = self.worth(instead);
                Worth {
                    can: format!("(=> {name}.none {})", instead.can),
                    is: format!("(ite {name}.none {} {name})", instead.is),
                    ..plain("true", String::new())
                }
            }
        }
    }

    fn sum(&mut self, left: &Term, right: &Term, minus: bool) -> Worth {
        let kinds = (left.kind(), right.kind());
        let (a, b) = (self.worth(left), self.worth(right));
        let sign = if minus { "-" } else { "+" };
        // Between any two dates or instants lies a duration.
        let between = matches!(kinds, (Kind::Date, Kind::Date) | (Kind::Time, Kind::Time));
        let exact = if between { "true".into() } else { self.exact(sign, &[&a, &b]) };
        let can = format!("(and {} {} {exact})", a.can, b.can);
        let whole = Worth { can, is: format!("({sign} {} {})", a.is, b.is), currency: "0".into(), nothing: "false".into() };
        match kinds {
            (Kind::Date, Kind::Date) => Worth { is: format!("(* 86400.0 (to_real {}))", whole.is), ..whole },
            // Only literals are added to dates, and they are whole days.
            (Kind::Date, Kind::Span) => match right {
                Term::Literal(days) => Worth { is: format!("({sign} {} {})", a.is, days.count), ..whole },
                _ => unreachable!("no other span is added to a date"),
            },
            (Kind::Money, _) => Worth {
                can: format!("(and {} (or {} {} (= {} {})))", whole.can, a.nothing, b.nothing, a.currency, b.currency),
                currency: format!("(ite {} {} {})", a.nothing, b.currency, a.currency),
                nothing: format!("(and {} {})", a.nothing, b.nothing),
                ..whole
            },
            _ => whole,
        }
    }

    fn compare(order: Order, a: &Worth, b: &Worth) -> Truth {
        let comparable = format!("(or {} {} (= {} {}))", a.nothing, b.nothing, a.currency, b.currency);
        let is = match order {
            Order::Same => format!("(= {} {})", a.is, b.is),
            Order::Other => format!("(not (= {} {}))", a.is, b.is),
            _ => format!("({} {} {})", order.sign(), a.is, b.is),
        };
        Truth { can: format!("(and {} {} {comparable})", a.can, b.can), is }
    }

    pub(crate) fn truth(&mut self, condition: &Cond) -> Truth {
        match condition {
            Cond::Name(name) => Truth { can: "true".into(), is: (*name).into() },
            Cond::Let(_, inner) => self.truth(inner),
            Cond::Compare(order, left, right) => {
                let (left, right) = (self.worth(left), self.worth(right));
                Self::compare(*order, &left, &right)
            }
            Cond::In(within, item, list) => {
                let item = self.worth(item);
                // The first that is equal decides, or that cannot be compared.
                let mut truth = Truth { can: "true".into(), is: "false".into() };
                for candidate in list.iter().rev() {
                    let here = self.worth(&Term::Literal(*candidate));
                    let here = Self::compare(Order::Same, &item, &here);
                    let can = format!("(and {} (or {} {}))", here.can, here.is, truth.can);
                    truth = Truth { can, is: format!("(or {} {})", here.is, truth.is) };
                }
                let can = format!("(and {} {})", item.can, truth.can);
                Truth { can, is: if *within { truth.is } else { format!("(not {})", truth.is) } }
            }
            Cond::And(left, right) => self.both(left, right, true),
            Cond::Or(left, right) => self.both(left, right, false),
            Cond::Not(inner) => {
                let inner = self.truth(inner);
                Truth { is: format!("(not {})", inner.is), ..inner }
            }
            Cond::IsNone(name) => Truth { can: "true".into(), is: format!("{name}.none") },
            Cond::Present(name, order, term) => {
                let right = self.worth(term);
                let own = Worth { can: "true".into(), is: (*name).into(), currency: "0".into(), nothing: "false".into() };
                let compared = Self::compare(*order, &own, &right);
                Truth { can: format!("(or {name}.none {})", compared.can), is: format!("(and (not {name}.none) {})", compared.is) }
            }
            Cond::If(condition, then, otherwise) => {
                let (condition, then, otherwise) = (self.truth(condition), self.truth(then), self.truth(otherwise));
                let can = format!("(and {} (ite {} {} {}))", condition.can, condition.is, then.can, otherwise.can);
                Truth { can, is: format!("(ite {} {} {})", condition.is, then.is, otherwise.is) }
            }
            Cond::Same(left, right, same) => {
                let (left, right) = (self.truth(left), self.truth(right));
                let is = format!("(= {} {})", left.is, right.is);
                Truth { can: format!("(and {} {})", left.can, right.can), is: if *same { is } else { format!("(not {is})") } }
            }
            Cond::Currency(money, currency) => {
                let money = self.worth(money);
                let can = format!("(and {} (not {}))", money.can, money.nothing);
                Truth { can, is: format!("(= {} {currency})", money.currency) }
            }
        }
    }

    /// `and`, `or`: the right side is looked at where the left one does not decide.
    fn both(&mut self, left: &Cond, right: &Cond, all: bool) -> Truth {
        let (left, right) = (self.truth(left), self.truth(right));
        let goes_on = if all { left.is.clone() } else { format!("(not {})", left.is) };
        let can = format!("(and {} (=> {goes_on} {}))", left.can, right.can);
        Truth { can, is: format!("({} {} {})", if all { "and" } else { "or" }, left.is, right.is) }
    }
}
