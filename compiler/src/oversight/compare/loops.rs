//! Loops around one call of a pair and not around the other, and loops that end the run.

use super::calls::Pair;
use crate::oversight::Declarations as _;
use crate::oversight::decide::{Answer, F};
use crate::oversight::people::{self, Enough};
use crate::oversight::place::{Node, Produced};
use crate::oversight::terms::{Id, Names};
use crate::oversight::way::Way;
use crate::oversight::world::World;
use crate::plan::{self, Expr, NodeKind};
use crate::value::Value;

/// The call of a workflow that asks somebody.
#[derive(PartialEq)]
struct Asking<'p> {
    name: Option<&'p str>,
    given: Vec<Id>,
    items: Vec<Id>,
}

/// When a gate in a loop asks for an item, and all ways in which it opens then.
struct InLoop {
    items: Vec<Id>,
    when: F,
    ways: Vec<Enough>,
}

impl<'p> Pair<'_, 'p> {
    /// The loops around the call of `from`, of which that of `to` is in none that goes through the same: over an empty list the one does not run.
    pub(super) fn loops_apart(&self, way: &mut Way<'_, 'p>) -> Vec<Produced<'p>> {
        let own = self.items(way, self.to.at);
        let around = self.places.outward(self.from.at).into_iter();
        let regions: Vec<u32> = around.map(|node| node.region).filter(|region| self.places.loop_of(*region).is_some()).collect();
        let apart = regions.into_iter().filter(|region| !own.contains(&way.lowering.terms.slot(*region, 0)));
        let holds_some = |list: &Expr| match list {
            Expr::List(items) => !items.is_empty(),
            Expr::Const(Value::List(items)) => !items.is_empty(),
            _ => false,
        };
        apart.filter_map(|region| self.places.loop_of(region)).filter(|apart| !holds_some(apart.list)).collect()
    }

    /// Whether the list of one of these loops is empty.
    pub(super) fn is_any_empty(&self, world: &World<'_, '_, '_>, loops: &[Produced<'p>]) -> bool {
        let is_empty = |list: &Value| matches!(list, Value::List(items) if items.is_empty());
        loops.iter().any(|Produced { node, list }| {
            let lists = world.given(*node, std::slice::from_ref(*list));
            lists.is_some_and(|lists| lists.iter().all(is_empty))
        })
    }

    /// Whether what ends runs inside a loop on the way to the call of `from`, or around it, ends them no more in the other flow: items that come
    /// after it are then gone through, and what stands behind the loop is met.
    pub(super) fn goes_on(&self, way: &mut Way<'_, 'p>) -> bool {
        let (before, now) = (self.ends(way, self.from.at), self.ends(way, self.to.at));
        before.into_iter().any(|(items, reached)| {
            let same: Vec<F> = now.iter().filter(|(own, _)| *own == items).map(|(_, reached)| *reached).collect();
            !same.contains(&reached) && !matches!(way.ask(&[reached], &same), Answer::Impossible)
        })
    }

    /// Where runs may end in loops before or around a node: the items of the loops, and when it is met.
    fn ends(&self, way: &mut Way<'_, 'p>, call: Node) -> Vec<(Vec<Id>, F)> {
        let ends = |kind: &NodeKind| matches!(kind, NodeKind::Fail(_) | NodeKind::Return(_));
        let nodes: Vec<Node> = self.places.nodes().filter(|(_, kind)| ends(kind)).map(|(node, _)| node).collect();
        let mut found = Vec::new();
        for end in nodes.into_iter().filter(|end| self.ends_before(*end, call)) {
            let reached = way.reached(end);
            found.push((self.items(way, end), way.lowering.arena.and(&reached)));
        }
        found
    }

    /// Whether a node stands in a loop that a call comes behind, or is in too.
    fn ends_before(&self, end: Node, call: Node) -> bool {
        let around_call = self.places.outward(call);
        let around_end = self.places.outward(end);
        let shared = around_end.iter().find_map(|own| Some((*own, *around_call.iter().find(|other| other.region == own.region)?)));
        let Some((own, other)) = shared else { return false };
        let is_inside = own != end && (own == other || own.index < other.index && self.places.may_come_before(own, other));
        is_inside || self.places.loop_of(own.region).is_some()
    }

    /// A gate in a loop that is over before the call of `from`, which asks on less, or others, in the other flow. Over an empty list such gates ask
    /// nobody, so that they cover nothing; and yet somebody is asked at them.
    pub(super) fn asks_less_in_loops(&self, way: &mut Way<'_, 'p>) -> Option<Node> {
        let now: Vec<InLoop> = self.gates_in_loops(self.to.at).into_iter().flat_map(|gate| self.asked(way, gate)).collect();
        self.gates_in_loops(self.from.at).into_iter().find(|gate| {
            self.asked(way, *gate).iter().any(|before| {
                let is_enough = |given: &Enough| before.ways.iter().any(|needed| people::were_enough(given, needed, self.groups));
                let still: Vec<F> =
                    now.iter().filter(|now| now.items == before.items && now.ways.iter().all(is_enough)).map(|now| now.when).collect();
                !still.contains(&before.when) && !matches!(way.ask(&[before.when], &still), Answer::Impossible)
            })
        })
    }

    /// A workflow that asks somebody, and that is called before the call of `from`, but before that of `to` no more, or less often.
    pub(super) fn calls_who_asks_less(&self, way: &mut Way<'_, 'p>) -> Option<Node> {
        let mut met = |at: Node| -> Vec<(Node, Asking<'p>, F)> {
            let mut found = Vec::new();
            for (node, call) in self.calls_who_asks(at) {
                let given = call.arguments.iter().map(|argument| way.lowering.term(argument, Names::At(node))).collect();
                let name = self.merged.declared.action(call.action).map(|action| action.name.as_str());
                let reached = way.reached(node);
                found.push((node, Asking { name, given, items: self.items(way, node) }, way.lowering.arena.and(&reached)));
            }
            found
        };
        let (before, now) = (met(self.from.at), met(self.to.at));
        let is_missed = |(_, asking, when): &&(Node, Asking<'p>, F)| {
            let still: Vec<F> = now.iter().filter(|(_, other, _)| other == asking).map(|(.., when)| *when).collect();
            !still.contains(when) && !matches!(way.ask(&[*when], &still), Answer::Impossible)
        };
        before.iter().find(is_missed).map(|(node, ..)| *node)
    }

    /// The calls of workflows that ask somebody which may come before a call.
    fn calls_who_asks(&self, call: Node) -> Vec<(Node, &'p plan::Call)> {
        let around_call = self.places.outward(call);
        let is_before = |node: &Node| {
            let around = self.places.outward(*node);
            let shared = around.iter().find_map(|own| Some((*own, *around_call.iter().find(|other| other.region == own.region)?)));
            shared.is_some_and(|(own, other)| own.index < other.index && self.places.may_come_before(own, other))
        };
        let calls = self.places.nodes().filter_map(|(node, kind)| match kind {
            NodeKind::Call(call) if self.merged.declared.asks(call.action) => Some((node, call)),
            _ => None,
        });
        calls.filter(|(node, _)| is_before(node)).collect()
    }

    /// Gates in loops that are over before a call, but for those that open when nobody answers.
    fn gates_in_loops(&self, call: Node) -> Vec<Node> {
        let around_call = self.places.outward(call);
        let is_over = |gate: &Node| {
            let around = self.places.outward(*gate);
            let shared = around.iter().find_map(|own| Some((*own, *around_call.iter().find(|other| other.region == own.region)?)));
            shared.is_some_and(|(own, other)| own != *gate && own.index < other.index && self.places.may_come_before(own, other))
        };
        let gates = self.places.nodes().filter_map(|(node, kind)| if let NodeKind::Gate(gate) = kind { Some((node, gate)) } else { None });
        gates.filter(|(node, gate)| is_over(node) && !people::opens_in_silence(gate)).map(|(node, _)| node).collect()
    }

    /// When a gate asks for an item, and whom.
    fn asked(&self, way: &mut Way<'_, 'p>, at: Node) -> Vec<InLoop> {
        let Some(gate) = self.places.gate(at) else { return Vec::new() };
        let items = self.items(way, at);
        let reached = way.reached(at);
        let bands = way.bands(at, gate);
        let asked = bands.iter().map(|asked| {
            let when = [reached.as_slice(), &[asked.when]].concat();
            InLoop { items: items.clone(), when: way.lowering.arena.and(&when), ways: asked.ways.clone() }
        });
        asked.collect()
    }

    fn items(&self, way: &mut Way<'_, 'p>, at: Node) -> Vec<Id> {
        let regions = self.places.outward(at).into_iter().map(|node| node.region).filter(|region| self.places.loop_of(*region).is_some());
        regions.map(|region| way.lowering.terms.slot(region, 0)).collect()
    }
}
