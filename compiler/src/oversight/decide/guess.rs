//! A guess, before the search: where atoms have nothing to do with one another, each may hold or fail whatever the others do, and an
//! assignment that makes the formulas true is enough to know that they can hold.

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::formula::{Arena, Atom, F, Node, Symbol};
use super::linear::Unknown;

/// Formulas with more parts are left to the search.
const MOST: usize = 200;

/// Whether the formulas can hold together, as far as a few guesses tell: `false` says nothing.
pub(in crate::oversight) fn guess(arena: &mut Arena, formulas: &[F]) -> bool {
    let Some(atoms) = apart(arena, formulas) else { return false };
    if arena.left.pay(4 * atoms.len()).is_none() {
        return false;
    }
    // Bounds and samenesses hold, or fail, or every other one does; facts are as they are in most cases.
    [|_| true, |_| false, |number| number % 2 == 0, |number| number % 2 == 1].into_iter().any(|choose: fn(usize) -> bool| {
        let chosen: HashMap<u32, bool> = (0..)
            .zip(&atoms)
            .map(|(number, atom)| {
                let fact = matches!(arena.atom(*atom), Atom::Fact(_));
                (*atom, if fact { arena.is_likely(*atom) } else { choose(number) })
            })
            .collect();
        let mut known = HashMap::new();
        formulas.iter().all(|formula| holds(arena, *formula, &chosen, &mut known, 0))
    })
}

/// The atoms of formulas; `None` where two of them speak of one thing, or there are too many.
fn apart(arena: &Arena, formulas: &[F]) -> Option<Vec<u32>> {
    let (mut open, mut seen) = (formulas.to_vec(), HashSet::new());
    let (mut atoms, mut numbers, mut symbols) = (Vec::new(), HashSet::<Unknown>::new(), HashSet::<Symbol>::new());
    while let Some(formula) = open.pop() {
        if !seen.insert(formula) {
            continue;
        }
        if seen.len() > MOST {
            return None;
        }
        match arena.node(formula) {
            Node::True | Node::False => {}
            Node::And(parts) | Node::Or(parts) => open.extend(parts.iter().copied()),
            Node::Lit { atom, .. } if atoms.contains(atom) => {}
            Node::Lit { atom, .. } => {
                let own = match arena.atom(*atom) {
                    Atom::Fact(_) => true,
                    Atom::AtMost { form, .. } => arena.form(*form)?.factors.iter().all(|(unknown, _)| numbers.insert(*unknown)),
                    Atom::Same(left, right) => [left, right]
                        .into_iter()
                        .all(|symbol| matches!(symbol, Symbol::Name(_)) || (arena.choices(*symbol).is_none() && symbols.insert(*symbol))),
                };
                if !own {
                    return None;
                }
                atoms.push(*atom);
            }
        }
    }
    Some(atoms)
}

fn holds(arena: &Arena, formula: F, chosen: &HashMap<u32, bool>, known: &mut HashMap<F, bool>, depth: usize) -> bool {
    if let Some(known) = known.get(&formula) {
        return *known;
    }
    // Deeper than formulas with so few parts can be.
    if depth > MOST {
        return false;
    }
    let found = match arena.node(formula) {
        Node::True => true,
        Node::False => false,
        Node::Lit { atom, holds } => chosen.get(atom) == Some(holds),
        Node::And(parts) => parts.iter().all(|part| self::holds(arena, *part, chosen, known, depth + 1)),
        Node::Or(parts) => parts.iter().any(|part| self::holds(arena, *part, chosen, known, depth + 1)),
    };
    known.insert(formula, found);
    found
}
