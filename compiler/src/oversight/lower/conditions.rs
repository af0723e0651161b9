//! Conditions: where one holds, and where it fails.

use num_traits::Zero;

use super::{Fact, Lowering, MOST_UNKNOWNS, Worth};
use crate::oversight::decide::formula::Truth;
use crate::oversight::decide::{F, Linear, Q};
use crate::oversight::terms::{Id, Op};
use crate::plan::{Comparison, Fold};
use crate::value::Value;

/// A comparison of more pairs of cases is a fact.
const MOST_PAIRS: usize = 128;
/// A list of more literals is not gone through.
const MOST_ITEMS: usize = 512;

impl Lowering<'_, '_> {
    /// Where the condition holds, and where it fails.
    pub(in crate::oversight) fn truth(&mut self, id: Id) -> Truth {
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

    /// Where two values are not the same, or cannot be compared.
    pub(in crate::oversight) fn differ(&mut self, left: Id, right: Id) -> F {
        if left == right {
            return self.arena.never();
        }
        let equal = self.terms.equal(left, right);
        let equal = self.truth(equal).holds;
        self.not(equal)
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

    pub(super) fn decided(&mut self, holds: bool) -> Truth {
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
        let Some(comprehension) = self.terms.comprehensions.get(&id).cloned() else { return truth };
        let items: Vec<Id> = self.items.iter().filter(|(list, _)| *list == comprehension.list).map(|(_, item)| *item).collect();
        for item in items {
            let (filter, body) = self.terms.of_item(&comprehension, item);
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
    pub(super) fn compare_worth(&mut self, id: Id, comparison: Comparison, left: &Worth, right: &Worth) -> Option<Truth> {
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
}
