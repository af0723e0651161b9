//! Settings of a workflow: who owns, starts and sees its runs, which of them are one, whose turn it is, and what starts them by itself.

use flow_grammar::{Span, ast};
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use crate::address::is_webhook_path;
use crate::check::Checker;
use crate::check::declare::ParameterInfo;
use crate::check::ty::Ty;
use crate::plan::{Audience, Expr, Schedule, Settings, Who};
use crate::{cron, faults};

/// The settings, as they are gathered.
#[derive(Default)]
struct Gathered {
    owner: Option<Who>,
    settings: Settings,
    /// Where each was written first.
    seen: Vec<(&'static str, Span)>,
}

impl<'a> Checker<'a> {
    /// The owner and all other settings, each at most once.
    pub(super) fn settings(&mut self, workflow: &'a ast::Workflow, parameters: &[ParameterInfo]) -> (Option<Who>, Settings) {
        // What comes before a trigger is checked with it in mind, too.
        self.flow.trigger = workflow.settings.iter().find(|setting| is_trigger(&setting.kind)).map(|setting| setting.span);
        let mut gathered = Gathered::default();
        for setting in &workflow.settings {
            let word = word(&setting.kind);
            if let Some((_, first)) = gathered.seen.iter().find(|(known, _)| *known == word) {
                let site = self.site(setting.span);
                self.report(faults::actions::clause_twice(site, word, *first));
                continue;
            }
            gathered.seen.push((word, setting.span));
            self.setting(setting, &mut gathered);
        }
        self.settings_together(workflow, parameters, &gathered);
        self.flow.uses.clear();
        (gathered.owner, gathered.settings)
    }

    fn setting(&mut self, setting: &'a ast::Setting, gathered: &mut Gathered) {
        use ast::SettingKind as Kind;
        let settings = &mut gathered.settings;
        match &setting.kind {
            Kind::Owner(expr) => gathered.owner = self.owner(expr),
            Kind::OncePer(expr) => settings.once_per = self.per(expr, "once per"),
            Kind::OneAtATimePer(expr) => settings.one_at_a_time_per = self.per(expr, "one at a time per"),
            Kind::StartsBy(people) => settings.starts_by = self.starters(people),
            Kind::SeenBy(people) => settings.seen_by = self.audience(people, "seen by"),
            Kind::OnSchedule { cron, zone } => settings.schedule = self.schedule(cron, zone.as_ref()),
            Kind::OnWebhook(path) => settings.webhook = self.webhook(path),
        }
    }

    fn owner(&mut self, expr: &'a ast::Expr) -> Option<Who> {
        if matches!(&expr.kind, ast::ExprKind::Name(name) if name == "owner" && self.scope.find(name).is_none()) {
            let site = self.site(expr.span);
            self.report(faults::flow::bad_approver(site));
        }
        self.who(expr)
    }

    /// A value that tells runs apart: it is known when a run is started, so it uses parameters only.
    fn per(&mut self, expr: &'a ast::Expr, setting: &str) -> Option<Expr> {
        let typed = self.solid(expr, None);
        let site = self.site(expr.span);
        match &typed.ty {
            Ty::Broken => return None,
            Ty::Json | Ty::Secret => {
                let ty = self.show(&typed.ty);
                self.report(faults::settings::not_comparable(site, setting, &ty));
                return None;
            }
            _ => {}
        }
        if let Some(other) = beyond_parameters(&typed.expr) {
            self.report(faults::settings::beyond_parameters(site, setting, other));
            return None;
        }
        Some(typed.expr)
    }

    /// People of whom any one is enough.
    fn audience(&mut self, people: &'a ast::Approvers, setting: &str) -> Option<Audience> {
        let [stage] = people.stages.as_slice() else {
            let site = self.site(people.span);
            self.report(faults::settings::no_quorum(site, setting));
            return None;
        };
        let mut audience = Audience::default();
        for term in stage {
            match term {
                ast::ApproverTerm::AnyOf(expr) => audience.of.extend(self.who(expr)),
                ast::ApproverTerm::Some { .. } | ast::ApproverTerm::All(_) => {
                    let site = self.site(people.span);
                    self.report(faults::settings::no_quorum(site, setting));
                    return None;
                }
            }
        }
        for expr in &people.except {
            audience.except.extend(self.who(expr));
        }
        Some(audience)
    }

    /// Who may start is asked before there is a run: nobody has asked for it yet, and no value is known.
    fn starters(&mut self, people: &'a ast::Approvers) -> Option<Audience> {
        let starters = self.audience(people, "starts by")?;
        let named = starters.of.iter().chain(&starters.except);
        let wrong = named.into_iter().find_map(|who| match who {
            Who::Requester => Some("requester"),
            Who::Address(Expr::Const(_)) | Who::Owner | Who::Group(_) => None,
            Who::Address(_) => Some(""),
        });
        match wrong {
            None => Some(starters),
            Some(word) => {
                let site = self.site(people.span);
                self.report(faults::settings::too_early(site, word));
                None
            }
        }
    }

    fn schedule(&mut self, text: &'a ast::Template, zone: Option<&'a ast::Template>) -> Option<Schedule> {
        let pattern = self.setting_literal(text, "a schedule", "`\"0 9 * * 1\"`");
        let zone = match zone {
            None => Some(None),
            Some(zone) => self.setting_literal(zone, "a time zone", "`\"Europe/Berlin\"`").map(|name| Some((name, zone.span))),
        };
        let (pattern, zone) = (pattern?, zone?);
        if let Err(problem) = cron::check(&pattern) {
            let site = self.site(text.span);
            self.report(faults::settings::bad_cron(site, &pattern, &problem));
            return None;
        }
        if let Some((name, span)) = &zone
            && TimeZone::get(name).is_err()
        {
            let site = self.site(*span);
            self.report(faults::settings::bad_zone(site, name));
            return None;
        }
        Some(Schedule { cron: pattern, zone: zone.map(|(name, _)| name) })
    }

    fn webhook(&mut self, path: &'a ast::Template) -> Option<SmolStr> {
        let text = self.setting_literal(path, "a webhook's path", "`\"orders/new\"`")?;
        if !is_webhook_path(&text) {
            let site = self.site(path.span);
            self.report(faults::settings::bad_path(site, &text));
            return None;
        }
        Some(text)
    }

    fn setting_literal(&mut self, template: &'a ast::Template, what: &str, example: &str) -> Option<SmolStr> {
        let literal = template.literal().map(SmolStr::new);
        if literal.is_none() {
            let site = self.site(template.span);
            self.report(faults::types::literal_only(site, what, example));
        }
        literal
    }

    /// What no setting can know alone.
    fn settings_together(&mut self, workflow: &'a ast::Workflow, parameters: &[ParameterInfo], gathered: &Gathered) {
        let place = |word: &str| gathered.seen.iter().find(|(known, _)| *known == word).map(|(_, span)| *span);
        let name = &workflow.name.name;
        if let (Some(trigger), None) = (self.flow.trigger, place("owner")) {
            let site = self.site(trigger);
            self.report(faults::settings::nobody_owns(site, name));
        }
        if let Some(schedule) = place("on schedule") {
            for (parameter, written) in parameters.iter().zip(&workflow.parameters) {
                let given = parameter.default.is_some() || matches!(parameter.ty, Ty::Optional(_) | Ty::Broken);
                if !given && !self.is_faulty(written.name.span) {
                    let site = self.site(written.name.span);
                    self.report(faults::settings::needs_default(site, &parameter.name, schedule));
                }
            }
        }
        let by_owner = gathered.settings.starts_by.as_ref().is_some_and(|people| people.of.contains(&Who::Owner));
        let known_owner = matches!(gathered.owner, Some(Who::Group(_) | Who::Address(Expr::Const(_))));
        if let (true, false, Some(span)) = (by_owner, known_owner, place("starts by")) {
            let site = self.site(span);
            self.report(faults::settings::too_early(site, "owner"));
        }
    }
}

fn is_trigger(kind: &ast::SettingKind) -> bool {
    matches!(kind, ast::SettingKind::OnSchedule { .. } | ast::SettingKind::OnWebhook(_))
}

fn word(kind: &ast::SettingKind) -> &'static str {
    use ast::SettingKind as Kind;
    match kind {
        Kind::Owner(_) => "owner",
        Kind::OncePer(_) => "once per",
        Kind::OneAtATimePer(_) => "one at a time per",
        Kind::StartsBy(_) => "starts by",
        Kind::SeenBy(_) => "seen by",
        Kind::OnSchedule { .. } => "on schedule",
        Kind::OnWebhook(_) => "on webhook",
    }
}

/// What an expression uses that is no parameter.
fn beyond_parameters(expr: &Expr) -> Option<&'static str> {
    let own = match expr {
        Expr::Now => Some("now"),
        Expr::Today => Some("today"),
        Expr::Env(_) => Some("env"),
        Expr::Secret(_) => Some("secret"),
        Expr::Owner => Some("owner"),
        Expr::Requester => Some("requester"),
        _ => None,
    };
    let mut found = own;
    expr.for_each_child(&mut |child| found = found.or_else(|| beyond_parameters(child)));
    found
}
