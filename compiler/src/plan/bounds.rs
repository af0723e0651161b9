//! Whether all that a plan names is there: types, actions, slots, nodes.

use std::cell::Cell;

use super::bytes::{DEEPEST, DEEPEST_CALLS};
use super::{
    Action, Approvers, Body, Call, Expr, Field, Gate, GuardArgument, Implementation, Lapse, Loop, Node, NodeKind, Parameter, Plan, Region,
    Settings, Show, Term, TextPart, Type, TypeKind, Wait, Who,
};

type Sound = Result<(), String>;

/// Checks a plan and those of the workflows that it calls.
pub(super) fn check(plan: &Plan) -> Sound {
    nested(plan, DEEPEST_CALLS)
}

fn nested(plan: &Plan, left: usize) -> Sound {
    let left = left.checked_sub(1).ok_or("calls of workflows are nested too deep")?;
    one(plan)?;
    for child in &plan.children {
        if (child.format, child.semantics) != (plan.format, plan.semantics) {
            return Err(format!("`{}` is of another version than its caller", child.workflow.name));
        }
        nested(child, left)?;
    }
    Ok(())
}

fn one(plan: &Plan) -> Sound {
    let check = Check { plan, bodies: Cell::new(plan.workflow.loops.len()) };
    for def in &plan.types {
        if let TypeKind::Record(fields) = &def.kind {
            fields.iter().try_for_each(|Field { ty, .. }| check.ty(ty, 0))?;
        }
    }
    plan.actions.iter().try_for_each(|action| check.action(action))?;
    let workflow = &plan.workflow;
    check.parameters(&workflow.parameters)?;
    workflow.result.iter().try_for_each(|ty| check.ty(ty, 0))?;
    if let Some(owner) = &workflow.owner {
        check.who(owner, &[workflow.parameters.len()])?;
    }
    check.settings(&workflow.settings, workflow.parameters.len())?;
    if workflow.parameters.len() > workflow.body.slots.len() {
        return Err("a workflow has fewer slots than parameters".into());
    }
    check.region(&workflow.body, &[])?;
    workflow.handlers.iter().try_for_each(|handler| {
        if handler.body.slots.len() <= workflow.parameters.len() {
            return Err("a handler has too few slots".into());
        }
        check.region(&handler.body, &[])
    })
}

fn within(index: u32, length: usize, what: &str) -> Sound {
    if (index as usize) < length { Ok(()) } else { Err(format!("no {what} {index} among {length}")) }
}

struct Check<'a> {
    plan: &'a Plan,
    /// Bodies of loops that nothing has led to yet: each is the body of one loop.
    bodies: Cell<usize>,
}

/// How many slots the frames have that an expression sees, outermost first.
type Slots<'s> = &'s [usize];

impl Check<'_> {
    fn ty(&self, ty: &Type, depth: usize) -> Sound {
        if depth > DEEPEST {
            return Err("a type is nested too deep".into());
        }
        match ty {
            Type::List(inner) | Type::Optional(inner) => self.ty(inner, depth + 1),
            Type::Record(index) => match self.plan.types.get(*index as usize).map(|def| &def.kind) {
                Some(TypeKind::Record(_)) => Ok(()),
                _ => Err(format!("type {index} is no record")),
            },
            Type::Enum(index) => match self.plan.types.get(*index as usize).map(|def| &def.kind) {
                Some(TypeKind::Enum(_)) => Ok(()),
                _ => Err(format!("type {index} is no enum")),
            },
            _ => Ok(()),
        }
    }

    fn parameters(&self, parameters: &[Parameter]) -> Sound {
        parameters.iter().try_for_each(|parameter| {
            self.ty(&parameter.ty, 0)?;
            parameter.default.iter().try_for_each(|default| self.expr(default, &[0]))
        })
    }

    fn expr(&self, expr: &Expr, slots: Slots<'_>) -> Sound {
        self.walk(expr, slots, 0, 0)
    }

    fn exprs<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>, slots: Slots<'_>) -> Sound {
        exprs.into_iter().try_for_each(|expr| self.expr(expr, slots))
    }

    fn typed<'e>(&self, exprs: impl IntoIterator<Item = &'e (Expr, Type)>, slots: Slots<'_>) -> Sound {
        exprs.into_iter().try_for_each(|(expr, ty)| self.expr(expr, slots).and_then(|()| self.ty(ty, 0)))
    }

    fn walk(&self, expr: &Expr, slots: Slots<'_>, locals: u32, depth: usize) -> Sound {
        if depth >= DEEPEST {
            return Err("an expression is nested too deep".into());
        }
        let go = |inner: &Expr| self.walk(inner, slots, locals, depth + 1);
        match expr {
            Expr::Const(_) | Expr::Now | Expr::Today | Expr::Env(_) | Expr::Secret(_) | Expr::Owner | Expr::Requester => Ok(()),
            Expr::Slot { frame, index } => match slots.get(usize::from(*frame)) {
                Some(slots) => within(*index, *slots, "slot"),
                None => Err(format!("no frame {frame}")),
            },
            Expr::Local(index) => within(*index, locals as usize, "name of a comprehension"),
            Expr::Decode(inner, ty) => self.ty(ty, 0).and_then(|()| go(inner)),
            Expr::Text(parts) => self.parts(parts, slots, locals, depth + 1),
            Expr::JsonObject(members) => members.iter().try_for_each(|(_, value, ty)| self.ty(ty, 0).and_then(|()| go(value))),
            Expr::For { list, filter, body, .. } => {
                go(list)?;
                let mut inside = filter.iter().chain([body]);
                inside.try_for_each(|inner| self.walk(inner, slots, locals.saturating_add(1), depth + 1))
            }
            Expr::List(items) | Expr::Record(items) | Expr::Builtin(_, items) => items.iter().try_for_each(go),
            Expr::Field(a, _) | Expr::JsonField(a, _) | Expr::Amount(a) | Expr::CurrencyOf(a) | Expr::Not(a) | Expr::Negate(a) => go(a),
            Expr::Matches(a, _) | Expr::IsNone(a) => go(a),
            Expr::Index(a, b) | Expr::And(a, b) | Expr::Or(a, b) | Expr::In(a, b) | Expr::Otherwise(a, b) => go(a).and_then(|()| go(b)),
            Expr::Compare(_, a, b) | Expr::Arithmetic(_, a, b) | Expr::TextTest(_, a, b) => go(a).and_then(|()| go(b)),
            Expr::If(a, b, c) => go(a).and_then(|()| go(b)).and_then(|()| go(c)),
        }
    }

    fn parts(&self, parts: &[TextPart], slots: Slots<'_>, locals: u32, depth: usize) -> Sound {
        parts.iter().try_for_each(|part| match part {
            TextPart::Text(_) => Ok(()),
            TextPart::Value(value, ty) => self.ty(ty, 0).and_then(|()| self.walk(value, slots, locals, depth)),
        })
    }

    fn action(&self, action: &Action) -> Sound {
        self.parameters(&action.parameters)?;
        action.result.iter().try_for_each(|ty| self.ty(ty, 0))?;
        self.implementation(action, &action.implementation)?;
        let slots: Slots<'_> = &[action.parameters.len()];
        for duty in &action.duties {
            duty.by.iter().try_for_each(|by| self.approvers(by, slots))?;
            self.exprs(&duty.when, slots)?;
        }
        action.preview.iter().try_for_each(|preview| {
            self.ty(&preview.result, 0)?;
            self.implementation(action, &preview.implementation)
        })
    }

    fn implementation(&self, action: &Action, implementation: &Implementation) -> Sound {
        let slots: Slots<'_> = &[action.parameters.len()];
        let answer: Slots<'_> = &[action.parameters.len() + 4];
        match implementation {
            Implementation::Log | Implementation::Notify => Ok(()),
            Implementation::Workflow(child) => match self.plan.children.get(*child as usize).map(|child| &child.workflow) {
                None => Err(format!("no workflow {child} among those that are called")),
                Some(called)
                    if called.parameters.len() != action.parameters.len() || called.result.is_some() != action.result.is_some() =>
                {
                    Err(format!("`{}` is not called as it is declared", action.name))
                }
                Some(_) => Ok(()),
            },
            Implementation::Http(http) => {
                self.parts(&http.url, slots, 0, 0)?;
                self.exprs(http.headers.iter().map(|(_, value)| value), slots)?;
                http.query.iter().try_for_each(|(_, value, ty)| self.ty(ty, 0).and_then(|()| self.expr(value, slots)))?;
                self.body(http.body.as_ref(), slots)?;
                self.exprs(http.ok_when.iter().chain(&http.not_done_when), answer)?;
                self.typed(&http.result, answer)
            }
            Implementation::Exec(exec) => {
                self.typed(&exec.arguments, slots)?;
                self.body(exec.stdin.as_ref(), slots)?;
                self.exprs(exec.cwd.iter().chain(exec.env.iter().map(|(_, value)| value)), slots)?;
                self.exprs(exec.ok_when.iter().chain(&exec.not_done_when), answer)?;
                self.typed(&exec.result, answer)
            }
            Implementation::Sql(sql) => {
                self.parts(&sql.connection, slots, 0, 0)?;
                self.parts(&sql.statement, slots, 0, 0)
            }
            Implementation::Email(email) => {
                self.typed([&email.to], slots)?;
                self.exprs([&email.subject, &email.body].into_iter().chain(&email.attach), slots)
            }
            Implementation::Model(model) => {
                self.parts(&model.name, slots, 0, 0)?;
                self.exprs([&model.prompt].into_iter().chain(&model.temperature), slots)
            }
        }
    }

    fn body(&self, body: Option<&Body>, slots: Slots<'_>) -> Sound {
        body.map_or(Ok(()), |Body { value, ty }| self.ty(ty, 0).and_then(|()| self.expr(value, slots)))
    }

    /// A region, seen with the frames around it.
    fn region(&self, region: &Region, around: Slots<'_>) -> Sound {
        region.slots.iter().try_for_each(|slot| self.ty(&slot.ty, 0))?;
        let slots: Vec<usize> = around.iter().copied().chain([region.slots.len()]).collect();
        region.nodes.iter().enumerate().try_for_each(|(index, node)| self.node(index, node, region, &slots))
    }

    fn node(&self, index: usize, node: &Node, region: &Region, slots: Slots<'_>) -> Sound {
        let own = region.slots.len();
        node.after.iter().try_for_each(|before| within(*before, index, "earlier node"))?;
        if let Some(place) = node.within {
            arm(region, index, place.branch, Some(place.arm))?;
        }
        match &node.kind {
            NodeKind::Let { slot, value } => within(*slot, own, "slot").and_then(|()| self.expr(value, slots)),
            NodeKind::Call(call) => self.call(call, own, slots),
            NodeKind::Gate(gate) => self.gate(index, gate, region, slots),
            NodeKind::Branch { conditions, .. } => self.exprs(conditions, slots),
            NodeKind::Parallel { .. } => Ok(()),
            NodeKind::Join { branch } => arm(region, index, *branch, None),
            NodeKind::ForEach(each) => self.each(each, own, slots),
            NodeKind::Wait(wait) => match wait {
                Wait::Period(_) => Ok(()),
                Wait::Span(value) | Wait::Until(value) => self.expr(value, slots),
            },
            NodeKind::Return(value) | NodeKind::Fail(value) => self.exprs(value, slots),
        }
    }

    fn each(&self, each: &Loop, own: usize, slots: Slots<'_>) -> Sound {
        self.expr(&each.list, slots)?;
        each.slot.iter().try_for_each(|slot| within(*slot, own, "slot"))?;
        let Some(body) = self.plan.workflow.loops.get(each.body as usize) else { return Err(format!("no loop {}", each.body)) };
        let Some(left) = self.bodies.get().checked_sub(1) else { return Err(format!("loop {} has two places", each.body)) };
        self.bodies.set(left);
        if body.slots.is_empty() || each.at_most == 0 {
            return Err("a loop has no item".into());
        }
        let inside: Vec<usize> = slots.iter().copied().chain([body.slots.len()]).collect();
        self.exprs(&each.give, &inside)?;
        self.region(body, slots)
    }

    fn call(&self, call: &Call, own: usize, slots: Slots<'_>) -> Sound {
        self.arguments(call.action, &call.arguments, slots)?;
        call.slot.iter().try_for_each(|slot| within(*slot, own, "slot"))?;
        self.exprs(call.repeat.iter().map(|repeat| &repeat.until), slots)?;
        call.undo.iter().try_for_each(|undo| self.arguments(undo.action, &undo.arguments, slots))
    }

    fn arguments(&self, action: u32, arguments: &[Expr], slots: Slots<'_>) -> Sound {
        let Some(action) = self.plan.actions.get(action as usize) else {
            return Err(format!("no action {action}"));
        };
        if arguments.len() != action.parameters.len() {
            return Err(format!("`{}` is called with {} arguments", action.name, arguments.len()));
        }
        self.exprs(arguments, slots)
    }

    /// The call at the end of a guard's path.
    fn guarded<'r>(&'r self, mut region: &'r Region, path: &[u32]) -> Option<&'r Call> {
        let (last, loops) = path.split_last()?;
        for node in loops {
            let NodeKind::ForEach(each) = &region.nodes.get(*node as usize)?.kind else { return None };
            region = self.plan.workflow.loops.get(each.body as usize)?;
        }
        match &region.nodes.get(*last as usize)?.kind {
            NodeKind::Call(call) => Some(call),
            _ => None,
        }
    }

    fn gate(&self, index: usize, gate: &Gate, region: &Region, slots: Slots<'_>) -> Sound {
        for band in &gate.bands {
            self.exprs(&band.when, slots)?;
            self.shows(&band.sees, slots)?;
            band.by.iter().try_for_each(|by| self.approvers(by, slots))?;
        }
        self.expr(&gate.title, slots)?;
        self.shows(&gate.shows, slots)?;
        let mut deadline = gate.deadline.as_ref();
        while let Some(due) = deadline {
            deadline = match &due.then {
                Lapse::Reject | Lapse::Approve => None,
                Lapse::Fail(text) => self.exprs(text, slots).map(|()| None)?,
                Lapse::Escalate { to, deadline } => self.approvers(to, slots).map(|()| Some(&**deadline))?,
            };
        }
        for ask in &gate.asks {
            self.ty(&ask.ty, 0)?;
            self.exprs(&ask.default, slots)?;
            within(ask.slot, region.slots.len(), "slot")?;
        }
        for guard in &gate.guards {
            let later = guard.at.first().is_some_and(|first| *first as usize > index);
            let Some(call) = self.guarded(region, &guard.at).filter(|_| later) else {
                return Err(format!("`{}` guards node {:?}, which is no later call", gate.name, guard.at));
            };
            if call.arguments.len() != guard.arguments.len() {
                return Err(format!("`{}` guards `{}` with other arguments", gate.name, call.name));
            }
            let undo = call.undo.as_ref().map_or(0, |undo| undo.arguments.len());
            if !guard.undo.is_empty() && guard.undo.len() != undo {
                return Err(format!("`{}` guards what undoes `{}` with other arguments", gate.name, call.name));
            }
            let known = guard.arguments.iter().chain(&guard.undo).filter_map(|argument| match argument {
                GuardArgument::Known(value) | GuardArgument::Asked(value) | GuardArgument::Each(value) => Some(value),
                GuardArgument::Later => None,
            });
            self.exprs(known, slots)?;
        }
        let given = [gate.slots.by, gate.slots.at, gate.slots.comment];
        given.iter().flatten().try_for_each(|slot| within(*slot, region.slots.len(), "slot"))
    }

    fn shows(&self, shows: &[Show], slots: Slots<'_>) -> Sound {
        shows.iter().try_for_each(|show| self.ty(&show.ty, 0).and_then(|()| self.expr(&show.value, slots)))
    }

    fn approvers(&self, approvers: &Approvers, slots: Slots<'_>) -> Sound {
        let terms = approvers.stages.iter().flatten().map(|(Term::Any(who) | Term::Some(_, who) | Term::All(who))| who);
        terms.chain(&approvers.except).try_for_each(|who| self.who(who, slots))
    }

    /// Settings see the parameters; who may start sees nothing yet.
    fn settings(&self, settings: &Settings, parameters: usize) -> Sound {
        self.exprs(settings.once_per.iter().chain(&settings.one_at_a_time_per), &[parameters])?;
        for (people, slots) in [(&settings.starts_by, 0), (&settings.seen_by, parameters)] {
            let mut all = people.iter().flat_map(|people| people.of.iter().chain(&people.except));
            all.try_for_each(|who| self.who(who, &[slots]))?;
        }
        Ok(())
    }

    /// A group may be declared in the project's settings, so that its name is not looked up here.
    fn who(&self, who: &Who, slots: Slots<'_>) -> Sound {
        match who {
            Who::Address(address) => self.expr(address, slots),
            Who::Owner | Who::Requester | Who::Group(_) => Ok(()),
        }
    }
}

/// Whether an earlier node is a branch, with such an arm.
fn arm(region: &Region, before: usize, branch: u32, arm: Option<u32>) -> Sound {
    within(branch, before, "earlier node")?;
    match region.nodes.get(branch as usize).map(|node| &node.kind) {
        Some(NodeKind::Branch { conditions, otherwise }) => {
            arm.map_or(Ok(()), |arm| within(arm, conditions.len() + usize::from(*otherwise), "arm"))
        }
        Some(NodeKind::Parallel { arms }) => arm.map_or(Ok(()), |arm| within(arm, *arms as usize, "arm")),
        _ => Err(format!("node {branch} is no branch")),
    }
}
