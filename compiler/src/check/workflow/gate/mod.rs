//! Gates: their clauses and the values they give.

mod ask;
mod bands;
mod deadline;
mod defaults;
mod show;

pub(super) use ask::AskHome;
pub(super) use deadline::Silence;
pub(super) use defaults::{Defaults, fill};

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::super::scope::{GateHome, Home, Kind, Mark};
use crate::check::Checker;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Approvers, Ask, Band, Expr, Gate, GateSlots, NodeKind, ReasonRequired, Term, Who};
use crate::value::Value;

/// The clauses of a gate.
#[derive(Default)]
struct Clauses<'a> {
    by: Option<&'a ast::Approvers>,
    when: Option<&'a ast::Expr>,
    bands: Vec<BandClause<'a>>,
    within: Option<&'a ast::Deadline>,
    title: Option<&'a ast::Template>,
    show: Option<&'a [ast::Show]>,
    remind: Option<&'a ast::Expr>,
    asks: Vec<AskClause<'a>>,
    send_back: Option<Span>,
    reason: ReasonRequired,
}

/// `when c by X`, `otherwise nobody`
struct BandClause<'a> {
    when: Option<&'a ast::Expr>,
    by: Option<&'a ast::Approvers>,
    span: Span,
}

/// `ask field: Type = default as "label"`
struct AskClause<'a> {
    name: &'a ast::Ident,
    ty: &'a ast::Type,
    default: Option<&'a ast::Expr>,
    label: Option<&'a ast::Template>,
}

/// How a gate can be passed, as far as the types of its values depend on it.
#[derive(Clone, Copy)]
struct Passing {
    /// With nobody asked.
    skippable: bool,
    /// With nobody answering.
    silent: bool,
    /// A comment is always there when somebody approved.
    comment_required: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn gate(&mut self, doc: Option<&str>, gate: &'a ast::Gate, span: Span, block: Mark) {
        let clauses = self.gate_clauses(gate);
        let bands = if clauses.bands.is_empty() { vec![self.plain_band(&clauses)] } else { self.bands(&clauses.bands) };
        let title = clauses.title.map(|title| self.text(title, None).expr);
        let shows = clauses.show.map(|shows| shows.iter().map(|show| self.shown(show)).collect::<Vec<_>>());
        let silences = self.flow.silences.len();
        let deadline = clauses.within.and_then(|within| self.deadline(within, &bands));
        let silent = self.flow.silences.get(silences).map(|silence| silence.span);
        let remind = clauses.remind.and_then(|every| self.deadline_period(every, "the time between reminders"));
        let name = self.gate_name(gate);
        let passing = Passing {
            skippable: bands.last().is_none_or(|band| band.when.is_some()) || bands.iter().any(|band| band.by.is_none()),
            silent: silent.is_some(),
            comment_required: clauses.reason.on_approve,
        };
        let asks = self.asks(&name, &clauses.asks, passing.skippable, silent);
        let faulty = self.is_faulty(span);
        let home = gate.name.as_ref().map(|name| self.gate_home(&name.name, passing, &asks, faulty));
        let slots =
            home.map_or_else(GateSlots::default, |home| GateSlots { by: Some(home.by), at: Some(home.at), comment: Some(home.comment) });
        let (default_title, default_shows) = (title.is_none(), shows.is_none());
        let lowered = Gate {
            name,
            doc: doc.map(ToOwned::to_owned),
            bands,
            title: title.unwrap_or(Expr::Const(Value::None)),
            shows: shows.unwrap_or_default(),
            deadline,
            remind,
            asks: asks.into_iter().map(|(ask, _)| ask).collect(),
            send_back: clauses.send_back.is_some(),
            reason: clauses.reason,
            guards: Vec::new(),
            slots,
        };
        let node = self.add_node(NodeKind::Gate(Box::new(lowered)), span, false);
        if let Some(silence) = self.flow.silences.get_mut(silences) {
            silence.node = node;
        }
        self.flow.show_spans.extend(clauses.show.and_then(show::place).map(|span| (node, span)));
        self.asks_too_often(gate.head, clauses.within.is_some());
        if default_title || default_shows {
            self.flow.defaults.push(Defaults { node, title: default_title, shows: default_shows });
        }
        if let (Some(name), Some(home)) = (&gate.name, home) {
            self.declare_value(name, Ty::Broken, Home::Gate(home), Kind::Gate, block);
        }
    }

    /// Warns of a gate that asks for each item of a list of any length, and of one that waits without end.
    fn asks_too_often(&mut self, head: Span, ends: bool) {
        if let Some(list) = self.flow.unbounded.iter().rev().find_map(|list| *list) {
            let fault = faults::lints::approval_in_loop(self.site(head), list);
            self.lints.push(fault);
        }
        if !ends {
            let fault = faults::lints::no_deadline(self.site(head));
            self.lints.push(fault);
        }
    }

    /// The one band of a gate that has none.
    fn plain_band(&mut self, clauses: &Clauses<'a>) -> Band {
        let when = clauses.when.map(|when| self.condition(when));
        let when_text = clauses.when.map(|when| self.written(when.span));
        let sees = clauses.when.map(|when| self.sees(when)).unwrap_or_default();
        let by = match clauses.by {
            Some(by) => self.approvers(by),
            None => Some(Approvers { stages: vec![vec![Term::Any(Who::Owner)]], except: Vec::new() }),
        };
        // What is broken is reported, and its plan never made: whoever it is, somebody is asked.
        let by = by.or_else(|| Some(Approvers { stages: Vec::new(), except: Vec::new() }));
        Band { when, when_text, sees, by }
    }

    fn gate_name(&mut self, gate: &ast::Gate) -> SmolStr {
        if let Some(name) = &gate.name {
            return name.name.clone();
        }
        self.flow.unnamed_gates += 1;
        let count = self.flow.unnamed_gates;
        if count == 1 { SmolStr::new_static("approval") } else { SmolStr::new(format!("approval {count}")) }
    }

    fn gate_home(&mut self, name: &str, passing: Passing, asks: &[(Ask, AskHome)], faulty: bool) -> GateHome {
        let Passing { skippable, silent, comment_required } = passing;
        let when = |ty: Ty, always: bool| if always { ty } else { Ty::optional(ty) };
        let index = u32::try_from(self.flow.asks.len()).unwrap_or(u32::MAX);
        self.flow.asks.push(asks.iter().map(|(_, home)| home.clone()).collect());
        GateHome {
            by: self.add_slot(SmolStr::new(format!("{name}.by")), &when(Ty::Text, !skippable && !silent)),
            at: self.add_slot(SmolStr::new(format!("{name}.at")), &when(Ty::Time, !skippable)),
            comment: self.add_slot(SmolStr::new(format!("{name}.comment")), &when(Ty::Text, comment_required && !skippable && !silent)),
            skippable,
            silent,
            comment_required,
            faulty,
            asks: index,
        }
    }

    fn gate_clauses(&mut self, gate: &'a ast::Gate) -> Clauses<'a> {
        use ast::GateClauseKind as Clause;
        let mut clauses = Clauses::default();
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for clause in &gate.clauses {
            let word = word_of(&clause.kind);
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
                Clause::Band { when, by } => {
                    clauses.bands.push(BandClause { when: when.as_ref(), by: by.as_ref(), span: clause.span });
                }
                Clause::Remind(every) => clauses.remind = Some(every),
                Clause::Ask { name, ty, default, label } => {
                    clauses.asks.push(AskClause { name, ty, default: default.as_ref(), label: label.as_ref() });
                }
                Clause::SendBack => {
                    self.needs_requester(clause.span);
                    clauses.send_back = Some(clause.span);
                }
            }
        }
        if !clauses.bands.is_empty() {
            self.band_places(gate);
        }
        clauses
    }
}

fn word_of(clause: &ast::GateClauseKind) -> &'static str {
    use ast::GateClauseKind as Clause;
    match clause {
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
    }
}
