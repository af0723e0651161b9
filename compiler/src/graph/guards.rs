//! What each gate guards: the calls that can be reached after it, and which of their arguments are known at it.

use super::{Draft, producers};
use crate::plan::{Expr, Fold, Guard, GuardArgument, NodeKind, Within};

/// The gates of a workflow may guard so many calls together.
pub(crate) const MOST_GUARDS: usize = 100_000;

/// Known arguments of all guards may have so many operations together, and one of them so many.
const MOST_OPERATIONS: usize = 2_000_000;
const MOST_OF_ONE: usize = 1000;

/// An argument may become so deep by putting `let`s into it: as deep as a plan may hold.
const DEEPEST: u32 = 120;
/// Items of so many loops inside one another are followed.
const MOST_LOOPS: usize = 4;
const _: () = assert!((DEEPEST as usize) + MOST_LOOPS < crate::plan::DEEPEST);

/// There are more guarded calls than can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// For each gate, by its node, what it guards.
pub(crate) fn guard(drafts: &[Draft], slots: usize) -> Result<Vec<(u32, Vec<Guard>)>, TooMany> {
    let mut view = View { drafts, producers: producers(drafts, slots), left: MOST_OPERATIONS };
    let passed = view.gates_before();
    let mut calls: Option<Vec<Reached<'_>>> = None;
    let mut guards = Vec::new();
    let mut count = 0;
    for (gate, draft) in drafts.iter().enumerate() {
        if !matches!(draft.kind, NodeKind::Gate(_)) {
            continue;
        }
        let calls = calls.get_or_insert_with(|| view.calls_after(gate));
        let found = view.guards_of(gate, calls, &passed, &mut count)?;
        guards.push((index(gate), found));
    }
    Ok(guards)
}

fn index(node: usize) -> u32 {
    u32::try_from(node).unwrap_or(u32::MAX)
}

struct View<'d> {
    drafts: &'d [Draft],
    producers: Vec<Option<u32>>,
    left: usize,
}

impl<'d> View<'d> {
    /// The arms around a node, innermost first.
    fn around(&self, node: usize) -> impl Iterator<Item = Within> + '_ {
        let mut at = self.drafts.get(node).and_then(|draft| draft.within);
        std::iter::from_fn(move || {
            let here = at?;
            at = self.drafts.get(here.branch as usize).and_then(|draft| draft.within);
            Some(here)
        })
    }

    fn ends(&self, arm: Within) -> bool {
        let arms = self.drafts.get(arm.branch as usize).map(|draft| &draft.ending_arms);
        arms.and_then(|arms| arms.get(arm.arm as usize)).copied().unwrap_or(false)
    }

    fn is_loop(&self, arm: Within) -> bool {
        self.drafts.get(arm.branch as usize).is_some_and(|draft| matches!(draft.kind, NodeKind::ForEach(_)))
    }

    /// Whether all arms are taken.
    fn is_parallel(&self, arm: Within) -> bool {
        self.drafts.get(arm.branch as usize).is_some_and(|draft| matches!(draft.kind, NodeKind::Parallel { .. }))
    }

    /// The arms around a node, outermost first.
    fn inward(&self, node: usize) -> Vec<Within> {
        let mut arms: Vec<Within> = self.around(node).collect();
        arms.reverse();
        arms
    }

    /// All calls after a node, in order, with what is the same of them whatever gate looks at them.
    fn calls_after(&self, node: usize) -> Vec<Reached<'d>> {
        let drafts: &'d [Draft] = self.drafts;
        let mut calls = Vec::new();
        for (node, draft) in drafts.iter().enumerate().skip(node + 1) {
            let NodeKind::Call(call) = &draft.kind else { continue };
            let arms = self.inward(node);
            let decided = arms.iter().rposition(|arm| !self.is_parallel(*arm)).map_or(0, |last| last + 1);
            let loops = (0..).zip(&arms).filter(|(_, arm)| self.is_loop(**arm)).map(|(depth, arm)| (depth, arm.branch)).collect();
            let given = |argument: &'d Expr| (argument, self.plain(argument));
            let arguments = call.arguments.iter().map(given).collect();
            let undo = call.undo.iter().flat_map(|undo| &undo.arguments).map(given).collect();
            calls.push(Reached { node, arms, decided, loops, arguments, undo });
        }
        calls
    }

    /// For each node the last gate that every path to it passes.
    fn gates_before(&self) -> Vec<Option<u32>> {
        let mut last: std::collections::HashMap<Option<Within>, u32> = std::collections::HashMap::new();
        let mut before = Vec::with_capacity(self.drafts.len());
        for (node, draft) in self.drafts.iter().enumerate() {
            let blocks = self.around(node).map(Some).chain([None]);
            before.push(blocks.filter_map(|block| last.get(&block).copied()).max());
            if matches!(draft.kind, NodeKind::Gate(_)) {
                last.insert(draft.within, index(node));
            }
        }
        before
    }

    fn guards_of(&mut self, gate: usize, calls: &[Reached<'_>], passed: &[Option<u32>], count: &mut usize) -> Result<Vec<Guard>, TooMany> {
        let arms = self.inward(gate);
        // What comes after a loop is not guarded by a gate inside it: the gate was passed once for each item, or not at all.
        let inner = arms.iter().rposition(|arm| self.is_loop(*arm)).map_or(0, |last| last + 1);
        // Nothing outside of an arm that ends the run is reached.
        let ending = arms.iter().rposition(|arm| self.ends(*arm)).map_or(0, |last| last + 1);
        let mut guards = Vec::new();
        for call in calls.iter().skip(calls.partition_point(|call| call.node <= gate)) {
            let shared = arms.iter().zip(&call.arms).take_while(|(own, other)| own == other).count();
            // Nor are other arms of a branch around the gate.
            let beside = arms.get(shared).zip(call.arms.get(shared)).is_some_and(|(own, other)| own.branch == other.branch);
            if beside || shared < inner.max(ending) {
                continue;
            }
            *count += 1;
            if *count > MOST_GUARDS {
                return Err(TooMany);
            }
            let mut at: Vec<u32> = call.loops.iter().filter(|(depth, _)| *depth >= inner).map(|(_, node)| *node).collect();
            let arguments = self.arguments(&call.arguments, gate, &at)?;
            let undo = self.arguments(&call.undo, gate, &at)?;
            at.push(index(call.node));
            guards.push(Guard {
                at,
                bound: arguments.iter().all(|argument| !matches!(argument, GuardArgument::Later)),
                arguments,
                undo,
                behind_gate: passed.get(call.node).copied().flatten().is_some_and(|last| last as usize > gate),
                conditional: call.decided > shared,
            });
        }
        Ok(guards)
    }

    fn arguments(&mut self, given: &[Given<'_>], gate: usize, loops: &[u32]) -> Result<Vec<GuardArgument>, TooMany> {
        let mut arguments = Vec::with_capacity(given.len());
        for (argument, plain) in given {
            arguments.push(match plain {
                Some(plain) if plain.filled.is_none_or(|last| (last as usize) < gate) => {
                    self.left = self.left.checked_sub(plain.size).ok_or(TooMany)?;
                    GuardArgument::Known((*argument).clone())
                }
                _ => self.argument(argument, gate, loops)?,
            });
        }
        Ok(arguments)
    }

    /// What an argument is at every gate behind all that it uses: known as it stands. `None` where that is not so.
    fn plain(&self, argument: &Expr) -> Option<Plain> {
        fn look(view: &View<'_>, expr: &Expr, depth: u32, plain: &mut Plain) -> Option<()> {
            let depth = depth.checked_sub(1)?;
            plain.size += 1;
            match expr {
                Expr::Now | Expr::Today | Expr::Env(_) => return None,
                Expr::Slot { index, .. } => plain.filled = plain.filled.max(view.producers.get(*index as usize).copied().flatten()),
                _ => {}
            }
            let mut all = Some(());
            expr.for_each_child(&mut |child| all = all.and_then(|()| look(view, child, depth, plain)));
            all
        }
        let mut plain = Plain { filled: None, size: 0 };
        look(self, argument, DEEPEST, &mut plain)?;
        (plain.size <= MOST_OF_ONE).then_some(plain)
    }

    /// `loops` are those between the gate and the call, outermost first.
    fn argument(&mut self, argument: &Expr, gate: usize, loops: &[u32]) -> Result<GuardArgument, TooMany> {
        let mut known = argument.clone();
        let mut budget = MOST_OF_ONE;
        let is_known = self.is_known(&mut known, At { gate, loops }, 0, DEEPEST, &mut budget);
        let items: Vec<u32> = loops.iter().filter_map(|node| self.item(*node)).collect();
        let each = is_known && uses(&known, &items);
        let asked = is_known && self.uses_asked(&known, gate);
        let argument = match (is_known, each, asked) {
            (true, true, false) => {
                self.for_each_item(known, At { gate, loops }, &items, &mut budget).map_or(GuardArgument::Later, GuardArgument::Each)
            }
            (false, ..) | (_, true, true) => GuardArgument::Later,
            (true, false, true) => GuardArgument::Asked(known),
            (true, false, false) => GuardArgument::Known(known),
        };
        self.left = self.left.checked_sub(MOST_OF_ONE - budget).ok_or(TooMany)?;
        Ok(argument)
    }

    /// The slot of a loop's item.
    fn item(&self, node: u32) -> Option<u32> {
        self.drafts.get(node as usize).and_then(|draft| draft.item)
    }

    /// A list of the values that an expression has for the items of loops: `[value for item in list]`, for each loop one inside the other.
    fn for_each_item(&self, value: Expr, at: At<'_>, items: &[u32], budget: &mut usize) -> Option<Expr> {
        if items.len() > MOST_LOOPS || items.len() != at.loops.len() {
            return None;
        }
        let mut made = bound(value, items);
        for (level, node) in at.loops.iter().enumerate().rev() {
            let NodeKind::ForEach(each) = &self.drafts.get(*node as usize)?.kind else { return None };
            let mut list = each.list.clone();
            let outer = items.get(..level)?;
            let known = At { loops: at.loops.get(..level)?, ..at };
            if !self.is_known(&mut list, known, 0, DEEPEST, budget) || self.uses_asked(&list, at.gate) {
                return None;
            }
            made = Expr::For { fold: Fold::List, list: Box::new(bound(list, outer)), filter: None, body: Box::new(made) };
        }
        Some(made)
    }

    /// Whether the slot is for a value that is entered at the gate.
    fn is_asked(&self, slot: u32, gate: usize) -> bool {
        match self.drafts.get(gate).map(|draft| &draft.kind) {
            Some(NodeKind::Gate(gate)) => gate.asks.iter().any(|ask| ask.slot == slot),
            _ => false,
        }
    }

    fn uses_asked(&self, expr: &Expr, gate: usize) -> bool {
        if let Expr::Slot { index, .. } = expr {
            return self.is_asked(*index, gate);
        }
        let mut found = false;
        expr.for_each_child(&mut |child| found = found || self.uses_asked(child, gate));
        found
    }

    /// Whether a value can be computed at the gate. A `let` that stands after it is put in where it is used.
    fn is_known(&self, expr: &mut Expr, at: At<'_>, locals: u32, depth: u32, budget: &mut usize) -> bool {
        let gate = at.gate;
        let (Some(depth), Some(left)) = (depth.checked_sub(1), budget.checked_sub(1)) else { return false };
        *budget = left;
        match expr {
            // Each reading is another value, so what is approved would not be what is given.
            Expr::Now | Expr::Today | Expr::Env(_) => false,
            Expr::Slot { index, .. } => match self.producers.get(*index as usize).copied().flatten() {
                None => true,
                Some(producer) if (producer as usize) < gate => true,
                Some(producer) if producer as usize == gate => self.is_asked(*index, gate),
                // The element of a known list is known; whether the list is will be seen.
                Some(producer) if at.loops.contains(&producer) => self.item(producer) == Some(*index),
                Some(producer) => match self.drafts.get(producer as usize).map(|draft| &draft.kind) {
                    Some(NodeKind::Let { value, .. }) => {
                        *expr = value.clone();
                        shift(expr, locals);
                        self.is_known(expr, at, locals, depth, budget)
                    }
                    _ => false,
                },
            },
            Expr::For { list, filter, body, .. } => {
                self.is_known(list, at, locals, depth, budget)
                    && filter.as_mut().is_none_or(|filter| self.is_known(filter, at, locals + 1, depth, budget))
                    && self.is_known(body, at, locals + 1, depth, budget)
            }
            other => {
                let mut known = true;
                other.for_each_child_mut(&mut |child| known = known && self.is_known(child, at, locals, depth, budget));
                known
            }
        }
    }
}

/// A call that gates may guard.
struct Reached<'d> {
    node: usize,
    /// The arms around it, outermost first.
    arms: Vec<Within>,
    /// So many of them, from outside, up to the last that is not one of a `parallel`.
    decided: usize,
    /// Those that are of loops: how many arms are around the loop, and the loop.
    loops: Vec<(usize, u32)>,
    arguments: Vec<Given<'d>>,
    /// Those of the call that undoes it.
    undo: Vec<Given<'d>>,
}

/// An argument, and what it is where it is known as it stands.
type Given<'d> = (&'d Expr, Option<Plain>);

/// An argument that is known as it stands wherever all that it uses is.
struct Plain {
    /// The last node that fills a slot which it uses.
    filled: Option<u32>,
    /// Its operations.
    size: usize,
}

/// What lies between a gate and a call.
#[derive(Clone, Copy)]
struct At<'l> {
    gate: usize,
    /// Loops around the call and not around the gate, outermost first.
    loops: &'l [u32],
}

/// Whether an expression uses one of these slots.
fn uses(expr: &Expr, slots: &[u32]) -> bool {
    let mut found = matches!(expr, Expr::Slot { index, .. } if slots.contains(index));
    expr.for_each_child(&mut |child| found = found || uses(child, slots));
    found
}

/// The same with items of loops as the items of comprehensions around it.
fn bound(mut expr: Expr, items: &[u32]) -> Expr {
    fn name(expr: &mut Expr, items: &[u32]) {
        if let Expr::Slot { index, .. } = expr
            && let Some(level) = items.iter().position(|item| item == index)
        {
            *expr = Expr::Local(u32::try_from(level).unwrap_or(u32::MAX));
            return;
        }
        expr.for_each_child_mut(&mut |child| name(child, items));
    }
    shift(&mut expr, u32::try_from(items.len()).unwrap_or(u32::MAX));
    name(&mut expr, items);
    expr
}

/// Moves the items of comprehensions below those of `by` comprehensions around.
pub(crate) fn shift(expr: &mut Expr, by: u32) {
    if by == 0 {
        return;
    }
    if let Expr::Local(local) = expr {
        *local += by;
    }
    expr.for_each_child_mut(&mut |child| shift(child, by));
}
