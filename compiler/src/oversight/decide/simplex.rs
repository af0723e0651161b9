//! Bounds of linear forms held against each other: the simplex method in the form for satisfiability, over exact rationals with an
//! infinitesimal for strict bounds.
#![expect(clippy::indexing_slicing, reason = "columns are numbered here, and their numbers never leave")]

use foldhash::{HashMap, HashMapExt as _};
use std::collections::BTreeMap;

use num_traits::{One, Signed, Zero};

use super::Budget;
use super::formula::{Arena, Atom};
use super::linear::{Q, Unknown};
use super::sat::Lit;

/// A number and so many infinitesimals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Near {
    number: Q,
    tiny: Q,
}

impl Near {
    fn zero() -> Self {
        Self { number: Q::zero(), tiny: Q::zero() }
    }

    fn add_times(&mut self, factor: &Q, other: &Self) {
        self.number += factor * &other.number;
        self.tiny += factor * &other.tiny;
    }
}

/// A bound and the literal that says it.
type Bound = Option<(Near, Lit)>;

#[derive(Default)]
struct Tableau {
    /// Rows: what a basic column is as a sum of others.
    rows: BTreeMap<usize, BTreeMap<usize, Q>>,
    values: Vec<Near>,
    lower: Vec<Bound>,
    upper: Vec<Bound>,
}

/// Values of unknowns for which all assigned bounds hold, or literals that contradict one another.
pub(super) fn check(arena: &Arena, assigned: &[(u32, bool, Lit)], budget: &mut Budget) -> Option<Result<HashMap<Unknown, Q>, Vec<Lit>>> {
    let mut tableau = Tableau::default();
    let mut columns: HashMap<Unknown, usize> = HashMap::new();
    let mut of_forms: HashMap<u32, usize> = HashMap::new();
    for (atom, holds, literal) in assigned {
        let Atom::AtMost { form: number, bound, strict } = arena.atom(*atom) else { continue };
        let Some(form) = arena.form(*number) else { continue };
        budget.pay(form.factors.len() + 1)?;
        let column = match of_forms.get(number) {
            Some(column) => *column,
            None => {
                let row: BTreeMap<usize, Q> = (form.factors.iter())
                    .map(|(unknown, factor)| (*columns.entry(*unknown).or_insert_with(|| tableau.column()), factor.clone()))
                    .collect();
                let column = match row.iter().next() {
                    Some((only, factor)) if row.len() == 1 && factor.is_one() => *only,
                    _ => {
                        let column = tableau.column();
                        tableau.rows.insert(column, row);
                        column
                    }
                };
                of_forms.insert(*number, column);
                column
            }
        };
        let failed = if *holds {
            tableau.at_most(column, Near { number: bound.clone(), tiny: if *strict { -Q::one() } else { Q::zero() } }, *literal)
        } else if form.integer {
            tableau.at_least(column, Near { number: bound + Q::one(), tiny: Q::zero() }, *literal)
        } else {
            tableau.at_least(column, Near { number: bound.clone(), tiny: if *strict { Q::zero() } else { Q::one() } }, *literal)
        };
        if let Err(conflict) = failed {
            return Some(Err(conflict));
        }
    }
    if let Err(conflict) = tableau.solve(budget)? {
        return Some(Err(conflict));
    }
    let size = tableau.infinitesimal();
    let value = |column: usize| {
        let near = &tableau.values[column];
        &near.number + &near.tiny * &size
    };
    Some(Ok(columns.into_iter().map(|(unknown, column)| (unknown, value(column))).collect()))
}

impl Tableau {
    fn column(&mut self) -> usize {
        self.values.push(Near::zero());
        self.lower.push(None);
        self.upper.push(None);
        self.values.len() - 1
    }

    fn at_most(&mut self, column: usize, bound: Near, literal: Lit) -> Result<(), Vec<Lit>> {
        if let Some((lower, why)) = &self.lower[column]
            && bound < *lower
        {
            return Err(vec![*why, literal]);
        }
        if self.upper[column].as_ref().is_none_or(|(upper, _)| bound < *upper) {
            self.upper[column] = Some((bound, literal));
        }
        Ok(())
    }

    fn at_least(&mut self, column: usize, bound: Near, literal: Lit) -> Result<(), Vec<Lit>> {
        if let Some((upper, why)) = &self.upper[column]
            && bound > *upper
        {
            return Err(vec![*why, literal]);
        }
        if self.lower[column].as_ref().is_none_or(|(lower, _)| bound > *lower) {
            self.lower[column] = Some((bound, literal));
        }
        Ok(())
    }

    /// Moves values until all are within their bounds. The smallest column that fits is taken each time, so that it ends.
    fn solve(&mut self, budget: &mut Budget) -> Option<Result<(), Vec<Lit>>> {
        self.begin(budget)?;
        loop {
            let Some((basic, low)) = self.outside() else { return Some(Ok(())) };
            let row = &self.rows[&basic];
            budget.pay((row.len() + 1) * (self.rows.len() + 1))?;
            let entering =
                row.iter().find(|(column, factor)| self.can_move(**column, factor.is_positive() == low)).map(|(column, _)| *column);
            let Some(entering) = entering else { return Some(Err(self.conflict(basic, low))) };
            let bound = if low { &self.lower[basic] } else { &self.upper[basic] };
            let Some((target, _)) = bound.clone() else { return Some(Ok(())) };
            self.pivot(basic, entering, &target);
        }
    }

    /// Puts columns that are free to move within their bounds.
    fn begin(&mut self, budget: &mut Budget) -> Option<()> {
        for column in 0..self.values.len() {
            if self.rows.contains_key(&column) {
                continue;
            }
            if let Some((lower, _)) = &self.lower[column]
                && self.values[column] < *lower
            {
                self.values[column] = lower.clone();
            }
            if let Some((upper, _)) = &self.upper[column]
                && self.values[column] > *upper
            {
                self.values[column] = upper.clone();
            }
        }
        for (basic, row) in &self.rows {
            budget.pay(row.len() + 1)?;
            let mut sum = Near::zero();
            for (column, factor) in row {
                sum.add_times(factor, &self.values[*column]);
            }
            self.values[*basic] = sum;
        }
        Some(())
    }

    /// The first basic column outside of its bounds, and whether it is too low.
    fn outside(&self) -> Option<(usize, bool)> {
        self.rows.keys().find_map(|column| {
            let value = &self.values[*column];
            let low = self.lower[*column].as_ref().is_some_and(|(lower, _)| value < lower);
            let high = self.upper[*column].as_ref().is_some_and(|(upper, _)| value > upper);
            (low || high).then_some((*column, low))
        })
    }

    fn can_move(&self, column: usize, up: bool) -> bool {
        let value = &self.values[column];
        if up {
            self.upper[column].as_ref().is_none_or(|(upper, _)| value < upper)
        } else {
            self.lower[column].as_ref().is_none_or(|(lower, _)| value > lower)
        }
    }

    /// Why a basic column cannot come within its bound: the bounds of all that it is a sum of.
    fn conflict(&self, basic: usize, low: bool) -> Vec<Lit> {
        let own = if low { &self.lower[basic] } else { &self.upper[basic] };
        let others = self.rows[&basic].iter().map(
            |(column, factor)| {
                if factor.is_positive() == low { &self.upper[*column] } else { &self.lower[*column] }
            },
        );
        std::iter::once(own).chain(others).flatten().map(|(_, literal)| *literal).collect()
    }

    /// Lets `entering` take the place of `basic`, whose value becomes `target`.
    fn pivot(&mut self, basic: usize, entering: usize, target: &Near) {
        let Some(mut row) = self.rows.remove(&basic) else { return };
        let Some(factor) = row.remove(&entering) else { return };
        let mut step = Near { number: &target.number - &self.values[basic].number, tiny: &target.tiny - &self.values[basic].tiny };
        step.number /= &factor;
        step.tiny /= &factor;
        self.values[basic] = target.clone();
        self.values[entering].add_times(&Q::one(), &step);
        // entering = (basic - rest) / factor
        let mut solved: BTreeMap<usize, Q> = row.into_iter().map(|(column, own)| (column, -own / &factor)).collect();
        solved.insert(basic, Q::one() / &factor);
        for (other, own) in &mut self.rows {
            let Some(times) = own.remove(&entering) else { continue };
            self.values[*other].add_times(&times, &step);
            for (column, factor) in &solved {
                let sum = own.entry(*column).or_insert_with(Q::zero);
                *sum += &times * factor;
                if sum.is_zero() {
                    own.remove(column);
                }
            }
        }
        self.rows.insert(entering, solved);
    }

    /// A size for the infinitesimal for which all bounds hold.
    fn infinitesimal(&self) -> Q {
        let mut size = Q::one();
        for (column, value) in self.values.iter().enumerate() {
            let mut fit = |low: &Near, high: &Near| {
                // low.number + low.tiny * size <= high.number + high.tiny * size
                if low.number < high.number && low.tiny > high.tiny {
                    let most = (&high.number - &low.number) / (&low.tiny - &high.tiny);
                    if most < size {
                        size = most;
                    }
                }
            };
            if let Some((lower, _)) = &self.lower[column] {
                fit(lower, value);
            }
            if let Some((upper, _)) = &self.upper[column] {
                fit(value, upper);
            }
        }
        size
    }
}
