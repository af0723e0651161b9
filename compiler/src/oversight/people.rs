//! Who suffices: whether everybody who can open a gate is enough for a duty.

use smol_str::SmolStr;

use super::lower::Lowering;
use super::place::Node;
use super::terms::{Id, Names};
use crate::plan::{Approvers, Deadline, Expr, Gate, Lapse, Term, Who};
use crate::value::Value;

/// Somebody, the same wherever they are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Person {
    Group(SmolStr),
    Address(Address),
    Requester,
    /// The owner of a workflow that names none: whoever starts a run.
    WhoeverStarts,
}

/// An address: written, or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Written(String),
    Value(Id),
}

/// So many of them; 0 is all of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    count: u32,
    of: Person,
}

/// People who are enough together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Enough {
    needs: Vec<Need>,
    except: Vec<Person>,
}

impl<'p> Lowering<'_, 'p> {
    fn person(&mut self, who: &'p Who, names: Names<'_>) -> Person {
        match who {
            Who::Owner => self.owner(),
            Who::Requester => Person::Requester,
            Who::Group(name) => Person::Group(name.clone()),
            Who::Address(address) => self.address(address, names),
        }
    }

    fn address(&mut self, address: &'p Expr, names: Names<'_>) -> Person {
        let id = self.term(address, names);
        match self.terms.constant(id) {
            Some(Value::Text(text)) => Person::Address(Address::Written(text.to_lowercase())),
            _ => Person::Address(Address::Value(id)),
        }
    }

    fn owner(&mut self) -> Person {
        match &self.terms.places().workflow().owner {
            // Settings see the parameters, which are the first slots of the body.
            Some(Who::Address(address)) => self.address(address, Names::At(Node { region: 0, index: 0 })),
            Some(Who::Group(name)) => Person::Group(name.clone()),
            Some(Who::Requester) => Person::Requester,
            Some(Who::Owner) | None => Person::WhoeverStarts,
        }
    }

    fn enough(&mut self, approvers: &'p Approvers, names: Names<'_>) -> Enough {
        let mut needs = Vec::new();
        for term in approvers.stages.iter().flatten() {
            let (count, who) = match term {
                Term::Any(who) => (1, who),
                Term::Some(count, who) => (*count, who),
                Term::All(who) => (0, who),
            };
            let of = self.person(who, names);
            // There is no more than one of an address.
            let count = if matches!(of, Person::Group(_)) { count } else { count.max(1) };
            needs.push(Need { count, of });
        }
        let except = approvers.except.iter().map(|who| self.person(who, names)).collect();
        Enough { needs, except }
    }
}

/// All ways in which a gate opens for one of its bands: those whom the band asks, and those of each escalation. Empty for a band that
/// asks nobody.
pub(super) fn ways<'p>(lowering: &mut Lowering<'_, 'p>, at: Node, gate: &'p Gate, band: usize) -> Vec<Enough> {
    let names = Names::At(at);
    let by = gate.bands.get(band).and_then(|band| band.by.as_ref());
    by.map(|by| lowering.enough(by, names)).map(|asked| escalated(lowering, names, gate, asked)).unwrap_or_default()
}

/// The same where it cannot be told which band is asked: everybody whom any band asks.
pub(super) fn strictest<'p>(lowering: &mut Lowering<'_, 'p>, at: Node, gate: &'p Gate) -> Vec<Enough> {
    let names = Names::At(at);
    let mut all = Enough::default();
    for by in gate.bands.iter().filter_map(|band| band.by.as_ref()) {
        let Enough { needs, except } = lowering.enough(by, names);
        all.needs.extend(needs);
        all.except.extend(except);
    }
    if all.needs.is_empty() {
        let of = lowering.owner();
        all.needs.push(Need { count: 1, of });
    }
    escalated(lowering, names, gate, all)
}

fn escalated<'p>(lowering: &mut Lowering<'_, 'p>, names: Names<'_>, gate: &'p Gate, asked: Enough) -> Vec<Enough> {
    let mut except = asked.except.clone();
    let mut ways = vec![asked];
    let mut due = gate.deadline.as_ref();
    while let Some(Deadline { then: Lapse::Escalate { to, deadline }, .. }) = due {
        let mut further = lowering.enough(to, names);
        except.extend(std::mem::take(&mut further.except));
        further.except.clone_from(&except);
        ways.push(further);
        due = Some(deadline);
    }
    ways
}

/// Whether no chain of deadlines lets the gate open by silence.
pub(super) fn opens_in_silence(gate: &Gate) -> bool {
    let mut due = gate.deadline.as_ref();
    while let Some(deadline) = due {
        due = match &deadline.then {
            Lapse::Approve => return true,
            Lapse::Escalate { deadline, .. } => Some(deadline),
            Lapse::Reject | Lapse::Fail(_) => None,
        };
    }
    false
}

/// Whom the duty demands.
pub(super) fn demanded<'p>(lowering: &mut Lowering<'_, 'p>, by: &'p Approvers, arguments: &[Id]) -> Enough {
    lowering.enough(by, Names::Arguments(arguments))
}

/// Whether everybody who is enough for the gate is enough for the duty.
pub(super) fn suffices(gate: &Enough, duty: &Enough) -> bool {
    let left_out = duty.except.iter().all(|person| *person != Person::WhoeverStarts && gate.except.contains(person));
    left_out && duty.needs.iter().all(|need| gate.needs.iter().any(|given| implies(given, need, gate, duty)))
}

fn implies(given: &Need, need: &Need, gate: &Enough, duty: &Enough) -> bool {
    // A default never proves anything.
    if given.of != need.of || need.of == Person::WhoeverStarts {
        return false;
    }
    match (given.count, need.count) {
        // All but those whom the duty leaves out too.
        (0, 0) => gate.except.iter().all(|person| duty.except.contains(person)),
        (0, needed) => needed == 1,
        (_, 0) => false,
        (given, needed) => given >= needed,
    }
}

/// How groups of two flows go together: the first of a pair holds nobody whom the second does not hold, and whether they are the same.
pub(super) trait Groups {
    /// `None` where that is not known.
    fn within(&self, given: &str, needed: &str) -> Option<Sameness>;
    /// Whether somebody is in a group of the flow that needs.
    fn holds(&self, needed: &str, address: &str) -> bool;
}

/// See [`Groups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sameness {
    Same,
    Fewer,
}

impl Enough {
    /// Each of those who are needed alone.
    pub(super) fn apart(&self) -> Vec<Self> {
        self.needs.iter().map(|need| Self { needs: vec![need.clone()], except: self.except.clone() }).collect()
    }
}

/// Whether those who are enough in one flow were enough in another. Unlike a duty, which a default never meets, an owner by default was one
/// before.
pub(super) fn were_enough(given: &Enough, before: &Enough, groups: &dyn Groups) -> bool {
    let same = |one: &Person, other: &Person| match (one, other) {
        (Person::Group(one), Person::Group(other)) => groups.within(one, other) == Some(Sameness::Same),
        (one, other) => one == other,
    };
    let left_out = before.except.iter().all(|person| given.except.iter().any(|own| same(own, person)));
    let meets = |own: &Need, need: &Need| match (&own.of, &need.of) {
        (Person::Address(Address::Written(address)), Person::Group(group)) => need.count == 1 && groups.holds(group, address),
        (Person::Group(one), Person::Group(other)) => match (groups.within(one, other), own.count, need.count) {
            (None, ..) | (Some(Sameness::Fewer), _, 0) => false,
            (Some(Sameness::Same), 0, 0) => given.except.iter().all(|person| before.except.iter().any(|other| same(person, other))),
            (Some(_), 0, needed) => needed == 1,
            (Some(_), _, 0) => false,
            (Some(_), own, needed) => own >= needed,
        },
        (one, other) => one == other,
    };
    left_out && before.needs.iter().all(|need| given.needs.iter().any(|own| meets(own, need)))
}
