//! Gates: their clauses, the values they give, and what they show where nothing is said.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::super::scope::{GateHome, Home, Kind, Mark};
use super::Flow;
use crate::check::Checker;
use crate::check::declare::ActionInfo;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{
    Approvers, Band, Deadline, Effect, Expr, Gate, GateSlots, Guard, GuardArgument, Lapse, NodeKind, ReasonRequired, Show, Style, Term, Who,
};
use crate::value::Value;

/// What a gate says where its author said nothing: known when the whole workflow is.
#[derive(Debug)]
pub(crate) struct Defaults {
    node: u32,
    title: bool,
    shows: bool,
}

/// A gate shows no more values than this by default; its calls are listed in any case.
const MOST_SHOWN: usize = 100;

/// How a value may be drawn.
const STYLES: [&str; 4] = ["table", "diff", "markdown", "code"];

/// The clauses of a gate.
#[derive(Default)]
struct Clauses<'a> {
    by: Option<&'a ast::Approvers>,
    when: Option<&'a ast::Expr>,
    within: Option<&'a ast::Deadline>,
    title: Option<&'a ast::Template>,
    show: Option<&'a [ast::Show]>,
    reason: ReasonRequired,
}

impl<'a> Checker<'a> {
    pub(super) fn gate(&mut self, doc: Option<&str>, gate: &'a ast::Gate, span: Span, block: Mark) {
        let clauses = self.gate_clauses(gate);
        let when = clauses.when.map(|when| self.condition(when));
        let when_text = clauses.when.map(|when| self.written(when.span));
        let sees = clauses.when.map(|when| self.sees(when)).unwrap_or_default();
        let by = match clauses.by {
            Some(by) => self.approvers(by),
            None => Some(Approvers { stages: vec![vec![Term::Any(Who::Owner)]], except: Vec::new() }),
        };
        let title = clauses.title.map(|title| self.text(title, None).expr);
        let shows = clauses.show.map(|shows| shows.iter().map(|show| self.shown(show)).collect::<Vec<_>>());
        let deadline = clauses.within.and_then(|within| self.deadline(within));
        let skippable = when.is_some();
        let name = match &gate.name {
            Some(name) => name.name.clone(),
            None => {
                self.flow.unnamed_gates += 1;
                let count = self.flow.unnamed_gates;
                if count == 1 { SmolStr::new_static("approval") } else { SmolStr::new(format!("approval {count}")) }
            }
        };
        let home = gate.name.as_ref().map(|name| self.gate_home(&name.name, skippable, clauses.reason.on_approve));
        let slots =
            home.map_or_else(GateSlots::default, |home| GateSlots { by: Some(home.by), at: Some(home.at), comment: Some(home.comment) });
        let (default_title, default_shows) = (title.is_none(), shows.is_none());
        let lowered = Gate {
            name,
            doc: doc.map(ToOwned::to_owned),
            bands: vec![Band { when, when_text, sees, by }],
            title: title.unwrap_or(Expr::Const(Value::None)),
            shows: shows.unwrap_or_default(),
            deadline,
            reason: clauses.reason,
            guards: Vec::new(),
            slots,
        };
        let node = self.add_node(NodeKind::Gate(Box::new(lowered)), span, false);
        if default_title || default_shows {
            self.flow.defaults.push(Defaults { node, title: default_title, shows: default_shows });
        }
        if let (Some(name), Some(home)) = (&gate.name, home) {
            self.declare_value(name, Ty::Broken, Home::Gate(home), Kind::Gate, block);
        }
    }

    fn gate_home(&mut self, name: &str, skippable: bool, comment_required: bool) -> GateHome {
        let when_asked = |ty: Ty, always: bool| if skippable || !always { Ty::optional(ty) } else { ty };
        GateHome {
            by: self.add_slot(SmolStr::new(format!("{name}.by")), &when_asked(Ty::Text, true)),
            at: self.add_slot(SmolStr::new(format!("{name}.at")), &when_asked(Ty::Time, true)),
            comment: self.add_slot(SmolStr::new(format!("{name}.comment")), &when_asked(Ty::Text, comment_required)),
            skippable,
            comment_required,
        }
    }

    fn gate_clauses(&mut self, gate: &'a ast::Gate) -> Clauses<'a> {
        use ast::GateClauseKind as Clause;
        let mut clauses = Clauses::default();
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for clause in &gate.clauses {
            let word = match &clause.kind {
                Clause::By(_) => "by",
                Clause::When(_) => "when",
                Clause::Band { .. } => "when ... by",
                Clause::Within(_) => "within",
                Clause::Title(_) => "title",
                Clause::Show(_) => "show",
                Clause::Remind(_) => "remind",
                Clause::Ask { .. } => "ask",
                Clause::ReasonRequired(_) => "reason required",
                Clause::SendBack => "send back",
            };
            let repeats = matches!(clause.kind, Clause::Band { .. } | Clause::Ask { .. });
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == word && !repeats) {
                let site = self.site(clause.span);
                self.report(faults::actions::clause_twice(site, word, *first));
                continue;
            }
            seen.push((word, clause.span));
            match &clause.kind {
                Clause::By(by) => clauses.by = Some(by),
                Clause::When(when) => clauses.when = Some(when),
                Clause::Within(within) => clauses.within = Some(within),
                Clause::Title(title) => clauses.title = Some(title),
                Clause::Show(shows) => clauses.show = Some(shows),
                Clause::ReasonRequired(when) => {
                    clauses.reason =
                        ReasonRequired { on_approve: *when != ast::ReasonWhen::OnReject, on_reject: *when != ast::ReasonWhen::OnApprove };
                }
                Clause::Band { .. } | Clause::Remind(_) | Clause::Ask { .. } | Clause::SendBack => self.not_yet(clause.span, word),
            }
        }
        clauses
    }

    fn shown(&mut self, show: &'a ast::Show) -> Show {
        if let Some(shown) = self.misspelt_style(show) {
            return shown;
        }
        let typed = self.expr(&show.value, None);
        let style = show.style.as_ref().map_or(Style::Plain, |style| self.style(style, &typed.ty, show.value.span));
        let label = match &show.label {
            Some(label) => label.literal().map_or_else(SmolStr::default, SmolStr::new),
            None => SmolStr::new(self.written(show.value.span)),
        };
        if let Some(label) = show.label.as_ref().filter(|label| label.literal().is_none()) {
            let site = self.site(label.span);
            self.report(faults::types::literal_only(site, "a label", "`\"Amount\"`"));
        }
        Show { label, value: typed.expr, ty: typed.ty.lower(), style }
    }

    /// `as tabel`, which reads like the decoding of json.
    fn misspelt_style(&mut self, show: &'a ast::Show) -> Option<Show> {
        let ast::ExprKind::As { operand, ty } = &show.value.kind else { return None };
        let ast::TypeKind::Name(path) = &ty.kind else { return None };
        let name = &path.name.name;
        let is_type =
            path.module.is_some() || self.declared.contains_key(name) || crate::check::resolve::TYPES.iter().any(|(ty, _)| ty == name);
        if is_type || name.starts_with(char::is_uppercase) {
            return None;
        }
        let typed = self.expr(operand, None);
        let style = self.style(&path.name, &typed.ty, operand.span);
        Some(Show { label: SmolStr::new(self.written(operand.span)), value: typed.expr, ty: typed.ty.lower(), style })
    }

    fn style(&mut self, style: &ast::Ident, ty: &Ty, value: Span) -> Style {
        let (drawn, fits, wanted) = match style.name.as_str() {
            "table" => (Style::Table, matches!(ty.present(), Ty::List(_) | Ty::Json | Ty::Broken), "a list"),
            "diff" => (Style::Diff, matches!(ty.present(), Ty::Text | Ty::Broken), "text"),
            "markdown" => (Style::Markdown, matches!(ty.present(), Ty::Text | Ty::Broken), "text"),
            "code" => (Style::Code, true, "a value"),
            other => {
                let nearest = self.nearest(other, STYLES);
                let site = self.site(style.span);
                self.report(faults::names::unknown_choice(site, other, "way to show a value", nearest, &STYLES));
                return Style::Plain;
            }
        };
        if !fits {
            let fault = faults::types::mismatch(self.site(value), wanted, &self.show(ty));
            self.report(fault);
        }
        drawn
    }

    fn deadline(&mut self, deadline: &'a ast::Deadline) -> Option<Deadline> {
        let after = self.deadline_period(&deadline.after, "a deadline");
        let then = match &deadline.then {
            None | Some(ast::Lapse::Reject(_)) => Lapse::Reject,
            Some(ast::Lapse::Fail(why, _)) => Lapse::Fail(why.as_ref().map(|why| self.expect(why, &Ty::Text))),
            Some(ast::Lapse::Approve(span)) => {
                self.not_yet(*span, "then approve");
                return None;
            }
            Some(ast::Lapse::Escalate { span, .. }) => {
                self.not_yet(*span, "escalate");
                return None;
            }
        };
        Some(Deadline { after: after?, then })
    }
}

/// Tells each gate what it guards, and gives it the title and values that its author left to it.
pub(super) fn fill(actions: &[ActionInfo], flow: &mut Flow, guards: Vec<(u32, Vec<Guard>)>) {
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
    let mut names: Vec<&str> = Vec::new();
    for guard in guards {
        if let Some((_, action)) = called(actions, flow, guard)
            && action.effect != Effect::Read
            && !names.contains(&action.name.as_str())
        {
            names.push(&action.name);
        }
        if names.len() > 3 {
            break;
        }
    }
    let shown = names.iter().take(3).map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ");
    SmolStr::new(match names.len() {
        0 => format!("Go on with {}", flow.name.replace('_', " ")),
        1..=3 => format!("Approve {shown}"),
        _ => format!("Approve {shown} and more"),
    })
}

/// Every value that the guarded calls will be given, each once.
fn shows(actions: &[ActionInfo], flow: &Flow, guards: &[Guard]) -> Vec<Show> {
    let mut shows: Vec<Show> = Vec::new();
    for guard in guards {
        let Some((call, action)) = called(actions, flow, guard) else { continue };
        for (parameter, argument) in action.parameters.iter().zip(&guard.arguments) {
            let GuardArgument::Known(value) = argument else { continue };
            if shows.len() >= MOST_SHOWN {
                return shows;
            }
            if shows.iter().any(|show| show.value == *value) {
                continue;
            }
            let taken = shows.iter().any(|show| show.label == parameter.name);
            let label = if taken { SmolStr::new(format!("{call} {}", parameter.name)) } else { parameter.name.clone() };
            shows.push(Show { label, value: value.clone(), ty: parameter.ty.lower(), style: Style::Plain });
        }
    }
    shows
}
