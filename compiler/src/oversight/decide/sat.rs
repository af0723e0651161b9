//! Search over clauses: unit propagation with two watched literals, and a clause learned from each conflict.
#![expect(clippy::indexing_slicing, reason = "variables and clauses are numbered here, and their numbers never leave")]

use std::ops::Range;

use super::Budget;

/// A variable, or its negation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lit(u32);

impl Lit {
    pub(super) const fn of(variable: u32, holds: bool) -> Self {
        Self(variable << 1 | !holds as u32)
    }

    pub(super) const fn negated(self) -> Self {
        Self(self.0 ^ 1)
    }

    const fn variable(self) -> usize {
        (self.0 >> 1) as usize
    }

    const fn holds(self) -> bool {
        self.0 & 1 == 0
    }

    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is no assignment.
    None,
    /// All variables are assigned.
    Assignment,
}

/// Clauses and an assignment.
#[derive(Debug, Default)]
pub(super) struct Sat {
    /// The literals of all clauses, one clause behind the other, and where each begins and ends.
    literals: Vec<Lit>,
    clauses: Vec<Range<usize>>,
    /// For each literal the clauses that watch it: its first two literals are watched. There may be more of these than literals.
    watches: Vec<Vec<usize>>,
    values: Vec<Option<bool>>,
    levels: Vec<usize>,
    reasons: Vec<Option<usize>>,
    /// What is tried first.
    likely: Vec<bool>,
    /// How much a variable had to do with recent conflicts.
    activity: Vec<f64>,
    weight: f64,
    trail: Vec<Lit>,
    /// Where each level begins in the trail.
    begins: Vec<usize>,
    /// So much of the trail is propagated.
    done: usize,
    /// Whether two clauses of one literal contradict each other.
    broken: bool,
    /// All variables below it are assigned, or have more active ones open.
    hint: usize,
}

impl Sat {
    /// Forgets everything, and keeps the room that it took.
    pub(super) fn clear(&mut self) {
        self.literals.clear();
        self.clauses.clear();
        self.watches.iter_mut().take(2 * self.values.len()).for_each(Vec::clear);
        self.values.clear();
        self.levels.clear();
        self.reasons.clear();
        self.likely.clear();
        self.activity.clear();
        self.weight = 0.0;
        self.trail.clear();
        self.begins.clear();
        self.done = 0;
        self.broken = false;
        self.hint = 0;
    }

    pub(super) fn variable(&mut self) -> u32 {
        self.values.push(None);
        self.levels.push(0);
        self.reasons.push(None);
        self.likely.push(false);
        self.activity.push(0.0);
        if self.watches.len() < 2 * self.values.len() {
            self.watches.extend([Vec::new(), Vec::new()]);
        }
        u32::try_from(self.values.len() - 1).unwrap_or(u32::MAX)
    }

    /// Tries first whether it holds.
    pub(super) fn prefer(&mut self, variable: u32) {
        self.likely[variable as usize] = true;
    }

    pub(super) fn value(&self, variable: u32) -> Option<bool> {
        self.values[variable as usize]
    }

    fn test(&self, literal: Lit) -> Option<bool> {
        self.values[literal.variable()].map(|value| value == literal.holds())
    }

    /// Adds a clause before the search begins; whether clauses of one literal still agree.
    pub(super) fn add(&mut self, clause: impl IntoIterator<Item = Lit>) -> bool {
        let begin = self.literals.len();
        self.literals.extend(clause);
        let clause = &mut self.literals[begin..];
        clause.sort_unstable();
        let mut end = 0;
        for at in 0..clause.len() {
            if end == 0 || clause[at] != clause[end - 1] {
                clause[end] = clause[at];
                end += 1;
            }
        }
        self.literals.truncate(begin + end);
        let clause = &self.literals[begin..];
        if clause.windows(2).any(|pair| pair[0] == pair[1].negated()) {
            self.literals.truncate(begin);
            return true;
        }
        match *clause {
            [] => self.broken = true,
            [only] => {
                self.literals.truncate(begin);
                match self.test(only) {
                    None => self.assign(only, None),
                    Some(true) => {}
                    Some(false) => self.broken = true,
                }
            }
            _ => {
                self.attach(begin);
            }
        }
        !self.broken
    }

    /// The last literals, from there on, are a clause.
    fn attach(&mut self, begin: usize) -> usize {
        let number = self.clauses.len();
        for at in [begin, begin + 1] {
            self.watches[self.literals[at].index()].push(number);
        }
        self.clauses.push(begin..self.literals.len());
        number
    }

    fn assign(&mut self, literal: Lit, reason: Option<usize>) {
        let variable = literal.variable();
        self.values[variable] = Some(literal.holds());
        self.levels[variable] = self.begins.len();
        self.reasons[variable] = reason;
        self.trail.push(literal);
    }

    fn back_to(&mut self, level: usize) {
        if self.begins.len() <= level {
            return;
        }
        let begin = self.begins[level];
        for literal in self.trail.drain(begin..) {
            self.values[literal.variable()] = None;
        }
        self.begins.truncate(level);
        self.done = self.done.min(begin);
        self.hint = 0;
    }

    /// Looks for an assignment of all variables.
    pub(super) fn solve(&mut self, budget: &mut Budget) -> Option<Found> {
        if self.broken {
            return Some(Found::None);
        }
        loop {
            if let Some(conflict) = self.propagate(budget)? {
                let clause = self.literals[self.clauses[conflict].clone()].to_vec();
                if !self.resolve(clause, budget)? {
                    return Some(Found::None);
                }
            } else if let Some(variable) = self.next(budget)? {
                self.begins.push(self.trail.len());
                // Nothing out of the ordinary, unless something asks for it.
                self.assign(Lit::of(variable, self.likely[variable as usize]), None);
            } else {
                return Some(Found::Assignment);
            }
        }
    }

    /// The open variable that had most to do with conflicts.
    fn next(&mut self, budget: &mut Budget) -> Option<Option<u32>> {
        budget.pay(self.values.len() / 16 + 1)?;
        let mut best: Option<usize> = None;
        for variable in self.hint..self.values.len() {
            if self.values[variable].is_none() && best.is_none_or(|best| self.activity[variable] > self.activity[best]) {
                best = Some(variable);
            }
        }
        Some(best.and_then(|variable| u32::try_from(variable).ok()))
    }

    /// Assigns what clauses leave no choice about; gives a clause that cannot hold.
    fn propagate(&mut self, budget: &mut Budget) -> Option<Option<usize>> {
        while self.done < self.trail.len() {
            let failed = self.trail[self.done].negated();
            self.done += 1;
            let mut watching = std::mem::take(&mut self.watches[failed.index()]);
            if budget.pay(watching.len() + 1).is_none() {
                self.watches[failed.index()] = watching;
                return None;
            }
            let mut conflict = None;
            watching.retain(|number| {
                // Behind a conflict all stay as they are.
                let watched = if conflict.is_some() { Watched::Kept } else { self.watch(*number, failed) };
                if matches!(watched, Watched::Failed) {
                    conflict = Some(*number);
                }
                !matches!(watched, Watched::Moved)
            });
            self.watches[failed.index()] = watching;
            if conflict.is_some() {
                return Some(conflict);
            }
        }
        Some(None)
    }

    /// A watched literal of a clause has failed.
    fn watch(&mut self, number: usize, failed: Lit) -> Watched {
        let clause = &mut self.literals[self.clauses[number].clone()];
        if clause[0] == failed {
            clause.swap(0, 1);
        }
        let first = clause[0];
        let value = |literal: Lit| self.values[literal.variable()].map(|value| value == literal.holds());
        if value(first) == Some(true) {
            return Watched::Kept;
        }
        if let Some(other) = (2..clause.len()).find(|at| value(clause[*at]) != Some(false)) {
            clause.swap(1, other);
            let watched = clause[1];
            self.watches[watched.index()].push(number);
            return Watched::Moved;
        }
        match value(first) {
            Some(false) => Watched::Failed,
            _ => {
                self.assign(first, Some(number));
                Watched::Kept
            }
        }
    }

    /// Learns a clause that the present assignment fails; whether an assignment is still possible.
    pub(super) fn learn(&mut self, clause: Vec<Lit>, budget: &mut Budget) -> Option<bool> {
        budget.pay(clause.len() + 1)?;
        self.resolve(clause, budget)
    }

    /// From a clause all of whose literals have failed to one with a single literal of the last level, and back to where that one is
    /// forced. Whether there is such a place.
    fn resolve(&mut self, conflict: Vec<Lit>, budget: &mut Budget) -> Option<bool> {
        let deepest = conflict.iter().map(|literal| self.levels[literal.variable()]).max().unwrap_or(0);
        self.back_to(deepest);
        if deepest == 0 {
            self.broken = true;
            return Some(false);
        }
        let mut seen = vec![false; self.values.len()];
        let mut learned: Vec<Lit> = Vec::new();
        let mut open = 0_usize;
        let mut at = self.trail.len();
        let mut clause = conflict;
        budget.pay(self.values.len() / 32 + 1)?;
        let asserted = loop {
            budget.pay(clause.len())?;
            for literal in &clause {
                let variable = literal.variable();
                if seen[variable] || self.levels[variable] == 0 {
                    continue;
                }
                seen[variable] = true;
                self.activity[variable] += self.weight.max(1.0);
                if self.levels[variable] == deepest {
                    open += 1;
                } else {
                    learned.push(*literal);
                }
            }
            while at > 0 && !seen[self.trail[at - 1].variable()] {
                at -= 1;
            }
            let Some(last) = at.checked_sub(1).map(|last| self.trail[last]) else {
                self.broken = true;
                return Some(false);
            };
            at -= 1;
            open = open.saturating_sub(1);
            if open == 0 {
                break last.negated();
            }
            let own = last.variable();
            clause.clear();
            if let Some(reason) = self.reasons[own] {
                let reason = &self.literals[self.clauses[reason].clone()];
                clause.extend(reason.iter().filter(|literal| literal.variable() != own));
            }
        };
        self.weigh();
        let level = learned.iter().map(|literal| self.levels[literal.variable()]).max().unwrap_or(0);
        // The two that are watched: the one that is now forced, and the last that failed.
        learned.sort_by_key(|literal| std::cmp::Reverse(self.levels[literal.variable()]));
        learned.insert(0, asserted);
        self.back_to(level);
        let begin = self.literals.len();
        let reason = (learned.len() > 1).then(|| {
            self.literals.extend(&learned);
            self.attach(begin)
        });
        self.assign(asserted, reason);
        Some(true)
    }

    /// What was long ago counts less.
    fn weigh(&mut self) {
        self.weight = self.weight.max(1.0) * 1.05;
        if self.weight > 1e100 {
            self.activity.iter_mut().for_each(|activity| *activity *= 1e-100);
            self.weight *= 1e-100;
        }
    }
}

/// What became of a watch.
enum Watched {
    Moved,
    Kept,
    Failed,
}
