//! Classes of symbols that are the same.

use foldhash::{HashMap, HashMapExt as _};

use super::Budget;
use super::formula::{Arena, Atom, Symbol};
use super::sat::Lit;

/// Holds samenesses against each other: for each symbol its class, or literals that contradict one another.
pub(super) fn check(
    arena: &Arena,
    assigned: &[(u32, bool, Lit)],
    budget: &mut Budget,
) -> Option<Result<HashMap<Symbol, Symbol>, Vec<Lit>>> {
    let mut classes = Classes::default();
    let samenesses = || {
        assigned.iter().filter_map(|(atom, holds, literal)| match arena.atom(*atom) {
            Atom::Same(left, right) => Some((*left, *right, *holds, *literal)),
            _ => None,
        })
    };
    for (left, right, holds, literal) in samenesses() {
        budget.pay(2)?;
        if !holds {
            continue;
        }
        let (a, b) = (classes.find(left), classes.find(right));
        classes.links.entry(left).or_default().push((right, literal));
        classes.links.entry(right).or_default().push((left, literal));
        if a == b {
            continue;
        }
        // A name stands for its class.
        let (root, below) = if matches!(a, Symbol::Name(_)) { (a, b) } else { (b, a) };
        if matches!(below, Symbol::Name(_)) {
            return Some(Err(classes.why(a, b, budget)?));
        }
        classes.roots.insert(below, root);
    }
    for (left, right, holds, literal) in samenesses() {
        budget.pay(1)?;
        if !holds && classes.find(left) == classes.find(right) {
            let mut why = classes.why(left, right, budget)?;
            why.push(literal);
            return Some(Err(why));
        }
    }
    let symbols = samenesses().flat_map(|(left, right, ..)| [left, right]).map(|symbol| (symbol, classes.find(symbol))).collect();
    Some(Ok(symbols))
}

#[derive(Default)]
struct Classes {
    roots: HashMap<Symbol, Symbol>,
    /// What was said of each symbol.
    links: HashMap<Symbol, Vec<(Symbol, Lit)>>,
}

impl Classes {
    fn find(&self, symbol: Symbol) -> Symbol {
        let mut at = symbol;
        while let Some(root) = self.roots.get(&at) {
            at = *root;
        }
        at
    }

    /// The literals that make two symbols the same: a shortest way from one to the other.
    fn why(&self, from: Symbol, to: Symbol, budget: &mut Budget) -> Option<Vec<Lit>> {
        let mut came: HashMap<Symbol, (Symbol, Lit)> = HashMap::new();
        let mut next = std::collections::VecDeque::from([from]);
        while let Some(at) = next.pop_front() {
            if at == to {
                break;
            }
            for (other, literal) in self.links.get(&at).into_iter().flatten() {
                budget.pay(1)?;
                if *other != from && !came.contains_key(other) {
                    came.insert(*other, (at, *literal));
                    next.push_back(*other);
                }
            }
        }
        let mut why = Vec::new();
        let mut at = to;
        while let Some((before, literal)) = came.get(&at) {
            why.push(*literal);
            at = *before;
        }
        Some(why)
    }
}
