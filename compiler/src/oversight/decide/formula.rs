//! Formulas: each once, so that the same formula is the same number.

use foldhash::{HashMap, HashMapExt as _, HashSet};

use num_traits::{One, Signed};

use super::linear::{self, Linear, Q, Unknown};
use super::{Budget, Room};

/// A formula of an [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct F(u32);

impl F {
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }
}

/// A symbol: a name or an unknown, of a text, an enum or a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Symbol {
    /// Two names are never the same.
    Name(u32),
    /// May be any name.
    Unknown(u32),
}

/// See [`super`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Atom {
    /// Something of which nothing else is known, by its number.
    Fact(u32),
    /// The form is at most, or less than, the bound.
    AtMost { form: u32, bound: Q, strict: bool },
    /// Two symbols are the same; the smaller first, never both names.
    Same(Symbol, Symbol),
}

/// What a formula is made of. INVARIANT: `True` and `False` stand alone only; parts of `And` and `Or` are sorted, at least two, and none
/// is of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    True,
    False,
    Lit { atom: u32, holds: bool },
    And(Box<[F]>),
    Or(Box<[F]>),
}

/// A linear form whose factors are normal.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) factors: Vec<(Unknown, Q)>,
    pub(super) integer: bool,
}

/// A limit of a number, and whether it is strict.
pub(crate) type Limit = Option<(Q, bool)>;

/// Where formulas live.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    /// What work on them may still cost. When nothing is left, building goes on, so that what is built stays right.
    pub(crate) left: Budget,
    pub(super) room: Room,
    nodes: Vec<Node>,
    known: HashMap<Node, F>,
    atoms: Vec<Atom>,
    atom_numbers: HashMap<Atom, u32>,
    forms: Vec<Form>,
    form_numbers: HashMap<Vec<(Unknown, Q)>, u32>,
    /// For each unknown number whether it is whole.
    integers: Vec<bool>,
    /// Atoms that hold in most cases.
    likely: HashSet<u32>,
    /// For symbols with a fixed list of names the atoms that say which it is.
    choices: HashMap<Symbol, Vec<u32>>,
}

/// Two formulas for one condition: where it holds and where it fails. Where neither does, it cannot be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Truth {
    pub(crate) holds: F,
    pub(crate) fails: F,
}

impl Truth {
    /// `not`
    pub(crate) const fn negated(self) -> Self {
        Self { holds: self.fails, fails: self.holds }
    }
}

impl Arena {
    fn add(&mut self, node: Node) -> F {
        if let Some(known) = self.known.get(&node) {
            return *known;
        }
        let formula = F(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node.clone());
        self.known.insert(node, formula);
        formula
    }

    pub(super) fn node(&self, formula: F) -> &Node {
        self.nodes.get(formula.0 as usize).unwrap_or(&Node::False)
    }

    pub(crate) fn atom(&self, atom: u32) -> &Atom {
        self.atoms.get(atom as usize).unwrap_or(&Atom::Fact(u32::MAX))
    }

    /// The number of an atom that is spoken of.
    pub(crate) fn number_of(&self, atom: &Atom) -> Option<u32> {
        self.atom_numbers.get(atom).copied()
    }

    pub(super) fn form(&self, form: u32) -> Option<&Form> {
        self.forms.get(form as usize)
    }

    pub(super) fn choices(&self, symbol: Symbol) -> Option<&[u32]> {
        self.choices.get(&symbol).map(Vec::as_slice)
    }

    /// What always holds.
    pub(crate) fn always(&mut self) -> F {
        self.add(Node::True)
    }

    /// What never holds.
    pub(crate) fn never(&mut self) -> F {
        self.add(Node::False)
    }

    pub(crate) fn is_never(&self, formula: F) -> bool {
        matches!(self.node(formula), Node::False)
    }

    fn constant(&mut self, holds: bool) -> F {
        if holds { self.always() } else { self.never() }
    }

    /// A new unknown number.
    pub(crate) fn unknown(&mut self, integer: bool) -> Unknown {
        self.integers.push(integer);
        Unknown(u32::try_from(self.integers.len() - 1).unwrap_or(u32::MAX))
    }

    fn literal(&mut self, atom: Atom, holds: bool) -> F {
        let number = self.atom_number(atom);
        self.add(Node::Lit { atom: number, holds })
    }

    fn atom_number(&mut self, atom: Atom) -> u32 {
        if let Some(number) = self.atom_numbers.get(&atom) {
            return *number;
        }
        let number = u32::try_from(self.atoms.len()).unwrap_or(u32::MAX);
        self.atoms.push(atom.clone());
        self.atom_numbers.insert(atom, number);
        number
    }

    /// A fact holds, or does not.
    pub(crate) fn fact(&mut self, fact: u32, holds: bool) -> F {
        self.literal(Atom::Fact(fact), holds)
    }

    /// `term < 0`, or `term <= 0`.
    pub(crate) fn below_zero(&mut self, term: &Linear, strict: bool) -> F {
        let _ = self.left.pay(term.factors.len());
        let integer = term.factors.iter().all(|(unknown, _)| self.integers.get(unknown.0 as usize).copied().unwrap_or_default());
        let Some((factors, divisor)) = linear::normal(&term.factors, integer) else {
            let holds = if strict { term.constant.is_negative() } else { !term.constant.is_positive() };
            return self.constant(holds);
        };
        let edge = -(&term.constant / &divisor);
        let form = self.form_number(factors, integer);
        // Divided by something negative: `form > edge`, which is `not form <= edge`.
        let (mut bound, mut strict, holds) = if divisor.is_negative() { (edge, !strict, false) } else { (edge, strict, true) };
        if integer {
            bound = if strict { bound.ceil() - Q::one() } else { bound.floor() };
            strict = false;
        }
        self.literal(Atom::AtMost { form, bound, strict }, holds)
    }

    fn form_number(&mut self, factors: Vec<(Unknown, Q)>, integer: bool) -> u32 {
        if let Some(number) = self.form_numbers.get(&factors) {
            return *number;
        }
        let number = u32::try_from(self.forms.len()).unwrap_or(u32::MAX);
        self.form_numbers.insert(factors.clone(), number);
        self.forms.push(Form { factors, integer });
        number
    }

    /// `term == 0`: holds and fails.
    pub(crate) fn zero(&mut self, term: &Linear) -> Truth {
        let negative = term.times(&-Q::one());
        let (at_most, at_least) = (self.below_zero(term, false), self.below_zero(&negative, false));
        let (less, more) = (self.below_zero(term, true), self.below_zero(&negative, true));
        Truth { holds: self.and(&[at_most, at_least]), fails: self.or(&[less, more]) }
    }

    /// What assigned bounds say of one unknown alone: its lower and its upper limit, and whether each is strict.
    pub(crate) fn limits(&self, atoms: &HashMap<u32, bool>, unknown: Unknown) -> [Limit; 2] {
        let [mut lower, mut upper]: [Limit; 2] = [None, None];
        for (atom, holds) in atoms {
            let Atom::AtMost { form, bound, strict } = self.atom(*atom) else { continue };
            let Some(form) = self.form(*form) else { continue };
            if !matches!(form.factors.as_slice(), [(only, factor)] if *only == unknown && factor.is_one()) {
                continue;
            }
            // Of two at one place the strict one is tighter, in whatever order they come.
            let tighter = |limit: &Option<(Q, bool)>, own: bool, closer: fn(&Q, &Q) -> bool| {
                limit.as_ref().is_none_or(|(limit, strict)| closer(bound, limit) || (bound == limit && own && !strict))
            };
            if *holds && tighter(&upper, *strict, |own, limit| own < limit) {
                upper = Some((bound.clone(), *strict));
            } else if !*holds && tighter(&lower, !*strict, |own, limit| own > limit) {
                lower = Some((bound.clone(), !*strict));
            }
        }
        [lower, upper]
    }

    /// Unknowns that a bound speaks of.
    pub(crate) fn spoken_of(&self, atom: u32) -> impl Iterator<Item = Unknown> + '_ {
        let form = match self.atom(atom) {
            Atom::AtMost { form, .. } => self.form(*form),
            _ => None,
        };
        form.into_iter().flat_map(|form| form.factors.iter().map(|(unknown, _)| *unknown))
    }

    /// Two symbols are the same: holds and fails.
    pub(crate) fn same(&mut self, left: Symbol, right: Symbol) -> Truth {
        let decided = match (left, right) {
            _ if left == right => Some(true),
            (Symbol::Name(_), Symbol::Name(_)) => Some(false),
            _ => None,
        };
        if let Some(same) = decided {
            return Truth { holds: self.constant(same), fails: self.constant(!same) };
        }
        let atom = Atom::Same(left.min(right), left.max(right));
        Truth { holds: self.literal(atom.clone(), true), fails: self.literal(atom, false) }
    }

    /// The symbol is one of these names, and no other.
    pub(crate) fn one_of(&mut self, symbol: Symbol, names: impl IntoIterator<Item = u32>) {
        let atoms = names.into_iter().map(|name| self.atom_number(Atom::Same(Symbol::Name(name), symbol))).collect();
        self.choices.insert(symbol, atoms);
    }

    /// Says that a literal holds in most cases, so that examples are of them.
    pub(crate) fn likely(&mut self, literal: F) {
        if let Node::Lit { atom, holds: true } = self.node(literal) {
            let atom = *atom;
            self.likely.insert(atom);
        }
    }

    pub(super) fn is_likely(&self, atom: u32) -> bool {
        self.likely.contains(&atom)
    }

    /// All of them.
    pub(crate) fn and(&mut self, parts: &[F]) -> F {
        self.join(parts, true)
    }

    /// At least one of them.
    pub(crate) fn or(&mut self, parts: &[F]) -> F {
        self.join(parts, false)
    }

    /// `and` (`all`) or `or`: nested ones become one, what decides nothing is left out, what decides alone decides.
    fn join(&mut self, parts: &[F], all: bool) -> F {
        let mut joined: Vec<F> = Vec::with_capacity(parts.len());
        for part in parts {
            match (self.node(*part), all) {
                (Node::True, true) | (Node::False, false) => {}
                (Node::False, true) | (Node::True, false) => return *part,
                (Node::And(inner), true) | (Node::Or(inner), false) => joined.extend(inner.iter().copied()),
                _ => joined.push(*part),
            }
        }
        let _ = self.left.pay(joined.len());
        joined.sort_unstable();
        joined.dedup();
        if let [only] = joined.as_slice() {
            return *only;
        }
        if joined.is_empty() {
            return self.constant(all);
        }
        if self.opposed(&joined) {
            return self.constant(!all);
        }
        let joined = joined.into_boxed_slice();
        self.add(if all { Node::And(joined) } else { Node::Or(joined) })
    }

    /// Where a formula does not hold. Goes down without recursion: formulas may be deep.
    pub(crate) fn negate(&mut self, formula: F, known: &mut HashMap<F, F>) -> F {
        let mut open = vec![formula];
        while let Some(at) = open.last().copied() {
            if known.contains_key(&at) {
                open.pop();
                continue;
            }
            let negated = match self.node(at).clone() {
                Node::True => self.never(),
                Node::False => self.always(),
                Node::Lit { atom, holds } => self.add(Node::Lit { atom, holds: !holds }),
                Node::And(parts) | Node::Or(parts) => {
                    let before = open.len();
                    open.extend(parts.iter().filter(|part| !known.contains_key(part)).copied());
                    if open.len() > before {
                        continue;
                    }
                    let all = matches!(self.node(at), Node::Or(_));
                    let parts: Vec<F> = parts.iter().filter_map(|part| known.get(part).copied()).collect();
                    self.join(&parts, all)
                }
            };
            known.insert(at, negated);
            open.pop();
        }
        known.get(&formula).copied().unwrap_or(formula)
    }

    /// Whether a literal stands beside its negation.
    fn opposed(&self, parts: &[F]) -> bool {
        let mut seen: HashMap<u32, bool> = HashMap::new();
        parts.iter().any(|part| match self.node(*part) {
            Node::Lit { atom, holds } => seen.insert(*atom, *holds).is_some_and(|before| before != *holds),
            _ => false,
        })
    }
}
