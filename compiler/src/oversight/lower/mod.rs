//! Terms as formulas: where a condition holds, and where it fails. Where it does neither, it cannot be evaluated.
//!
//! A value is a list of *cases*, no two of which are ever true together; where none is, the value cannot be computed. Sums, differences,
//! and products with a number are linear terms; each such operation may also have no exact result, which is a fact of its own. Money is an
//! amount and a currency, a date its days, a time and a duration their seconds. What is none of that is an unknown that equals itself; so
//! is what is met when the budget is used up, from which all of this is paid.

mod conditions;
mod values;

use std::rc::Rc;

use foldhash::{HashMap, HashMapExt as _};
use num_bigint::BigInt;
use rust_decimal::Decimal;

use super::Declarations;
use super::decide::formula::Truth;
use super::decide::{Arena, Atom, F, Linear, Q, Symbol, Unknown};
use super::terms::{Id, Names, Terms};
use crate::plan::{Expr, Type, TypeKind};

/// A sum of more unknowns is an unknown.
const MOST_UNKNOWNS: usize = 64;

/// What is not known of a term otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fact {
    /// The condition holds.
    Holds(Id),
    /// It cannot be computed.
    Error(Id),
    /// It is `none`.
    None(Id),
    /// It is the sum of no amounts: zero, in every currency.
    Nothing(Id),
}

/// What a symbol or an unknown number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// The term, or the amount where it is money.
    Value(Id),
    /// The currency of money.
    Currency(Id),
}

/// A value in one of its cases.
#[derive(Clone, Debug, PartialEq)]
enum Worth {
    /// `none`
    None,
    Number(Linear),
    /// Days since 1970.
    Date(Linear),
    /// Seconds since 1970.
    Time(Linear),
    /// Seconds.
    Duration(Linear),
    /// The amount and its currency; without one it is the sum of no amounts.
    Money(Linear, Option<Symbol>),
    Symbol(Symbol),
    /// Something else.
    Other,
}

#[derive(Clone, Debug)]
struct Case {
    when: F,
    worth: Worth,
}

/// A name that a symbol may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Text(String),
    Currency(String),
    /// A member of an enum; members of different enums are never compared.
    Member(u32),
}

/// Terms on their way to formulas, seen from one region: from inside a loop more is known of its list.
pub(super) struct Lowering<'t, 'p> {
    pub(super) terms: &'t mut Terms<'p>,
    declarations: &'p dyn Declarations,
    pub(super) arena: Arena,
    truths: HashMap<Id, Truth>,
    cases: HashMap<Id, Rc<[Case]>>,
    negations: HashMap<F, F>,
    /// Items of the loops around: the list and the item.
    items: Vec<(Id, Id)>,
    pub(super) facts: Vec<Fact>,
    fact_numbers: HashMap<Fact, u32>,
    pub(super) names: Vec<Name>,
    name_numbers: HashMap<Name, u32>,
    pub(super) symbols: Vec<Of>,
    symbol_numbers: HashMap<Of, u32>,
    pub(super) unknowns: HashMap<Of, Unknown>,
}

impl<'t, 'p> Lowering<'t, 'p> {
    /// `items` are the lists that loops around go through, and their items.
    pub(super) fn new(terms: &'t mut Terms<'p>, declarations: &'p dyn Declarations, items: Vec<(Id, Id)>) -> Self {
        Self {
            terms,
            declarations,
            arena: Arena::default(),
            truths: HashMap::new(),
            cases: HashMap::new(),
            negations: HashMap::new(),
            items,
            facts: Vec::new(),
            fact_numbers: HashMap::new(),
            names: Vec::new(),
            name_numbers: HashMap::new(),
            symbols: Vec::new(),
            symbol_numbers: HashMap::new(),
            unknowns: HashMap::new(),
        }
    }

    pub(super) fn items(&self) -> &[(Id, Id)] {
        &self.items
    }

    /// The atom of a fact, where it is spoken of.
    pub(super) fn fact_atom(&self, fact: Fact) -> Option<u32> {
        self.arena.number_of(&Atom::Fact(*self.fact_numbers.get(&fact)?))
    }

    /// The symbol of a term, where it is spoken of.
    pub(super) fn symbol_of(&self, of: Of) -> Option<Symbol> {
        self.symbol_numbers.get(&of).map(|number| Symbol::Unknown(*number))
    }

    /// An expression as a term.
    pub(super) fn term(&mut self, expr: &'p Expr, names: Names<'_>) -> Id {
        self.terms.expr(expr, names)
    }

    /// Where a formula does not hold.
    pub(super) fn not(&mut self, formula: F) -> F {
        if let Some(known) = self.negations.get(&formula) {
            return *known;
        }
        let negated = self.arena.negate(formula, &mut self.negations);
        self.negations.insert(negated, formula);
        negated
    }

    /// Where the value can be computed.
    pub(super) fn defined(&mut self, id: Id) -> F {
        if self.is_condition(id) {
            let truth = self.truth(id);
            return self.arena.or(&[truth.holds, truth.fails]);
        }
        let whens: Vec<F> = self.cases(id).iter().map(|case| case.when).collect();
        self.arena.or(&whens)
    }

    /// What always holds.
    pub(super) fn always(&mut self) -> Truth {
        self.decided(true)
    }

    /// A condition that may also fail for the work it takes.
    pub(super) fn works(&mut self, id: Id, truth: Truth) -> Truth {
        let works = self.fact(Fact::Error(id), false);
        Truth { holds: self.arena.and(&[works, truth.holds]), fails: self.arena.and(&[works, truth.fails]) }
    }

    fn is_condition(&self, id: Id) -> bool {
        self.terms.get(id).ty == Some(Type::Bool)
    }

    fn fact(&mut self, fact: Fact, holds: bool) -> F {
        let number = match self.fact_numbers.get(&fact) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.facts.len()).unwrap_or(u32::MAX);
                self.facts.push(fact);
                self.fact_numbers.insert(fact, number);
                number
            }
        };
        self.arena.fact(number, holds)
    }

    fn name(&mut self, name: Name) -> Symbol {
        if let Some(number) = self.name_numbers.get(&name) {
            return Symbol::Name(*number);
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.clone());
        self.name_numbers.insert(name, number);
        Symbol::Name(number)
    }

    fn symbol(&mut self, of: Of) -> Symbol {
        if let Some(number) = self.symbol_numbers.get(&of) {
            return Symbol::Unknown(*number);
        }
        let number = u32::try_from(self.symbols.len()).unwrap_or(u32::MAX);
        self.symbols.push(of);
        self.symbol_numbers.insert(of, number);
        let symbol = Symbol::Unknown(number);
        if let Of::Value(id) = of
            && let Some(Type::Enum(index)) = self.terms.get(id).ty.as_ref().map(kind)
            && let Some(TypeKind::Enum(members)) = self.declarations.type_def(*index).map(|def| &def.kind)
        {
            let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
            let names: Vec<u32> = (0..count)
                .filter_map(|member| match self.name(Name::Member(member)) {
                    Symbol::Name(number) => Some(number),
                    Symbol::Unknown(_) => None,
                })
                .collect();
            self.arena.one_of(symbol, names);
        }
        symbol
    }

    fn number(&mut self, of: Of, whole: bool) -> Linear {
        let arena = &mut self.arena;
        Linear::unknown(*self.unknowns.entry(of).or_insert_with(|| arena.unknown(whole)))
    }
}

fn kind(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => inner,
        ty => ty,
    }
}

pub(super) fn rational(number: Decimal) -> Q {
    Q::new(BigInt::from(number.mantissa()), BigInt::from(10).pow(number.scale()))
}
