//! Terms as formulas: where a condition holds, and where it fails. Where it does neither, it cannot be evaluated.
//!
//! A value is a list of *cases*, no two of which are ever true together; where none is, the value cannot be computed. Sums, differences,
//! and products with a number are linear terms; each such operation may also have no exact result, which is a fact of its own. Money is an
//! amount and a currency, a date its days, a time and a duration their seconds. What is none of that is an unknown that equals itself; so
//! is what is met when the budget is used up, from which all of this is paid.

use foldhash::{HashMap, HashMapExt as _};
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{One, Zero};
use rust_decimal::Decimal;

use super::Declarations;
use super::decide::formula::Truth;
use super::decide::{Arena, Atom, F, Linear, Q, Symbol, Unknown};
use super::terms::{Id, Names, Op, Terms};
use crate::plan::{Arithmetic, Builtin, Comparison, Expr, Fold, Type, TypeKind};
use crate::value::Value;

/// A value of more cases is an unknown.
const MOST_CASES: usize = 24;
/// A comparison of more pairs of cases is a fact.
const MOST_PAIRS: usize = 128;
/// A sum of more unknowns is an unknown.
const MOST_UNKNOWNS: usize = 64;
/// A list of more literals is not gone through.
const MOST_ITEMS: usize = 512;

/// What is not known of a term otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fact {
    /// The condition holds.
    Holds(Id),
    /// It cannot be computed.
    Error(Id),
    /// It is `none`.
    None(Id),
    /// It is the sum of no amounts: zero, in every currency.
    Nothing(Id),
}

/// What a symbol or an unknown number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// The term, or the amount where it is money.
    Value(Id),
    /// The currency of money.
    Currency(Id),
}

/// A value in one of its cases.
#[derive(Clone, Debug, PartialEq)]
enum Worth {
    /// `none`
    None,
    Number(Linear),
    /// Days since 1970.
    Date(Linear),
    /// Seconds since 1970.
    Time(Linear),
    /// Seconds.
    Duration(Linear),
    /// The amount and its currency; without one it is the sum of no amounts.
    Money(Linear, Option<Symbol>),
    Symbol(Symbol),
    /// Something else.
    Other,
}

#[derive(Clone, Debug)]
struct Case {
    when: F,
    worth: Worth,
}

/// A name that a symbol may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Text(String),
    Currency(String),
    /// A member of an enum; members of different enums are never compared.
    Member(u32),
}

/// Terms on their way to formulas, seen from one region: from inside a loop more is known of its list.
pub(super) struct Lowering<'t, 'p> {
    pub(super) terms: &'t mut Terms<'p>,
    declarations: &'p dyn Declarations,
    pub(super) arena: Arena,
    truths: HashMap<Id, Truth>,
    cases: HashMap<Id, Rc<[Case]>>,
    negations: HashMap<F, F>,
    /// Items of the loops around: the list and the item.
    items: Vec<(Id, Id)>,
    pub(super) facts: Vec<Fact>,
    fact_numbers: HashMap<Fact, u32>,
    pub(super) names: Vec<Name>,
    name_numbers: HashMap<Name, u32>,
    pub(super) symbols: Vec<Of>,
    symbol_numbers: HashMap<Of, u32>,
    pub(super) unknowns: HashMap<Of, Unknown>,
}

impl<'t, 'p> Lowering<'t, 'p> {
    /// `items` are the lists that loops around go through, and their items.
    pub(super) fn new(terms: &'t mut Terms<'p>, declarations: &'p dyn Declarations, items: Vec<(Id, Id)>) -> Self {
        Self {
            terms,
            declarations,
            arena: Arena::default(),
            truths: HashMap::new(),
            cases: HashMap::new(),
            negations: HashMap::new(),
            items,
            facts: Vec::new(),
            fact_numbers: HashMap::new(),
            names: Vec::new(),
            name_numbers: HashMap::new(),
            symbols: Vec::new(),
            symbol_numbers: HashMap::new(),
            unknowns: HashMap::new(),
        }
    }

    pub(super) fn items(&self) -> &[(Id, Id)] {
        &self.items
    }

    /// The atom of a fact, where it is spoken of.
    pub(super) fn fact_atom(&self, fact: Fact) -> Option<u32> {
        self.arena.number_of(&Atom::Fact(*self.fact_numbers.get(&fact)?))
    }

    /// The symbol of a term, where it is spoken of.
    pub(super) fn symbol_of(&self, of: Of) -> Option<Symbol> {
        self.symbol_numbers.get(&of).map(|number| Symbol::Unknown(*number))
    }

    /// An expression as a term.
    pub(super) fn term(&mut self, expr: &'p Expr, names: Names<'_>) -> Id {
        self.terms.expr(expr, names)
    }

    /// Where a formula does not hold.
    pub(super) fn not(&mut self, formula: F) -> F {
        if let Some(known) = self.negations.get(&formula) {
            return *known;
        }
        let negated = self.arena.negate(formula, &mut self.negations);
        self.negations.insert(negated, formula);
        negated
    }

    /// Where the value can be computed.
    pub(super) fn defined(&mut self, id: Id) -> F {
        if self.is_condition(id) {
            let truth = self.truth(id);
            return self.arena.or(&[truth.holds, truth.fails]);
        }
        let whens: Vec<F> = self.cases(id).iter().map(|case| case.when).collect();
        self.arena.or(&whens)
    }

    /// What always holds.
    pub(super) fn always(&mut self) -> Truth {
        self.decided(true)
    }

    /// A condition that may also fail for the work it takes.
    pub(super) fn works(&mut self, id: Id, truth: Truth) -> Truth {
        let works = self.fact(Fact::Error(id), false);
        Truth { holds: self.arena.and(&[works, truth.holds]), fails: self.arena.and(&[works, truth.fails]) }
    }

    fn is_condition(&self, id: Id) -> bool {
        self.terms.get(id).ty == Some(Type::Bool)
    }

    fn fact(&mut self, fact: Fact, holds: bool) -> F {
        let number = match self.fact_numbers.get(&fact) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.facts.len()).unwrap_or(u32::MAX);
                self.facts.push(fact);
                self.fact_numbers.insert(fact, number);
                number
            }
        };
        self.arena.fact(number, holds)
    }

    fn name(&mut self, name: Name) -> Symbol {
        if let Some(number) = self.name_numbers.get(&name) {
            return Symbol::Name(*number);
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.clone());
        self.name_numbers.insert(name, number);
        Symbol::Name(number)
    }

    fn symbol(&mut self, of: Of) -> Symbol {
        if let Some(number) = self.symbol_numbers.get(&of) {
            return Symbol::Unknown(*number);
        }
        let number = u32::try_from(self.symbols.len()).unwrap_or(u32::MAX);
        self.symbols.push(of);
        self.symbol_numbers.insert(of, number);
        let symbol = Symbol::Unknown(number);
        if let Of::Value(id) = of
            && let Some(Type::Enum(index)) = self.terms.get(id).ty.as_ref().map(kind)
            && let Some(TypeKind::Enum(members)) = self.declarations.type_def(*index).map(|def| &def.kind)
        {
            let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
            let names: Vec<u32> = (0..count)
                .filter_map(|member| match self.name(Name::Member(member)) {
                    Symbol::Name(number) => Some(number),
                    Symbol::Unknown(_) => None,
                })
                .collect();
            self.arena.one_of(symbol, names);
        }
        symbol
    }

    fn number(&mut self, of: Of, whole: bool) -> Linear {
        let arena = &mut self.arena;
        Linear::unknown(*self.unknowns.entry(of).or_insert_with(|| arena.unknown(whole)))
    }

    // ---- conditions ----

    /// Where the condition holds, and where it fails.
    pub(super) fn truth(&mut self, id: Id) -> Truth {
        if let Some(known) = self.truths.get(&id) {
            return *known;
        }
        if self.arena.left.pay(1).is_none() {
            return self.opaque(id);
        }
        let truth = self.truth_of(id);
        if !self.arena.left.is_used_up() {
            self.truths.insert(id, truth);
        }
        truth
    }

    fn truth_of(&mut self, id: Id) -> Truth {
        let parts = self.terms.parts(id);
        let op = self.terms.get(id).op.clone();
        match (op, &*parts) {
            (Op::Const(_), _) => match self.terms.constant(id) {
                Some(Value::Bool(holds)) => self.decided(*holds),
                _ => self.opaque(id),
            },
            (Op::And, [_, _]) => self.joined(id, true),
            (Op::Or, [_, _]) => self.joined(id, false),
            (Op::Not, [inner]) => self.truth(*inner).negated(),
            (Op::If, [condition, then, otherwise]) => {
                let condition = self.truth(*condition);
                let (then, otherwise) = (self.truth(*then), self.truth(*otherwise));
                self.either(condition.holds, then, condition.fails, otherwise)
            }
            (Op::Otherwise, [optional, instead]) => {
                let value = self.cases(*optional);
                let instead_truth = self.truth(*instead);
                let none: Vec<F> = value.iter().filter(|case| case.worth == Worth::None).map(|case| case.when).collect();
                let some: Vec<F> = value.iter().filter(|case| case.worth != Worth::None).map(|case| case.when).collect();
                let (none, some) = (self.arena.or(&none), self.arena.or(&some));
                let own = Truth { holds: self.fact(Fact::Holds(*optional), true), fails: self.fact(Fact::Holds(*optional), false) };
                self.either(some, own, none, instead_truth)
            }
            (Op::Compare(comparison), [left, right]) => self.compare(id, comparison, *left, *right),
            (Op::In, [item, list]) => self.within(id, *item, *list),
            (Op::IsNone, [inner]) => {
                let cases = self.cases(*inner);
                let none: Vec<F> = cases.iter().filter(|case| case.worth == Worth::None).map(|case| case.when).collect();
                let some: Vec<F> = cases.iter().filter(|case| case.worth != Worth::None).map(|case| case.when).collect();
                Truth { holds: self.arena.or(&none), fails: self.arena.or(&some) }
            }
            (Op::For(fold @ (Fold::Any | Fold::All), _), _) => self.of_all(id, fold == Fold::Any),
            (Op::Slot { .. } | Op::Field(_), _) => {
                let some: Vec<F> = self.cases(id).iter().filter(|case| case.worth != Worth::None).map(|case| case.when).collect();
                let some = self.arena.or(&some);
                let (holds, fails) = (self.fact(Fact::Holds(id), true), self.fact(Fact::Holds(id), false));
                Truth { holds: self.arena.and(&[some, holds]), fails: self.arena.and(&[some, fails]) }
            }
            _ => self.opaque(id),
        }
    }

    /// `and` (`all`) or `or` of what stands in a row.
    fn joined(&mut self, id: Id, all: bool) -> Truth {
        let own = if all { Op::And } else { Op::Or };
        let mut operands = Vec::new();
        let mut at = id;
        while let (true, [left, right]) = (self.terms.get(at).op == own, &*self.terms.parts(at)) {
            operands.push(*right);
            at = *left;
        }
        operands.push(at);
        let mut truths: Vec<Truth> = operands.into_iter().rev().map(|operand| self.truth(operand)).collect();
        // Of `or` the same is true with holding and failing exchanged.
        truths.iter_mut().filter(|_| !all).for_each(|truth| *truth = truth.negated());
        let before_last = truths.len().saturating_sub(1);
        let joined = if truths.iter().take(before_last).all(|truth| self.not(truth.holds) == truth.fails) {
            // Those before the last can always be evaluated, so that their order is nothing to anybody.
            let (holds, fails): (Vec<F>, Vec<F>) = truths.iter().map(|truth| (truth.holds, truth.fails)).unzip();
            Truth { holds: self.arena.and(&holds), fails: self.arena.or(&fails) }
        } else {
            truths
                .into_iter()
                .reduce(|left, right| {
                    let second = self.arena.and(&[left.holds, right.fails]);
                    Truth { holds: self.arena.and(&[left.holds, right.holds]), fails: self.arena.or(&[left.fails, second]) }
                })
                .unwrap_or_else(|| self.decided(all))
        };
        if all { joined } else { joined.negated() }
    }

    fn decided(&mut self, holds: bool) -> Truth {
        let (always, never) = (self.arena.always(), self.arena.never());
        if holds { Truth { holds: always, fails: never } } else { Truth { holds: never, fails: always } }
    }

    fn either(&mut self, first: F, one: Truth, second: F, other: Truth) -> Truth {
        let (a, b) = (self.arena.and(&[first, one.holds]), self.arena.and(&[second, other.holds]));
        let (c, d) = (self.arena.and(&[first, one.fails]), self.arena.and(&[second, other.fails]));
        Truth { holds: self.arena.or(&[a, b]), fails: self.arena.or(&[c, d]) }
    }

    /// A condition of which nothing is known but that it is the same wherever it stands.
    fn opaque(&mut self, id: Id) -> Truth {
        let works = self.fact(Fact::Error(id), false);
        let (holds, fails) = (self.fact(Fact::Holds(id), true), self.fact(Fact::Holds(id), false));
        Truth { holds: self.arena.and(&[works, holds]), fails: self.arena.and(&[works, fails]) }
    }

    /// `any` and `all`: where it is told for all items, it is told for the item of a loop over the same list.
    fn of_all(&mut self, id: Id, any: bool) -> Truth {
        let mut truth = self.opaque(id);
        let Some(comprehension) = self.terms.comprehensions.get(&id).copied() else { return truth };
        let items: Vec<Id> = self.items.iter().filter(|(list, _)| *list == comprehension.list).map(|(_, item)| *item).collect();
        for item in items {
            let (filter, body) = self.terms.of_item(comprehension, item);
            let body = self.truth(body);
            let settled = if any { body.fails } else { body.holds };
            let settled = match filter {
                Some(filter) => {
                    let filter = self.truth(filter);
                    let both = self.arena.and(&[filter.holds, settled]);
                    self.arena.or(&[filter.fails, both])
                }
                None => settled,
            };
            let of_all = if any { &mut truth.fails } else { &mut truth.holds };
            *of_all = self.arena.and(&[*of_all, settled]);
        }
        truth
    }

    fn compare(&mut self, id: Id, comparison: Comparison, left: Id, right: Id) -> Truth {
        use Comparison::{Equal, NotEqual};
        let equality = matches!(comparison, Equal | NotEqual);
        if equality && self.is_condition(left) && self.is_condition(right) {
            let (left, right) = (self.truth(left), self.truth(right));
            let truth = self.either(left.holds, right, left.fails, right.negated());
            return if comparison == Equal { truth } else { truth.negated() };
        }
        let (lefts, rights) = (self.cases(left), self.cases(right));
        if lefts.len() * rights.len() > MOST_PAIRS {
            return self.opaque(id);
        }
        let (mut holds, mut fails) = (Vec::new(), Vec::new());
        for one in &*lefts {
            for other in &*rights {
                let when = self.arena.and(&[one.when, other.when]);
                if self.arena.is_never(when) {
                    continue;
                }
                let Some(truth) = self.compare_worth(id, comparison, &one.worth, &other.worth) else { return self.opaque(id) };
                holds.push(self.arena.and(&[when, truth.holds]));
                fails.push(self.arena.and(&[when, truth.fails]));
            }
        }
        Truth { holds: self.arena.or(&holds), fails: self.arena.or(&fails) }
    }

    /// `None`: of this nothing is known.
    fn compare_worth(&mut self, id: Id, comparison: Comparison, left: &Worth, right: &Worth) -> Option<Truth> {
        use Comparison::{Equal, NotEqual};
        let equality = matches!(comparison, Equal | NotEqual);
        let equal = match (left, right) {
            (Worth::None, Worth::None) if equality => self.decided(true),
            (Worth::None, _) | (_, Worth::None) if equality => self.decided(false),
            // `none` has no order.
            (Worth::None, _) | (_, Worth::None) => {
                let never = self.arena.never();
                return Some(Truth { holds: never, fails: never });
            }
            (Worth::Number(a), Worth::Number(b))
            | (Worth::Date(a), Worth::Date(b))
            | (Worth::Time(a), Worth::Time(b))
            | (Worth::Duration(a), Worth::Duration(b)) => return Some(self.order(comparison, a, b)),
            (Worth::Money(a, one), Worth::Money(b, other)) => {
                let order = self.order(comparison, a, b);
                let (Some(one), Some(other)) = (one, other) else { return Some(order) };
                let comparable = self.arena.same(*one, *other).holds;
                self.arena.likely(comparable);
                return Some(Truth {
                    holds: self.arena.and(&[comparable, order.holds]),
                    fails: self.arena.and(&[comparable, order.fails]),
                });
            }
            (Worth::Symbol(a), Worth::Symbol(b)) if equality => self.arena.same(*a, *b),
            // An order of texts is the same wherever it stands.
            (Worth::Symbol(_), Worth::Symbol(_)) => return Some(self.opaque(id)),
            _ => return None,
        };
        Some(if comparison == Equal { equal } else { equal.negated() })
    }

    fn order(&mut self, comparison: Comparison, left: &Linear, right: &Linear) -> Truth {
        let (less, more) = (left.minus(right), right.minus(left));
        if less.factors.len() > MOST_UNKNOWNS {
            // Too long to be looked at: as if it were not there, both ways.
            let fresh = self.arena.unknown(false);
            return self.order(comparison, &Linear::unknown(fresh), &Linear::constant(Q::zero()));
        }
        let arena = &mut self.arena;
        match comparison {
            Comparison::Equal => arena.zero(&less),
            Comparison::NotEqual => arena.zero(&less).negated(),
            Comparison::Less => Truth { holds: arena.below_zero(&less, true), fails: arena.below_zero(&more, false) },
            Comparison::LessOrEqual => Truth { holds: arena.below_zero(&less, false), fails: arena.below_zero(&more, true) },
            Comparison::Greater => Truth { holds: arena.below_zero(&more, true), fails: arena.below_zero(&less, false) },
            Comparison::GreaterOrEqual => Truth { holds: arena.below_zero(&more, false), fails: arena.below_zero(&less, true) },
        }
    }

    /// `x in [a, b]`: equal to one of them, tried in order.
    fn within(&mut self, id: Id, item: Id, list: Id) -> Truth {
        let candidates: Vec<Id> = match (&self.terms.get(list).op, self.terms.constant(list)) {
            (Op::List, _) => self.terms.parts(list).to_vec(),
            (_, Some(Value::List(values))) => {
                let values = values.clone();
                values.iter().map(|value| self.terms.value(value)).collect()
            }
            _ => return self.opaque(id),
        };
        if candidates.len() > MOST_ITEMS {
            return self.opaque(id);
        }
        let mut truth = self.decided(false);
        for candidate in candidates.into_iter().rev() {
            let here = self.compare(id, Comparison::Equal, item, candidate);
            let later = self.arena.and(&[here.fails, truth.holds]);
            truth = Truth { holds: self.arena.or(&[here.holds, later]), fails: self.arena.and(&[here.fails, truth.fails]) };
        }
        let item = self.defined(item);
        Truth { holds: self.arena.and(&[item, truth.holds]), fails: self.arena.and(&[item, truth.fails]) }
    }

    // ---- values ----

    fn cases(&mut self, id: Id) -> Rc<[Case]> {
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
                let mut when = vec![one.when, other.when, exact];
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
    pub(super) fn absent(&mut self, id: Id) -> Option<F> {
        self.may_be_none(id).then(|| self.fact(Fact::None(id), true))
    }

    fn may_be_none(&self, id: Id) -> bool {
        let term = self.terms.get(id);
        match (&term.op, &term.ty) {
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

fn kind(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => inner,
        ty => ty,
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

pub(super) fn rational(number: Decimal) -> Q {
    Q::new(BigInt::from(number.mantissa()), BigInt::from(10).pow(number.scale()))
}
