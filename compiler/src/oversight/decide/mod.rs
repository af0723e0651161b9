//! The decision procedure: whether formulas can all hold at once.
//!
//! # What it decides
//!
//! Formulas are built of `and`, `or` and literals, in negation normal form ([`formula`]). A literal is an atom or its negation, and an
//! atom is one of three:
//!
//! - a *fact*: something that holds or does not, and of which nothing else is known;
//! - a *bound*: a linear term over rational unknowns (some of them integers) is at most, or less than, a number;
//! - a *sameness*: two symbols, which are names or unknowns, are the same.
//!
//! # The rules
//!
//! 1. Formulas become clauses: each `and` and `or` gets a name, which implies what it stands for (negation normal form needs one direction).
//! 2. A search over clauses with learning ([`sat`]) gives an assignment of the atoms, or shows that there is none.
//! 3. Of two bounds of the same linear term the tighter implies the looser: said beforehand as clauses of two.
//! 4. Bounds that were assigned are held against each other by the simplex method over exact rationals ([`simplex`]). Over integers a bound
//!    is rounded to the next one that can be met; nothing else is known of integers.
//! 5. Samenesses that were assigned make classes ([`classes`]). Two names are never the same; two symbols said to differ are not in one
//!    class; a symbol with a fixed list of names is one of them (said beforehand as a clause).
//! 6. What rule 4 or 5 finds contradictory becomes a clause, and the search goes on.
//!
//! "Impossible" is sound: clauses follow from the formulas, and the rules hold for all values. "Possible" is a suggestion, since an unknown
//! may stand for something about which more is true; who asks verifies it. All work, that of building formulas too, is paid for from a
//! [`Budget`]; when it is used up, the answer is "gave up".

mod classes;
pub(super) mod formula;
mod guess;
pub(super) mod linear;
mod sat;
mod simplex;

pub(super) use formula::{Arena, Atom, F, Symbol};
pub(super) use guess::guess;
pub(super) use linear::{Linear, Q, Unknown};

use foldhash::{HashMap, HashMapExt as _};

use sat::{Found, Lit, Sat};

/// How much work may be done: one unit is about one clause looked at, or one part of a formula that is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Budget(pub(super) u64);

impl Budget {
    /// Pays; `None` where too little is left, of which then nothing is.
    pub(super) fn pay(&mut self, units: usize) -> Option<()> {
        let left = self.0.checked_sub(units as u64);
        self.0 = left.unwrap_or(0);
        left.map(|_| ())
    }

    pub(super) const fn is_used_up(self) -> bool {
        self.0 == 0
    }
}

/// Whether formulas can hold at once.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// They cannot, whatever the values.
    Impossible,
    /// They can where atoms are so.
    Possible(Model),
    /// The budget was used up.
    GaveUp,
}

/// Values for which formulas hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// Atoms that count, and whether they hold.
    pub(super) atoms: HashMap<u32, bool>,
    /// Values of unknowns.
    pub(super) numbers: HashMap<Unknown, Q>,
    /// For each symbol that counts its class, named by one symbol of it: a name where it has one.
    pub(super) symbols: HashMap<Symbol, Symbol>,
}

/// Whether all these formulas can hold at once; paid for from what the arena has left.
pub(super) fn decide(arena: &mut Arena, formulas: &[F]) -> Answer {
    let (mut budget, mut room) = (arena.left, std::mem::take(&mut arena.room));
    room.clear();
    let answer = search(arena, &mut room, formulas, &mut budget).unwrap_or(Answer::GaveUp);
    (arena.left, arena.room) = (budget, room);
    answer
}

/// `None` where the budget is used up.
fn search(arena: &Arena, room: &mut Room, formulas: &[F], budget: &mut Budget) -> Option<Answer> {
    let mut encoder = Encoder { arena, room };
    for formula in formulas {
        if !encoder.require(*formula, budget)? {
            return Some(Answer::Impossible);
        }
    }
    encoder.domains(budget)?;
    encoder.ladders(budget)?;
    let Room { sat, atoms, .. } = room;
    loop {
        match sat.solve(budget)? {
            Found::None => return Some(Answer::Impossible),
            Found::Assignment => {}
        }
        let assigned: Vec<(u32, bool, Lit)> = atoms
            .iter()
            .filter_map(|(atom, variable)| sat.value(*variable).map(|holds| (*atom, holds, Lit::of(*variable, holds))))
            .collect();
        let conflict = match simplex::check(arena, &assigned, budget)? {
            Err(conflict) => conflict,
            Ok(numbers) => match classes::check(arena, &assigned, budget)? {
                Err(conflict) => conflict,
                Ok(symbols) => {
                    let atoms = assigned.iter().map(|(atom, holds, _)| (*atom, *holds)).collect();
                    return Some(Answer::Possible(Model { atoms, numbers, symbols }));
                }
            },
        };
        // Not all of these at once.
        if !sat.learn(conflict.into_iter().map(Lit::negated).collect(), budget)? {
            return Some(Answer::Impossible);
        }
    }
}

/// Where one question after the other is worked on.
#[derive(Debug, Default)]
struct Room {
    sat: Sat,
    /// The literal that stands for a formula.
    named: Numbered<Lit>,
    /// Atoms and their variables, in the order in which they were met.
    atoms: Vec<(u32, u32)>,
    variables: Numbered<u32>,
}

impl Room {
    fn clear(&mut self) {
        self.sat.clear();
        self.named.clear();
        self.atoms.clear();
        self.variables.clear();
    }
}

/// Something for each of some numbers.
#[derive(Debug, Default)]
struct Numbered<T> {
    /// With the round in which it was put there: of another round it is none. The first round is 1.
    all: Vec<(u32, T)>,
    round: u32,
}

impl<T: Copy + Default> Numbered<T> {
    fn clear(&mut self) {
        match self.round.checked_add(1) {
            Some(round) => self.round = round,
            None => *self = Self::default(),
        }
    }

    fn get(&self, number: usize) -> Option<T> {
        self.all.get(number).filter(|(round, _)| *round == self.round).map(|(_, own)| *own)
    }

    fn put(&mut self, number: usize, own: T) {
        if self.all.len() <= number {
            self.all.resize(number + 1, (0, T::default()));
        }
        if let Some(place) = self.all.get_mut(number) {
            *place = (self.round, own);
        }
    }
}

/// Formulas on their way to clauses.
struct Encoder<'a> {
    arena: &'a Arena,
    room: &'a mut Room,
}

impl Encoder<'_> {
    /// Requires that the formula holds; whether that is possible at first sight.
    fn require(&mut self, formula: F, budget: &mut Budget) -> Option<bool> {
        let mut open = vec![formula];
        while let Some(formula) = open.pop() {
            budget.pay(1)?;
            match self.arena.node(formula) {
                formula::Node::True => {}
                formula::Node::False => return Some(false),
                formula::Node::And(parts) => open.extend(parts.iter().copied()),
                formula::Node::Or(parts) => {
                    let clause = parts.iter().map(|part| self.literal(*part, budget)).collect::<Option<Vec<_>>>()?;
                    if !self.room.sat.add(clause) {
                        return Some(false);
                    }
                }
                formula::Node::Lit { .. } => {
                    let literal = self.literal(formula, budget)?;
                    if !self.room.sat.add([literal]) {
                        return Some(false);
                    }
                }
            }
        }
        Some(true)
    }

    /// A literal that implies the formula. Goes down without recursion: formulas may be deep.
    fn literal(&mut self, formula: F, budget: &mut Budget) -> Option<Lit> {
        let mut open = vec![formula];
        while let Some(at) = open.last().copied() {
            budget.pay(1)?;
            if self.named(at).is_some() {
                open.pop();
                continue;
            }
            let arena = self.arena;
            match arena.node(at) {
                formula::Node::Lit { atom, holds } => {
                    let variable = self.variable(*atom);
                    self.name(at, Lit::of(variable, *holds));
                }
                formula::Node::And(parts) | formula::Node::Or(parts) => {
                    budget.pay(parts.len())?;
                    let before = open.len();
                    open.extend(parts.iter().filter(|part| self.named(**part).is_none()).copied());
                    if open.len() > before {
                        continue;
                    }
                    let Room { sat, named, .. } = &mut *self.room;
                    let name = Lit::of(sat.variable(), true);
                    let parts = parts.iter().filter_map(|part| named.get(part.number()));
                    if matches!(arena.node(at), formula::Node::And(_)) {
                        for part in parts {
                            sat.add([name.negated(), part]);
                        }
                    } else {
                        sat.add(parts.chain([name.negated()]));
                    }
                    self.name(at, name);
                }
                // These stand alone only: building folds them away.
                constant @ (formula::Node::True | formula::Node::False) => {
                    let name = Lit::of(self.room.sat.variable(), true);
                    let holds = matches!(constant, formula::Node::True);
                    self.room.sat.add([if holds { name } else { name.negated() }]);
                    self.name(at, name);
                }
            }
            open.pop();
        }
        self.named(formula)
    }

    fn named(&self, formula: F) -> Option<Lit> {
        self.room.named.get(formula.number())
    }

    fn name(&mut self, formula: F, name: Lit) {
        self.room.named.put(formula.number(), name);
    }

    fn variable(&mut self, atom: u32) -> u32 {
        if let Some(variable) = self.room.variables.get(atom as usize) {
            return variable;
        }
        let variable = self.room.sat.variable();
        if self.arena.is_likely(atom) {
            self.room.sat.prefer(variable);
        }
        self.room.variables.put(atom as usize, variable);
        self.room.atoms.push((atom, variable));
        variable
    }

    /// A symbol with a list of names is one of them.
    fn domains(&mut self, budget: &mut Budget) -> Option<()> {
        let mut seen: Vec<Symbol> = Vec::new();
        let mut at = 0;
        while let Some((atom, _)) = self.room.atoms.get(at).copied() {
            at += 1;
            let Atom::Same(left, right) = self.arena.atom(atom) else { continue };
            for symbol in [*left, *right] {
                budget.pay(1)?;
                if seen.contains(&symbol) {
                    continue;
                }
                seen.push(symbol);
                let Some(choices) = self.arena.choices(symbol) else { continue };
                let mut clause = Vec::with_capacity(choices.len());
                for choice in choices {
                    budget.pay(1)?;
                    let variable = self.variable(*choice);
                    clause.push(Lit::of(variable, true));
                }
                self.room.sat.add(clause);
            }
        }
        Some(())
    }

    /// Of two bounds of one term the tighter implies the looser.
    fn ladders(&mut self, budget: &mut Budget) -> Option<()> {
        let mut bounds: HashMap<u32, Vec<(&Q, bool, u32)>> = HashMap::new();
        for (atom, variable) in &self.room.atoms {
            if let Atom::AtMost { form, bound, strict } = self.arena.atom(*atom) {
                bounds.entry(*form).or_default().push((bound, *strict, *variable));
            }
        }
        for rungs in bounds.values_mut() {
            budget.pay(rungs.len() * 4)?;
            // `x < 5` is tighter than `x <= 5`.
            rungs.sort_by(|left, right| left.0.cmp(right.0).then(right.1.cmp(&left.1)));
            for (tighter, looser) in rungs.iter().zip(rungs.iter().skip(1)) {
                self.room.sat.add([Lit::of(tighter.2, false), Lit::of(looser.2, true)]);
            }
        }
        Some(())
    }
}
