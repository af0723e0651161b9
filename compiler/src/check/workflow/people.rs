//! People: who decides, who owns.

use flow_grammar::ast;

use crate::check::Checker;
use crate::check::groups::Named;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::{Approvers, Expr, Term, Who};
use crate::value::Value;

impl<'a> Checker<'a> {
    /// Who decides. More than one person or group is not there yet.
    pub(super) fn approvers(&mut self, approvers: &'a ast::Approvers) -> Option<Approvers> {
        if let Some(except) = approvers.except.first() {
            self.not_yet(except.span, "except");
            return None;
        }
        let [stage] = approvers.stages.as_slice() else {
            self.not_yet_plain(approvers.span, "asking in stages is");
            return None;
        };
        let [term] = stage.as_slice() else {
            self.not_yet_plain(approvers.span, "asking several people with `and` is");
            return None;
        };
        match term {
            ast::ApproverTerm::AnyOf(expr) => {
                self.who(expr).map(|who| Approvers { stages: vec![vec![Term::Any(who)]], except: Vec::new() })
            }
            ast::ApproverTerm::Some { .. } => {
                self.not_yet_plain(approvers.span, "asking several of a group is");
                None
            }
            ast::ApproverTerm::All(_) => {
                self.not_yet_plain(approvers.span, "asking all of a group is");
                None
            }
        }
    }

    fn not_yet_plain(&mut self, span: flow_grammar::Span, what: &str) {
        let site = self.site(span);
        self.report(faults::unsupported::not_yet_plain(site, what));
    }

    /// One person or group: `owner`, `requester`, or an address as a name, a field or a text.
    pub(crate) fn who(&mut self, expr: &'a ast::Expr) -> Option<Who> {
        match &expr.kind {
            ast::ExprKind::Name(name) if name == "owner" || name == "requester" => {
                if let Some((_, binding)) = self.scope.find(name) {
                    let fault = faults::names::taken_by_people(self.site(expr.span), name, binding.span);
                    self.report(fault);
                }
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
            && (!text.contains('@') || text.contains(char::is_whitespace))
        {
            let site = self.site(expr.span);
            self.report(faults::flow::no_address(site, text));
        }
        Some(Who::Address(address))
    }
}
