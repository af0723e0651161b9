//! Values near those that the decision procedure suggests. It knows nothing of a quotient, of `floor`, or of the sum of a list, so that what
//! it suggests need not be so. Then values are changed, a few at a time, towards those that stand in the flow, as long as less and less
//! stands against what is to be shown.

use std::sync::Arc;

use iso_currency::Currency;
use jiff::SignedDuration;
use rust_decimal::Decimal;
use smol_str::{SmolStr, format_smolstr};

use super::example::Maker;
use super::terms::Id;
use crate::plan::{Type, TypeKind};
use crate::value::{Money, Value};

/// So many values are tried for one example.
const TRIES: u32 = 1000;
/// A list grows no longer.
const MOST_ITEMS: usize = 4;

/// Work that may still be done for examples: a unit is about one operation that is evaluated.
#[derive(Debug)]
pub(super) struct Tries(usize);

impl Tries {
    /// For all examples of workflows that are proved together.
    pub(super) const OF_ALL: Self = Self(6_000_000);
    /// For one of many.
    pub(super) const OF_ONE: Self = Self(300_000);

    /// `None` where so much is not left.
    pub(super) fn take(&mut self, work: usize) -> Option<()> {
        self.0 = self.0.checked_sub(work)?;
        Some(())
    }
}

/// Values of the slots of regions.
type Slots = Vec<(u32, Vec<Value>)>;

/// A term, its slot, the type of that, and the fields down to what is changed.
struct Target {
    id: Id,
    slot: (u32, u32),
    fields: Vec<u32>,
    ty: Type,
}

/// A search near some values.
pub(super) struct Nearby<'n, 't, 'p> {
    maker: &'n Maker<'n, 't, 'p>,
    targets: Vec<Target>,
    /// So many of them are changed mostly.
    first: usize,
    pool: Pool,
    dice: Dice,
    /// Of one try.
    work: usize,
}

/// Values that stand in the flow, and some that matter everywhere.
struct Pool {
    numbers: Vec<Decimal>,
    texts: Vec<SmolStr>,
    currencies: Vec<Currency>,
    dates: Vec<Value>,
    times: Vec<Value>,
    durations: Vec<Value>,
}

impl Pool {
    fn of(values: &[Value]) -> Self {
        let mut pool = Self {
            numbers: [0, 1, 2, 10, 100, 1000].map(Decimal::from).to_vec(),
            texts: vec![SmolStr::default()],
            currencies: vec![Currency::EUR, Currency::USD],
            dates: Vec::new(),
            times: Vec::new(),
            durations: Vec::new(),
        };
        values.iter().for_each(|value| pool.learn(value));
        pool
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.numbers.push(*number),
            Value::Money(Money { amount, currency }) => {
                self.numbers.push(*amount);
                self.currencies.push(*currency);
            }
            Value::Text(text) => self.texts.push(text.clone()),
            Value::Date(_) => self.dates.push(value.clone()),
            Value::Time(_) => self.times.push(value.clone()),
            Value::Duration(_) => self.durations.push(value.clone()),
            Value::List(values) => values.iter().for_each(|value| self.learn(value)),
            _ => {}
        }
    }
}

/// The same throws on every machine.
struct Dice(u64);

impl Dice {
    /// A number below another.
    fn below(&mut self, end: usize) -> usize {
        // Knuth, MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap_or_default();
        high.checked_rem(end).unwrap_or_default()
    }

    fn one<'o, T>(&mut self, of: &'o [T]) -> Option<&'o T> {
        of.get(self.below(of.len()))
    }
}

impl<'n, 't, 'p> Nearby<'n, 't, 'p> {
    /// These terms are changed, mostly the first, and the lists that loops around go through.
    pub(super) fn of(maker: &'n Maker<'n, 't, 'p>, first: &[Id], others: &[Id], work: usize) -> Self {
        let way = maker.way;
        let terms = &way.lowering.terms;
        let mut changed = first.to_vec();
        way.items().into_iter().for_each(|(list, _)| terms.read_by(list, &mut changed));
        let first = changed.len();
        changed.extend_from_slice(others);
        let targets = changed.into_iter().filter_map(|id| {
            let (slot, fields) = terms.path(id)?;
            Some(Target { id, slot, fields, ty: way.places.slot(slot.0, slot.1)?.ty.clone() })
        });
        Self { maker, targets: targets.collect(), first, pool: Pool::of(terms.constants()), dice: Dice(1), work }
    }

    /// Values against which nothing stands, and the terms that were changed for that; `None` where none were found.
    pub(super) fn find(
        &mut self,
        from: &Slots,
        tries: &mut Tries,
        off: &impl Fn(&[(u32, Vec<Value>)]) -> Option<usize>,
    ) -> Option<(Slots, Vec<Id>)> {
        if self.targets.is_empty() {
            return None;
        }
        let (mut best, mut least) = (from.clone(), off(from).unwrap_or(usize::MAX));
        for number in 0..TRIES {
            tries.take(self.work)?;
            if number == TRIES / 2 {
                // Nobody likes to read them: almost too large, and almost nothing.
                self.pool.numbers.extend([Decimal::MAX, Decimal::MIN, Decimal::new(1, Decimal::MAX_SCALE)]);
            }
            // What was suggested fits together, which is soon lost on the way.
            let mut slots = if self.dice.below(2) == 0 { from.clone() } else { best.clone() };
            for _ in 0..=self.dice.below(3) {
                self.change_one(&mut slots);
            }
            let stands = off(&slots).unwrap_or(usize::MAX);
            if stands <= least {
                (best, least) = (slots, stands);
            }
            if least == 0 {
                let found = self.nearer(from, best, off);
                let is_changed = |target: &&Target| value_of(from, target.slot) != value_of(&found, target.slot);
                let changed = self.targets.iter().filter(is_changed).map(|target| target.id).collect();
                return Some((found, changed));
            }
        }
        None
    }

    /// The same with everything as it was that may be, and lists as short as they may be.
    fn nearer(&self, from: &Slots, mut found: Slots, off: &impl Fn(&[(u32, Vec<Value>)]) -> Option<usize>) -> Slots {
        let try_with = |found: &mut Slots, slot, value: Value| {
            let mut slots = found.clone();
            value_in(&mut slots, slot).into_iter().for_each(|place| *place = value.clone());
            if off(&slots) == Some(0) {
                *found = slots;
            }
        };
        for Target { slot, .. } in &self.targets {
            if let Some(was) = value_of(from, *slot) {
                try_with(&mut found, *slot, was.clone());
            }
            let count = if let Some(Value::List(items)) = value_of(&found, *slot) { items.len() } else { 0 };
            for at in (0..count).rev() {
                let Some(Value::List(items)) = value_of(&found, *slot) else { break };
                let fewer = items.iter().enumerate().filter(|(own, _)| *own != at).map(|(_, item)| item.clone());
                let fewer = Value::List(fewer.collect());
                try_with(&mut found, *slot, fewer);
            }
        }
        found
    }

    fn change_one(&mut self, slots: &mut Slots) {
        let among = if self.first > 0 && self.dice.below(4) > 0 { self.first } else { self.targets.len() };
        let at = self.dice.below(among);
        let Some(Target { slot, fields, ty, .. }) = self.targets.get(at) else { return };
        let (slot, fields, ty) = (*slot, fields.clone(), ty.clone());
        if let Some(value) = value_in(slots, slot) {
            *value = self.changed_in(value, &ty, &fields);
        }
    }

    /// The value with another one at the end of these fields.
    fn changed_in(&mut self, value: &Value, ty: &Type, fields: &[u32]) -> Value {
        let ty = match (ty, value) {
            (Type::Optional(_), Value::None) => return self.changed(value, ty),
            (Type::Optional(inner), _) if !fields.is_empty() => inner,
            (ty, _) => ty,
        };
        match (fields.split_first(), ty, value) {
            (Some((first, rest)), Type::Record(record), Value::Record(values)) => {
                let inner = self.fields_of(*record).get(*first as usize).cloned();
                let changed = (0..).zip(values.iter()).map(|(number, value)| match &inner {
                    Some(ty) if number == *first => self.changed_in(value, ty, rest),
                    _ => value.clone(),
                });
                Value::Record(changed.collect())
            }
            _ => self.changed(value, ty),
        }
    }

    fn fields_of(&self, record: u32) -> Vec<Type> {
        match self.maker.types.get(record as usize).map(|def| &def.kind) {
            Some(TypeKind::Record(fields)) => fields.iter().map(|field| field.ty.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// Another value of the type.
    fn changed(&mut self, value: &Value, ty: &Type) -> Value {
        match (ty, value) {
            (Type::Optional(inner), Value::None) => {
                let plain = self.maker.plain(inner);
                self.changed(&plain, inner)
            }
            (Type::Optional(inner), _) => {
                if self.dice.below(3) == 0 {
                    Value::None
                } else {
                    self.changed(value, inner)
                }
            }
            (Type::Bool, Value::Bool(is)) => Value::Bool(!is),
            (Type::Number, Value::Number(number)) => Value::Number(self.number(*number)),
            (Type::Money, Value::Money(Money { amount, currency })) => {
                let other = if self.dice.below(5) == 0 { self.dice.one(&self.pool.currencies) } else { None };
                let currency = *other.unwrap_or(currency);
                Value::Money(Money { amount: self.number(*amount), currency })
            }
            (Type::Text, _) => {
                let text = self.dice.one(&self.pool.texts).cloned().unwrap_or_default();
                Value::Text(if self.dice.below(4) == 0 { format_smolstr!("{text}x") } else { text })
            }
            (Type::Date | Type::Time | Type::Duration, _) => self.moment(value, ty),
            (Type::Enum(of), _) => match self.maker.types.get(*of as usize).map(|def| &def.kind) {
                Some(TypeKind::Enum(members)) => Value::Enum(u32::try_from(self.dice.below(members.len())).unwrap_or_default()),
                _ => value.clone(),
            },
            (Type::List(item), Value::List(items)) => Value::List(self.items(items, item)),
            (Type::Record(record), Value::Record(values)) => {
                let (types, at) = (self.fields_of(*record), self.dice.below(values.len()));
                let changed = values.iter().zip(&types).enumerate().map(
                    |(number, (value, ty))| {
                        if number == at { self.changed(value, ty) } else { value.clone() }
                    },
                );
                Value::Record(changed.collect())
            }
            (_, value) => value.clone(),
        }
    }

    fn number(&mut self, number: Decimal) -> Decimal {
        let mut one = || self.dice.one(&self.pool.numbers).copied().unwrap_or_default();
        let (other, again) = (one(), one());
        let found = match self.dice.below(8) {
            0 => other.checked_add(Decimal::ONE),
            1 => other.checked_sub(Decimal::ONE),
            2 => other.checked_add(Decimal::new(1, 2)),
            3 => other.checked_mul(again),
            4 => number.checked_add(again),
            5 => Some(-number),
            _ => Some(other),
        };
        found.unwrap_or(other)
    }

    /// A date, a time or a duration.
    fn moment(&mut self, value: &Value, ty: &Type) -> Value {
        let among = match ty {
            Type::Date => &self.pool.dates,
            Type::Time => &self.pool.times,
            _ => &self.pool.durations,
        };
        let near = self.dice.one(among).filter(|_| ty != &Type::Duration || self.dice.below(3) > 0);
        let near = near.unwrap_or(value).clone();
        let days = self.dice.one(&[0, 0, 1, 7, 30, 365]).copied().unwrap_or_default();
        let mut by = SignedDuration::from_hours(24 * days);
        if self.dice.below(2) == 0 {
            by = -by;
        }
        match near {
            Value::Date(date) => Value::Date(date.saturating_add(by)),
            Value::Time(time) => time.checked_add(by).map_or(near, Value::Time),
            Value::Duration(duration) => duration.checked_add(by).map_or(near, Value::Duration),
            near => near,
        }
    }

    fn items(&mut self, items: &Arc<[Value]>, item: &Type) -> Arc<[Value]> {
        let mut items = items.to_vec();
        let at = self.dice.below(items.len());
        match self.dice.below(5) {
            0 if !items.is_empty() => {
                items.remove(at);
            }
            1 if items.len() < MOST_ITEMS => {
                let other = items.get(at).cloned().map(|like| self.changed(&like, item));
                items.push(other.unwrap_or_else(|| self.maker.plain(item)));
            }
            _ => match items.get(at).cloned() {
                Some(one) => {
                    let changed = self.changed(&one, item);
                    items.splice(at..=at, [changed]);
                }
                None => items.push(self.maker.plain(item)),
            },
        }
        items.into()
    }
}

fn value_of(slots: &Slots, (region, slot): (u32, u32)) -> Option<&Value> {
    slots.iter().find(|(own, _)| *own == region)?.1.get(slot as usize)
}

fn value_in(slots: &mut Slots, (region, slot): (u32, u32)) -> Option<&mut Value> {
    slots.iter_mut().find(|(own, _)| *own == region)?.1.get_mut(slot as usize)
}
