//! What a file declares: types, actions and workflows by name, before any of them is looked into.

use std::collections::HashMap;

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::resolve::TYPES;
use super::ty::{FieldInfo, Fields, Ty, TypeInfo, TypeInfoKind};
use super::{Checker, Lowered};
use crate::faults;
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
    Workflow,
    Group,
    /// Something broken, or a file that is used: nothing is said about it.
    Poisoned,
}

impl What {
    /// `an action`
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Record(_) => "a record",
            Self::Enum(_) => "an enum",
            Self::Action(_) => "an action",
            Self::Workflow => "a workflow",
            Self::Group => "a group",
            Self::Poisoned => "something else",
        }
    }
}

/// The signature of an action.
#[derive(Debug)]
pub(crate) struct ActionInfo {
    pub(crate) name: SmolStr,
    /// Where its name stands; `None` for one that is built in.
    pub(crate) span: Option<Span>,
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
    let mut seen = std::collections::HashSet::new();
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
    /// Checks a whole file.
    pub(super) fn module(&mut self, module: &'a ast::Module) -> Lowered {
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
            if let ast::Declaration::Action(action) = declaration {
                self.signature(action);
            }
        }
        let mut lowered = Lowered { actions: self.lowered_built_ins(), ..Lowered::default() };
        for declaration in &module.declarations {
            match declaration {
                ast::Declaration::Action(action) => lowered.actions.extend(self.action(action)),
                ast::Declaration::Workflow(workflow) => lowered.workflows.extend(self.workflow(workflow)),
                _ => {}
            }
        }
        lowered.tests = self.tests(module, &lowered);
        self.unused_actions(module);
        lowered.types = self.types.iter().map(TypeInfo::lower).collect();
        lowered
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
            ast::Declaration::Group(group) => {
                self.not_yet(group.name.span, "group");
                self.name(&group.name, What::Group);
            }
            ast::Declaration::Action(action) => {
                let index = u32::try_from(self.actions.len()).unwrap_or(u32::MAX);
                self.actions.push(ActionInfo {
                    name: action.name.name.clone(),
                    span: Some(action.name.span),
                    effect: effect(action.effect),
                    parameters: Vec::new(),
                    result: None,
                    used: false,
                    faulty: self.is_faulty(action.head),
                });
                self.snake_case(&action.name, "an action");
                self.name(&action.name, What::Action(index));
            }
            ast::Declaration::Policy(policy) => self.not_yet(policy.name.1, "policy"),
            ast::Declaration::Workflow(workflow) => {
                self.snake_case(&workflow.name, "a workflow");
                self.name(&workflow.name, What::Workflow);
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

    /// What a used file declares is not known: all that is taken from it is passed over in silence.
    fn used_file(&mut self, used: &ast::Use) {
        self.not_yet(used.path_span, "use");
        let stem = used.path.rsplit('/').next().unwrap_or_default();
        let stem = stem.strip_suffix(".flow").unwrap_or(stem);
        let (name, span) =
            used.alias.as_ref().map_or_else(|| (SmolStr::new(stem), used.path_span), |alias| (alias.name.clone(), alias.span));
        self.declared.entry(name).or_insert(Declared { span, what: What::Poisoned });
    }

    pub(super) fn not_yet(&mut self, span: Span, what: &str) {
        let site = self.site(span);
        self.report(faults::unsupported::not_yet(site, what));
    }

    fn add_type(&mut self, name: &ast::Ident, doc: Option<String>, kind: TypeInfoKind, whole: Span) -> u32 {
        let index = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        self.types.push(TypeInfo { name: name.name.clone(), span: name.span, doc, kind, faulty: self.is_faulty(whole) });
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
        self.camel_case(&declared.name, "an enum");
        self.name(&declared.name, What::Enum(index));
    }

    /// Makes a name known, unless it is already.
    fn name(&mut self, ident: &ast::Ident, what: What) {
        let site = self.site(ident.span);
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
        for (from, info) in self.types.iter().enumerate() {
            if let TypeInfoKind::Record(fields) = &info.kind {
                edges.extend(fields.list.iter().filter_map(|field| match field.ty {
                    Ty::Record(to) => Some((from, to as usize)),
                    _ => None,
                }));
            }
        }
        for circle in graph::circles(self.types.len(), &edges) {
            let first = circle.iter().filter_map(|index| self.types.get(*index)).min_by_key(|info| info.span);
            if let Some(info) = first {
                let fault = faults::types::holds_itself(self.site(info.span), &info.name);
                self.report(fault);
            }
        }
    }

    fn signature(&mut self, action: &'a ast::Action) {
        let Some(What::Action(index)) = self.own(&action.name) else { return };
        let parameters = self.parameters(&action.parameters);
        let result = action.result.as_ref().map(|ty| self.resolve(ty));
        if let Some(info) = self.actions.get_mut(index as usize) {
            info.parameters = parameters;
            info.result = result;
        }
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
