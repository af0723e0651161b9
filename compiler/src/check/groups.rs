//! Groups of people: those that a file declares, and those of the project's settings.

use flow_grammar::{Span, ast};
use smol_str::SmolStr;

use super::Checker;
use super::declare::What;
use super::record::Target;
use crate::address::is_address;
use crate::faults::{self, Site};
use crate::plan;

/// Names of people that always mean somebody.
const PEOPLE: [&str; 2] = ["owner", "requester"];

/// A group that a file declares.
#[derive(Debug)]
pub(crate) struct GroupInfo {
    /// See [`plan::Group::name`].
    pub(crate) key: SmolStr,
    pub(crate) name: SmolStr,
    pub(crate) site: Site,
    pub(crate) members: Vec<SmolStr>,
}

impl GroupInfo {
    /// The same in a plan.
    pub(super) fn lower(&self) -> plan::Group {
        plan::Group { name: self.key.clone(), members: self.members.clone() }
    }
}

/// What stands where somebody is named.
pub(super) enum Named {
    /// A group, as plans name it.
    Group(SmolStr),
    /// Nothing that can be used, which is reported.
    Reported,
    /// Perhaps a value.
    Value,
}

impl<'a> Checker<'a> {
    /// Declares a group.
    pub(super) fn group(&mut self, group: &ast::Group) {
        self.snake_case(&group.name, "a group");
        let site = self.site(group.name.span);
        if PEOPLE.contains(&group.name.name.as_str()) {
            self.report(faults::names::built_in(site, &group.name.name, "somebody"));
        } else if self.sources.groups().contains_key(group.name.name.as_str()) {
            self.report(faults::modules::group_in_settings(site, &group.name.name));
        }
        let mut members: Vec<(SmolStr, Span)> = Vec::with_capacity(group.members.len());
        for (member, span) in &group.members {
            let site = self.site(*span);
            if !is_address(member) {
                self.report(faults::flow::no_address(site, member));
            } else if let Some((_, first)) = members.iter().find(|(known, _)| known.eq_ignore_ascii_case(member)) {
                let first = *first;
                self.report(faults::modules::member_twice(site, member, first));
            } else {
                members.push((member.clone(), *span));
            }
        }
        let index = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        self.groups.push(GroupInfo {
            key: SmolStr::new(format!("{}#{}", self.sources.path(self.file), group.name.name)),
            name: group.name.name.clone(),
            site,
            members: members.into_iter().map(|(member, _)| member).collect(),
        });
        self.name(&group.name, What::Group(index));
    }

    /// The members of a group, by the name that plans have for it; `None` where nobody declares it.
    pub(super) fn members(&self, group: &str) -> Option<Vec<SmolStr>> {
        if let Some(info) = self.groups.iter().find(|info| info.key == group) {
            return Some(info.members.clone());
        }
        self.sources.groups().get(group).map(|members| members.iter().map(SmolStr::new).collect())
    }

    /// A name, or a field, where somebody is named.
    pub(super) fn named_group(&mut self, expr: &ast::Expr) -> Named {
        match &expr.kind {
            ast::ExprKind::Name(name) => self.group_here(name, expr.span),
            ast::ExprKind::Field { of, name } => {
                let ast::ExprKind::Name(first) = &of.kind else { return Named::Value };
                let module = matches!(self.declared.get(first).map(|declared| declared.what), Some(What::Module(_) | What::Poisoned));
                if !module || self.scope.find(first).is_some() {
                    return Named::Value;
                }
                let module = ast::Ident { name: first.clone(), span: of.span };
                match self.in_module(&module, name, |what| matches!(what, What::Group(_))) {
                    Some(What::Group(index)) => self.group_key(index),
                    Some(what) => {
                        let site = self.site(expr.span);
                        self.report(faults::modules::not_a_group(site, &self.written(expr.span), what.described()));
                        Named::Reported
                    }
                    None => Named::Reported,
                }
            }
            _ => Named::Value,
        }
    }

    fn group_key(&self, index: u32) -> Named {
        self.groups.get(index as usize).map_or(Named::Reported, |info| Named::Group(info.key.clone()))
    }

    fn group_here(&mut self, name: &SmolStr, span: Span) -> Named {
        let declared = self.declared.get(name).map(|declared| declared.what);
        let group = match declared {
            Some(What::Group(index)) => {
                self.refer_declared(span, What::Group(index));
                self.group_key(index)
            }
            _ if self.sources.groups().contains_key(name.as_str()) => {
                self.refer(span, || Target::ProjectGroup);
                Named::Group(name.clone())
            }
            _ => Named::Value,
        };
        let value = self.scope.find(name).map(|(_, binding)| binding.span);
        match (group, value) {
            (Named::Group(_), Some(value)) => {
                let (site, value) = (self.site(span), self.site(value));
                self.report(faults::modules::taken_by_group(site, name, value));
                Named::Reported
            }
            (Named::Value, None) if declared.is_none() && self.declared_elsewhere(name).is_none() => {
                let nearest = self.nearest_group(name);
                let site = self.site(span);
                self.report(faults::modules::unknown_approver(site, name, nearest.as_deref()));
                Named::Reported
            }
            (group, _) => group,
        }
    }

    fn nearest_group(&mut self, name: &str) -> Option<SmolStr> {
        self.hints = self.hints.checked_sub(1)?;
        let here = self.groups.iter().filter(|info| info.site.file == self.file).map(|info| info.name.as_str());
        let project = self.sources.groups().keys().map(String::as_str);
        crate::suggest::nearest(name, here.chain(project).chain(self.scope.names()).chain(PEOPLE)).map(SmolStr::new)
    }
}
