//! Duties: what actions and policies demand of every call, and whether the gates of a workflow meet it.

use std::collections::BTreeMap;

use flow_grammar::{Parsed, ast};
use smol_str::SmolStr;

use super::assemble::{Callee, Flow, Lowered};
use super::declare::ParameterInfo;
use super::modules::Uses;
use super::{CheckedFile, Checker, Said, WorkflowCall, World, stem_of};
use crate::faults::oversight::Unproved;
use crate::faults::{self, Site};
use crate::oversight::{self, Declarations, Oddity};
use crate::plan::{self, Action, Approvers, Duty, Effect, Expr, NodeKind, Plan, TypeDef};
use crate::{Code, Diagnostic, FileId, Severity, Sources};

/// So many calls of a workflow are told of where it is refused.
const MOST_CALLERS: usize = 2;

/// Duties of all files.
#[derive(Clone, Debug, Default)]
pub(super) struct Duties {
    /// Those that actions say themselves.
    own: BTreeMap<u32, Vec<Placed>>,
    policies: Vec<Policy>,
}

/// A duty and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) duty: Duty,
    pub(super) site: Site,
}

/// A `policy` and the workflows that it is about.
#[derive(Clone, Debug)]
struct Policy {
    /// Files whose workflows it is about; `None`: all.
    about: Option<Vec<FileId>>,
    /// By action.
    rules: Vec<(u32, Placed)>,
}

/// A rule about any action, until all actions are known.
#[derive(Clone, Debug)]
pub(super) struct AnyRule {
    policy: usize,
    irreversible: bool,
    by: Option<Approvers>,
    text: String,
    name: SmolStr,
    /// Its place among the rules of the file.
    site: Site,
}

impl Duties {
    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.policies.is_empty()
    }

    /// The duties of an action in a workflow of a file.
    pub(super) fn of(&self, file: FileId, action: u32) -> impl Iterator<Item = &Placed> {
        let own = self.own.get(&action).into_iter().flatten();
        let about = move |policy: &&Policy| policy.about.as_ref().is_none_or(|files| files.contains(&file));
        let rules = self.policies.iter().filter(about).flat_map(|policy| &policy.rules);
        own.chain(rules.filter(move |(of, _)| *of == action).map(|(_, placed)| placed))
    }
}

impl<'a> Checker<'a> {
    /// The duties that an action says itself; its parameters are known.
    pub(super) fn own_duties(&mut self, action: &'a ast::Action, index: u32) {
        for duty in &action.duties {
            if let Some(placed) = self.duty(duty, None) {
                self.lowered.duties.own.entry(index).or_default().push(placed);
            }
        }
    }

    fn duty(&mut self, duty: &'a ast::Duty, policy: Option<SmolStr>) -> Option<Placed> {
        let by = duty.by.as_ref().map(|by| self.approvers(by));
        let when = duty.when.as_ref().map(|when| self.duty_condition(when));
        // What is broken is reported.
        let by = by.map_or(Some(None), |by| by.map(Some))?;
        Some(Placed { duty: Duty { by, when, text: self.written(duty.span), policy }, site: self.site(duty.span) })
    }

    /// A duty speaks of what a call is given, and of nothing else.
    fn duty_condition(&mut self, when: &'a ast::Expr) -> Expr {
        let condition = self.condition(when);
        if let Some(word) = outside(&condition) {
            let site = self.site(when.span);
            self.report(faults::oversight::outside_of_duty(site, word));
        }
        condition
    }

    /// Policies of the file: rules about actions that they name, and what is to be said of any action later.
    pub(super) fn policies(&mut self, module: &'a ast::Module) {
        for declaration in &module.declarations {
            let ast::Declaration::Policy(policy) = declaration else { continue };
            let number = self.lowered.duties.policies.len();
            let about = (!self.sources.is_policy(self.file)).then(|| vec![self.file]);
            let mut rules = Vec::new();
            for rule in &policy.rules {
                match &rule.target {
                    ast::PolicyTarget::Action(path) => rules.extend(self.rule(policy, rule, path)),
                    any => self.any_rule(policy, rule, number, matches!(any, ast::PolicyTarget::AnyIrreversible)),
                }
            }
            if policy.rules.is_empty() && !self.is_faulty(policy.span) {
                let site = self.site(policy.name.1);
                self.report(faults::oversight::empty_policy(site, &policy.name.0));
            }
            self.lowered.duties.policies.push(Policy { about, rules });
        }
    }

    fn rule(&mut self, policy: &'a ast::Policy, rule: &'a ast::PolicyRule, path: &'a ast::Path) -> Option<(u32, Placed)> {
        let action = self.target(path)?;
        let info = self.actions.get(action as usize)?;
        if info.workflow {
            let fault = faults::oversight::policy_of_workflow(self.site(path.span()), &info.name);
            self.report(fault);
            return None;
        }
        let parameters = info.parameters.clone();
        let mark = self.scope.mark();
        self.declare_parameters(&parameters, &[]);
        let placed = self.duty(&rule.duty, Some(policy.name.0.clone()));
        self.scope.close(mark);
        Some((action, placed?))
    }

    fn any_rule(&mut self, policy: &ast::Policy, rule: &'a ast::PolicyRule, number: usize, irreversible: bool) {
        let by = rule.duty.by.as_ref().map(|by| self.approvers(by));
        let Some(by) = by.map_or(Some(None), |by| by.map(Some)) else { return };
        let (text, site) = (self.written(rule.duty.span), self.site(rule.duty.span));
        self.any_rules.push(AnyRule { policy: number, irreversible, by, text, name: policy.name.0.clone(), site });
    }

    /// The condition of a rule about any action, for this one; `None` where it does not fit, so that the duty has none.
    fn for_action(&mut self, when: &'a ast::Expr, parameters: &[ParameterInfo]) -> Option<Expr> {
        let before = self.diagnostics.len();
        let mark = self.scope.mark();
        self.declare_parameters(parameters, &[]);
        let condition = self.condition(when);
        self.scope.close(mark);
        let fits = self.diagnostics.len() == before && outside(&condition).is_none();
        self.diagnostics.truncate(before);
        fits.then_some(condition)
    }
}

/// What a condition takes from outside of its parameters.
fn outside(condition: &Expr) -> Option<&'static str> {
    let word = match condition {
        Expr::Now => Some("now"),
        Expr::Today => Some("today"),
        Expr::Env(_) => Some("env"),
        Expr::Secret(_) => Some("secret"),
        Expr::Owner => Some("owner"),
        Expr::Requester => Some("requester"),
        _ => None,
    };
    let mut found = word;
    condition.for_each_child(&mut |child| found = found.or_else(|| outside(child)));
    found
}

/// When all files are checked: rules about any action become duties of each, and policies know which workflows they are about.
pub(super) fn spread<'a>(
    sources: &'a Sources,
    uses: &'a Uses,
    parsed: &[&'a Parsed],
    mut world: World,
    rules: Vec<AnyRule>,
    said: &mut [Said],
) -> World {
    for policy in &mut world.lowered.duties.policies {
        let Some(file) = policy.about.as_ref().and_then(|files| files.first().copied()) else { continue };
        policy.about = Some(sources.files().filter(|user| uses.reaches(*user, file)).collect());
    }
    for rule in rules {
        let when = condition_of(parsed, rule.site);
        let mut checker = Checker::new(rule.site.file, sources, uses, world);
        let mut fitting = false;
        let mut spoken_of = 0;
        for action in 0..u32::try_from(checker.actions.len()).unwrap_or(u32::MAX) {
            let Some(info) = checker.actions.get(action as usize) else { continue };
            if info.workflow || (rule.irreversible && info.effect != Effect::Irreversible) {
                continue;
            }
            let parameters = info.parameters.clone();
            let when = when.map(|when| checker.for_action(when, &parameters));
            spoken_of += 1;
            fitting |= !matches!(when, Some(None));
            let duty = Duty { by: rule.by.clone(), when: when.flatten(), text: rule.text.clone(), policy: Some(rule.name.clone()) };
            if let Some(policy) = checker.lowered.duties.policies.get_mut(rule.policy) {
                policy.rules.push((action, Placed { duty, site: rule.site }));
            }
        }
        if !fitting
            && spoken_of > 0
            && let Some(said) = said.get_mut(rule.site.file.0 as usize)
        {
            let site = when.map_or(rule.site, |when| Site { file: rule.site.file, span: when.span });
            said.diagnostics.push(faults::oversight::fits_no_action(site));
        }
        world = checker.finish().0;
    }
    world
}

/// The condition of the rule about any action that stands in a place.
fn condition_of<'a>(parsed: &[&'a Parsed], site: Site) -> Option<&'a ast::Expr> {
    let parsed: &'a Parsed = parsed.get(site.file.0 as usize)?;
    let module = &parsed.module;
    let policies = module.declarations.iter().filter_map(|declaration| match declaration {
        ast::Declaration::Policy(policy) => Some(policy),
        _ => None,
    });
    policies.flat_map(|policy| &policy.rules).find(|rule| rule.duty.span == site.span)?.duty.when.as_ref()
}

/// What workflows of one file name.
struct Declared<'l> {
    lowered: &'l Lowered,
    types: &'l [(FileId, TypeDef)],
    file: FileId,
}

impl Declarations for Declared<'_> {
    fn type_def(&self, index: u32) -> Option<&TypeDef> {
        self.types.get(index as usize).map(|(_, def)| def)
    }

    fn action(&self, index: u32) -> Option<&Action> {
        match self.lowered.callees.get(&index)? {
            Callee::Action(action) => Some(action),
            Callee::Workflow(_) => None,
        }
    }

    fn duties(&self, action: u32) -> Vec<&Duty> {
        self.lowered.duties.of(self.file, action).map(|placed| &placed.duty).collect()
    }

    fn types(&self) -> Vec<TypeDef> {
        self.types.iter().map(|(_, def)| def.clone()).collect()
    }
}

/// Proves the duties of all workflows of sound files, and says where that fails.
pub(super) fn prove(world: &World, sources: &Sources, files: &[CheckedFile], said: &mut [Said]) {
    let lowered = &world.lowered;
    let types: Vec<(FileId, TypeDef)> = world.types.iter().map(|info| (info.site.file, info.lower())).collect();
    let (mut found, mut left) = (Vec::new(), oversight::Work::default());
    for (index, callee) in &lowered.callees {
        let Callee::Workflow(flow) = callee else { continue };
        // What is wrong in a test is wrong there alone.
        let wrong = |said: &Said| said.diagnostics.iter().any(|said| said.severity == Severity::Error && said.code != Code::F0420);
        if said.get(flow.file.0 as usize).is_none_or(wrong) {
            continue;
        }
        found.push((flow.file, of_flow(world, (sources, files), &types, (*index, flow), &mut left)));
    }
    for (file, diagnostics) in found {
        let Some(said) = said.get_mut(file.0 as usize) else { continue };
        for diagnostic in diagnostics {
            let list = if diagnostic.severity == Severity::Error { &mut said.diagnostics } else { &mut said.lints };
            list.push(diagnostic);
        }
    }
}

/// What is to be said of one workflow.
fn of_flow(
    world: &World,
    (sources, files): (&Sources, &[CheckedFile]),
    types: &[(FileId, TypeDef)],
    (index, flow): (u32, &Flow),
    left: &mut oversight::Work,
) -> Vec<Diagnostic> {
    let lowered = &world.lowered;
    let declared = Declared { lowered, types, file: flow.file };
    let duties = oversight::Duties::of(&flow.workflow, &declared);
    let mut diagnostics = odd(flow.file, &duties);
    if lowered.duties.is_empty() {
        return diagnostics;
    }
    let mut verdicts = duties.prove(left);
    verdicts.retain(|verdict| matches!(verdict.outcome, oversight::Outcome::Refused(_)));
    if verdicts.is_empty() {
        return diagnostics;
    }
    let plan = bare(types, flow);
    let groups = |key: &str| group_as_written(world, files, flow.file, key);
    let advice = oversight::Advice::new(&plan, &groups);
    let callers = callers(world, index);
    for verdict in &verdicts {
        let oversight::Outcome::Refused(refusal) = &verdict.outcome else { continue };
        let Some(placed) = lowered.duties.of(flow.file, verdict.action).nth(verdict.duty) else { continue };
        let (Some(action), Some(call)) = (declared.action(verdict.action), duties.node(verdict.call)) else { continue };
        let site = Site { file: flow.file, span: call.span };
        let (placed, duty) = (&placed.duty, placed.site);
        let apart = apart(sources.text(flow.file), call.span);
        let (duties, advice, callers, owned) = (&duties, &advice, callers.as_slice(), flow.workflow.owner.is_some());
        let told = Unproved { action, placed, duty, verdict, duties, refusal, advice, callers, owned, apart: &apart };
        diagnostics.push(faults::oversight::unproved(site, &told));
    }
    diagnostics
}

/// What stands between a statement and one right before it: a line of its own, as far in, where nothing stands before it on its line.
fn apart(text: &str, statement: flow_grammar::Span) -> String {
    let before = text.get(..statement.start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.trim().is_empty() { format!("\n{line}") } else { " ".to_owned() }
}

/// A plan of which only the types and the workflow are looked at.
fn bare(types: &[(FileId, TypeDef)], flow: &Flow) -> Plan {
    Plan {
        format: plan::FORMAT,
        semantics: plan::SEMANTICS,
        file: String::new(),
        types: types.iter().map(|(_, def)| def.clone()).collect(),
        groups: Vec::new(),
        actions: Vec::new(),
        workflow: flow.workflow.clone(),
        children: Vec::new(),
    }
}

/// A group as a file writes it, with the name of the file that declares it where that is another one.
fn group_as_written(world: &World, files: &[CheckedFile], file: FileId, key: &str) -> String {
    let Some(info) = world.groups.iter().find(|info| info.key == key) else { return key.to_owned() };
    let (name, declared) = (&info.name, info.site.file);
    if declared == file {
        return name.to_string();
    }
    let file_at = |file: FileId| files.get(file.0 as usize);
    let used = file_at(file).and_then(|user| user.modules.iter().find(|(used, _)| *used == declared));
    let module = used.map(|(_, module)| module.as_str());
    let module = module.or_else(|| file_at(declared).map(|file| stem_of(&file.path)));
    module.map_or_else(|| name.to_string(), |module| format!("{module}.{name}"))
}

/// Where other workflows call this one after a gate.
fn callers(world: &World, workflow: u32) -> Vec<Site> {
    let asks = |call: &&WorkflowCall| match world.lowered.callees.get(&call.from) {
        Some(Callee::Workflow(flow)) => oversight::asks_before(&flow.workflow, workflow),
        _ => false,
    };
    world
        .calls
        .iter()
        .filter(|call| call.to == workflow && call.from != workflow)
        .filter(asks)
        .map(|call| call.site)
        .take(MOST_CALLERS)
        .collect()
}

/// What is odd about the gates of a workflow.
fn odd(file: FileId, duties: &oversight::Duties<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for oversight::Odd { gate: node, what } in duties.oddities() {
        let Some(found) = duties.node(node) else { continue };
        let NodeKind::Gate(gate) = &found.kind else { continue };
        let site = Site { file, span: found.span };
        diagnostics.push(match what {
            Oddity::Never => faults::oversight::never_asks(site, gate),
            Oddity::Always => faults::oversight::always_asks(site, gate),
            Oddity::Unreached(band) => faults::oversight::unreached_band(site, gate, band),
            Oddity::Implied(earlier) => {
                let Some(earlier) = duties.node(earlier) else { continue };
                faults::oversight::implied_gate(site, earlier.span)
            }
        });
    }
    diagnostics
}
