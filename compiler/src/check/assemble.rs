//! The plan of one workflow: only what it uses, so that nothing else of the file changes it.

use crate::plan::{self, Expr, Implementation, Lapse, NodeKind, Plan, TextPart, Type, Who};

use super::Lowered;

/// The plan of a workflow of a file.
pub(super) fn plan(path: &str, lowered: &Lowered, workflow: &plan::Workflow) -> Plan {
    let mut parts = Parts { lowered, types: Vec::new(), type_at: vec![None; lowered.types.len()] };
    let mut workflow = workflow.clone();
    let actions = parts.workflow(&mut workflow);
    let types = parts.finish();
    Plan { format: plan::FORMAT, semantics: plan::SEMANTICS, file: path.to_owned(), types, groups: Vec::new(), actions, workflow }
}

struct Parts<'l> {
    lowered: &'l Lowered,
    types: Vec<plan::TypeDef>,
    /// For each type of the file its index in the plan.
    type_at: Vec<Option<u32>>,
}

impl Parts<'_> {
    fn workflow(&mut self, workflow: &mut plan::Workflow) -> Vec<plan::Action> {
        let mut actions = Vec::new();
        let mut action_at: Vec<Option<u32>> = vec![None; self.lowered.actions.len()];
        self.parameters(&mut workflow.parameters);
        workflow.result.iter_mut().for_each(|ty| self.ty(ty));
        if let Some(owner) = &mut workflow.owner {
            self.who(owner);
        }
        workflow.body.slots.iter_mut().for_each(|slot| self.ty(&mut slot.ty));
        for node in &mut workflow.body.nodes {
            self.node(&mut node.kind);
            let NodeKind::Call(call) = &mut node.kind else { continue };
            let Some(slot) = action_at.get_mut(call.action as usize) else { continue };
            let Some(used) = self.lowered.actions.get(call.action as usize) else { continue };
            call.action = *slot.get_or_insert_with(|| {
                actions.push(used.clone());
                u32::try_from(actions.len() - 1).unwrap_or(u32::MAX)
            });
        }
        actions.iter_mut().for_each(|action| self.action(action));
        actions
    }

    /// Types that types hold are used too.
    fn finish(mut self) -> Vec<plan::TypeDef> {
        let mut at = 0;
        while let Some(mut def) = self.types.get(at).cloned() {
            if let plan::TypeKind::Record(fields) = &mut def.kind {
                fields.iter_mut().for_each(|field| self.ty(&mut field.ty));
            }
            if let Some(slot) = self.types.get_mut(at) {
                *slot = def;
            }
            at += 1;
        }
        self.types
    }

    fn ty(&mut self, ty: &mut Type) {
        match ty {
            Type::List(inner) | Type::Optional(inner) => self.ty(inner),
            Type::Record(index) | Type::Enum(index) => {
                let Some(slot) = self.type_at.get_mut(*index as usize) else { return };
                let Some(def) = self.lowered.types.get(*index as usize) else { return };
                let types = &mut self.types;
                *index = *slot.get_or_insert_with(|| {
                    types.push(def.clone());
                    u32::try_from(types.len() - 1).unwrap_or(u32::MAX)
                });
            }
            _ => {}
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        expr.for_each_type_mut(&mut |ty| self.ty(ty));
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e mut Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn parts(&mut self, parts: &mut [TextPart]) {
        for part in parts {
            if let TextPart::Value(value, ty) = part {
                self.expr(value);
                self.ty(ty);
            }
        }
    }

    fn parameters(&mut self, parameters: &mut [plan::Parameter]) {
        for parameter in parameters {
            self.ty(&mut parameter.ty);
            self.exprs(&mut parameter.default);
        }
    }

    fn who(&mut self, who: &mut Who) {
        if let Who::Address(address) = who {
            self.expr(address);
        }
    }

    fn approvers(&mut self, approvers: &mut plan::Approvers) {
        for term in approvers.stages.iter_mut().flatten() {
            match term {
                plan::Term::Any(who) | plan::Term::Some(_, who) | plan::Term::All(who) => self.who(who),
            }
        }
        approvers.except.iter_mut().for_each(|who| self.who(who));
    }

    fn node(&mut self, kind: &mut NodeKind) {
        match kind {
            NodeKind::Let { value, .. } => self.expr(value),
            NodeKind::Call(call) => self.exprs(&mut call.arguments),
            NodeKind::Gate(gate) => self.gate(gate),
            NodeKind::Branch { conditions, .. } => self.exprs(conditions),
            NodeKind::Join { .. } => {}
            NodeKind::Return(value) | NodeKind::Fail(value) => self.exprs(value),
        }
    }

    fn gate(&mut self, gate: &mut plan::Gate) {
        for band in &mut gate.bands {
            self.exprs(&mut band.when);
            self.shows(&mut band.sees);
            band.by.iter_mut().for_each(|by| self.approvers(by));
        }
        self.expr(&mut gate.title);
        self.shows(&mut gate.shows);
        if let Some(deadline) = &mut gate.deadline {
            self.deadline(deadline);
        }
        for argument in gate.guards.iter_mut().flat_map(|guard| &mut guard.arguments) {
            if let plan::GuardArgument::Known(value) = argument {
                self.expr(value);
            }
        }
    }

    fn shows(&mut self, shows: &mut [plan::Show]) {
        for show in shows {
            self.expr(&mut show.value);
            self.ty(&mut show.ty);
        }
    }

    fn deadline(&mut self, deadline: &mut plan::Deadline) {
        match &mut deadline.then {
            Lapse::Reject | Lapse::Approve => {}
            Lapse::Fail(why) => self.exprs(why),
            Lapse::Escalate { to, deadline } => {
                self.approvers(to);
                self.deadline(deadline);
            }
        }
    }

    fn action(&mut self, action: &mut plan::Action) {
        self.parameters(&mut action.parameters);
        action.result.iter_mut().for_each(|ty| self.ty(ty));
        self.implementation(&mut action.implementation);
        if let Some(preview) = &mut action.preview {
            self.ty(&mut preview.result);
            self.implementation(&mut preview.implementation);
        }
    }

    fn implementation(&mut self, implementation: &mut Implementation) {
        match implementation {
            Implementation::Log | Implementation::Notify => {}
            Implementation::Http(http) => {
                self.parts(&mut http.url);
                self.exprs(http.headers.iter_mut().map(|(_, value)| value));
                http.query.iter_mut().for_each(|(_, value, ty)| self.typed(value, ty));
                http.body.iter_mut().for_each(|body| self.typed(&mut body.value, &mut body.ty));
                self.exprs(http.ok_when.iter_mut().chain(&mut http.not_done_when));
                http.result.iter_mut().for_each(|(value, ty)| self.typed(value, ty));
            }
            Implementation::Exec(exec) => {
                exec.arguments.iter_mut().for_each(|(value, ty)| self.typed(value, ty));
                exec.stdin.iter_mut().for_each(|body| self.typed(&mut body.value, &mut body.ty));
                self.exprs(exec.cwd.iter_mut().chain(exec.env.iter_mut().map(|(_, value)| value)));
                self.exprs(exec.ok_when.iter_mut().chain(&mut exec.not_done_when));
                exec.result.iter_mut().for_each(|(value, ty)| self.typed(value, ty));
            }
            Implementation::Sql(sql) => {
                self.parts(&mut sql.connection);
                self.parts(&mut sql.statement);
            }
            Implementation::Email(email) => {
                self.typed(&mut email.to.0, &mut email.to.1);
                self.exprs([&mut email.subject, &mut email.body].into_iter().chain(&mut email.attach));
            }
            Implementation::Model(model) => {
                self.parts(&mut model.name);
                self.exprs(std::iter::once(&mut model.prompt).chain(&mut model.temperature));
            }
        }
    }

    fn typed(&mut self, value: &mut Expr, ty: &mut Type) {
        self.expr(value);
        self.ty(ty);
    }
}
