//! The plan of one workflow: only what it uses, so that nothing else of the file changes it.

use crate::plan::{self, Expr, Implementation, NodeKind, Plan, TextPart, Type, Who};

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

/// The actions that are called, in the order of their first call.
struct Used<'l> {
    lowered: &'l Lowered,
    actions: Vec<plan::Action>,
    /// For each action of the file its index in the plan.
    action_at: Vec<Option<u32>>,
}

impl Used<'_> {
    fn action(&mut self, action: &mut u32) {
        let Some(slot) = self.action_at.get_mut(*action as usize) else { return };
        let Some(used) = self.lowered.actions.get(*action as usize) else { return };
        let actions = &mut self.actions;
        *action = *slot.get_or_insert_with(|| {
            actions.push(used.clone());
            u32::try_from(actions.len() - 1).unwrap_or(u32::MAX)
        });
    }
}

impl Parts<'_> {
    fn workflow(&mut self, workflow: &mut plan::Workflow) -> Vec<plan::Action> {
        self.parameters(&mut workflow.parameters);
        workflow.result.iter_mut().for_each(|ty| self.ty(ty));
        if let Some(Who::Address(address)) = &mut workflow.owner {
            self.expr(address);
        }
        let mut used = Used { lowered: self.lowered, actions: Vec::new(), action_at: vec![None; self.lowered.actions.len()] };
        let handlers = workflow.handlers.iter_mut().map(|handler| &mut handler.body);
        for region in std::iter::once(&mut workflow.body).chain(&mut workflow.loops).chain(handlers) {
            region.slots.iter_mut().for_each(|slot| self.ty(&mut slot.ty));
            for node in &mut region.nodes {
                self.node(&mut node.kind);
                if let NodeKind::Call(call) = &mut node.kind {
                    used.action(&mut call.action);
                    call.undo.iter_mut().for_each(|undo| used.action(&mut undo.action));
                }
            }
        }
        let mut actions = used.actions;
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

    fn node(&mut self, kind: &mut NodeKind) {
        kind.for_each_expr_mut(&mut |expr| self.expr(expr));
        if let NodeKind::Gate(gate) = kind {
            let seen = gate.bands.iter_mut().flat_map(|band| &mut band.sees);
            seen.chain(&mut gate.shows).for_each(|show| self.ty(&mut show.ty));
        }
    }

    fn action(&mut self, action: &mut plan::Action) {
        self.parameters(&mut action.parameters);
        action.result.iter_mut().for_each(|ty| self.ty(ty));
        match &mut action.implementation {
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
