//! People: who decides, who owns.

use flow_grammar::{Span, ast};

use crate::address::is_address;
use crate::check::Checker;
use crate::check::groups::Named;
use crate::check::record::{Target, WishKind};
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Approvers, Expr, Term, Who};
use crate::value::Value;

/// So many of a group may be asked for.
const MOST_OF: u32 = 10_000;

impl<'a> Checker<'a> {
    /// Who decides: stages, what each needs, and who is left out. `None` where something in it is broken.
    pub(in crate::check) fn approvers(&mut self, approvers: &'a ast::Approvers) -> Option<Approvers> {
        let mut sound = true;
        let mut terms: Vec<(Term, Span)> = Vec::new();
        let mut stages = Vec::with_capacity(approvers.stages.len());
        for stage in &approvers.stages {
            let mut lowered = Vec::with_capacity(stage.len());
            for term in stage {
                match self.term(term) {
                    Some((term, span)) => {
                        terms.push((term.clone(), span));
                        lowered.push(term);
                    }
                    None => sound = false,
                }
            }
            stages.push(lowered);
        }
        let mut except = Vec::with_capacity(approvers.except.len());
        for person in &approvers.except {
            match self.who(person) {
                Some(who) => except.push(who),
                None => sound = false,
            }
        }
        if !sound {
            return None;
        }
        self.enough_people(&terms, &except);
        Some(Approvers { stages, except })
    }

    fn term(&mut self, term: &'a ast::ApproverTerm) -> Option<(Term, Span)> {
        match term {
            ast::ApproverTerm::AnyOf(of) => Some((Term::Any(self.who(of)?), of.span)),
            ast::ApproverTerm::All(of) => Some((Term::All(self.who(of)?), of.span)),
            ast::ApproverTerm::Some { count, of } => {
                let number = self.fixed_count(count, "how many decide", MOST_OF);
                let who = self.who(of)?;
                Some((Term::Some(number?, who), count.span.to(of.span)))
            }
        }
    }

    /// Refuses to speak of a requester where a run may have none.
    pub(in crate::check) fn needs_requester(&mut self, span: flow_grammar::Span) {
        if let Some(trigger) = self.flow.trigger {
            let site = self.site(span);
            self.report(faults::settings::no_requester(site, trigger));
        }
    }

    /// One person or group: `owner`, `requester`, a group, or an address as a name, a field or a text.
    pub(crate) fn who(&mut self, expr: &'a ast::Expr) -> Option<Who> {
        self.wish(expr.span, |_| WishKind::Person);
        match &expr.kind {
            ast::ExprKind::Name(name) if name == "owner" || name == "requester" => {
                if let Some((_, binding)) = self.scope.find(name) {
                    let fault = faults::names::taken_by_people(self.site(expr.span), name, binding.span);
                    self.report(fault);
                }
                if name == "requester" {
                    self.needs_requester(expr.span);
                }
                self.refer(expr.span, || Target::BuiltIn(Ty::Text));
                return Some(if name == "owner" { Who::Owner } else { Who::Requester });
            }
            ast::ExprKind::Name(_) | ast::ExprKind::Field { .. } => match self.named_group(expr) {
                Named::Group(group) => return Some(Who::Group(group)),
                Named::Reported => return None,
                Named::Value => {}
            },
            ast::ExprKind::Text(_) => {}
            ast::ExprKind::Broken => return None,
            _ => {
                let site = self.site(expr.span);
                self.report(faults::flow::bad_approver(site));
                return None;
            }
        }
        let address = self.expect(expr, &Ty::Text);
        if let Expr::Const(Value::Text(text)) = &address
            && !is_address(text)
        {
            let site = self.site(expr.span);
            self.report(faults::flow::no_address(site, text));
        }
        Some(Who::Address(address))
    }
}
