//! Examples: values for which a call runs unasked. What the decision procedure suggests is made into values of the flow, and believed only
//! where the evaluator, asked about every condition on the way, says the same.

use foldhash::HashMap;
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::decide::{Atom, Model, Q, Symbol};
use super::lower::{Fact, Name, Of};
use super::nearby::{Nearby, Tries};
use super::place::Node;
use super::terms::{Id, Op};
use super::way::Way;
use super::world::{Case, World};
use crate::plan::{NodeKind, Type, TypeDef, TypeKind};
use crate::value::{Money, Value, money};

/// So many values are told.
const MOST_TOLD: usize = 8;
/// So many values are made of a model: numbers that read well, amounts with a currency, each or not.
const ROUNDS: usize = 4;

/// Values of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Those that matter, by the names that they have in the flow.
    pub told: Vec<(String, String)>,
    /// Slots of the regions around the call and of loops before it: the region and its values.
    pub slots: Vec<(u32, Vec<Value>)>,
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value)) in self.told.iter().enumerate() {
            let and = if number > 0 { " and " } else { "" };
            write!(f, "{and}{name} = {value}")?;
        }
        Ok(())
    }
}

/// An example that was verified. What the first model speaks of is told, and the second is one in which nothing on the way fails.
pub(super) fn find(way: &Way<'_, '_>, models: [&Model; 2], case: &Case<'_>, tries: &mut Tries) -> Option<Example> {
    search(way, models, (&[case.call], case.given, true), tries, |world| world.off(case))
}

/// An example with values for nodes against which nothing stands. Where much could be told, what these terms read is told first.
pub(super) fn find_where(
    way: &Way<'_, '_>,
    models: [&Model; 2],
    (nodes, given): (&[Node], &[Id]),
    tries: &mut Tries,
    off: impl Fn(&World<'_, '_, '_>) -> usize,
) -> Option<Example> {
    search(way, models, (nodes, given, false), tries, off)
}

/// See [`find_where`]; `lists`: whether a list that a loop goes through is told too, where a condition looks at all of it.
fn search(
    way: &Way<'_, '_>,
    [told, model]: [&Model; 2],
    (nodes, given, lists): (&[Node], &[Id], bool),
    tries: &mut Tries,
    off: impl Fn(&World<'_, '_, '_>) -> usize,
) -> Option<Example> {
    let work = way.lowering.terms.count() + way.places.nodes().count();
    tries.take(ROUNDS * work)?;
    let types = way.declarations.types();
    let rounds: [_; ROUNDS] = [(true, true), (false, true), (true, false), (false, false)];
    let makers = rounds.map(|(round, entered)| Maker { way, model, types: &types, round, entered, items: way.items() });
    let first = makers.first()?;
    let now = first.now();
    let computed = |slots: &[(u32, Vec<Value>)]| {
        let slots = slots.to_vec();
        nodes.iter().try_fold(slots, |slots, node| World { way, types: &types, slots: &slots, now }.with_lets(*node))
    };
    let judged = |slots: &[(u32, Vec<Value>)]| {
        let slots = computed(slots)?;
        Some(off(&World { way, types: &types, slots: &slots, now }))
    };
    let mut told = spoken(way, told, false);
    let whole = if lists { told.clone() } else { Vec::new() };
    let mut made: Vec<_> = makers.iter().map(|maker| maker.slots(nodes)).map(|slots| (judged(&slots), slots)).collect();
    let found = match made.iter().position(|(stands, _)| *stands == Some(0)) {
        Some(at) => made.swap_remove(at).1,
        None => {
            let mut nearby = Nearby::of(first, &told, &spoken(way, model, true), work);
            let (found, changed) = made.iter().take(2).find_map(|(_, slots)| nearby.find(slots, tries, &judged))?;
            told.extend(changed);
            told.sort_unstable();
            told.dedup();
            found
        }
    };
    let slots = computed(&found)?;
    let world = World { way, types: &types, slots: &slots, now };
    // Of a list that a loop around goes through its item is told, and all of it where a condition looks at all of it.
    let walked = way.items();
    let of_item = |id: &Id| walked.iter().any(|(list, _)| list == id) && !whole.contains(id);
    told.retain(|id| !of_item(id) && world.read(*id).is_some());
    let mut read = Vec::new();
    given.iter().for_each(|id| way.lowering.terms.read_by(*id, &mut read));
    told.sort_by_key(|id| !read.contains(id));
    told.truncate(MOST_TOLD);
    told.sort_unstable();
    let told = told.into_iter().filter_map(|id| world.read(id)).collect();
    Some(Example { told, slots: slots.clone() })
}

/// Slots and fields that a model speaks of, as terms; with all that could fail, or only with what does.
fn spoken(way: &Way<'_, '_>, model: &Model, of_all: bool) -> Vec<Id> {
    let lowering = &way.lowering;
    let by_unknown: HashMap<_, _> = lowering.unknowns.iter().map(|(of, unknown)| (*unknown, *of)).collect();
    let of_unknown = |unknown| match by_unknown.get(&unknown)? {
        Of::Value(id) | Of::Currency(id) => Some(*id),
    };
    let of_symbol = |symbol| match symbol {
        Symbol::Unknown(number) => lowering.symbols.get(number as usize).map(|of| match of {
            Of::Value(id) | Of::Currency(id) => *id,
        }),
        Symbol::Name(_) => None,
    };
    let mut ids: Vec<Id> = Vec::new();
    for (atom, holds) in &model.atoms {
        let mut spoken = |id| lowering.terms.read_by(id, &mut ids);
        match lowering.arena.atom(*atom) {
            Atom::Fact(fact) => match lowering.facts.get(*fact as usize) {
                Some(Fact::Holds(id) | Fact::None(id) | Fact::Nothing(id)) => spoken(*id),
                Some(Fact::Error(id)) if of_all || *holds => spoken(*id),
                _ => {}
            },
            Atom::Same(left, right) => [*left, *right].into_iter().filter_map(of_symbol).for_each(spoken),
            Atom::AtMost { .. } => lowering.arena.spoken_of(*atom).filter_map(of_unknown).for_each(spoken),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Makes values of what the model says.
pub(super) struct Maker<'m, 't, 'p> {
    pub(super) way: &'m Way<'t, 'p>,
    model: &'m Model,
    pub(super) types: &'m [TypeDef],
    /// Whether to prefer numbers that read well.
    round: bool,
    /// Whether amounts have a currency, as those that somebody enters do: the sum of nothing has none.
    entered: bool,
    /// Lists that loops around go through, and their items.
    items: Vec<(Id, Id)>,
}

impl Maker<'_, '_, '_> {
    /// Values of the slots of the regions around nodes and of loops before them; those of `let` are still open.
    fn slots(&self, nodes: &[Node]) -> Vec<(u32, Vec<Value>)> {
        let places = self.way.places;
        let mut regions: Vec<u32> = nodes.iter().flat_map(|node| places.chain(node.region)).copied().collect();
        let body = |kind: &NodeKind| if let NodeKind::ForEach(each) = kind { Some(each.body + 1) } else { None };
        let met = nodes.iter().flat_map(|node| places.met(*node)).filter_map(|(at, _)| places.node(at));
        let mut loops: Vec<u32> = met.filter_map(|node| body(&node.kind)).collect();
        while let Some(region) = loops.pop() {
            regions.push(region);
            loops.extend(places.of_region(region).filter_map(|(_, kind)| body(kind)));
        }
        regions.sort_unstable();
        regions.dedup();
        (regions.iter())
            .map(|region| {
                let slots = (0..).zip(self.way.places.slots(*region));
                let values = slots.map(|(slot, declared)| {
                    let id = self.way.lowering.terms.of_slot(*region, slot);
                    self.value(id, &declared.ty)
                });
                (*region, values.collect())
            })
            .collect()
    }

    /// A value of which nothing is said.
    pub(super) fn plain(&self, ty: &Type) -> Value {
        self.value(None, ty)
    }

    fn fact(&self, fact: Fact) -> Option<bool> {
        let atom = self.way.lowering.fact_atom(fact)?;
        self.model.atoms.get(&atom).copied()
    }

    fn value(&self, id: Option<Id>, ty: &Type) -> Value {
        let is = |fact: fn(Id) -> Fact| id.and_then(|id| self.fact(fact(id)));
        match ty {
            Type::Optional(inner) => {
                let none = is(Fact::None).unwrap_or_else(|| id.is_none());
                if none { Value::None } else { self.value(id, inner) }
            }
            Type::Bool => Value::Bool(is(Fact::Holds).unwrap_or(false)),
            Type::Text => Value::Text(self.text(id)),
            Type::Number => Value::Number(self.number(id, 2).unwrap_or_default()),
            Type::Money => {
                let nothing = is(Fact::Nothing) == Some(true);
                if nothing && !self.entered {
                    return Value::Number(Decimal::ZERO);
                }
                let currency = money::currency(&self.currency(id)).unwrap_or(iso_currency::Currency::EUR);
                let amount = self.number(id, money::minor_digits(currency)).filter(|_| !nothing);
                Value::Money(Money { amount: amount.unwrap_or_default(), currency })
            }
            Type::Date => {
                let days = self.whole(id).unwrap_or(20_454);
                let epoch = jiff::civil::Date::constant(1970, 1, 1);
                Value::Date(epoch.saturating_add(SignedDuration::from_hours(days.saturating_mul(24))))
            }
            Type::Time => Value::Time(Timestamp::from_second(self.whole(id).unwrap_or(1_767_258_000)).unwrap_or_default()),
            Type::Duration => Value::Duration(SignedDuration::from_secs(self.whole(id).unwrap_or_default())),
            Type::Enum(index) => Value::Enum(self.member(id, *index)),
            Type::List(item) => {
                let walked = self.items.iter().find(|(list, _)| Some(*list) == id);
                Value::List(walked.map(|(_, own)| self.value(Some(*own), item)).into_iter().collect())
            }
            Type::Record(index) => {
                let fields = match self.types.get(*index as usize).map(|def| &def.kind) {
                    Some(TypeKind::Record(fields)) => fields.as_slice(),
                    _ => &[],
                };
                let field = |(number, field): (u32, &crate::plan::Field)| {
                    self.value(id.and_then(|id| self.way.lowering.terms.field(id, number)), &field.ty)
                };
                Value::Record((0..).zip(fields).map(field).collect())
            }
            Type::Json => Value::Json(Arc::new(serde_json::Value::Null)),
            Type::Secret => Value::None,
        }
    }

    fn rational(&self, id: Option<Id>, digits: u32) -> Option<Q> {
        let unknown = *self.way.lowering.unknowns.get(&Of::Value(id?))?;
        let found = self.model.numbers.get(&unknown);
        if !self.round {
            return found.cloned();
        }
        let [lower, upper] = self.way.lowering.arena.limits(&self.model.atoms, unknown);
        Some(readable(lower, upper, digits))
    }

    fn number(&self, id: Option<Id>, digits: u32) -> Option<Decimal> {
        self.rational(id, digits).map(|number| decimal(&number))
    }

    fn whole(&self, id: Option<Id>) -> Option<i64> {
        self.rational(id, 0).and_then(|number| number.ceil().to_integer().to_i64())
    }

    /// The name of the class that the symbol is in; the model tells nothing of one that matters to nobody.
    fn class(&self, of: Of) -> Option<Result<&Name, u32>> {
        let symbol = self.way.lowering.symbol_of(of)?;
        match self.model.symbols.get(&symbol)? {
            Symbol::Name(name) => self.way.lowering.names.get(*name as usize).map(Ok),
            Symbol::Unknown(number) => Some(Err(*number)),
        }
    }

    fn text(&self, id: Option<Id>) -> SmolStr {
        match id.and_then(|id| self.class(Of::Value(id))) {
            Some(Ok(Name::Text(text) | Name::Currency(text))) => text.into(),
            Some(Err(number)) => {
                let names = &self.way.lowering.names;
                let fresh = (number..).map(|number| format!("text {number}"));
                fresh.take(1000).find(|text| !names.contains(&Name::Text(text.clone()))).unwrap_or_default().into()
            }
            _ => SmolStr::new_static("text"),
        }
    }

    fn currency(&self, id: Option<Id>) -> String {
        const CODES: [&str; 12] = ["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CAD", "AUD", "NZD"];
        let named =
            || self.way.lowering.names.iter().filter_map(|name| if let Name::Currency(code) = name { Some(code.as_str()) } else { None });
        match id.and_then(|id| self.class(Of::Currency(id))) {
            Some(Ok(Name::Text(code) | Name::Currency(code))) => code.clone(),
            Some(Err(number)) => {
                // One that no condition names, another for each class.
                let free = CODES.iter().filter(|code| named().all(|name| name != **code));
                free.cycle().nth(number as usize % CODES.len()).map_or_else(String::new, |code| (*code).to_owned())
            }
            _ => named().next().unwrap_or("EUR").to_owned(),
        }
    }

    fn member(&self, id: Option<Id>, of: u32) -> u32 {
        let count = match self.types.get(of as usize).map(|def| &def.kind) {
            Some(TypeKind::Enum(members)) => u32::try_from(members.len()).unwrap_or(u32::MAX),
            _ => 0,
        };
        match id.and_then(|id| self.class(Of::Value(id))) {
            Some(Ok(Name::Member(member))) if *member < count => *member,
            _ => 0,
        }
    }

    /// What the clock says.
    fn now(&self) -> Timestamp {
        let mut ids: Vec<Id> = (self.way.lowering.unknowns.keys())
            .filter_map(|of| if let Of::Value(id) = of { Some(*id) } else { None })
            .filter(|id| matches!(self.way.lowering.terms.get(*id).op, Op::Now(_) | Op::Today(_)))
            .collect();
        // The first of them, on every machine.
        ids.sort_unstable();
        let read = ids.into_iter().find_map(|id| match self.way.lowering.terms.get(id).op {
            Op::Today(_) => self.whole(Some(id)).map(|days| days.saturating_mul(86_400).saturating_add(43_200)),
            _ => self.whole(Some(id)),
        });
        Timestamp::from_second(read.unwrap_or(1_767_258_000)).unwrap_or_default()
    }
}

/// A number within limits that reads well: with so many digits behind the point, near a limit.
fn readable(lower: Option<(Q, bool)>, upper: Option<(Q, bool)>, digits: u32) -> Q {
    let ten = |power: u32| Q::from_integer(BigInt::from(10).pow(power));
    let below = |number: &Q| upper.as_ref().is_none_or(|(limit, strict)| if *strict { number < limit } else { number <= limit });
    let above = |number: &Q| lower.as_ref().is_none_or(|(limit, strict)| if *strict { number > limit } else { number >= limit });
    let fits = |number: &Q| below(number) && above(number);
    let zero = Q::zero();
    if fits(&zero) && lower.is_none() && upper.is_none() {
        return zero;
    }
    let steps = (digits..=27).chain(0..0).map(|digits| Q::one() / ten(digits));
    for step in steps {
        let candidates = [
            lower.as_ref().map(|(limit, _)| (limit / &step).ceil() * &step),
            lower.as_ref().map(|(limit, _)| ((limit / &step).floor() + Q::one()) * &step),
            upper.as_ref().map(|(limit, _)| (limit / &step).floor() * &step),
            upper.as_ref().map(|(limit, _)| ((limit / &step).ceil() - Q::one()) * &step),
        ];
        if let Some(found) = candidates.into_iter().flatten().find(|candidate| fits(candidate)) {
            return found;
        }
    }
    lower.or(upper).map_or(zero, |(limit, _)| limit)
}

/// The decimal that is nearest: exact where there is one.
fn decimal(number: &Q) -> Decimal {
    let mut scaled = number.clone();
    let ten = Q::from_integer(BigInt::from(10));
    let mut scale = 0;
    while !scaled.is_integer() && scale < 20 {
        scaled *= &ten;
        scale += 1;
    }
    let mantissa = if scaled.is_negative() { scaled.ceil() } else { scaled.floor() };
    mantissa.to_integer().to_i128().and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, scale).ok()).unwrap_or_default()
}
