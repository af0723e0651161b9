//! The proof for each call: which gates qualify, on which values they ask, and whether that is enough.

use std::rc::Rc;

use foldhash::HashSet;

use super::Declarations;
use super::asks::Suited;
use super::decide::{self, Answer, F};
use super::example::{self, Example};
use super::lower::Fact;
use super::missed::{self, Missed};
use super::nearby::Tries;
use super::people;
use super::place::{Arm, Node, Passed, Places};
use super::terms::{Id, Names, Op, Terms};
use super::way::{BUDGET_OF_CALL, Way};
use super::world::Case;
use crate::plan::{Approvers, Duty, Expr, NodeKind, Workflow};

/// Work for a workflow: so much, and so much more for each of its calls.
const BUDGET: (u64, u64) = (2_000_000, 20_000);
/// Work for all workflows that are proved together.
const BUDGET_OF_ALL: u64 = 50_000_000;
/// What every proof may take in any case: so much is enough for nearly all, so that a large project does not use up what is for all.
const FREE: u64 = 1_000;
/// What looking at a gate takes at least.
const OF_GATE: u64 = 4;
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
    /// Gates that no way to the call passes, though they may look so, and why.
    pub missed: Vec<(Node, Missed)>,
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

    /// Proves each duty of each call, with what is left of the work.
    #[must_use]
    pub fn prove(&'p self, left: &mut Work) -> Vec<Verdict> {
        let calls = calls(&self.places);
        let most = BUDGET.0 + BUDGET.1 * calls.len() as u64;
        let dutiful: Vec<(Call<'p>, Vec<&'p Duty>)> = (calls.into_iter())
            .map(|call| (call, self.declarations.duties(call.action)))
            .filter(|(_, duties)| !duties.is_empty())
            .collect();
        if dutiful.is_empty() {
            return Vec::new();
        }
        let kept = left.proofs.saturating_sub(most);
        left.proofs -= kept;
        let mut terms = Terms::new(self.declarations, &self.places);
        let mut verdicts = Vec::new();
        let mut at = 0;
        while let Some((first, _)) = dutiful.get(at) {
            let region = first.at.region;
            let here = dutiful.iter().skip(at).take_while(|(call, _)| call.at.region == region).count();
            let mut way = Way::new(&self.places, &mut terms, self.declarations, &[region]);
            for (call, duties) in dutiful.iter().skip(at).take(here) {
                for (number, duty) in duties.iter().enumerate() {
                    let outcome = way.prove(call, duty, left);
                    verdicts.push(Verdict { call: call.at, undo: call.undo, action: call.action, duty: number, outcome });
                }
            }
            at += here;
        }
        left.proofs += kept;
        verdicts
    }
}

/// A duty of a call, and what that is given.
#[derive(Clone, Copy)]
struct Demand<'c, 'p> {
    call: &'c Call<'p>,
    duty: &'p Duty,
    arguments: &'c [Id],
}

/// What may still be done for workflows that are proved together. What is left when it is used up is refused.
#[derive(Debug)]
pub struct Work {
    proofs: u64,
    tries: Tries,
}

impl Work {
    /// So much for proofs, beyond what each may take in any case.
    #[must_use]
    pub const fn of(proofs: u64) -> Self {
        Self { proofs, tries: Tries::OF_ALL }
    }
}

impl Default for Work {
    fn default() -> Self {
        Self::of(BUDGET_OF_ALL)
    }
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

impl<'p> Way<'_, 'p> {
    fn prove(&mut self, call: &Call<'p>, duty: &'p Duty, left: &mut Work) -> Outcome {
        let budget = BUDGET_OF_CALL.min(left.proofs + FREE);
        // Each condition on the way takes some work, and each gate some more: with less than that there is no use in beginning.
        let conditions: u64 = self.places.taken(call.at).iter().map(|arm| u64::from(arm.arm) + 1).sum();
        if conditions + OF_GATE * self.places.passed(call.at).count() as u64 > budget {
            return Outcome::Refused(Box::new(Refusal { gave_up: true, ..Refusal::default() }));
        }
        self.begin(budget);
        let arguments: Vec<Id> = call.arguments.iter().map(|argument| self.lowering.term(argument, Names::At(call.at))).collect();
        let mut facts = self.reached(call.at);
        // The call runs with values, so all of them could be computed.
        facts.extend(arguments.iter().map(|argument| self.lowering.defined(*argument)).collect::<Vec<_>>());
        if let Some(when) = &duty.when {
            let applies = self.condition(when, Names::Arguments(&arguments)).fails;
            facts.push(self.lowering.not(applies));
        }
        let outcome = self.covered(&Demand { call, duty, arguments: &arguments }, facts, &mut left.tries);
        let used = budget - self.lowering.arena.left.0;
        left.proofs -= used.saturating_sub(FREE);
        outcome
    }

    fn covered(&mut self, demand: &Demand<'_, 'p>, mut facts: Vec<F>, tries: &mut Tries) -> Outcome {
        let Demand { call, duty, arguments } = *demand;
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
                let found = judged.insert(self.judge(passed, call, &known, demanded));
                let Ok(fit) = found else { continue };
                tried += 1;
                if matches!(self.ask(&[facts.as_slice(), &fit.past].concat(), &[fit.asks]), Answer::Impossible) {
                    return Outcome::Covered(vec![fit.cover()]);
                }
            }
        }
        let (mut fit, mut unfit) = (Vec::new(), Vec::new());
        for (passed, judged) in gates.iter().zip(judged) {
            match judged.unwrap_or_else(|| self.judge(passed, call, &known, demanded)) {
                Ok(found) => {
                    if found.suited.bands.is_empty() {
                        unfit.push((passed.gate, Unfit::People));
                    }
                    fit.push(found);
                }
                Err(why) => unfit.push((passed.gate, why)),
            }
        }
        self.by_all(demand, facts, &fit, unfit, tries)
    }

    /// Whether gates that count are enough all together.
    fn by_all(&mut self, demand: &Demand<'_, 'p>, mut facts: Vec<F>, fit: &[Fit], unfit: Vec<(Node, Unfit)>, tries: &mut Tries) -> Outcome {
        let Demand { call, duty, arguments } = *demand;
        facts.extend(fit.iter().flat_map(|fit| fit.past.iter().copied()));
        let asks: Vec<F> = fit.iter().map(|fit| fit.asks).collect();
        let often = fit.iter().filter(|fit| !fit.suited.bands.is_empty()).map(|fit| fit.gate).collect();
        let mut refusal = Refusal { unfit, missed: missed::of(self.places, call.at), fit: often, ..Refusal::default() };
        match self.ask(&facts, &asks) {
            Answer::Impossible => return Outcome::Covered(fit.iter().map(Fit::cover).collect()),
            Answer::GaveUp => refusal.gave_up = true,
            Answer::Possible(model) => {
                let covers: Vec<Cover> = fit.iter().map(Fit::cover).collect();
                let case = Case { call: call.at, arguments: call.arguments, given: arguments, duty, covers: &covers };
                // Perhaps the run fails before the call on these values, for something that is nothing to the proof.
                facts.extend(self.computed(call.at));
                let runs = match self.ask(&facts, &asks) {
                    Answer::Possible(model) => Some(model),
                    _ => None,
                };
                refusal.example = example::find(self, [&model, runs.as_ref().unwrap_or(&model)], &case, tries);
                refusal.unfollowed = self.unfollowed(&model);
            }
        }
        Outcome::Refused(Box::new(refusal))
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

    /// Whether a gate counts, and where it asks people who are enough.
    fn judge(&mut self, passed: &Passed<'p>, call: &Call<'p>, known: &HashSet<F>, demanded: Option<usize>) -> Result<Fit, Unfit> {
        let Some(gate) = self.places.gate(passed.gate) else { return Err(Unfit::People) };
        let unknown = self.unknown_at(passed.gate, call);
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
}
