//! The plan of one workflow: only what it uses, so that nothing else of the file changes it.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::duties::Duties;
use super::modules::stem_of;
use super::test::LoweredTests;
use super::{Checked, CheckedFile};
use crate::FileId;
use crate::plan::test::{TestPlan, TestTarget};
use crate::plan::{self, Effect, Expr, Implementation, NodeKind, Plan, TextPart, Type, Who};

/// What plans are made of. Indices are of all files together.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowered {
    pub(super) types: Vec<(FileId, plan::TypeDef)>,
    pub(super) groups: Vec<plan::Group>,
    /// What can be called, by its place among the actions; what is broken is not there.
    pub(super) callees: BTreeMap<u32, Callee>,
    /// For each action its file; `None` for one that is built in.
    pub(super) files: Vec<Option<FileId>>,
    /// What is demanded of calls.
    pub(super) duties: Duties,
    /// The tests of each file.
    pub(super) tests: BTreeMap<FileId, LoweredTests>,
}

/// What a step calls.
#[derive(Clone, Debug)]
pub(super) enum Callee {
    Action(Box<plan::Action>),
    Workflow(Box<Flow>),
}

/// A workflow and its file.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) file: FileId,
    pub(super) workflow: plan::Workflow,
}

/// The plan of a workflow of a file.
pub(super) fn plan(checked: &Checked, file: &CheckedFile, name: &str) -> Option<Plan> {
    let flow = checked.lowered.callees.values().find_map(|callee| match callee {
        Callee::Workflow(flow) if flow.file == file.id && flow.workflow.name == name => Some(flow),
        _ => None,
    })?;
    Some(of_flow(checked, file, flow))
}

/// The tests of a file with the plans of the workflows that they run.
pub(super) fn tests(checked: &Checked, file: &CheckedFile) -> TestPlan {
    let lowered = &checked.lowered;
    let none = LoweredTests::default();
    let tests = lowered.tests.get(&file.id).unwrap_or(&none);
    let run = |index: &u32| match lowered.callees.get(index) {
        Some(Callee::Workflow(flow)) => checked.files.get(flow.file.0 as usize).map(|declared| of_flow(checked, declared, flow)),
        _ => None,
    };
    let target = |index: &u32| {
        let declared = lowered.files.get(*index as usize).copied().flatten();
        let name = match lowered.callees.get(index) {
            Some(Callee::Action(action)) => &action.name,
            Some(Callee::Workflow(flow)) => &flow.workflow.name,
            None => return TestTarget::default(),
        };
        // Every file writes it in its own way.
        let known_as = checked.files.iter().map(|user| (user.path.clone(), named(checked, user, declared, name))).collect();
        TestTarget { name: named(checked, file, declared, name), known_as }
    };
    TestPlan {
        file: file.path.clone(),
        types: lowered.types.iter().map(|(_, def)| def.clone()).collect(),
        groups: lowered.groups.clone(),
        targets: tests.targets.iter().map(target).collect(),
        plans: tests.runs.iter().filter_map(run).collect(),
        tests: tests.tests.clone(),
    }
}

/// A name as a file writes it: with the name of the file it comes from before it, unless it is its own.
fn named(checked: &Checked, user: &CheckedFile, declared: Option<FileId>, name: &SmolStr) -> SmolStr {
    let Some(declared) = declared.filter(|declared| *declared != user.id) else { return name.clone() };
    let here = user.modules.iter().find(|(used, _)| *used == declared).map(|(_, module)| module.as_str());
    let path = checked.files.get(declared.0 as usize).map_or("", |file| &file.path);
    SmolStr::new(format!("{}.{name}", here.unwrap_or_else(|| stem_of(path))))
}

/// A plan of a workflow that does nothing, with one action as workflows of a file would call it.
pub(super) fn alone(checked: &Checked, file: &CheckedFile, action: u32) -> Plan {
    let mut parts = Parts::of(checked, file, file.id);
    let mut actions: Vec<plan::Action> = parts.callee(action).into_iter().collect();
    actions.iter_mut().for_each(|action| parts.action(action));
    parts.plan(nothing(), actions)
}

/// A workflow that does nothing.
fn nothing() -> plan::Workflow {
    plan::Workflow {
        name: SmolStr::default(),
        doc: None,
        parameters: Vec::new(),
        result: None,
        owner: None,
        settings: plan::Settings::default(),
        body: plan::Region::default(),
        loops: Vec::new(),
        handlers: Vec::new(),
    }
}

/// INVARIANT: workflows that call one another in a circle, or too deep, are errors of their file, so that this ends.
fn of_flow(checked: &Checked, file: &CheckedFile, flow: &Flow) -> Plan {
    let mut parts = Parts::of(checked, file, flow.file);
    let mut workflow = flow.workflow.clone();
    let actions = parts.workflow(&mut workflow);
    parts.plan(workflow, actions)
}

struct Parts<'l> {
    checked: &'l Checked,
    lowered: &'l Lowered,
    file: &'l CheckedFile,
    /// The file of the workflow.
    flow_file: FileId,
    types: Vec<plan::TypeDef>,
    /// For each type of the sources its index in the plan.
    type_at: Vec<Option<u32>>,
    groups: Vec<plan::Group>,
    children: Vec<Plan>,
}

/// The actions that are called, in the order of their first call, and where each is among them.
#[derive(Default)]
struct Used {
    actions: Vec<plan::Action>,
    at: BTreeMap<u32, u32>,
}

impl<'l> Parts<'l> {
    fn of(checked: &'l Checked, file: &'l CheckedFile, flow_file: FileId) -> Self {
        let lowered = &checked.lowered;
        let type_at = vec![None; lowered.types.len()];
        Self { checked, lowered, file, flow_file, types: Vec::new(), type_at, groups: Vec::new(), children: Vec::new() }
    }

    fn plan(mut self, workflow: plan::Workflow, actions: Vec<plan::Action>) -> Plan {
        let types = self.all_types();
        Plan {
            format: plan::FORMAT,
            semantics: plan::SEMANTICS,
            file: self.file.path.clone(),
            types,
            groups: self.groups,
            actions,
            workflow,
            children: self.children,
        }
    }
}

impl Parts<'_> {
    fn workflow(&mut self, workflow: &mut plan::Workflow) -> Vec<plan::Action> {
        let mut used = Used::default();
        self.parameters(&mut workflow.parameters);
        workflow.result.iter_mut().for_each(|ty| self.ty(ty));
        if let Some(owner) = &mut workflow.owner {
            self.who(owner);
            if let Who::Address(address) = owner {
                self.expr(address);
            }
        }
        self.settings(&mut workflow.settings);
        let handlers = workflow.handlers.iter_mut().map(|handler| &mut handler.body);
        for region in std::iter::once(&mut workflow.body).chain(&mut workflow.loops).chain(handlers) {
            region.slots.iter_mut().for_each(|slot| self.ty(&mut slot.ty));
            for node in &mut region.nodes {
                self.node(&mut node.kind);
                if let NodeKind::Call(call) = &mut node.kind {
                    self.used(&mut used, &mut call.action);
                    call.undo.iter_mut().for_each(|undo| self.used(&mut used, &mut undo.action));
                }
            }
        }
        let mut actions = used.actions;
        actions.iter_mut().for_each(|action| self.action(action));
        actions
    }

    /// An action as this plan names it, or a workflow as one.
    fn callee(&mut self, index: u32) -> Option<plan::Action> {
        let file = self.lowered.files.get(index as usize).copied().flatten();
        match self.lowered.callees.get(&index)? {
            Callee::Action(action) => {
                let duties = self.lowered.duties.of(self.flow_file, index).map(|placed| placed.duty.clone()).collect();
                Some(plan::Action { name: self.named(file, &action.name), duties, ..(**action).clone() })
            }
            Callee::Workflow(flow) => {
                let declared = self.checked.files.get(flow.file.0 as usize)?;
                let child = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
                self.children.push(of_flow(self.checked, declared, flow));
                let workflow = &flow.workflow;
                Some(plan::Action {
                    name: self.named(file, &workflow.name),
                    doc: workflow.doc.clone(),
                    effect: Effect::Plain,
                    parameters: workflow.parameters.clone(),
                    result: workflow.result.clone(),
                    // Its own deadlines say how long it may take.
                    timeout: jiff::SignedDuration::MAX,
                    implementation: Implementation::Workflow(child),
                    preview: None,
                    secrets: Vec::new(),
                    duties: Vec::new(),
                })
            }
        }
    }

    /// A name as the plan's file would write it: with the name of the file it comes from before it, unless it is its own.
    fn named(&self, file: Option<FileId>, name: &SmolStr) -> SmolStr {
        named(self.checked, self.file, file, name)
    }

    /// Types that types hold are used too.
    fn all_types(&mut self) -> Vec<plan::TypeDef> {
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
        std::mem::take(&mut self.types)
    }

    fn ty(&mut self, ty: &mut Type) {
        match ty {
            Type::List(inner) | Type::Optional(inner) => self.ty(inner),
            Type::Record(index) | Type::Enum(index) => {
                let Some((file, def)) = self.lowered.types.get(*index as usize) else { return };
                let name = self.named(Some(*file), &def.name);
                let Some(slot) = self.type_at.get_mut(*index as usize) else { return };
                let types = &mut self.types;
                *index = *slot.get_or_insert_with(|| {
                    types.push(plan::TypeDef { name, ..def.clone() });
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

    /// An action, or a workflow, that is called: the plan has it once.
    fn used(&mut self, used: &mut Used, called: &mut u32) {
        let at = match used.at.get(called) {
            Some(at) => *at,
            None => {
                used.actions.extend(self.callee(*called));
                let at = u32::try_from(used.actions.len().saturating_sub(1)).unwrap_or(u32::MAX);
                used.at.insert(*called, at);
                at
            }
        };
        *called = at;
    }

    /// A group that is named is kept.
    fn who(&mut self, who: &Who) {
        let Who::Group(name) = who else { return };
        let declared = self.lowered.groups.iter().find(|group| group.name == *name);
        if let Some(group) = declared.filter(|_| self.groups.iter().all(|group| group.name != *name)) {
            self.groups.push(group.clone());
        }
    }

    fn settings(&mut self, settings: &mut plan::Settings) {
        self.exprs(settings.once_per.iter_mut().chain(&mut settings.one_at_a_time_per));
        for people in settings.starts_by.iter_mut().chain(&mut settings.seen_by) {
            for who in people.of.iter_mut().chain(&mut people.except) {
                self.who(who);
                if let Who::Address(address) = who {
                    self.expr(address);
                }
            }
        }
    }

    fn node(&mut self, kind: &mut NodeKind) {
        kind.for_each_expr_mut(&mut |expr| self.expr(expr));
        kind.for_each_who(&mut |who| self.who(who));
        if let NodeKind::Gate(gate) = kind {
            let seen = gate.bands.iter_mut().flat_map(|band| &mut band.sees);
            seen.chain(&mut gate.shows).for_each(|show| self.ty(&mut show.ty));
            gate.asks.iter_mut().for_each(|ask| self.ty(&mut ask.ty));
        }
    }

    fn action(&mut self, action: &mut plan::Action) {
        self.parameters(&mut action.parameters);
        action.result.iter_mut().for_each(|ty| self.ty(ty));
        self.implementation(&mut action.implementation);
        for duty in &mut action.duties {
            duty.for_each_who(&mut |who| self.who(who));
            duty.for_each_expr_mut(&mut |expr| self.expr(expr));
        }
        if let Some(preview) = &mut action.preview {
            self.ty(&mut preview.result);
            self.implementation(&mut preview.implementation);
        }
    }

    fn implementation(&mut self, implementation: &mut Implementation) {
        match implementation {
            Implementation::Log | Implementation::Notify | Implementation::Workflow(_) => {}
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
