//! Gates: who decides, when, on what, and what happens when nobody does.

use super::{Builder, Items, Node, nameless};
use crate::ast::{
    ApproverTerm, Approvers, Deadline, Expr, ExprKind, Gate, GateClause, GateClauseKind, Ident, Lapse, Path, ReasonWhen, Show, Type,
    TypeKind,
};
use crate::diagnose::place;
use crate::grammar::Rule;
use crate::{FaultKind, Span};

/// Escalations go on at most this often.
const MAX_ESCALATIONS: usize = 32;

/// A clause before it is known whether it belongs to a band.
#[expect(clippy::large_enum_variant, reason = "a handful of them lives for a moment")]
enum Part {
    Clause(GateClauseKind),
    Nobody,
}

/// To whom, where, and the escalation's own `within` with its beginning.
type Escalation = (Approvers, Span, Option<(Expr, u32)>);

impl<'i> Builder<'i> {
    pub(super) fn gate(&mut self, node: Node<'i>) -> Gate {
        let place = self.span(&node);
        let mut gate = Gate { name: None, clauses: Vec::new(), head: place };
        let mut parts = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::kw_approval => gate.head = Span::new(place.start, self.span(&part).end),
                Rule::word => gate.name = Some(self.binder(&part)),
                Rule::gate_block => self.gate_block(part, gate.head, &mut parts),
                Rule::kw_require | Rule::kw_as => {}
                _ => parts.extend(self.gate_clause(part)),
            }
        }
        gate.clauses = self.bands(parts);
        gate
    }

    fn gate_block(&mut self, node: Node<'i>, head: Span, parts: &mut Vec<(Part, Span)>) {
        let mut items = Items::default();
        let mut open = head;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::open_brace => open = self.span(&part),
                Rule::close_brace => {}
                Rule::missing_detail_close => self.unclosed(&part, open, head, || "the gate".to_owned()),
                Rule::junk_detail => {
                    self.junk(&part, &place::GATE_CLAUSE, &mut items);
                }
                _ => {
                    items.sound(self.span(&part));
                    parts.extend(self.gate_clause(part));
                }
            }
        }
    }

    /// `when c by X` is a band where the gate has an `otherwise` or a `nobody`, and two clauses elsewhere.
    fn bands(&mut self, parts: Vec<(Part, Span)>) -> Vec<GateClause> {
        let banded = parts.iter().any(|(part, _)| matches!(part, Part::Nobody | Part::Clause(GateClauseKind::Band { .. })));
        let mut clauses: Vec<GateClause> = Vec::with_capacity(parts.len());
        for (part, span) in parts {
            let open = banded.then(|| clauses.pop_if(|last| matches!(last.kind, GateClauseKind::When(_)))).flatten();
            let (when, whole) = match open {
                Some(GateClause { kind: GateClauseKind::When(when), span: start }) => (Some(when), start.to(span)),
                _ => (None, span),
            };
            let kind = match (part, when) {
                (Part::Nobody, when @ Some(_)) => GateClauseKind::Band { when, by: None },
                (Part::Clause(GateClauseKind::By(by)), when @ Some(_)) => GateClauseKind::Band { when, by: Some(by) },
                (Part::Nobody, None) => {
                    let expected = vec!["`when`".to_owned(), "`otherwise`".to_owned()];
                    self.fault(FaultKind::Expected { expected, found: Some("nobody".into()), reading: "a gate" }, span);
                    continue;
                }
                (Part::Clause(kind), Some(when)) => {
                    clauses.push(GateClause { span: when.span, kind: GateClauseKind::When(when) });
                    clauses.push(GateClause { kind, span });
                    continue;
                }
                (Part::Clause(kind), None) => kind,
            };
            clauses.push(GateClause { kind, span: whole });
        }
        clauses
    }

    fn gate_clause(&mut self, node: Node<'i>) -> Option<(Part, Span)> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::g_nobody => return Some((Part::Nobody, span)),
            Rule::g_within => GateClauseKind::Within(self.deadline(node)?),
            Rule::g_show => GateClauseKind::Show(self.show(node)),
            Rule::g_ask => self.ask(node)?,
            Rule::g_reason => GateClauseKind::ReasonRequired(reason(node)),
            Rule::g_send_back => GateClauseKind::SendBack,
            rule => self.plain_clause(rule, node)?,
        };
        Some((Part::Clause(kind), span))
    }

    /// Clauses with one value.
    fn plain_clause(&mut self, rule: Rule, node: Node<'i>) -> Option<GateClauseKind> {
        let mut value = None;
        let mut by = None;
        let mut title = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr => value = Some(self.expr(part)),
                Rule::approvers => by = Some(self.approvers(part)),
                Rule::text => title = Some(self.template(part)),
                _ => {}
            }
        }
        Some(match rule {
            Rule::g_when => GateClauseKind::When(value?),
            Rule::g_by => GateClauseKind::By(by?),
            Rule::g_otherwise => GateClauseKind::Band { when: None, by },
            Rule::g_title => GateClauseKind::Title(title?),
            _ => GateClauseKind::Remind(value?),
        })
    }

    fn show(&mut self, node: Node<'i>) -> Vec<Show> {
        let mut shown = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::show_item => shown.extend(self.show_item(part)),
                Rule::stray_comma => {
                    let place = self.span(&part);
                    self.fault(FaultKind::TrailingComma, place);
                }
                _ => {}
            }
        }
        shown
    }

    fn show_item(&mut self, node: Node<'i>) -> Option<Show> {
        let span = self.span(&node);
        let mut value = None;
        let mut style = None;
        let mut label = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::expr => value = Some(self.expr(part)),
                Rule::word => style = Some(self.ident(&part)),
                Rule::text => label = Some(self.template(part)),
                _ => {}
            }
        }
        Some(Show { value: value?, style, label, span })
    }

    fn ask(&mut self, node: Node<'i>) -> Option<GateClauseKind> {
        let place = self.span(&node);
        let mut name: Option<Ident> = None;
        let mut ty = Type { kind: TypeKind::Name(Path { module: None, name: nameless(place) }), span: place };
        let mut default: Option<Expr> = None;
        let mut label = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.ident(&part)),
                Rule::type_name => ty = self.type_name(part),
                Rule::expr => default = Some(self.expr(part)),
                Rule::text => label = Some(self.template(part)),
                _ => {}
            }
        }
        Some(GateClauseKind::Ask { name: name?, ty, default, label })
    }

    /// A deadline with its escalations, which stand in a row and are nested from the last to the first.
    fn deadline(&mut self, node: Node<'i>) -> Option<Deadline> {
        let whole = self.span(&node);
        let mut after = None;
        let mut start = whole.start;
        let mut escalations = Vec::new();
        let mut last = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::kw_within => start = self.span(&part).start,
                Rule::expr => after = Some(self.expr(part)),
                Rule::escalation => {
                    if escalations.len() == MAX_ESCALATIONS {
                        let place = self.span(&part);
                        self.fault(FaultKind::ManyEscalations(MAX_ESCALATIONS), place);
                        break;
                    }
                    escalations.extend(self.escalation(part));
                }
                Rule::lapse => last = Some(self.lapse(part)),
                _ => {}
            }
        }
        // The deadline of an escalation begins in it and is followed by what comes after it in the row.
        let mut then = last;
        for (to, place, within) in escalations.into_iter().rev() {
            let tail = Span::new(place.start, whole.end);
            let within = within.map(|(after, start)| Box::new(Deadline { after, then, span: Span::new(start, whole.end) }));
            then = Some(Lapse::Escalate { to, within, span: tail });
        }
        Some(Deadline { after: after?, then, span: Span::new(start, whole.end) })
    }

    fn escalation(&mut self, node: Node<'i>) -> Option<Escalation> {
        let mut place = self.span(&node);
        let mut to = None;
        let mut start = place.start;
        let mut within = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::kw_escalate => place = Span::new(self.span(&part).start, place.end),
                Rule::escalated_to => to = Some(self.approvers(part)),
                Rule::kw_within => start = self.span(&part).start,
                Rule::expr => within = Some((self.expr(part), start)),
                _ => {}
            }
        }
        Some((to?, place, within))
    }

    fn lapse(&mut self, node: Node<'i>) -> Lapse {
        let place = self.span(&node);
        let mut kind = None;
        let mut why = None;
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::text => why = Some(self.text_value(part)),
                rule => kind = Some(rule),
            }
        }
        match kind {
            Some(Rule::kw_fail) => Lapse::Fail(why, place),
            Some(Rule::kw_approve) => Lapse::Approve(place),
            _ => Lapse::Reject(place),
        }
    }

    pub(super) fn approvers(&mut self, node: Node<'i>) -> Approvers {
        let mut approvers = Approvers { stages: Vec::new(), except: Vec::new(), span: self.span(&node) };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::stage => {
                    let terms = part.into_inner().filter(|inner| inner.as_rule() == Rule::term);
                    let terms = terms.filter_map(|term| self.term(term)).collect();
                    approvers.stages.push(terms);
                }
                Rule::except => {
                    let person = part.into_inner().find(|inner| inner.as_rule() == Rule::person);
                    let person = person.map(|person| self.person(person));
                    approvers.except.extend(person);
                }
                _ => {}
            }
        }
        approvers
    }

    fn term(&mut self, node: Node<'i>) -> Option<ApproverTerm> {
        let term = node.into_inner().next()?;
        match term.as_rule() {
            Rule::person => Some(ApproverTerm::AnyOf(self.person(term))),
            Rule::all_of => {
                let person = term.into_inner().find(|part| part.as_rule() == Rule::person)?;
                Some(ApproverTerm::All(self.person(person)))
            }
            _ => {
                let mut count = None;
                let mut of = None;
                for part in term.into_inner() {
                    match part.as_rule() {
                        Rule::number => count = Some(Expr { kind: ExprKind::Number(part.as_str().into()), span: self.span(&part) }),
                        Rule::person => of = Some(self.person(part)),
                        _ => {}
                    }
                }
                Some(ApproverTerm::Some { count: count?, of: of? })
            }
        }
    }
}

fn reason(node: Node<'_>) -> ReasonWhen {
    node.into_inner().fold(ReasonWhen::Always, |when, part| match part.as_rule() {
        Rule::kw_reject => ReasonWhen::OnReject,
        Rule::kw_approve => ReasonWhen::OnApprove,
        _ => when,
    })
}
