//! Two workflows as one, so that the proof can be asked about both at once: the regions, actions and types of the earlier one behind those
//! of the later one. Nothing is shared by that alone; what both call the same is [`share`](super::share)'s matter.

use smol_str::SmolStr;

use crate::oversight::Listed;
use crate::oversight::place::Node;
use crate::plan::{
    Action, Approvers, Deadline, Effect, Expr, Gate, Implementation, Lapse, NodeKind, Plan, Region, Term, Type, TypeDef, TypeKind, Who,
    Workflow,
};

/// Which of two flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// Two workflows as one.
pub(super) struct Merged {
    pub(super) workflow: Workflow,
    pub(super) declared: Declared,
    /// Loops and handlers of both.
    loops: [u32; 2],
    handlers: [u32; 2],
    /// Enums of both with more members in one of them: the type, and how many it has in the earlier and in the later one.
    pub(super) grown: Vec<(u32, [usize; 2])>,
}

/// Types and actions of both.
pub(super) struct Declared {
    types: Vec<TypeDef>,
    actions: Vec<Action>,
    /// Which of the actions are watched, and which are workflows that ask somebody.
    watched: Vec<bool>,
    asking: Vec<bool>,
}

/// Whether calls of an action are watched: it cannot be taken back, or has a duty; or it is a workflow that makes such calls.
fn is_watched(plan: &Plan, action: &Action) -> bool {
    match action.implementation {
        Implementation::Workflow(child) => {
            plan.children.get(child as usize).is_some_and(|child| child.actions.iter().any(|action| is_watched(child, action)))
        }
        _ => action.effect == Effect::Irreversible || !action.duties.is_empty(),
    }
}

/// Whether an action is a workflow that asks somebody, by itself or by one that it calls.
fn asks(plan: &Plan, action: &Action) -> bool {
    let Implementation::Workflow(child) = action.implementation else { return false };
    plan.children.get(child as usize).is_some_and(|child| {
        child.workflow.nodes().any(|node| matches!(node.kind, NodeKind::Gate(_))) || child.actions.iter().any(|action| asks(child, action))
    })
}

impl Listed for Declared {
    fn listed(&self) -> (&[TypeDef], &[Action]) {
        (&self.types, &self.actions)
    }
}

fn count<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}

impl Merged {
    pub(super) fn of(old: &Plan, new: &Plan) -> Self {
        let map = Types::of(old, new);
        let loops = [count(&old.workflow.loops), count(&new.workflow.loops)];
        let handlers = [count(&old.workflow.handlers), count(&new.workflow.handlers)];
        let actions = count(&new.actions);
        let mut workflow = new.workflow.clone();
        let mut earlier = old.workflow.clone();
        [&mut earlier, &mut workflow].into_iter().for_each(|workflow| come_to_an_end(&mut workflow.body));
        let owners = [earlier.owner.take(), workflow.owner.take()];
        let same_owner = owners.iter().flatten().all(|owner| matches!(owner, Who::Owner))
            || (old.workflow.owner == new.workflow.owner && map.is_plain());
        all_regions(&mut workflow).for_each(|region| own(region, owners[1].as_ref()));
        for region in all_regions(&mut earlier) {
            own(region, owners[0].as_ref());
            for slot in &mut region.slots {
                map.change(&mut slot.ty);
            }
            for node in &mut region.nodes {
                match &mut node.kind {
                    NodeKind::Call(call) => {
                        call.action += actions;
                        call.undo.iter_mut().for_each(|undo| undo.action += actions);
                    }
                    NodeKind::ForEach(each) => each.body += loops[1] + 1,
                    _ => {}
                }
                node.kind.for_each_expr_mut(&mut |expr| {
                    expr.for_each_type_mut(&mut |ty| map.change(ty));
                    if !same_owner {
                        another_owner(expr);
                    }
                });
            }
        }
        workflow.loops.push(earlier.body);
        workflow.loops.extend(earlier.loops);
        workflow.handlers.extend(earlier.handlers);
        let declared = Declared::of(old, new, &map);
        let grown = map.grown(old, new);
        Self { workflow, declared, loops, handlers, grown }
    }

    /// Whose a region is, and its number there.
    pub(super) fn own(&self, region: u32) -> (Side, u32) {
        let [old, new] = self.loops;
        let handlers = new + old + 2;
        match region {
            region if region <= new => (Side::New, region),
            region if region < handlers => (Side::Old, region - new - 1),
            region if region < handlers + self.handlers[1] => (Side::New, region - old - 1),
            region => (Side::Old, region - new - 1 - self.handlers[1]),
        }
    }

    /// The body of the earlier one.
    pub(super) fn old_body(&self) -> u32 {
        self.loops[1] + 1
    }

    /// The regions of handlers: of a side, by their numbers.
    pub(super) fn handlers(&self, side: Side) -> impl Iterator<Item = u32> {
        let first = self.loops[0] + self.loops[1] + 2;
        let (from, many) = match side {
            Side::New => (first, self.handlers[1]),
            Side::Old => (first + self.handlers[1], self.handlers[0]),
        };
        from..from + many
    }

    /// The members of an enum of both in one of them.
    pub(super) fn members(&self, index: u32, side: Side) -> &[SmolStr] {
        let Some(def) = self.declared.types.get(index as usize) else { return &[] };
        // Those of the earlier one stand last.
        let same = |other: &&TypeDef| other.name == def.name;
        let def = if side == Side::New { def } else { self.declared.types.iter().rfind(same).unwrap_or(def) };
        if let TypeKind::Enum(members) = &def.kind { members } else { &[] }
    }

    pub(super) fn side(&self, node: Node) -> Side {
        self.own(node.region).0
    }
}

impl Declared {
    fn of(old: &Plan, new: &Plan, map: &Types) -> Self {
        let mut types = new.types.clone();
        types.extend(old.types.iter().cloned().map(|mut def| {
            if let TypeKind::Record(fields) = &mut def.kind {
                fields.iter_mut().for_each(|field| map.change(&mut field.ty));
            }
            def
        }));
        let mut actions = new.actions.clone();
        actions.extend(old.actions.iter().cloned().map(|mut action| {
            action.parameters.iter_mut().for_each(|parameter| map.change(&mut parameter.ty));
            let exprs = action.duties.iter_mut();
            exprs.for_each(|duty| duty.for_each_expr_mut(&mut |expr| expr.for_each_type_mut(&mut |ty| map.change(ty))));
            action
        }));
        let both = || [new, old].into_iter().flat_map(|plan| plan.actions.iter().map(move |action| (plan, action)));
        let watched = both().map(|(plan, action)| is_watched(plan, action)).collect();
        let asking = both().map(|(plan, action)| asks(plan, action)).collect();
        Self { types, actions, watched, asking }
    }

    /// Whether calls of an action are watched.
    pub(super) fn watches(&self, action: u32) -> bool {
        self.watched.get(action as usize).copied().unwrap_or(true)
    }

    /// Whether an action is a workflow that asks somebody.
    pub(super) fn asks(&self, action: u32) -> bool {
        self.asking.get(action as usize).copied().unwrap_or(false)
    }

    /// What two flows declare, without their workflows.
    pub(super) fn pair(old: &Plan, new: &Plan) -> Self {
        Self::of(old, new, &Types::of(old, new))
    }
}

/// A run that comes to the end of its workflow returns.
fn come_to_an_end(body: &mut Region) {
    let (line, span) = body.nodes.last().map_or_else(|| (0, flow_grammar::Span::default()), |node| (node.line, node.span));
    body.nodes.push(crate::plan::Node { after: Vec::new(), within: None, kind: NodeKind::Return(None), line, span });
}

fn all_regions(workflow: &mut Workflow) -> impl Iterator<Item = &mut Region> {
    let handlers = workflow.handlers.iter_mut().map(|handler| &mut handler.body);
    std::iter::once(&mut workflow.body).chain(&mut workflow.loops).chain(handlers)
}

/// Types of the earlier flow that are declared alike in the later one.
struct Types {
    /// For each of the earlier its number among all.
    numbers: Vec<u32>,
    plain: bool,
}

impl Types {
    fn of(old: &Plan, new: &Plan) -> Self {
        let named = |def: &TypeDef| new.types.iter().position(|other| other.name == def.name);
        let mut same: Vec<Option<usize>> = old.types.iter().map(named).collect();
        // Those that are alike as long as what they are made of is.
        loop {
            let before = same.clone();
            for (def, twin) in old.types.iter().zip(&mut same) {
                *twin = twin.filter(|twin| new.types.get(*twin).is_some_and(|other| alike(&def.kind, &other.kind, &before)));
            }
            if same == before {
                break;
            }
        }
        let number = |(index, twin): (usize, &Option<usize>)| u32::try_from(twin.unwrap_or(new.types.len() + index)).unwrap_or(u32::MAX);
        Self { numbers: same.iter().enumerate().map(number).collect(), plain: same.iter().all(Option::is_some) }
    }

    /// Enums that have more members in one of both.
    fn grown(&self, old: &Plan, new: &Plan) -> Vec<(u32, [usize; 2])> {
        let both = self.numbers.iter().zip(&old.types).filter_map(|(number, def)| Some((*number, def, new.types.get(*number as usize)?)));
        let enums = both.filter_map(|(number, def, other)| match (&def.kind, &other.kind) {
            (TypeKind::Enum(old), TypeKind::Enum(new)) => Some((number, [old.len(), new.len()])),
            _ => None,
        });
        enums.filter(|(_, [old, new])| old != new).collect()
    }

    /// Whether all are alike.
    fn is_plain(&self) -> bool {
        self.plain
    }

    fn change(&self, ty: &mut Type) {
        match ty {
            Type::List(inner) | Type::Optional(inner) => self.change(inner),
            Type::Record(index) | Type::Enum(index) => *index = self.numbers.get(*index as usize).copied().unwrap_or(u32::MAX),
            _ => {}
        }
    }
}

fn alike(old: &TypeKind, new: &TypeKind, same: &[Option<usize>]) -> bool {
    match (old, new) {
        // Members are known by their numbers: further ones change nothing.
        (TypeKind::Enum(old), TypeKind::Enum(new)) => old.starts_with(new) || new.starts_with(old),
        (TypeKind::Record(old), TypeKind::Record(new)) => {
            // Fields too, and those that are new are read by the later flow alone.
            old.len() <= new.len() && old.iter().zip(new).all(|(old, new)| old.name == new.name && alike_types(&old.ty, &new.ty, same))
        }
        _ => false,
    }
}

fn alike_types(old: &Type, new: &Type, same: &[Option<usize>]) -> bool {
    match (old, new) {
        (Type::List(old), Type::List(new)) | (Type::Optional(old), Type::Optional(new)) => alike_types(old, new, same),
        (Type::Record(old), Type::Record(new)) | (Type::Enum(old), Type::Enum(new)) => {
            same.get(*old as usize).copied().flatten() == Some(*new as usize)
        }
        (old, new) => old == new,
    }
}

/// The owner of a flow is no owner of the other: who is meant is written in its place.
fn own(region: &mut Region, owner: Option<&Who>) {
    let Some(owner) = owner.filter(|owner| **owner != Who::Owner) else { return };
    for node in &mut region.nodes {
        let NodeKind::Gate(gate) = &mut node.kind else { continue };
        each_approvers(gate, &mut |approvers| {
            let terms = approvers.stages.iter_mut().flatten().map(|(Term::Any(who) | Term::Some(_, who) | Term::All(who))| who);
            terms.chain(&mut approvers.except).filter(|who| **who == Who::Owner).for_each(|who| *who = owner.clone());
        });
    }
}

fn each_approvers(gate: &mut Gate, f: &mut dyn FnMut(&mut Approvers)) {
    gate.bands.iter_mut().filter_map(|band| band.by.as_mut()).for_each(&mut *f);
    let mut due = gate.deadline.as_mut();
    while let Some(Deadline { then: Lapse::Escalate { to, deadline }, .. }) = due {
        f(to);
        due = Some(deadline);
    }
}

/// `owner` as a value of its own, which equals nothing in the other flow.
fn another_owner(expr: &mut Expr) {
    if *expr == Expr::Owner {
        *expr = Expr::Env(" owner".into());
    }
    expr.for_each_child_mut(&mut another_owner);
}
