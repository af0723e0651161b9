//! The gate that a refused call lacks, in the words of its flow. What is proposed is meant to be taken as it stands: it compiles there, and
//! covers the call.

use smol_str::SmolStr;

use super::advice::put_in;
use super::place::{Node, Places};
use super::terms::evaluated;
use crate::graph::draw::words::Words;
use crate::plan::{Action, Duty, Expr, NodeKind, Plan, Region, Slot, Term, Type, Who};
use crate::value::Value;

/// A longer condition is read by nobody.
const LONGEST: usize = 200;

/// A gate right before a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What needs a name before it, since the condition or the approvers are made of it: `let limit = first(limits)`.
    pub names: Vec<String>,
    /// `require approval by finance`
    pub gate: String,
    /// When it has to ask; `None`: always.
    pub when: Option<String>,
    /// Gates before the call that could ask so themselves.
    pub could_ask: Vec<Node>,
    /// For a gate before the loop around the call: when one of its items needs it.
    pub any: Option<String>,
}

impl Proposal {
    /// As it is written.
    #[must_use]
    pub fn text(&self) -> String {
        let when = self.when.iter().map(|when| format!(" when {when}"));
        self.gate.clone() + &when.collect::<String>()
    }
}

/// What it is about: a call as it stands in a flow.
pub(super) struct At<'c, 'p> {
    pub(super) places: &'c Places<'p>,
    pub(super) call: Node,
    pub(super) arguments: &'c [Expr],
    /// The regions that the call sees, outermost first.
    pub(super) regions: Vec<&'c Region>,
    /// Gates before it of which the people are enough.
    pub(super) fit: &'c [Node],
}

/// What a call is given, with names for what needs one: `let`s, and the region as it is behind them.
struct Named {
    given: Vec<Expr>,
    names: Vec<String>,
    inner: Region,
}

impl At<'_, '_> {
    /// `by` writes the approvers, over what the call is given with the names that it has then. `None` where something cannot be written.
    pub(super) fn propose(
        &self,
        plan: &Plan,
        action: &Action,
        duty: &Duty,
        by: &dyn Fn(&Words<'_>, &[Expr]) -> Option<String>,
    ) -> Option<Proposal> {
        let Named { given, names, inner } = self.named(plan, action, duty)?;
        let (_, outer) = self.regions.split_last()?;
        let regions: Vec<&Region> = outer.iter().copied().chain([&inner]).collect();
        let words = Words::seeing(plan, &regions)?;
        let by = by(&words, &given);
        // A value of that name stands before a group, or is taken for one.
        let is_named =
            |name: &SmolStr| by.iter().flat_map(|by| by.split(|c: char| !c.is_alphanumeric() && c != '_')).any(|word| word == name);
        let is_group = |who: &Who| matches!(who, Who::Group(_));
        let groups = duty.by.iter().flat_map(|by| by.stages.iter().flatten().map(Term::who).chain(&by.except)).any(is_group);
        if groups && regions.iter().flat_map(|region| &region.slots).any(|slot| is_named(&slot.name)) {
            return None;
        }
        let by = by.map_or_else(String::new, |by| format!(" by {by}"));
        let gate = format!("require approval{by}");
        let mut when = duty.when.clone();
        if let Some(when) = &mut when {
            put_in(when, &given, 0);
            simplify(when, &words);
        }
        when = when.filter(|when| *when != Expr::Const(Value::Bool(true)) && !duty.when.as_ref().is_some_and(looks_into_defaults));
        let text = when.as_ref().map(|when| words.expr(when));
        let is_written = |text: &String| text.len() <= LONGEST && NOT_TOLD.iter().all(|part| !text.contains(part));
        if !text.as_ref().is_none_or(is_written) || when.as_ref().is_some_and(has_records) {
            return None;
        }
        let could_ask = if names.is_empty() {
            let knows = |gate: &&Node| when.as_ref().is_none_or(|when| self.knows(**gate, when, &[]));
            self.fit
                .iter()
                .filter(|gate| self.places.where_passed(**gate, self.call).is_some_and(<[_]>::is_empty))
                .filter(knows)
                .copied()
                .collect()
        } else {
            Vec::new()
        };
        let any = when.as_ref().zip(text.as_ref()).filter(|_| names.is_empty() && could_ask.is_empty());
        let any = any.and_then(|(when, text)| self.any_item(when, text, &words));
        Some(Proposal { names, gate, when: text, could_ask, any })
    }

    /// Gives names to what the call is given, where a gate can say only a name.
    fn named(&self, plan: &Plan, action: &Action, duty: &Duty) -> Option<Named> {
        let own = Words::seeing(plan, &self.regions)?;
        let (last, outer) = self.regions.split_last()?;
        let frame = u8::try_from(outer.len()).ok()?;
        let mut named = Named { given: self.arguments.to_vec(), names: Vec::new(), inner: (*last).clone() };
        let is_taken = |name: &SmolStr| self.regions.iter().flat_map(|region| &region.slots).any(|slot| slot.name == *name);
        for ((number, parameter), argument) in (0..).zip(&action.parameters).zip(&mut named.given) {
            let is_name = (is_person(argument) || !decides(duty, number)) && (is_path(argument) || !narrows(duty, number, &parameter.ty));
            if is_name {
                continue;
            }
            let of_action = SmolStr::new(format!("{}_of_{}", parameter.name, action.name.rsplit('.').next()?));
            let name = [&parameter.name, &of_action].into_iter().find(|name| !is_taken(name))?;
            named.names.push(format!("let {name} = {}", own.expr(argument)));
            *argument = Expr::Slot { frame, index: u32::try_from(named.inner.slots.len()).ok()? };
            named.inner.slots.push(Slot { name: name.clone(), ty: parameter.ty.clone() });
        }
        Some(named)
    }

    /// Whether all that an expression at the call reads is known at a gate, or is among these slots.
    fn knows(&self, gate: Node, expr: &Expr, but: &[(u32, u32)]) -> bool {
        let mut knows = true;
        if let Expr::Slot { frame, index } = expr {
            let region = self.places.frame(self.call.region, *frame);
            knows = but.contains(&(region, *index)) || self.places.is_filled(region, *index, gate);
        }
        expr.for_each_child(&mut |child| knows = knows && self.knows(gate, child, but));
        knows
    }

    /// The condition for a gate before the loop around the call, where one that is enough stands there.
    fn any_item(&self, when: &Expr, text: &str, words: &Words<'_>) -> Option<String> {
        let own = self.places.loop_of(self.call.region)?;
        let NodeKind::ForEach(each) = &self.places.node(own.node)?.kind else { return None };
        let item = (each.body + 1, 0);
        let before =
            |gate: &&Node| gate.region == own.node.region && self.places.where_passed(**gate, self.call).is_some_and(<[_]>::is_empty);
        let gate = self.fit.iter().find(before)?;
        let name = self.places.slot(item.0, item.1)?.name.as_str();
        (self.knows(*gate, when, &[item]) && self.knows(*gate, &each.list, &[]))
            .then(|| format!("any({text} for {name} in {})", words.expr(&each.list)))
    }
}

/// What stands for a member of an enum and a field of a record that cannot be told.
const NOT_TOLD: [&str; 2] = ["member ", ".#"];

/// Whether an expression has records in it that are written out: of which type they are is not said with them.
fn has_records(expr: &Expr) -> bool {
    let mut found = match expr {
        Expr::Record(_) => true,
        Expr::Const(value) => is_record(value),
        _ => false,
    };
    expr.for_each_child(&mut |child| found = found || has_records(child));
    found
}

fn is_record(value: &Value) -> bool {
    match value {
        Value::Record(_) => true,
        Value::List(items) => items.iter().any(is_record),
        _ => false,
    }
}

/// Whether a parameter says who decides.
fn decides(duty: &Duty, parameter: u32) -> bool {
    let terms = duty.by.iter().flat_map(|by| by.stages.iter().flatten().map(Term::who).chain(&by.except));
    terms.into_iter().any(|who| matches!(who, Who::Address(address) if reads(address, parameter)))
}

/// Whether a condition looks whether a parameter is there before it uses it: only of a name is that known afterwards.
fn narrows(duty: &Duty, parameter: u32, ty: &Type) -> bool {
    fn asks(expr: &Expr, parameter: u32) -> bool {
        let mut found = matches!(expr, Expr::IsNone(inner) if reads(inner, parameter));
        expr.for_each_child(&mut |child| found = found || asks(child, parameter));
        found
    }
    matches!(ty, Type::Optional(_)) && duty.when.as_ref().is_some_and(|when| asks(when, parameter))
}

fn reads(expr: &Expr, parameter: u32) -> bool {
    let mut found = matches!(expr, Expr::Slot { index, .. } if *index == parameter);
    expr.for_each_child(&mut |child| found = found || reads(child, parameter));
    found
}

/// A name, or a field of one, or a literal.
fn is_path(expr: &Expr) -> bool {
    match expr {
        Expr::Field(of, _) => is_path(of),
        expr => matches!(expr, Expr::Slot { .. } | Expr::Const(_)),
    }
}

/// What stands behind `by`: a name, or a field of one, or a text.
fn is_person(expr: &Expr) -> bool {
    is_path(expr) && !matches!(expr, Expr::Const(value) if !matches!(value, Value::Text(_)))
}

/// Whether a function is given what stands in for something missing. The proof looks into no function: what is there anyway is another text then,
/// and the gate has to ask always.
fn looks_into_defaults(expr: &Expr) -> bool {
    fn has_default(expr: &Expr) -> bool {
        let mut found = matches!(expr, Expr::Otherwise(..));
        expr.for_each_child(&mut |child| found = found || has_default(child));
        found
    }
    let mut found = matches!(expr, Expr::Builtin(..) | Expr::Text(_)) && has_default(expr);
    expr.for_each_child(&mut |child| found = found || looks_into_defaults(child));
    found
}

/// Leaves out what literals decide, and what asks whether something is there that always is.
fn simplify(expr: &mut Expr, words: &Words<'_>) {
    expr.for_each_child_mut(&mut |child| simplify(child, words));
    let is_there = |of: &Expr| match of {
        Expr::Const(value) => !value.is_none(),
        // What cannot be computed is no `none`.
        of => is_path(of) && words.type_of(of).is_some_and(|ty| !matches!(ty, Type::Optional(_) | Type::Json)),
    };
    let truth = |of: &Expr| if let Expr::Const(Value::Bool(truth)) = of { Some(*truth) } else { None };
    let simple = match expr {
        Expr::IsNone(of) if matches!(**of, Expr::Const(Value::None)) => Expr::Const(Value::Bool(true)),
        Expr::IsNone(of) if is_there(of) => Expr::Const(Value::Bool(false)),
        Expr::Otherwise(of, _) if is_there(of) => std::mem::replace(&mut **of, Expr::Now),
        Expr::Otherwise(of, other) if matches!(**of, Expr::Const(Value::None)) => std::mem::replace(&mut **other, Expr::Now),
        Expr::Field(of, index) => match &mut **of {
            Expr::Record(fields) if (*index as usize) < fields.len() => fields.swap_remove(*index as usize),
            Expr::Const(Value::Record(fields)) => match fields.get(*index as usize) {
                Some(field) => Expr::Const(field.clone()),
                None => return,
            },
            _ => return,
        },
        Expr::Compare(_, a, b) | Expr::In(a, b) | Expr::TextTest(_, a, b)
            if [&**a, &**b].iter().all(|part| matches!(part, Expr::Const(_))) =>
        {
            match evaluated(expr) {
                Some(value) => Expr::Const(value),
                None => return,
            }
        }
        Expr::Not(of) => match truth(of) {
            Some(truth) => Expr::Const(Value::Bool(!truth)),
            None => return,
        },
        Expr::And(a, b) => match (truth(a), truth(b)) {
            (Some(true), _) => std::mem::replace(&mut **b, Expr::Now),
            (_, Some(true)) => std::mem::replace(&mut **a, Expr::Now),
            (Some(false), _) => Expr::Const(Value::Bool(false)),
            _ => return,
        },
        Expr::Or(a, b) => match (truth(a), truth(b)) {
            (Some(false), _) => std::mem::replace(&mut **b, Expr::Now),
            (_, Some(false)) => std::mem::replace(&mut **a, Expr::Now),
            (Some(true), _) => Expr::Const(Value::Bool(true)),
            _ => return,
        },
        _ => return,
    };
    *expr = simple;
}
