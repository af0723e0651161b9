//! What a file declares: types, actions and workflows by name, before any of them is looked into.

use foldhash::{HashMap, HashMapExt as _};

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::Checker;
use super::assemble::{Callee, Flow};
use super::record::Target;
use super::resolve::TYPES;
use super::ty::{FieldInfo, Fields, Ty, TypeInfo, TypeInfoKind};
use crate::FileId;
use crate::faults::{self, Site};
use crate::graph;
use crate::plan::{self, Effect};

/// What a name at the top of a file means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared {
    pub(crate) span: Span,
    pub(crate) what: What,
}

/// See [`Declared`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Record(u32),
    Enum(u32),
    Action(u32),
    /// A workflow: its place among the actions, since both are called by `step`.
    Workflow(u32),
    Group(u32),
    /// A file that is used.
    Module(FileId),
    /// Something broken: nothing is said about it.
    Poisoned,
}

impl What {
    /// `an action`
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Record(_) => "a record",
            Self::Enum(_) => "an enum",
            Self::Action(_) => "an action",
            Self::Workflow(_) => "a workflow",
            Self::Group(_) => "a group",
            Self::Module(_) => "a file that is used",
            Self::Poisoned => "something else",
        }
    }
}

impl Declared {
    /// Whether files that use this one can name it: not what is built in, nor what it uses itself.
    pub(crate) fn is_exported(&self) -> bool {
        self.span != Span::default() && !matches!(self.what, What::Module(_) | What::Poisoned)
    }
}

/// The signature of an action, or of a workflow that can be called like one.
#[derive(Debug)]
pub(crate) struct ActionInfo {
    pub(crate) name: SmolStr,
    /// Where its name stands; `None` for one that is built in.
    pub(crate) site: Option<Site>,
    /// Whether it is a workflow.
    pub(crate) workflow: bool,
    pub(crate) effect: Effect,
    pub(crate) parameters: Vec<ParameterInfo>,
    pub(crate) result: Option<Ty>,
    pub(crate) used: bool,
    /// Whether its head is broken: then nobody knows what it takes.
    pub(crate) faulty: bool,
}

/// A parameter of an action.
#[derive(Clone, Debug)]
pub(crate) struct ParameterInfo {
    pub(crate) name: SmolStr,
    pub(crate) ty: Ty,
    pub(crate) default: Option<plan::Expr>,
}

/// The names of all workflows, in order, each once.
pub(super) fn workflow_names(module: &ast::Module) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = Vec::new();
    let mut seen = foldhash::HashSet::default();
    for declaration in &module.declarations {
        if let ast::Declaration::Workflow(workflow) = declaration
            && seen.insert(workflow.name.name.clone())
        {
            names.push(workflow.name.name.clone());
        }
    }
    names
}

impl<'a> Checker<'a> {
    /// Checks a whole file, and keeps what plans will hold of it.
    pub(super) fn module(&mut self, module: &'a ast::Module) {
        self.built_in_actions();
        for declaration in &module.declarations {
            self.declare(declaration);
        }
        for declaration in &module.declarations {
            if let ast::Declaration::Record(record) = declaration {
                self.record(record);
            }
        }
        self.endless_records();
        for declaration in &module.declarations {
            match declaration {
                ast::Declaration::Action(action) => self.signature(&action.name, &action.parameters, action.result.as_ref()),
                ast::Declaration::Workflow(workflow) => self.signature(&workflow.name, &workflow.parameters, workflow.result.as_ref()),
                _ => {}
            }
        }
        for declaration in &module.declarations {
            match declaration {
                ast::Declaration::Action(action) => {
                    if let (Some(lowered), Some(What::Action(index))) = (self.action(action), self.own(&action.name)) {
                        self.lowered.callees.insert(index, Callee::Action(Box::new(lowered)));
                    }
                }
                ast::Declaration::Workflow(workflow) => {
                    if let (Some(lowered), Some(What::Workflow(index))) = (self.workflow(workflow), self.own(&workflow.name)) {
                        self.lowered.callees.insert(index, Callee::Workflow(Box::new(Flow { file: self.file, workflow: lowered })));
                    }
                }
                _ => {}
            }
        }
        self.policies(module);
        self.tests(module);
        self.unused_modules();
    }

    fn declare(&mut self, declaration: &ast::Declaration) {
        match declaration {
            ast::Declaration::Use(used) => self.used_file(used),
            ast::Declaration::Record(record) => {
                let index = self.add_type(&record.name, record.doc.clone(), TypeInfoKind::Record(Fields::default()), record.span);
                self.camel_case(&record.name, "a record");
                self.name(&record.name, What::Record(index));
            }
            ast::Declaration::Enum(declared) => self.enumeration(declared),
            ast::Declaration::Group(group) => self.group(group),
            ast::Declaration::Action(action) => {
                let index = self.add_callee(&action.name, effect(action.effect), false, action.head);
                self.snake_case(&action.name, "an action");
                self.name(&action.name, What::Action(index));
            }
            // Policies are looked at when all actions of the file are known.
            ast::Declaration::Policy(_) => {}
            ast::Declaration::Workflow(workflow) => {
                self.snake_case(&workflow.name, "a workflow");
                // Whatever it does, it does more than read.
                let index = self.add_callee(&workflow.name, Effect::Plain, true, workflow.head);
                self.name(&workflow.name, What::Workflow(index));
            }
            // Tests have names of their own, which nothing refers to.
            ast::Declaration::Test(_) => {}
            ast::Declaration::Broken(broken) => {
                for name in &broken.names {
                    self.declared.entry(name.name.clone()).or_insert(Declared { span: name.span, what: What::Poisoned });
                }
            }
        }
    }

    fn add_callee(&mut self, name: &ast::Ident, effect: Effect, workflow: bool, head: Span) -> u32 {
        let index = u32::try_from(self.actions.len()).unwrap_or(u32::MAX);
        self.actions.push(ActionInfo {
            name: name.name.clone(),
            site: Some(self.site(name.span)),
            workflow,
            effect,
            parameters: Vec::new(),
            result: None,
            used: false,
            faulty: self.is_faulty(head),
        });
        index
    }

    pub(super) fn not_yet(&mut self, span: Span, what: &str) {
        let site = self.site(span);
        self.report(faults::unsupported::not_yet(site, what));
    }

    fn add_type(&mut self, name: &ast::Ident, doc: Option<String>, kind: TypeInfoKind, whole: Span) -> u32 {
        let index = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        self.types.push(TypeInfo { name: name.name.clone(), site: self.site(name.span), doc, kind, faulty: self.is_faulty(whole) });
        index
    }

    fn enumeration(&mut self, declared: &ast::Enum) {
        let mut seen: HashMap<SmolStr, Span> = HashMap::new();
        let mut members = Vec::with_capacity(declared.members.len());
        for member in &declared.members {
            if let Some(first) = seen.insert(member.name.clone(), member.span) {
                let site = self.site(member.span);
                self.report(faults::names::twice(site, &member.name, first));
            } else {
                members.push(member.name.clone());
            }
        }
        let index = self.add_type(&declared.name, declared.doc.clone(), TypeInfoKind::Enum(members), declared.span);
        self.refer_members(index, &declared.members);
        self.camel_case(&declared.name, "an enum");
        self.name(&declared.name, What::Enum(index));
    }

    /// Makes a name known, unless it is already.
    pub(super) fn name(&mut self, ident: &ast::Ident, what: What) {
        let site = self.site(ident.span);
        self.refer_declared(ident.span, what);
        if TYPES.iter().any(|(name, _)| *name == ident.name) {
            self.report(faults::names::built_in(site, &ident.name, "a type"));
            return;
        }
        match self.declared.get(&ident.name).copied() {
            Some(Declared { what: What::Poisoned, .. }) => {}
            Some(first) if first.span == Span::default() => {
                self.report(faults::names::built_in(site, &ident.name, "an action"));
            }
            Some(first) => self.report(faults::names::twice(site, &ident.name, first.span)),
            None => {
                self.declared.insert(ident.name.clone(), Declared { span: ident.span, what });
            }
        }
    }

    /// What the declaration itself stands for; `None` for a second one of its name.
    pub(super) fn own(&self, name: &ast::Ident) -> Option<What> {
        self.declared.get(&name.name).filter(|declared| declared.span == name.span).map(|declared| declared.what)
    }

    fn record(&mut self, record: &ast::Record) {
        let Some(What::Record(index)) = self.own(&record.name) else { return };
        let mut fields = Fields::default();
        let mut json: HashMap<SmolStr, Span> = HashMap::new();
        for field in &record.fields {
            self.snake_case(&field.name, "a field");
            let ty = self.resolve(&field.ty);
            let name = field.from.as_ref().map_or_else(|| field.name.name.clone(), |(name, _)| name.clone());
            let span = field.from.as_ref().map_or(field.name.span, |(_, span)| *span);
            let site = self.site(field.name.span);
            self.refer(field.name.span, || Target::Field { of: index, at: u32::try_from(fields.list.len()).unwrap_or(u32::MAX) });
            let info = FieldInfo { name: field.name.name.clone(), json: name.clone(), ty, doc: field.doc.clone(), span: field.name.span };
            if let Err(first) = fields.add(info) {
                self.report(faults::names::twice(site, &field.name.name, first));
            } else if let Some(first) = json.insert(name.clone(), span) {
                let site = self.site(span);
                self.report(faults::names::twice(site, &name, first));
            }
        }
        if let Some(info) = self.types.get_mut(index as usize) {
            info.kind = TypeInfoKind::Record(fields);
        }
    }

    /// Records that hold themselves without a list or `?` between could never be built.
    fn endless_records(&mut self) {
        let mut edges = Vec::new();
        for (from, info) in self.types.iter().enumerate().filter(|(_, info)| info.site.file == self.file) {
            if let TypeInfoKind::Record(fields) = &info.kind {
                edges.extend(fields.list.iter().filter_map(|field| match field.ty {
                    Ty::Record(to) => Some((from, to as usize)),
                    _ => None,
                }));
            }
        }
        for circle in graph::circles(self.types.len(), &edges) {
            let first = circle.iter().filter_map(|index| self.types.get(*index)).min_by_key(|info| info.site.span);
            if let Some(info) = first {
                let fault = faults::types::holds_itself(info.site, &info.name);
                self.report(fault);
            }
        }
    }

    /// What a call of an action or workflow needs and gives.
    fn signature(&mut self, name: &ast::Ident, parameters: &'a [ast::Parameter], result: Option<&ast::Type>) {
        let Some(What::Action(index) | What::Workflow(index)) = self.own(name) else { return };
        let parameters = self.parameters(parameters);
        let result = result.map(|ty| self.resolve(ty));
        if let Some(info) = self.actions.get_mut(index as usize) {
            info.parameters = parameters;
            info.result = result;
        }
    }

    /// The parameters and the result of a workflow. Those of a second one of its name are not known yet.
    pub(super) fn workflow_signature(&mut self, workflow: &'a ast::Workflow) -> (Vec<ParameterInfo>, Option<Ty>) {
        if let Some(What::Workflow(index)) = self.own(&workflow.name)
            && let Some(info) = self.actions.get(index as usize)
        {
            return (info.parameters.clone(), info.result.clone());
        }
        let parameters = self.parameters(&workflow.parameters);
        (parameters, workflow.result.as_ref().map(|ty| self.resolve(ty)))
    }

    /// Parameters of an action or workflow with their defaults, which see no other name.
    pub(super) fn parameters(&mut self, parameters: &'a [ast::Parameter]) -> Vec<ParameterInfo> {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let mut infos = Vec::with_capacity(parameters.len());
        for parameter in parameters {
            self.snake_case(&parameter.name, "a parameter");
            let ty = self.resolve(&parameter.ty);
            let default = parameter.default.as_ref().map(|default| self.expect(default, &ty));
            if let Some(first) = seen.insert(&parameter.name.name, parameter.name.span) {
                let site = self.site(parameter.name.span);
                self.report(faults::names::twice(site, &parameter.name.name, first));
                continue;
            }
            infos.push(ParameterInfo { name: parameter.name.name.clone(), ty, default });
        }
        infos
    }
}

/// The effect of a plan.
pub(crate) fn effect(effect: ast::Effect) -> Effect {
    match effect {
        ast::Effect::Read => Effect::Read,
        ast::Effect::Plain => Effect::Plain,
        ast::Effect::Irreversible => Effect::Irreversible,
    }
}
