//! Settings of a workflow.

use flow_grammar::{Span, ast};

use crate::check::Checker;
use crate::faults;
use crate::plan::Who;

impl<'a> Checker<'a> {
    /// The owner, and a word about each setting that is not there yet.
    pub(super) fn settings(&mut self, settings: &'a [ast::Setting]) -> Option<Who> {
        use ast::SettingKind as Kind;
        let mut owner: Option<(Option<Who>, Span)> = None;
        for setting in settings {
            let word = match &setting.kind {
                Kind::Owner(expr) => {
                    if let Some((_, first)) = &owner {
                        let site = self.site(setting.span);
                        self.report(faults::actions::clause_twice(site, "owner", *first));
                        continue;
                    }
                    let named_owner = matches!(&expr.kind, ast::ExprKind::Name(name) if name == "owner" && self.scope.find(name).is_none());
                    if named_owner {
                        let site = self.site(expr.span);
                        self.report(faults::flow::bad_approver(site));
                    }
                    owner = Some((self.who(expr), setting.span));
                    continue;
                }
                Kind::OncePer(_) => "once per",
                Kind::OneAtATimePer(_) => "one at a time per",
                Kind::StartsBy(_) => "starts by",
                Kind::SeenBy(_) => "seen by",
                Kind::OnSchedule { .. } => "on schedule",
                Kind::OnWebhook(_) => "on webhook",
            };
            self.not_yet(setting.span, word);
        }
        self.flow.uses.clear();
        owner.and_then(|(owner, _)| owner)
    }
}
