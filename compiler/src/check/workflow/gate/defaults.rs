//! What a gate says where its author said nothing: known when the whole workflow is.

use std::hash::{Hash, Hasher};

use foldhash::{HashSet, HashSetExt as _};
use smol_str::SmolStr;

use crate::check::declare::ActionInfo;
use crate::check::workflow::Flow;
use crate::plan::{Effect, Expr, Guard, GuardArgument, NodeKind, Show, Style, default_title};
use crate::value::Value;

/// A gate whose title or values are left to what it guards.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(super) node: u32,
    pub(super) title: bool,
    pub(super) shows: bool,
}

/// A gate shows no more values than this by default; its calls are listed in any case.
const MOST_SHOWN: usize = 100;

/// Tells each gate what it guards, and gives it the title and values that its author left to it.
pub(in crate::check::workflow) fn fill(actions: &[ActionInfo], flow: &mut Flow, guards: Vec<(u32, Vec<Guard>)>) {
    for (node, guards) in guards {
        let default = flow.defaults.binary_search_by_key(&node, |default| default.node).ok().and_then(|at| flow.defaults.get(at));
        let title = default.filter(|default| default.title).map(|_| title(actions, flow, node, &guards));
        let shows = default.filter(|default| default.shows).map(|_| shows(actions, flow, &guards));
        let Some(NodeKind::Gate(gate)) = flow.drafts.get_mut(node as usize).map(|draft| &mut draft.kind) else { continue };
        gate.guards = guards;
        if let Some(title) = title {
            gate.title = Expr::Const(Value::Text(title));
        }
        if let Some(shows) = shows {
            gate.shows = shows;
        }
    }
}

fn called<'f>(actions: &'f [ActionInfo], flow: &'f Flow, guard: &Guard) -> Option<(&'f str, &'f ActionInfo)> {
    match flow.drafts.get(*guard.at.last()? as usize).map(|draft| &draft.kind) {
        Some(NodeKind::Call(call)) => Some((call.name.as_str(), actions.get(call.action as usize)?)),
        _ => None,
    }
}

/// The first line of the documentation, else the calls that have an effect.
fn title(actions: &[ActionInfo], flow: &Flow, node: u32, guards: &[Guard]) -> SmolStr {
    if let Some(NodeKind::Gate(gate)) = flow.drafts.get(node as usize).map(|draft| &draft.kind)
        && let Some(line) = gate.doc.as_deref().and_then(|doc| doc.lines().map(str::trim).find(|line| !line.is_empty()))
    {
        return SmolStr::new(line.trim_end_matches('.'));
    }
    let actions = guards.iter().filter_map(|guard| called(actions, flow, guard)).map(|(_, action)| action);
    let names = actions.filter(|action| action.effect != Effect::Read).map(|action| action.name.as_str());
    SmolStr::new(default_title(&flow.name, names))
}

/// Every value that the guarded calls will be given, each once.
fn shows(actions: &[ActionInfo], flow: &Flow, guards: &[Guard]) -> Vec<Show> {
    let mut shows: Vec<Show> = Vec::new();
    let arguments = guards.iter().map(|guard| guard.arguments.len()).sum::<usize>().min(MOST_SHOWN);
    let (mut shown, mut labels) = (HashSet::with_capacity(arguments), HashSet::with_capacity(arguments));
    for guard in guards {
        let Some((call, action)) = called(actions, flow, guard) else { continue };
        for (parameter, argument) in action.parameters.iter().zip(&guard.arguments) {
            let GuardArgument::Known(value) = argument else { continue };
            if shows.len() >= MOST_SHOWN {
                return shows;
            }
            if !shown.insert(Written(value)) {
                continue;
            }
            let taken = labels.contains(&parameter.name);
            let label = if taken { SmolStr::new([call, &parameter.name].join(" ")) } else { parameter.name.clone() };
            labels.insert(label.clone());
            shows.push(Show { label, value: value.clone(), ty: parameter.ty.lower(), style: Style::Plain });
        }
    }
    shows
}

/// An expression that is looked for among others.
#[derive(PartialEq)]
struct Written<'e>(&'e Expr);

// A value is itself: none is a float, and JSON knows none that differs from itself.
impl Eq for Written<'_> {}

impl Hash for Written<'_> {
    /// Of its shape, slots and plain values: the same for all that are equal, different for most that differ.
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self.0).hash(state);
        match self.0 {
            Expr::Slot { index, .. } | Expr::Local(index) | Expr::Field(_, index) => index.hash(state),
            Expr::JsonField(_, name) | Expr::Env(name) | Expr::Secret(name) => name.hash(state),
            Expr::Const(Value::Number(number)) => number.trunc().mantissa().hash(state),
            Expr::Const(Value::Money(money)) => money.amount.trunc().mantissa().hash(state),
            Expr::Const(Value::Text(text)) => text.hash(state),
            Expr::Const(Value::Enum(member)) => member.hash(state),
            _ => {}
        }
        self.0.for_each_child(&mut |child| Written(child).hash(state));
    }
}
