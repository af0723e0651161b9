//! Values: the cases of each, and what operations make of them.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{One, Zero};

use super::{Case, Fact, Lowering, MOST_UNKNOWNS, Name, Of, Worth, kind, rational};
use crate::oversight::decide::{F, Linear, Q, Symbol};
use crate::oversight::terms::{Id, Op};
use crate::plan::{Arithmetic, Builtin, Comparison, Fold, Type};
use crate::value::Value;

/// A value of more cases is an unknown.
const MOST_CASES: usize = 24;

impl Lowering<'_, '_> {
    pub(super) fn cases(&mut self, id: Id) -> Rc<[Case]> {
        if let Some(known) = self.cases.get(&id) {
            return Rc::clone(known);
        }
        if self.arena.left.pay(1).is_none() {
            return self.leaf(id).into();
        }
        let cases: Rc<[Case]> = match self.cases_of(id) {
            Some(cases) if cases.len() <= MOST_CASES => cases.into(),
            _ => self.leaf(id).into(),
        };
        if !self.arena.left.is_used_up() {
            self.cases.insert(id, Rc::clone(&cases));
        }
        cases
    }

    /// `None`: an unknown.
    fn cases_of(&mut self, id: Id) -> Option<Vec<Case>> {
        let parts = self.terms.parts(id);
        let op = self.terms.get(id).op.clone();
        match (op, &*parts) {
            (Op::Const(_), _) => {
                let value = self.terms.constant(id)?.clone();
                let worth = self.worth(&value)?;
                Some(vec![Case { when: self.arena.always(), worth }])
            }
            (Op::Arithmetic(operation), [left, right]) => self.arithmetic(id, operation, *left, *right),
            (Op::Negate, [inner]) => {
                let minus = -Q::one();
                let mut cases = self.each_case(*inner, |worth| match worth {
                    Worth::Number(term) => Some(Worth::Number(term.times(&minus))),
                    Worth::Money(term, currency) => Some(Worth::Money(term.times(&minus), *currency)),
                    Worth::Duration(term) => Some(Worth::Duration(term.times(&minus))),
                    _ => None,
                })?;
                // The longest duration back has none forward.
                if cases.iter().any(|case| matches!(case.worth, Worth::Duration(_))) {
                    let works = self.fact(Fact::Error(id), false);
                    cases = self.guarded(works, &cases);
                }
                Some(cases)
            }
            (Op::Amount, [inner]) => self.each_case(*inner, |worth| match worth {
                Worth::Money(term, _) => Some(Worth::Number(term.clone())),
                _ => None,
            }),
            (Op::CurrencyOf, [inner]) => {
                // The sum of no amounts has none.
                let has = |worth: &Worth| !matches!(worth, Worth::Money(_, None));
                let with_currency: Vec<Case> = self.cases(*inner).iter().filter(|case| has(&case.worth)).cloned().collect();
                with_currency
                    .into_iter()
                    .map(|Case { when, worth }| match worth {
                        // As a text it is compared with texts.
                        Worth::Money(_, Some(currency)) => Some(Case { when, worth: Worth::Symbol(currency) }),
                        _ => None,
                    })
                    .collect()
            }
            (Op::If, [condition, then, otherwise]) => {
                let condition = self.truth(*condition);
                let (then, otherwise) = (self.cases(*then), self.cases(*otherwise));
                Some(self.guarded(condition.holds, &then).into_iter().chain(self.guarded(condition.fails, &otherwise)).collect())
            }
            (Op::Otherwise, [value, instead]) => {
                let (value, instead) = (self.cases(*value), self.cases(*instead));
                let none: Vec<F> = value.iter().filter(|case| case.worth == Worth::None).map(|case| case.when).collect();
                let none = self.arena.or(&none);
                let some = value.iter().filter(|case| case.worth != Worth::None).cloned();
                Some(some.chain(self.guarded(none, &instead)).collect())
            }
            (Op::For(fold @ (Fold::Min | Fold::Max), _), _) => Some(self.extreme(id, fold)),
            (Op::Builtin(Builtin::Abs), [inner]) => self.absolute(*inner),
            (Op::Builtin(Builtin::Count), [list]) => Some(self.count(id, *list)),
            (Op::Builtin(Builtin::Money), [amount, code]) => {
                let Some(Value::Text(code)) = self.terms.constant(*code).cloned() else { return None };
                crate::value::money::currency(&code).ok()?;
                let currency = self.name(Name::Currency(code.to_string()));
                self.each_case(*amount, |worth| match worth {
                    Worth::Number(term) => Some(Worth::Money(term.clone(), Some(currency))),
                    _ => None,
                })
            }
            _ => None,
        }
    }

    /// What it is where it is not negative, and the opposite where it is.
    fn absolute(&mut self, inner: Id) -> Option<Vec<Case>> {
        let minus = -Q::one();
        let mut cases = Vec::new();
        for Case { when, worth } in &*self.cases(inner) {
            let (term, currency) = match worth {
                Worth::Number(term) => (term, None),
                Worth::Money(term, currency) => (term, Some(*currency)),
                _ => return None,
            };
            let made = |term| match currency {
                Some(currency) => Worth::Money(term, currency),
                None => Worth::Number(term),
            };
            let opposite = term.times(&minus);
            let signs = [(self.arena.below_zero(&opposite, false), term.clone()), (self.arena.below_zero(term, true), opposite)];
            for (sign, term) in signs {
                let when = self.arena.and(&[*when, sign]);
                cases.push(Case { when, worth: made(term) });
            }
        }
        Some(cases)
    }

    /// The least or greatest of a list: for the item of a loop over the same list there is one, and the item is not less, or not greater.
    fn extreme(&mut self, id: Id, fold: Fold) -> Vec<Case> {
        let mut cases = self.leaf(id);
        let Some(comprehension) = self.terms.comprehensions.get(&id).cloned() else { return cases };
        let order = if fold == Fold::Min { Comparison::GreaterOrEqual } else { Comparison::LessOrEqual };
        let items: Vec<Id> = self.items.iter().filter(|(list, _)| *list == comprehension.list).map(|(_, item)| *item).collect();
        for item in items {
            let (filter, body) = self.terms.of_item(&comprehension, item);
            let taken = match filter {
                Some(filter) => self.truth(filter),
                None => self.always(),
            };
            let bodies = self.cases(body);
            // Texts have an order that is not looked into.
            if bodies.iter().any(|one| matches!(one.worth, Worth::Symbol(_) | Worth::Other)) {
                return self.leaf(id);
            }
            for case in &mut cases {
                let mut within = Vec::new();
                for one in bodies.iter().filter(|_| case.worth != Worth::None) {
                    let Some(truth) = self.compare_worth(id, order, &one.worth, &case.worth) else { return self.leaf(id) };
                    within.push(self.arena.and(&[one.when, truth.holds]));
                }
                let within = self.arena.or(&within);
                let within = self.arena.and(&[taken.holds, within]);
                let so = self.arena.or(&[taken.fails, within]);
                case.when = self.arena.and(&[case.when, so]);
            }
        }
        cases
    }

    /// How many items there are: one at least in a loop over the same list.
    fn count(&mut self, id: Id, list: Id) -> Vec<Case> {
        let mut cases = self.leaf(id);
        if self.items.iter().any(|(walked, _)| *walked == list) {
            for case in &mut cases {
                if let Worth::Number(count) = &case.worth {
                    let some = self.arena.below_zero(&Linear::constant(Q::one()).minus(count), false);
                    case.when = self.arena.and(&[case.when, some]);
                }
            }
        }
        cases
    }

    fn guarded(&mut self, when: F, cases: &[Case]) -> Vec<Case> {
        let mut guarded = Vec::with_capacity(cases.len());
        for case in cases {
            let when = self.arena.and(&[when, case.when]);
            if !self.arena.is_never(when) {
                guarded.push(Case { when, worth: case.worth.clone() });
            }
        }
        guarded
    }

    fn each_case(&mut self, id: Id, change: impl Fn(&Worth) -> Option<Worth>) -> Option<Vec<Case>> {
        self.cases(id).iter().map(|case| Some(Case { when: case.when, worth: change(&case.worth)? })).collect()
    }

    fn arithmetic(&mut self, id: Id, operation: Arithmetic, left: Id, right: Id) -> Option<Vec<Case>> {
        let exact = self.fact(Fact::Error(id), false);
        let (lefts, rights) = (self.cases(left), self.cases(right));
        let mut cases = Vec::new();
        for one in &*lefts {
            for other in &*rights {
                let (worth, also) = self.operate(operation, &one.worth, &other.worth)?;
                let mut when = vec![one.when, other.when];
                // Between any two dates or instants lies a duration.
                let between = matches!((&one.worth, &other.worth), (Worth::Date(_), Worth::Date(_)) | (Worth::Time(_), Worth::Time(_)));
                when.extend((!between).then_some(exact));
                when.extend(also);
                let when = self.arena.and(&when);
                if !self.arena.is_never(when) {
                    cases.push(Case { when, worth });
                }
                if cases.len() > MOST_CASES {
                    return None;
                }
            }
        }
        Some(cases)
    }

    /// The result, and what must hold for there to be one besides that it is exact. `None`: of this nothing is known.
    fn operate(&mut self, operation: Arithmetic, left: &Worth, right: &Worth) -> Option<(Worth, Option<F>)> {
        use Arithmetic::{Add, Multiply, Subtract};
        let sum = |a: &Linear, b: &Linear| {
            let sum = if operation == Add { a.plus(b) } else { a.minus(b) };
            (sum.factors.len() <= MOST_UNKNOWNS).then_some(sum)
        };
        let made = match (operation, left, right) {
            (Add | Subtract, Worth::Number(a), Worth::Number(b)) => (Worth::Number(sum(a, b)?), None),
            (Add | Subtract, Worth::Duration(a), Worth::Duration(b)) => (Worth::Duration(sum(a, b)?), None),
            (Add | Subtract, Worth::Time(a), Worth::Duration(b)) => (Worth::Time(sum(a, b)?), None),
            (Add, Worth::Duration(a), Worth::Time(b)) => (Worth::Time(sum(a, b)?), None),
            (Subtract, Worth::Time(a), Worth::Time(b)) => (Worth::Duration(sum(a, b)?), None),
            (Subtract, Worth::Date(a), Worth::Date(b)) => (Worth::Duration(sum(a, b)?.times(&day())), None),
            (Add | Subtract, Worth::Date(a), Worth::Duration(b)) => (Worth::Date(sum(a, &whole_days(b)?)?), None),
            (Add, Worth::Duration(a), Worth::Date(b)) => (Worth::Date(sum(&whole_days(a)?, b)?), None),
            (Add | Subtract, Worth::Money(a, one), Worth::Money(b, other)) => {
                let also = match (one, other) {
                    (Some(one), Some(other)) => Some(self.arena.same(*one, *other).holds),
                    _ => None,
                };
                (Worth::Money(sum(a, b)?, one.or(*other)), also)
            }
            (Multiply, Worth::Number(a), Worth::Number(b)) => (Worth::Number(product(a, b)?), None),
            (Multiply, Worth::Money(a, currency), Worth::Number(b)) => (Worth::Money(product(a, b)?, *currency), None),
            (Multiply, Worth::Number(a), Worth::Money(b, currency)) => (Worth::Money(product(a, b)?, *currency), None),
            _ => return None,
        };
        Some(made)
    }

    fn worth(&mut self, value: &Value) -> Option<Worth> {
        Some(match value {
            Value::None => Worth::None,
            Value::Number(number) => Worth::Number(Linear::constant(rational(*number))),
            Value::Money(money) => {
                let currency = self.name(Name::Currency(money.currency.code().to_owned()));
                Worth::Money(Linear::constant(rational(money.amount)), Some(currency))
            }
            Value::Text(text) => Worth::Symbol(self.text(text)),
            Value::Enum(member) => Worth::Symbol(self.name(Name::Member(*member))),
            Value::Date(date) => {
                let epoch = jiff::civil::Date::constant(1970, 1, 1);
                let days = date.duration_since(epoch).as_hours() / 24;
                Worth::Date(Linear::constant(Q::from_integer(days.into())))
            }
            Value::Time(time) => Worth::Time(Linear::constant(Q::new(BigInt::from(time.as_nanosecond()), billion()))),
            Value::Duration(duration) => Worth::Duration(Linear::constant(Q::new(BigInt::from(duration.as_nanos()), billion()))),
            Value::Bool(_) | Value::Json(_) | Value::List(_) | Value::Record(_) => return None,
        })
    }

    /// A text that is also the code of a currency is the same name as the currency.
    fn text(&mut self, text: &str) -> Symbol {
        let currency = crate::value::money::currency(text).is_ok_and(|currency| currency.code() == text);
        self.name(if currency { Name::Currency(text.to_owned()) } else { Name::Text(text.to_owned()) })
    }

    /// Where a name or a field can be read.
    fn readable(&mut self, id: Id) -> F {
        let parts = self.terms.parts(id);
        match (&self.terms.get(id).op, &*parts) {
            (Op::Field(_), [record]) => {
                let (readable, some) = (self.readable(*record), self.is_some(*record));
                self.arena.and(&[readable, some])
            }
            (Op::Slot { .. } | Op::Const(_) | Op::Now(_) | Op::Today(_) | Op::Owner | Op::Requester, _) => self.arena.always(),
            _ => self.fact(Fact::Error(id), false),
        }
    }

    /// Where it is not `none`.
    fn is_some(&mut self, id: Id) -> F {
        if self.may_be_none(id) { self.fact(Fact::None(id), false) } else { self.arena.always() }
    }

    /// Where it is `none`, which it may be.
    pub(in crate::oversight) fn absent(&mut self, id: Id) -> Option<F> {
        self.may_be_none(id).then(|| self.fact(Fact::None(id), true))
    }

    fn may_be_none(&self, id: Id) -> bool {
        let term = self.terms.get(id);
        match (&term.op, &term.ty) {
            // Whatever the items, an empty list has no least and no greatest.
            (Op::For(Fold::Min | Fold::Max, _), _) => true,
            (Op::List | Op::Record | Op::JsonObject(_) | Op::Text(_) | Op::For(..), _) => false,
            (_, None | Some(Type::Optional(_) | Type::Json)) => true,
            _ => false,
        }
    }

    /// A term of which only its type is known.
    fn leaf(&mut self, id: Id) -> Vec<Case> {
        let readable = self.readable(id);
        let mut cases = Vec::new();
        let mut when = readable;
        if self.may_be_none(id) {
            let none = self.fact(Fact::None(id), true);
            cases.push(Case { when: self.arena.and(&[readable, none]), worth: Worth::None });
            let some = self.fact(Fact::None(id), false);
            when = self.arena.and(&[readable, some]);
        }
        let ty = self.terms.get(id).ty.clone();
        let of = Of::Value(id);
        let worth = match ty.as_ref().map(kind) {
            Some(Type::Number) => Worth::Number(self.number(of, false)),
            Some(Type::Date) => Worth::Date(self.number(of, true)),
            Some(Type::Time) => Worth::Time(self.number(of, false)),
            Some(Type::Duration) => Worth::Duration(self.number(of, false)),
            Some(Type::Text | Type::Enum(_)) => Worth::Symbol(self.symbol(of)),
            Some(Type::Money) => {
                let (amount, currency) = (self.number(of, false), self.symbol(Of::Currency(id)));
                if self.terms.is_decoded(id) {
                    cases.push(Case { when, worth: Worth::Money(amount, Some(currency)) });
                    return cases;
                }
                // The sum of no amounts may come from afar: through a list, or from who calls the workflow.
                let nothing = self.fact(Fact::Nothing(id), true);
                let zero = Worth::Money(Linear::constant(Q::zero()), None);
                cases.push(Case { when: self.arena.and(&[when, nothing]), worth: zero });
                let something = self.fact(Fact::Nothing(id), false);
                when = self.arena.and(&[when, something]);
                Worth::Money(amount, Some(currency))
            }
            _ => Worth::Other,
        };
        cases.push(Case { when, worth });
        cases
    }
}

fn product(a: &Linear, b: &Linear) -> Option<Linear> {
    match (a.as_constant(), b.as_constant()) {
        (Some(factor), _) => Some(b.times(factor)),
        (_, Some(factor)) => Some(a.times(factor)),
        _ => None,
    }
}

fn day() -> Q {
    Q::from_integer(86_400.into())
}

fn billion() -> BigInt {
    BigInt::from(1_000_000_000_u32)
}

/// A known number of seconds as whole days.
fn whole_days(duration: &Linear) -> Option<Linear> {
    let days = duration.as_constant()? / day();
    days.is_integer().then(|| Linear::constant(days))
}
