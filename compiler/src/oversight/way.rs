//! The way to a node as formulas: the arms that were taken, and what could be told on it.

use std::rc::Rc;

use foldhash::{HashMap, HashMapExt as _};

use super::Declarations;
use super::asks::{Asked, Suited};
use super::decide::formula::Truth;
use super::decide::{self, Answer, Budget, F};
use super::lower::Lowering;
use super::people::Enough;
use super::place::{Arm, Ending, Node, Places, Produced};
use super::terms::{Id, Names, Terms};
use crate::plan::{Expr, NodeKind};
use crate::value::Value;

/// Work for one call: a proof that needs more is given up.
pub(super) const BUDGET_OF_CALL: u64 = 400_000;

/// Conditions seen from one region.
pub(super) struct Way<'t, 'p> {
    pub(super) places: &'p Places<'p>,
    pub(super) lowering: Lowering<'t, 'p>,
    pub(super) declarations: &'p dyn Declarations,
    /// The conditions of branches, once known; where it can be told which of their arms is taken; and where an arm is.
    branches: HashMap<Node, Vec<Truth>>,
    told: HashMap<Node, F>,
    taken: HashMap<Arm, F>,
    /// Where gates ask, once known.
    pub(super) asked: HashMap<Node, Rc<[Asked]>>,
    /// Whom duties demand, each once; and where gates ask people who are enough for that.
    pub(super) demanded: Vec<Enough>,
    pub(super) enough: HashMap<(Node, Option<usize>), Rc<Suited>>,
}

impl<'t, 'p> Way<'t, 'p> {
    /// As seen from these regions.
    pub(super) fn new(places: &'p Places<'p>, terms: &'t mut Terms<'p>, declarations: &'p dyn Declarations, regions: &[u32]) -> Self {
        let mut items = Vec::new();
        for region in regions.iter().flat_map(|region| places.chain(*region)) {
            if let Some(list) = terms.walked(*region) {
                items.push((list, terms.slot(*region, 0)));
            }
        }
        let lowering = Lowering::new(terms, declarations, items);
        let mut way = Self {
            places,
            lowering,
            declarations,
            branches: HashMap::new(),
            told: HashMap::new(),
            taken: HashMap::new(),
            asked: HashMap::new(),
            demanded: Vec::new(),
            enough: HashMap::new(),
        };
        way.begin(BUDGET_OF_CALL);
        way
    }

    /// Lists that loops around go through, and their items.
    pub(super) fn items(&self) -> Vec<(Id, Id)> {
        self.lowering.items().to_vec()
    }

    /// All work from here on is paid for from so much.
    pub(super) fn begin(&mut self, budget: u64) {
        if self.lowering.arena.left.is_used_up() {
            // What was built when nothing was left says less than it could.
            self.branches.clear();
            self.told.clear();
            self.taken.clear();
            self.asked.clear();
            self.enough.clear();
        }
        self.lowering.arena.left = Budget(budget);
    }

    /// Whether facts can hold together where none of these asks.
    pub(super) fn ask(&mut self, facts: &[F], asks: &[F]) -> Answer {
        let mut formulas = facts.to_vec();
        formulas.extend(asks.iter().map(|asks| self.lowering.not(*asks)).collect::<Vec<_>>());
        decide::decide(&mut self.lowering.arena, &formulas)
    }

    /// A condition, where it holds and where it fails. One that takes much work may also fail for that.
    pub(super) fn condition(&mut self, when: &'p Expr, names: Names<'_>) -> Truth {
        let id = self.lowering.term(when, names);
        let truth = self.lowering.truth(id);
        // One of literals was evaluated.
        let is_open = self.lowering.terms.constant(id).is_none();
        if is_open && is_costly(when) { self.lowering.works(id, truth) } else { truth }
    }

    /// What holds on every way to a node: arms that were taken, and arms that were not since they end the run.
    pub(super) fn reached(&mut self, node: Node) -> Vec<F> {
        if self.places.is_cut_off(node) || self.has_no_item(node) {
            return vec![self.lowering.arena.never()];
        }
        let mut facts: Vec<F> = self.places.taken(node).into_iter().map(|arm| self.taken(arm)).collect();
        for Ending { arm, where_taken } in self.places.not_taken(node) {
            let not_met = self.not_taken(where_taken);
            let passed = [self.not_taken(&[arm]), self.told(branch_of(arm))];
            let passed = self.lowering.arena.and(&passed);
            facts.push(self.lowering.arena.or(&[not_met, passed]));
        }
        facts.extend(self.repeated(node));
        facts
    }

    /// What a step that asked again waited for holds of its result, unless it was given up.
    fn repeated(&mut self, node: Node) -> Vec<F> {
        let mut facts = Vec::new();
        for (at, call, until, arms) in self.places.repeated(node) {
            // What it reads of the world is read with each answer, and is not what anything else reads.
            if reads_outside(until) {
                continue;
            }
            let mut parts = vec![self.not_taken(arms), self.condition(until, Names::At(at)).holds];
            if let Some(slot) = call.slot.filter(|_| call.attempt) {
                let result = self.lowering.terms.slot(at.region, slot);
                parts.extend(self.lowering.absent(result));
            }
            facts.push(self.lowering.arena.or(&parts));
        }
        facts
    }

    /// Whether a node stands in a loop over a list that is empty on every way to it.
    fn has_no_item(&mut self, node: Node) -> bool {
        let walked: Vec<Id> = self.places.chain(node.region).iter().filter_map(|region| self.lowering.terms.walked(*region)).collect();
        self.places.passed_empty(node).any(|Produced { node, list }| walked.contains(&self.lowering.terms.expr(list, Names::At(node))))
    }

    /// What holds where nothing on the way to a node makes the run fail.
    pub(super) fn computed(&mut self, node: Node) -> Vec<F> {
        let mut facts = Vec::new();
        for (at, arms) in self.places.met(node) {
            let names = Names::At(at);
            let own: Vec<F> = match self.places.node(at).map(|node| &node.kind) {
                Some(NodeKind::Let { value, .. }) => vec![self.defined(value, names)],
                Some(NodeKind::Call(call)) => call.arguments.iter().map(|argument| self.defined(argument, names)).collect(),
                Some(NodeKind::Branch { .. }) => vec![self.told(at)],
                _ => continue,
            };
            let not_met = self.not_taken(arms);
            let own = self.lowering.arena.and(&own);
            facts.push(self.lowering.arena.or(&[not_met, own]));
        }
        facts
    }

    /// Where one of these arms is not taken.
    fn not_taken(&mut self, arms: &[Arm]) -> F {
        let taken: Vec<F> = arms.iter().map(|arm| self.taken(*arm)).collect();
        let taken = self.lowering.arena.and(&taken);
        self.lowering.not(taken)
    }

    fn defined(&mut self, value: &'p Expr, names: Names<'_>) -> F {
        let id = self.lowering.term(value, names);
        self.lowering.defined(id)
    }

    /// Where it can be told which arm of the branch is taken: elsewhere the run ends there.
    fn told(&mut self, branch: Node) -> F {
        if let Some(told) = self.told.get(&branch) {
            return *told;
        }
        let mut told = self.lowering.arena.always();
        for truth in self.conditions(branch, usize::MAX).into_iter().rev() {
            let on = self.lowering.arena.and(&[truth.fails, told]);
            told = self.lowering.arena.or(&[truth.holds, on]);
        }
        self.told.insert(branch, told);
        told
    }

    /// The first conditions of a branch, so many, in order.
    fn conditions(&mut self, branch: Node, count: usize) -> Vec<Truth> {
        let mut known = self.branches.remove(&branch).unwrap_or_default();
        let conditions = match self.places.node(branch).map(|node| &node.kind) {
            Some(NodeKind::Branch { conditions, .. }) => conditions.as_slice(),
            _ => &[],
        };
        for condition in conditions.iter().take(count).skip(known.len()) {
            known.push(self.condition(condition, Names::At(branch)));
        }
        let first = known.iter().take(count).copied().collect();
        self.branches.insert(branch, known);
        first
    }

    /// What holds on every way past a gate that stands in arms: where one of them was reached, it could be told whether it is taken.
    pub(super) fn past(&mut self, where_taken: &[Arm]) -> Vec<F> {
        let mut facts = Vec::new();
        let mut not_reached = Vec::new();
        // The outermost last.
        for arm in where_taken.iter().rev() {
            let told = self.told(branch_of(*arm));
            let taken = self.taken(*arm);
            let parts: Vec<F> = not_reached.iter().copied().chain([told]).collect();
            facts.push(self.lowering.arena.or(&parts));
            not_reached.push(self.lowering.not(taken));
        }
        facts
    }

    /// Where an arm is taken.
    pub(super) fn taken(&mut self, arm: Arm) -> F {
        if let Some(taken) = self.taken.get(&arm) {
            return *taken;
        }
        let taken = self.taken_at(arm);
        self.taken.insert(arm, taken);
        taken
    }

    fn taken_at(&mut self, arm: Arm) -> F {
        let conditions = self.conditions(branch_of(arm), (arm.arm as usize).saturating_add(1));
        let of = |(number, truth): (u32, Truth)| if number == arm.arm { truth.holds } else { truth.fails };
        let parts: Vec<F> = (0..).zip(conditions).map(of).collect();
        self.lowering.arena.and(&parts)
    }
}

/// The node that an arm belongs to.
const fn branch_of(arm: Arm) -> Node {
    Node { region: arm.region, index: arm.branch }
}

/// Whether it reads the clock or the environment.
pub(super) fn reads_outside(expr: &Expr) -> bool {
    let mut found = matches!(expr, Expr::Now | Expr::Today | Expr::Env(_));
    expr.for_each_child(&mut |child| found = found || reads_outside(child));
    found
}

/// Whether evaluating it may take so much work that it fails for that alone, beside what is said of its parts.
fn is_costly(expr: &Expr) -> bool {
    fn count(expr: &Expr, walks: &mut u32, texts: &mut u32) {
        match expr {
            Expr::For { .. } => *walks += 1,
            // A literal is short, and nothing is compared beyond it.
            Expr::Compare(_, left, right) if is_literal(left) || is_literal(right) => {}
            Expr::In(_, list) if is_literal(list) || matches!(&**list, Expr::List(items) if items.iter().all(is_literal)) => {}
            Expr::Builtin(..) | Expr::Text(_) | Expr::TextTest(..) | Expr::Matches(..) | Expr::Compare(..) | Expr::In(..) => *texts += 1,
            _ => {}
        }
        expr.for_each_child(&mut |child| count(child, walks, texts));
    }
    fn is_literal(expr: &Expr) -> bool {
        matches!(expr, Expr::Const(_))
    }
    /// So many operations on the longest texts stay within the work that an evaluation may take.
    const MOST_TEXTS: u32 = 24;
    // Comparing what it gives with a number takes no work of its own.
    let of_list = |expr: &Expr| matches!(expr, Expr::For { .. });
    let is_short = |expr: &Expr| matches!(expr, Expr::Const(value) if !matches!(value, Value::Text(_) | Value::List(_)));
    let alone = match expr {
        Expr::Compare(_, left, right) => (of_list(left) && is_short(right)) || (is_short(left) && of_list(right)),
        expr => of_list(expr),
    };
    let (mut walks, mut texts) = (0, 0);
    count(expr, &mut walks, &mut texts);
    (walks > 0 && !alone) || walks > 1 || texts > MOST_TEXTS
}
