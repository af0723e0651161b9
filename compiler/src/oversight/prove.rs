//! The proof for each call: which gates qualify, on which values they ask, and whether that is enough.

use std::rc::Rc;

use foldhash::{HashMap, HashMapExt as _, HashSet};

use super::Declarations;
use super::decide::{self, Answer, Budget, F};
use super::example::{self, Example};
use super::lower::{Fact, Lowering};
use super::people::{self, Enough};
use super::place::{Arm, Node, Passed, Places};
use super::terms::{Id, Names, Op, Terms};
use crate::plan::{Approvers, Duty, Expr, Gate, GuardArgument, NodeKind, Workflow};

/// Work for one call: a proof that needs more is given up.
const BUDGET_OF_CALL: u64 = 400_000;
/// Work for a workflow: so much, and so much more for each of its calls.
const BUDGET: (u64, u64) = (2_000_000, 20_000);
/// So many gates of each kind are tried alone, the nearest first, before all are taken together.
const TRIED_ALONE: usize = 4;

/// What was found about a call and one of its duties.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The call.
    pub call: Node,
    /// Whether it is the call's `undo`.
    pub undo: bool,
    /// The action, by the index that the workflow names it with.
    pub action: u32,
    /// Which of its duties.
    pub duty: usize,
    /// Whether somebody is asked.
    pub outcome: Outcome,
}

/// See [`Verdict`].
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Whenever the duty applies, one of these gates has asked. Empty: the duty never applies here.
    Covered(Vec<Cover>),
    /// That is not proved.
    Refused(Box<Refusal>),
}

/// A gate that covers a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The gate.
    pub gate: Node,
    /// Those of its bands that ask people who suffice; none where only all of them together do, which are asked where none can be told.
    pub bands: Vec<usize>,
}

/// Why a call is refused.
#[derive(Clone, Debug, Default)]
pub struct Refusal {
    /// Gates on the way to the call which do not count, and why.
    pub unfit: Vec<(Node, Unfit)>,
    /// Gates that count, and do not ask often enough.
    pub fit: Vec<Node>,
    /// Values for which the call runs unasked; verified.
    pub example: Option<Example>,
    /// What stood in the way of a proof.
    pub unfollowed: Vec<Unfollowed>,
    /// Whether the work grew too much.
    pub gave_up: bool,
}

/// What the proof could not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfollowed {
    /// It may have no value.
    NoValue,
    /// Nothing is known of it.
    Unknown,
}

/// Why a gate does not count for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// These arguments of the call, by their number, are not known at it.
    Unknown(Vec<usize>),
    /// It opens when nobody answers.
    Silence,
    /// Those whom it asks are not enough for the duty.
    People,
}

/// Calls with duties in a workflow.
pub struct Duties<'p> {
    places: Places<'p>,
    declarations: &'p dyn Declarations,
}

impl std::fmt::Debug for Duties<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Duties").finish_non_exhaustive()
    }
}

/// A call, or the `undo` of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'p> {
    pub(super) at: Node,
    pub(super) undo: bool,
    pub(super) action: u32,
    pub(super) arguments: &'p [Expr],
}

/// All calls, each followed by its `undo`.
pub(super) fn calls<'p>(places: &Places<'p>) -> Vec<Call<'p>> {
    let mut calls = Vec::new();
    for (at, kind) in places.nodes() {
        let NodeKind::Call(call) = kind else { continue };
        calls.push(Call { at, undo: false, action: call.action, arguments: &call.arguments });
        if let Some(undo) = &call.undo {
            calls.push(Call { at, undo: true, action: undo.action, arguments: &undo.arguments });
        }
    }
    calls
}

impl<'p> Duties<'p> {
    /// Those of a workflow.
    #[must_use]
    pub fn of(workflow: &'p Workflow, declarations: &'p dyn Declarations) -> Self {
        Self { places: Places::of(workflow), declarations }
    }

    /// A node of the workflow.
    #[must_use]
    pub fn node(&self, node: Node) -> Option<&'p crate::plan::Node> {
        self.places.node(node)
    }

    pub(super) const fn places(&self) -> &Places<'p> {
        &self.places
    }

    pub(super) const fn declarations(&self) -> &'p dyn Declarations {
        self.declarations
    }

    /// Proves each duty of each call.
    #[must_use]
    pub fn prove(&'p self) -> Vec<Verdict> {
        let calls = calls(&self.places);
        let mut left = BUDGET.0 + BUDGET.1 * calls.len() as u64;
        let dutiful: Vec<(Call<'p>, Vec<&'p Duty>)> = (calls.into_iter())
            .map(|call| (call, self.declarations.duties(call.action)))
            .filter(|(_, duties)| !duties.is_empty())
            .collect();
        if dutiful.is_empty() {
            return Vec::new();
        }
        let mut terms = Terms::new(self.declarations, &self.places);
        let mut verdicts = Vec::new();
        let mut at = 0;
        while let Some((first, _)) = dutiful.get(at) {
            let region = first.at.region;
            let here = dutiful.iter().skip(at).take_while(|(call, _)| call.at.region == region).count();
            let mut way = Way::new(&self.places, &mut terms, self.declarations, &[region]);
            for (call, duties) in dutiful.iter().skip(at).take(here) {
                for (number, duty) in duties.iter().enumerate() {
                    let outcome = way.prove(call, duty, &mut left);
                    verdicts.push(Verdict { call: call.at, undo: call.undo, action: call.action, duty: number, outcome });
                }
            }
            at += here;
        }
        verdicts
    }
}

/// Conditions seen from one region.
pub(super) struct Way<'t, 'p> {
    pub(super) places: &'p Places<'p>,
    pub(super) lowering: Lowering<'t, 'p>,
    declarations: &'p dyn Declarations,
    /// Where arms are taken, and where it can be told which arm of their branch is, once known.
    taken: HashMap<Arm, F>,
    told: HashMap<Arm, F>,
    /// Where gates ask, once known.
    asked: HashMap<Node, Rc<[Asked]>>,
    /// Whom duties demand, each once; and where gates ask people who are enough for that.
    demanded: Vec<Enough>,
    enough: HashMap<(Node, Option<usize>), Rc<Suited>>,
}

/// Where a gate asks, and all ways in which it opens then.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The band; `None` where none can be told.
    pub(super) band: Option<usize>,
    pub(super) when: F,
    pub(super) ways: Vec<Enough>,
}

/// Where a gate asks people who are enough for a duty.
#[derive(Debug)]
struct Suited {
    asks: F,
    /// Those of its bands in which it does.
    bands: Vec<usize>,
}

/// A gate on the way to a call that counts for a duty.
#[derive(Debug)]
struct Fit {
    gate: Node,
    suited: Rc<Suited>,
    /// Where it was passed and asks.
    asks: F,
    /// What holds on every way past it.
    past: Vec<F>,
}

impl Fit {
    fn cover(&self) -> Cover {
        Cover { gate: self.gate, bands: self.suited.bands.clone() }
    }
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
            taken: HashMap::new(),
            told: HashMap::new(),
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

    fn prove(&mut self, call: &Call<'p>, duty: &'p Duty, left: &mut u64) -> Outcome {
        let budget = BUDGET_OF_CALL.min(*left);
        self.begin(budget);
        let arguments: Vec<Id> = call.arguments.iter().map(|argument| self.lowering.term(argument, Names::At(call.at))).collect();
        let mut facts = self.reached(call.at);
        // The call runs with values, so all of them could be computed.
        facts.extend(arguments.iter().map(|argument| self.lowering.defined(*argument)).collect::<Vec<_>>());
        if let Some(when) = &duty.when {
            let applies = self.condition(when, Names::Arguments(&arguments)).fails;
            facts.push(self.lowering.not(applies));
        }
        let outcome = self.covered(call, duty, &arguments, facts);
        *left -= budget - self.lowering.arena.left.0;
        outcome
    }

    /// All work from here on is paid for from so much.
    pub(super) fn begin(&mut self, budget: u64) {
        if self.lowering.arena.left.is_used_up() {
            // What was built when nothing was left says less than it could.
            self.taken.clear();
            self.told.clear();
            self.asked.clear();
            self.enough.clear();
        }
        self.lowering.arena.left = Budget(budget);
    }

    fn covered(&mut self, call: &Call<'p>, duty: &'p Duty, arguments: &[Id], mut facts: Vec<F>) -> Outcome {
        if matches!(self.ask(&facts, &[]), Answer::Impossible) {
            return Outcome::Covered(Vec::new());
        }
        let demanded = duty.by.as_ref().map(|by| self.demanded(by, arguments));
        let gates: Vec<Passed<'p>> = self.places.passed(call.at).collect();
        facts.extend(gates.iter().filter_map(|passed| self.given_by(passed.gate)).collect::<Vec<_>>());
        let known: HashSet<F> = facts.iter().copied().collect();
        // Arms of the same conditions as those around the call were taken too.
        let sure: Vec<bool> = gates.iter().map(|passed| passed.where_taken.iter().all(|arm| known.contains(&self.taken(*arm)))).collect();
        let mut judged: Vec<Option<Result<Fit, Unfit>>> = gates.iter().map(|_| None).collect();
        // One that was passed for sure is most often enough, and the nearest of them.
        for first in [true, false] {
            let mut tried = 0;
            for ((passed, judged), _) in gates.iter().zip(&mut judged).zip(&sure).filter(|(_, sure)| **sure == first) {
                if tried == TRIED_ALONE {
                    break;
                }
                let found = judged.insert(self.judge(passed, call, &known, arguments, demanded));
                let Ok(fit) = found else { continue };
                tried += 1;
                if matches!(self.ask(&[facts.as_slice(), &fit.past].concat(), &[fit.asks]), Answer::Impossible) {
                    return Outcome::Covered(vec![fit.cover()]);
                }
            }
        }
        let (mut fit, mut unfit) = (Vec::new(), Vec::new());
        for (passed, judged) in gates.iter().zip(judged) {
            match judged.unwrap_or_else(|| self.judge(passed, call, &known, arguments, demanded)) {
                Ok(found) => {
                    if found.suited.bands.is_empty() {
                        unfit.push((passed.gate, Unfit::People));
                    }
                    fit.push(found);
                }
                Err(why) => unfit.push((passed.gate, why)),
            }
        }
        self.by_all(call, duty, facts, &fit, unfit)
    }

    /// Whether gates that count are enough all together.
    fn by_all(&mut self, call: &Call<'p>, duty: &'p Duty, mut facts: Vec<F>, fit: &[Fit], unfit: Vec<(Node, Unfit)>) -> Outcome {
        facts.extend(fit.iter().flat_map(|fit| fit.past.iter().copied()));
        let asks: Vec<F> = fit.iter().map(|fit| fit.asks).collect();
        let often = fit.iter().filter(|fit| !fit.suited.bands.is_empty()).map(|fit| fit.gate).collect();
        let mut refusal = Refusal { unfit, fit: often, ..Refusal::default() };
        match self.ask(&facts, &asks) {
            Answer::Impossible => return Outcome::Covered(fit.iter().map(Fit::cover).collect()),
            Answer::GaveUp => refusal.gave_up = true,
            Answer::Possible(model) => {
                let covers: Vec<Cover> = fit.iter().map(Fit::cover).collect();
                let case = example::Case { call: call.at, arguments: call.arguments, duty, covers: &covers };
                refusal.example = example::find(self, &model, &case, self.declarations);
                if refusal.example.is_none() {
                    // Perhaps the run fails before the call on these values, for something that is nothing to the proof.
                    facts.extend(self.computed(call.at));
                    if let Answer::Possible(model) = self.ask(&facts, &asks) {
                        refusal.example = example::find(self, &model, &case, self.declarations);
                    }
                }
                refusal.unfollowed = self.unfollowed(&model);
            }
        }
        Outcome::Refused(Box::new(refusal))
    }

    /// Whether facts can hold together where none of these asks.
    pub(super) fn ask(&mut self, facts: &[F], asks: &[F]) -> Answer {
        let mut formulas = facts.to_vec();
        formulas.extend(asks.iter().map(|asks| self.lowering.not(*asks)).collect::<Vec<_>>());
        decide::decide(&mut self.lowering.arena, &formulas)
    }

    /// The number of those whom a duty demands.
    fn demanded(&mut self, by: &'p Approvers, arguments: &[Id]) -> usize {
        let demanded = people::demanded(&mut self.lowering, by, arguments);
        self.demanded.iter().position(|known| *known == demanded).unwrap_or_else(|| {
            self.demanded.push(demanded);
            self.demanded.len() - 1
        })
    }

    /// Facts of the model of which nothing more is known.
    fn unfollowed(&self, model: &decide::Model) -> Vec<Unfollowed> {
        let mut found = Vec::new();
        for (atom, holds) in &model.atoms {
            let decide::Atom::Fact(fact) = self.lowering.arena.atom(*atom) else { continue };
            let kind = match self.lowering.facts.get(*fact as usize) {
                Some(Fact::Error(_)) if *holds => Unfollowed::NoValue,
                Some(Fact::Holds(id)) if !matches!(self.lowering.terms.get(*id).op, Op::Slot { .. } | Op::Field(_)) => Unfollowed::Unknown,
                _ => continue,
            };
            if !found.contains(&kind) {
                found.push(kind);
            }
        }
        found
    }

    /// A condition, where it holds and where it fails. One that takes much work may also fail for that.
    pub(super) fn condition(&mut self, when: &'p Expr, names: Names<'_>) -> decide::formula::Truth {
        let id = self.lowering.term(when, names);
        let truth = self.lowering.truth(id);
        if is_costly(when) { self.lowering.works(id, truth) } else { truth }
    }

    /// What holds on every way to a node: arms that were taken, and arms that were not since they end the run.
    pub(super) fn reached(&mut self, node: Node) -> Vec<F> {
        if self.places.is_cut_off(node) {
            return vec![self.lowering.arena.never()];
        }
        let mut facts: Vec<F> = self.places.taken(node).into_iter().map(|arm| self.taken(arm)).collect();
        for arm in self.places.not_taken(node) {
            let taken = self.taken(arm);
            facts.push(self.lowering.not(taken));
            facts.push(self.told(arm));
        }
        facts
    }

    /// What holds where nothing on the way to a node makes the run fail.
    fn computed(&mut self, node: Node) -> Vec<F> {
        let mut facts = Vec::new();
        for (at, arms) in self.places.met(node) {
            let names = Names::At(at);
            let own: Vec<F> = match self.places.node(at).map(|node| &node.kind) {
                Some(NodeKind::Let { value, .. }) => vec![self.defined(value, names)],
                Some(NodeKind::Call(call)) => call.arguments.iter().map(|argument| self.defined(argument, names)).collect(),
                Some(NodeKind::Branch { .. }) => vec![self.told(Arm { region: at.region, branch: at.index, arm: 0 })],
                _ => continue,
            };
            let mut parts = Vec::new();
            for arm in arms {
                let taken = self.taken(*arm);
                parts.push(self.lowering.not(taken));
            }
            parts.push(self.lowering.arena.and(&own));
            facts.push(self.lowering.arena.or(&parts));
        }
        facts
    }

    fn defined(&mut self, value: &'p Expr, names: Names<'_>) -> F {
        let id = self.lowering.term(value, names);
        self.lowering.defined(id)
    }

    /// Where it can be told which arm of the branch is taken: elsewhere the run ends there.
    fn told(&mut self, of: Arm) -> F {
        if let Some(told) = self.told.get(&of) {
            return *told;
        }
        let told = self.told_at(of);
        self.told.insert(of, told);
        told
    }

    fn told_at(&mut self, of: Arm) -> F {
        let at = Node { region: of.region, index: of.branch };
        let Some(NodeKind::Branch { conditions, .. }) = self.places.node(at).map(|node| &node.kind) else {
            return self.lowering.arena.always();
        };
        let mut told = self.lowering.arena.always();
        for condition in conditions.iter().rev() {
            let truth = self.condition(condition, Names::At(at));
            let on = self.lowering.arena.and(&[truth.fails, told]);
            told = self.lowering.arena.or(&[truth.holds, on]);
        }
        told
    }

    /// What holds on every way past a gate that stands in arms: where one of them was reached, it could be told whether it is taken.
    fn past(&mut self, where_taken: &[Arm]) -> Vec<F> {
        let mut facts = Vec::new();
        let mut not_reached = Vec::new();
        // The outermost last.
        for arm in where_taken.iter().rev() {
            let told = self.told(*arm);
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
        let at = Node { region: arm.region, index: arm.branch };
        let Some(NodeKind::Branch { conditions, .. }) = self.places.node(at).map(|node| &node.kind) else {
            return self.lowering.arena.always();
        };
        let mut parts = Vec::new();
        for (number, condition) in (0..).zip(conditions).take_while(|(number, _)| *number <= arm.arm) {
            let truth = self.condition(condition, Names::At(at));
            parts.push(if number == arm.arm { truth.holds } else { truth.fails });
        }
        self.lowering.arena.and(&parts)
    }

    /// A gate gives values only where it asks somebody.
    fn given_by(&mut self, at: Node) -> Option<F> {
        let gate = self.places.gate(at)?;
        let mut absent: Vec<F> = Vec::new();
        for slot in gate.given() {
            if let Some(id) = self.lowering.terms.of_slot(at.region, slot) {
                absent.extend(self.lowering.absent(id));
            }
        }
        if absent.is_empty() {
            return None;
        }
        let mut before = self.lowering.arena.always();
        let mut nobody = Vec::new();
        for band in &gate.bands {
            let truth = match &band.when {
                Some(when) => self.condition(when, Names::At(at)),
                None => self.lowering.always(),
            };
            if band.by.is_none() {
                nobody.push(self.lowering.arena.and(&[before, truth.holds]));
            }
            before = self.lowering.arena.and(&[before, truth.fails]);
        }
        // Without a band that holds nobody is asked either.
        nobody.push(before);
        let nobody = self.lowering.arena.or(&nobody);
        let asked = self.lowering.not(nobody);
        let absent = self.lowering.arena.and(&absent);
        Some(self.lowering.arena.or(&[asked, absent]))
    }

    /// Whether a gate counts, and where it asks people who are enough.
    fn judge(
        &mut self,
        passed: &Passed<'p>,
        call: &Call<'p>,
        known: &HashSet<F>,
        arguments: &[Id],
        demanded: Option<usize>,
    ) -> Result<Fit, Unfit> {
        let Some(gate) = self.places.gate(passed.gate) else { return Err(Unfit::People) };
        let unknown = self.unknown_at(passed.gate, gate, call, arguments);
        if !unknown.is_empty() {
            return Err(Unfit::Unknown(unknown));
        }
        if people::opens_in_silence(gate) {
            return Err(Unfit::Silence);
        }
        let suited = self.suited(passed.gate, gate, demanded);
        // Without a band of people who suffice, all of them may where none can be told.
        if suited.bands.is_empty() && self.lowering.arena.is_never(suited.asks) {
            return Err(Unfit::People);
        }
        let arms: Vec<Arm> = passed.where_taken.iter().copied().filter(|arm| !known.contains(&self.taken(*arm))).collect();
        let mut parts: Vec<F> = arms.iter().map(|arm| self.taken(*arm)).collect();
        parts.push(suited.asks);
        let asks = self.lowering.arena.and(&parts);
        Ok(Fit { gate: passed.gate, suited, asks, past: self.past(&arms) })
    }

    /// Where a gate asks people who are enough for what is demanded, and in which of its bands.
    fn suited(&mut self, at: Node, gate: &'p Gate, demanded: Option<usize>) -> Rc<Suited> {
        if let Some(known) = self.enough.get(&(at, demanded)) {
            return Rc::clone(known);
        }
        let asked = self.bands(at, gate);
        let duty = demanded.and_then(|demanded| self.demanded.get(demanded));
        let enough = |asked: &&Asked| duty.is_none_or(|duty| asked.ways.iter().all(|way| people::suffices(way, duty)));
        let bands = asked.iter().filter(enough).filter_map(|asked| asked.band).collect();
        let asks: Vec<F> = asked.iter().filter(enough).map(|asked| asked.when).collect();
        let suited = Rc::new(Suited { asks: self.lowering.arena.or(&asks), bands });
        self.enough.insert((at, demanded), Rc::clone(&suited));
        suited
    }

    /// Where a gate asks anybody at all.
    pub(super) fn asks_anybody(&mut self, at: Node, gate: &'p Gate) -> F {
        self.suited(at, gate, None).asks
    }

    /// Where each band of a gate asks somebody, and where none can be told, which then asks everybody.
    pub(super) fn bands(&mut self, at: Node, gate: &'p Gate) -> Rc<[Asked]> {
        if let Some(known) = self.asked.get(&at) {
            return Rc::clone(known);
        }
        let asked: Rc<[Asked]> = self.bands_of(at, gate).into();
        self.asked.insert(at, Rc::clone(&asked));
        asked
    }

    fn bands_of(&mut self, at: Node, gate: &'p Gate) -> Vec<Asked> {
        let strictest = people::strictest(&mut self.lowering, at, gate);
        let mut asked = Vec::new();
        let mut before = self.lowering.arena.always();
        for (number, band) in gate.bands.iter().enumerate() {
            let truth = match &band.when {
                Some(when) => self.condition(when, Names::At(at)),
                None => self.lowering.always(),
            };
            let ways = people::ways(&mut self.lowering, at, gate, number);
            if !ways.is_empty() {
                let when = self.lowering.arena.and(&[before, truth.holds]);
                asked.push(Asked { band: Some(number), when, ways });
            }
            let told = self.lowering.arena.or(&[truth.holds, truth.fails]);
            let untold = self.lowering.not(told);
            let when = self.lowering.arena.and(&[before, untold]);
            asked.push(Asked { band: None, when, ways: strictest.clone() });
            before = self.lowering.arena.and(&[before, truth.fails]);
        }
        asked
    }

    /// Arguments of the call that are not known at the gate.
    pub(super) fn unknown_at(&mut self, at: Node, gate: &Gate, call: &Call<'p>, arguments: &[Id]) -> Vec<usize> {
        if call.undo {
            let mut unknown: Vec<usize> = (0..arguments.len()).collect();
            unknown.retain(|number| arguments.get(*number).is_some_and(|argument| !self.is_known(*argument, at, gate)));
            return unknown;
        }
        let guard = self.places.guard(at, call.at);
        let all = || (0..call.arguments.len().max(1)).collect();
        guard.map_or_else(all, |guard| {
            let later = guard.arguments.iter().enumerate().filter(|(_, argument)| matches!(argument, GuardArgument::Later));
            later.map(|(number, _)| number).collect()
        })
    }

    /// Whether a term has its value at the gate, or is entered there.
    fn is_known(&mut self, id: Id, at: Node, gate: &Gate) -> bool {
        let mut open = vec![id];
        let mut seen = foldhash::HashSet::default();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let term = self.lowering.terms.get(id);
            open.extend(term.parts.iter().copied());
            let known = match term.op.clone() {
                Op::Slot { region, slot: 0 } if !self.places.chain(at.region).contains(&region) => {
                    // The element of a known list is known.
                    let list = self.lowering.terms.walked(region);
                    open.extend(list);
                    list.is_some()
                }
                Op::Slot { region, slot } => {
                    let asked = region == at.region && gate.asks.iter().any(|ask| ask.slot == slot);
                    asked || self.places.is_filled(region, slot, at)
                }
                Op::Now(node) | Op::Today(node) | Op::Env(node, _) => self.places.is_before(node, at),
                _ => true,
            };
            if !known {
                return false;
            }
        }
        true
    }
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
    let alone = matches!(expr, Expr::For { .. });
    let (mut walks, mut texts) = (0, 0);
    count(expr, &mut walks, &mut texts);
    (walks > 0 && !alone) || walks > 1 || texts > MOST_TEXTS
}
