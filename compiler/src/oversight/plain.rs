//! Gates that are ordinary to the eye, so that nothing has to be proved of them.
//!
//! Where each part of a condition compares something of its own, a parameter or a result that nothing else on the way looks at, each
//! part may hold or fail whatever the others do: the gate asks for some values and not for others, and no earlier gate says which. That
//! is seen without a formula. Of any other gate nothing is said here, and the proof is asked.

use super::place::{Arm, Node, Places};
use crate::plan::{Arithmetic, Comparison, Expr, Fold, Gate, NodeKind};
use crate::value::Value;

/// Conditions with more parts than this are left to the proof.
const MOST: usize = 200;

/// A slot of a region, and the fields that are taken of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path {
    slot: (u32, u32),
    fields: Vec<u32>,
}

impl Path {
    /// Whether the one is the other or a part of it.
    fn meets(&self, other: &Self) -> bool {
        self.slot == other.slot && self.fields.iter().zip(&other.fields).all(|(one, other)| one == other)
    }
}

/// Whether the condition of a gate of one band can hold and fail on the way to it, whatever these earlier gates do.
pub(super) fn is_plain(places: &Places<'_>, at: Node, when: &Expr, earlier: &[(Node, &Gate)]) -> bool {
    let mut plain = Plain { places, free: Vec::new(), read: Vec::new(), parts: 0 };
    plain.is_so(at, when, earlier).is_some()
}

struct Plain<'s, 'p> {
    places: &'s Places<'p>,
    /// What parts of conditions have for their own, and all that anything on the way reads, that among it.
    free: Vec<Path>,
    read: Vec<Path>,
    parts: usize,
}

impl<'p> Plain<'_, 'p> {
    fn is_so(&mut self, at: Node, when: &'p Expr, earlier: &[(Node, &'p Gate)]) -> Option<()> {
        self.condition(when, at)?;
        for (at, gate) in earlier {
            for band in &gate.bands {
                self.condition(band.when.as_ref()?, *at)?;
            }
        }
        let ending = self.places.not_taken(at).flat_map(|ending| ending.where_taken.iter().copied().chain([ending.arm]));
        let arms: Vec<Arm> = self.places.taken(at).into_iter().chain(ending).collect();
        for Arm { region, branch, .. } in arms {
            let at = Node { region, index: branch };
            let Some(NodeKind::Branch { conditions, .. }) = self.places.node(at).map(|node| &node.kind) else { continue };
            for condition in conditions {
                self.reads(condition, at)?;
            }
        }
        for (at, _, until, _) in self.places.repeated(at) {
            self.reads(until, at)?;
        }
        let alone = |free: &Path| self.read.iter().filter(|read| read.meets(free)).count() == 1;
        self.free.iter().all(alone).then_some(())
    }

    /// A condition whose parts have something of their own each.
    fn condition(&mut self, when: &'p Expr, at: Node) -> Option<()> {
        self.count()?;
        match when {
            Expr::And(left, right) | Expr::Or(left, right) => {
                self.condition(left, at)?;
                self.condition(right, at)
            }
            Expr::Not(part) => self.condition(part, at),
            Expr::Compare(how, left, right) => {
                let (own, other) = if self.is_own(left, at) { (left, right) } else { (right, left) };
                // Two values of an enum with one variant are always the same.
                let may_differ = !matches!(how, Comparison::Equal | Comparison::NotEqual) || !self.is_own(other, at);
                (self.is_own(own, at) && self.has_value(other, at) && may_differ).then_some(())?;
                let before = self.read.len();
                self.reads(own, at)?;
                self.free.extend_from_slice(self.read.get(before..)?);
                self.reads(other, at)
            }
            _ => None,
        }
    }

    /// Whether it is a parameter, a result, or a field of one, or a sum, which the proof does not look into.
    fn is_own(&self, expr: &'p Expr, at: Node) -> bool {
        match expr {
            Expr::Field(record, _) => !matches!(**record, Expr::For { .. }) && self.is_own(record, at),
            Expr::For { fold: Fold::Sum, list, .. } => self.is_own(list, at),
            Expr::Slot { .. } => match self.filler(expr, at) {
                Some(Filler::Let(value, at)) => self.is_own(value, at),
                Some(Filler::Anything) => true,
                None => false,
            },
            _ => false,
        }
    }

    /// Whether it has a value wherever its slots have one, but for numbers that are too large.
    fn has_value(&self, expr: &'p Expr, at: Node) -> bool {
        match expr {
            Expr::Const(value) => {
                matches!(value, Value::Number(_) | Value::Money(_) | Value::Text(_) | Value::Date(_) | Value::Time(_) | Value::Duration(_))
            }
            Expr::Arithmetic(Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply, left, right) => {
                self.has_value(left, at) && self.has_value(right, at)
            }
            _ => self.is_own(expr, at),
        }
    }

    /// Notes what an expression reads.
    fn reads(&mut self, expr: &'p Expr, at: Node) -> Option<()> {
        self.count()?;
        let (mut root, mut fields) = (expr, Vec::new());
        while let Expr::Field(record, index) = root {
            fields.push(*index);
            root = record;
        }
        if let Expr::Slot { frame, index } = root {
            if let Some(Filler::Let(value, at)) = self.filler(root, at) {
                return self.reads(value, at);
            }
            fields.reverse();
            self.read.push(Path { slot: (self.places.frame(at.region, *frame), *index), fields });
            return Some(());
        }
        let mut known = Some(());
        root.for_each_child(&mut |child| known = known.and_then(|()| self.reads(child, at)));
        known
    }

    fn filler(&self, expr: &Expr, at: Node) -> Option<Filler<'p>> {
        let Expr::Slot { frame, index } = expr else { return None };
        let region = self.places.frame(at.region, *frame);
        match self.places.filler(region, *index) {
            None => Some(Filler::Anything),
            Some(node) => match &self.places.node(node)?.kind {
                NodeKind::Let { value, .. } => Some(Filler::Let(value, node)),
                NodeKind::Call(_) => Some(Filler::Anything),
                _ => None,
            },
        }
    }

    fn count(&mut self) -> Option<()> {
        self.parts += 1;
        (self.parts <= MOST).then_some(())
    }
}

/// What fills a slot.
enum Filler<'p> {
    /// This value, at this node.
    Let(&'p Expr, Node),
    /// Whatever there is.
    Anything,
}
