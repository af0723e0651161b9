//! Expressions of a workflow as terms: each once, values of `let` put in where they are used, names of slots the same wherever they are
//! read, so that two expressions that give the same value are, as far as that is to be seen, the same term.

mod fold;
mod types;

pub(super) use fold::evaluated;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use smol_str::SmolStr;

use super::Declarations;
use super::place::{Node, Places, Produced};
use crate::plan::{Arithmetic, Ask, Builtin, Comparison, Expr, Fold, Implementation, NodeKind, TextPart, TextTest, Type};
use crate::value::Value;

/// A term deeper than this is taken as it stands, an unknown.
const DEEPEST: u32 = 400;

/// A term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(u32);

/// What a term is made of, its parts apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// A value, by its number.
    Const(u32),
    /// A slot of a region.
    Slot {
        region: u32,
        slot: u32,
    },
    /// A name bound by a comprehension: so many comprehensions lie between.
    Local(u32),
    Field(u32),
    JsonField(SmolStr),
    Amount,
    CurrencyOf,
    Index,
    Not,
    Negate,
    And,
    Or,
    Compare(Comparison),
    Arithmetic(Arithmetic),
    In,
    TextTest(TextTest),
    Matches(SmolStr),
    IsNone,
    Otherwise,
    If,
    Decode(Type),
    List,
    Record,
    JsonObject(Box<[SmolStr]>),
    Text(Box<[Type]>),
    Builtin(Builtin),
    For(Fold, bool),
    /// A reading at a node: of the clock, or of the environment.
    Now(Node),
    Today(Node),
    Env(Node, SmolStr),
    Secret(SmolStr),
    Owner,
    Requester,
}

/// A term with its parts.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) op: Op,
    pub(super) parts: Box<[Id]>,
    /// Its type, as far as it is to be seen.
    pub(super) ty: Option<Type>,
    depth: u32,
}

/// A comprehension that stands alone, or in another one of which the item is known, so that its body can be asked about one item.
#[derive(Clone, Debug)]
pub(super) struct Comprehension<'p> {
    pub(super) list: Id,
    pub(super) filter: Option<&'p Expr>,
    pub(super) body: &'p Expr,
    at: Node,
    /// Items of those around, outermost first.
    outer: Box<[Id]>,
}

/// What the slots of an expression mean.
#[derive(Clone, Copy, Debug)]
pub(super) enum Names<'n> {
    /// What they mean at a node.
    At(Node),
    /// The parameters of an action, which were given these arguments.
    Arguments(&'n [Id]),
}

/// All terms of one workflow.
pub(super) struct Terms<'p> {
    declarations: &'p dyn Declarations,
    places: &'p Places<'p>,
    terms: Vec<Term>,
    known: HashMap<(Op, Box<[Id]>), Id>,
    consts: Vec<Value>,
    const_numbers: HashMap<String, u32>,
    lets: HashMap<(u32, u32), Id>,
    /// Nodes that read the clock and the environment as another one does.
    twins: HashMap<Node, Node>,
    /// Operations that may still be evaluated.
    left_to_fold: usize,
    pub(super) comprehensions: HashMap<Id, Comprehension<'p>>,
}

impl<'p> Terms<'p> {
    pub(super) fn new(declarations: &'p dyn Declarations, places: &'p Places<'p>) -> Self {
        let mut terms = Self::bare(declarations, places);
        // In their order, so that none has to be looked for while another one is.
        for (node, kind) in places.nodes() {
            terms.bind(node, kind);
        }
        terms
    }

    /// Without any `let`.
    pub(super) fn bare(declarations: &'p dyn Declarations, places: &'p Places<'p>) -> Self {
        Self {
            declarations,
            places,
            terms: Vec::new(),
            known: HashMap::new(),
            consts: Vec::new(),
            const_numbers: HashMap::new(),
            lets: HashMap::new(),
            twins: HashMap::new(),
            left_to_fold: fold::BUDGET,
            comprehensions: HashMap::new(),
        }
    }

    /// Puts in the value of a `let` from here on.
    pub(super) fn bind(&mut self, node: Node, kind: &'p NodeKind) {
        if let NodeKind::Let { slot, value } = kind {
            let id = self.expr(value, Names::At(node));
            self.lets.insert((node.region, *slot), id);
        }
    }

    /// What is read at a node is from here on what another one reads.
    pub(super) fn reads_as(&mut self, node: Node, other: Node) {
        self.twins.insert(node, other);
    }

    /// A slot is from here on another name of a term.
    pub(super) fn slot_is(&mut self, (region, slot): (u32, u32), id: Id) {
        self.known.insert((Op::Slot { region, slot }, Box::new([])), id);
    }

    /// A field of a term is from here on another name of a term.
    pub(super) fn field_is(&mut self, record: Id, index: u32, id: Id) {
        self.known.insert((Op::Field(index), Box::new([record])), id);
    }

    /// A field of a term.
    pub(super) fn of_record(&mut self, record: Id, index: u32) -> Id {
        let ty = self.field_type(record, index);
        self.add(Op::Field(index), Box::new([record]), ty)
    }

    pub(super) const fn places(&self) -> &'p Places<'p> {
        self.places
    }

    #[expect(clippy::indexing_slicing, reason = "only this module numbers terms, and it forgets none")]
    pub(super) fn get(&self, id: Id) -> &Term {
        &self.terms[id.0 as usize]
    }

    /// The value that the term is, where it is one.
    pub(super) fn constant(&self, id: Id) -> Option<&Value> {
        match self.get(id).op {
            Op::Const(number) => self.consts.get(number as usize),
            _ => None,
        }
    }

    /// How many there are: about what it takes to evaluate all of them.
    pub(super) const fn count(&self) -> usize {
        self.terms.len()
    }

    /// All values that are written anywhere.
    pub(super) fn constants(&self) -> &[Value] {
        &self.consts
    }

    /// The slots and their fields that a term is made of, as terms.
    pub(super) fn read_by(&self, id: Id, found: &mut Vec<Id>) {
        let (mut open, mut seen) = (vec![id], HashSet::new());
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            if self.path(id).is_some() {
                found.push(id);
            } else {
                open.extend(self.get(id).parts.iter().copied());
            }
        }
    }

    /// The region and slot that a term reads, and the fields down to it; `None` for one that does more.
    pub(super) fn path(&self, id: Id) -> Option<((u32, u32), Vec<u32>)> {
        let term = self.get(id);
        match (&term.op, &*term.parts) {
            (Op::Slot { region, slot }, _) => Some(((*region, *slot), Vec::new())),
            (Op::Field(index), [record]) => {
                let (slot, mut fields) = self.path(*record)?;
                fields.push(*index);
                Some((slot, fields))
            }
            _ => None,
        }
    }

    /// The parts of the term.
    pub(super) fn parts(&self, id: Id) -> Box<[Id]> {
        self.get(id).parts.clone()
    }

    /// An expression as a term.
    pub(super) fn expr(&mut self, expr: &'p Expr, names: Names<'_>) -> Id {
        self.intern(expr, names, &mut Vec::new())
    }

    /// The filter (`true` without one) and the body of a comprehension for one item.
    pub(super) fn of_item(&mut self, of: &Comprehension<'p>, item: Id) -> (Option<Id>, Id) {
        let names = Names::At(of.at);
        let mut locals: Vec<Option<Id>> = of.outer.iter().copied().chain([item]).map(Some).collect();
        let filter = of.filter.map(|filter| self.intern(filter, names, &mut locals));
        (filter, self.intern(of.body, names, &mut locals))
    }

    /// A slot of a region as a term.
    pub(super) fn slot(&mut self, region: u32, slot: u32) -> Id {
        if let Some(value) = self.lets.get(&(region, slot)) {
            return *value;
        }
        let ty = self.places.slot(region, slot).map(|slot| slot.ty.clone());
        self.add(Op::Slot { region, slot }, Box::new([]), ty)
    }

    /// A value as a term.
    pub(super) fn value(&mut self, value: &Value) -> Id {
        let ty = types::of(value);
        let written = match value {
            // `1.0` and `1.00` are one.
            Value::Number(number) => format!("{}", number.normalize()),
            Value::Money(money) => format!("{} {}", money.amount.normalize(), money.currency.code()),
            other => format!("{other:?}"),
        };
        let next = u32::try_from(self.consts.len()).unwrap_or(u32::MAX);
        let number = *self.const_numbers.entry(written).or_insert(next);
        if number == next {
            self.consts.push(value.clone());
        }
        self.add(Op::Const(number), Box::new([]), ty)
    }

    /// A field of a term, where it is spoken of.
    pub(super) fn field(&self, record: Id, index: u32) -> Option<Id> {
        self.known.get(&(Op::Field(index), Box::new([record]))).copied()
    }

    /// The term of a slot, where it is spoken of.
    pub(super) fn of_slot(&self, region: u32, slot: u32) -> Option<Id> {
        self.known.get(&(Op::Slot { region, slot }, Box::new([]))).copied()
    }

    /// Whether two terms are the same, as a term.
    pub(super) fn equal(&mut self, left: Id, right: Id) -> Id {
        self.add(Op::Compare(Comparison::Equal), Box::new([left, right]), Some(Type::Bool))
    }

    fn add(&mut self, op: Op, parts: Box<[Id]>, ty: Option<Type>) -> Id {
        let key = (op, parts);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let id = Id(u32::try_from(self.terms.len()).unwrap_or(u32::MAX));
        let depth = key.1.iter().map(|part| self.get(*part).depth + 1).max().unwrap_or(0);
        self.terms.push(Term { op: key.0.clone(), parts: key.1.clone(), ty, depth });
        self.known.insert(key, id);
        id
    }

    /// `locals` are the names that comprehensions around bind, outermost first: an item, or something open.
    fn intern(&mut self, expr: &'p Expr, names: Names<'_>, locals: &mut Vec<Option<Id>>) -> Id {
        match expr {
            Expr::Const(value) => self.value(value),
            Expr::Slot { frame, index } => self.named(*frame, *index, names),
            Expr::Local(index) => match locals.get(*index as usize) {
                Some(Some(item)) => *item,
                _ => {
                    let between = locals.len().saturating_sub(*index as usize + 1);
                    self.add(Op::Local(u32::try_from(between).unwrap_or(u32::MAX)), Box::new([]), None)
                }
            },
            Expr::Field(record, index) => {
                let written_here = matches!(**record, Expr::Record(_));
                let record = self.intern(record, names, locals);
                let known = self.get(record);
                // A record that was made before is known field by field; here each of its fields could still fail.
                match (&known.op, known.parts.get(*index as usize)) {
                    (Op::Record, Some(field)) if !written_here => *field,
                    _ => {
                        let ty = self.field_type(record, *index);
                        self.add(Op::Field(*index), Box::new([record]), ty)
                    }
                }
            }
            Expr::For { fold, list, filter, body } => {
                let list = self.intern(list, names, locals);
                let mut parts = vec![list];
                let alone = locals.is_empty();
                let outer: Option<Box<[Id]>> = locals.iter().copied().collect();
                locals.push(None);
                parts.extend(filter.as_deref().map(|filter| self.intern(filter, names, locals)));
                parts.push(self.intern(body, names, locals));
                locals.pop();
                // An item of a comprehension around would be none of its own.
                if let Some(value) = alone.then(|| self.folded(expr, names, &parts)).flatten() {
                    return value;
                }
                let ty = self.fold_type(*fold, list, body, parts.last().copied());
                let id = self.add(Op::For(*fold, filter.is_some()), parts.into(), ty);
                if let (Some(outer), Names::At(at)) = (outer, names) {
                    self.comprehensions.insert(id, Comprehension { list, filter: filter.as_deref(), body, at, outer });
                }
                id
            }
            Expr::Text(parts) => {
                let types = parts.iter().map(|part| match part {
                    TextPart::Text(_) => Type::Text,
                    TextPart::Value(_, ty) => ty.clone(),
                });
                let types = types.collect();
                let parts = parts.iter().map(|part| match part {
                    TextPart::Text(text) => self.value(&Value::Text(text.clone())),
                    TextPart::Value(value, _) => self.intern(value, names, locals),
                });
                let parts = parts.collect();
                self.add(Op::Text(types), parts, Some(Type::Text))
            }
            _ => {
                let mut parts = Vec::new();
                expr.for_each_child(&mut |child| parts.push(self.intern(child, names, locals)));
                if let Some(value) = self.folded(expr, names, &parts) {
                    return value;
                }
                let op = self.op(expr, names);
                if self.is_either_way(&op, &parts) {
                    parts.sort_unstable();
                }
                let ty = self.type_of_op(&op, &parts);
                self.add(op, parts.into(), ty)
            }
        }
    }

    fn named(&mut self, frame: u8, index: u32, names: Names<'_>) -> Id {
        let node = match names {
            Names::Arguments(arguments) => return arguments.get(index as usize).copied().unwrap_or_else(|| self.value(&Value::None)),
            Names::At(node) => node,
        };
        let region = self.places.frame(node.region, frame);
        let id = self.slot(region, index);
        if self.get(id).depth > DEEPEST {
            // What lies behind it is too much to follow: it is what it is.
            let ty = self.places.slot(region, index).map(|slot| slot.ty.clone());
            return self.add(Op::Slot { region, slot: index }, Box::new([]), ty);
        }
        id
    }

    fn op(&self, expr: &Expr, names: Names<'_>) -> Op {
        // A duty names no clock.
        let node = if let Names::At(node) = names { self.twins.get(&node).copied().unwrap_or(node) } else { Node::NOWHERE };
        match expr {
            Expr::JsonField(_, name) => Op::JsonField(name.clone()),
            Expr::Amount(_) => Op::Amount,
            Expr::CurrencyOf(_) => Op::CurrencyOf,
            Expr::Index(..) => Op::Index,
            Expr::Not(_) => Op::Not,
            Expr::Negate(_) => Op::Negate,
            Expr::And(..) => Op::And,
            Expr::Or(..) => Op::Or,
            Expr::Compare(comparison, ..) => Op::Compare(*comparison),
            Expr::Arithmetic(operation, ..) => Op::Arithmetic(*operation),
            Expr::In(..) => Op::In,
            Expr::TextTest(test, ..) => Op::TextTest(*test),
            Expr::Matches(_, pattern) => Op::Matches(pattern.clone()),
            Expr::IsNone(_) => Op::IsNone,
            Expr::Otherwise(..) => Op::Otherwise,
            Expr::If(..) => Op::If,
            Expr::Decode(_, ty) => Op::Decode(ty.clone()),
            Expr::List(_) => Op::List,
            Expr::Record(_) => Op::Record,
            Expr::JsonObject(fields) => Op::JsonObject(fields.iter().map(|(name, ..)| name.clone()).collect()),
            Expr::Builtin(builtin, _) => Op::Builtin(*builtin),
            Expr::Now => Op::Now(node),
            Expr::Today => Op::Today(node),
            Expr::Env(name) => Op::Env(node, name.clone()),
            Expr::Secret(name) => Op::Secret(name.clone()),
            Expr::Requester => Op::Requester,
            Expr::Owner | Expr::Const(_) | Expr::Slot { .. } | Expr::Local(_) | Expr::Field(..) | Expr::For { .. } | Expr::Text(_) => {
                Op::Owner
            }
        }
    }

    /// Whether a value came from outside as it is, so that its amounts have a currency: the sum of no amounts is only ever computed. A parameter
    /// may be one, where another workflow calls this one.
    pub(super) fn is_decoded(&mut self, id: Id) -> bool {
        let (op, parts) = (self.get(id).op.clone(), self.parts(id));
        match (op, &*parts) {
            (Op::Slot { region, slot: 0 }, _) if self.places.loop_of(region).is_some() => {
                self.walked(region).is_some_and(|list| self.is_decoded(list))
            }
            (Op::Slot { region, slot }, _) => {
                let filler = self.places.filler(region, slot).and_then(|filler| self.places.node(filler));
                filler.is_some_and(|filler| is_from_outside(&filler.kind, slot, self.declarations))
            }
            (Op::Field(_) | Op::Index | Op::Builtin(Builtin::First | Builtin::Last | Builtin::Min | Builtin::Max), [of, ..]) => {
                self.is_decoded(*of)
            }
            _ => false,
        }
    }

    /// Whether the slot holds the item of a loop, and the list that the loop goes through.
    pub(super) fn walked(&mut self, region: u32) -> Option<Id> {
        let Produced { node, list } = self.places.loop_of(region)?;
        Some(self.expr(list, Names::At(node)))
    }
}

/// Whether a node fills its slot with the answer of an action, or with what somebody enters. A called workflow gives what it computes, and so
/// may a default do that is no literal.
fn is_from_outside(kind: &NodeKind, slot: u32, declarations: &dyn Declarations) -> bool {
    match kind {
        NodeKind::Call(call) => declarations.action(call.action).is_some_and(|action| is_decoded_answer(&action.implementation)),
        NodeKind::Gate(gate) => {
            let is_entered = |ask: &Ask| ask.slot == slot && matches!(ask.default, None | Some(Expr::Const(_)));
            gate.asks.iter().any(is_entered)
        }
        _ => false,
    }
}

/// Whether what an action gives is read from its answer, and not computed: what `result` says may be a sum.
fn is_decoded_answer(implementation: &Implementation) -> bool {
    let is_read = |result: &Option<(Expr, Type)>| result.as_ref().is_none_or(|(_, ty)| *ty == Type::Json);
    match implementation {
        Implementation::Workflow(_) => false,
        Implementation::Http(http) => is_read(&http.result),
        Implementation::Exec(exec) => is_read(&exec.result),
        _ => true,
    }
}
