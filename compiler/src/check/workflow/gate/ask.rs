//! `ask field: Type`: what approvers enter.

use flow_grammar::Span;
use smol_str::SmolStr;

use super::AskClause;
use crate::check::Checker;
use crate::check::ty::Ty;
use crate::faults;
use crate::plan::Ask;

/// Values that every gate gives.
const GIVEN: [&str; 3] = ["by", "at", "comment"];

/// Where a value that is asked for is found: `review.amount`.
#[derive(Clone, Debug)]
pub(crate) struct AskHome {
    pub(crate) name: SmolStr,
    pub(crate) slot: u32,
    /// Its type; the value is optional where nobody may be asked.
    pub(crate) ty: Ty,
}

impl<'a> Checker<'a> {
    /// The fields of a gate, each with the place of its value.
    pub(super) fn asks(&mut self, gate: &str, clauses: &[AskClause<'a>], skippable: bool, silent: Option<Span>) -> Vec<(Ask, AskHome)> {
        let mut asks: Vec<(Ask, AskHome)> = Vec::with_capacity(clauses.len());
        for (index, clause) in clauses.iter().enumerate() {
            let name = &clause.name.name;
            self.snake_case(clause.name, "a field");
            let ty = self.resolve(clause.ty);
            let default = clause.default.map(|default| self.expect(default, &ty));
            let label = clause.label.map_or_else(|| SmolStr::new(name.replace('_', " ")), |label| self.ask_label(label));
            let site = self.site(clause.name.span);
            if GIVEN.contains(&name.as_str()) {
                self.report(faults::gates::field_taken(site, name));
                continue;
            }
            if let Some(first) = clauses.iter().take(index).find(|first| first.name.name == *name) {
                self.report(faults::names::twice(site, name, first.name.span));
                continue;
            }
            if let Some(silence) = silent
                && default.is_none()
                && !matches!(ty, Ty::Optional(_) | Ty::Broken)
            {
                self.report(faults::gates::silence_fills_nothing(site, name, silence));
            }
            let value = if skippable { Ty::optional(ty.clone()) } else { ty.clone() };
            let slot = self.add_slot(SmolStr::new(format!("{gate}.{name}")), &value);
            let home = AskHome { name: name.clone(), slot, ty: ty.clone() };
            asks.push((Ask { name: name.clone(), label, ty: ty.lower(), default, slot }, home));
        }
        asks
    }

    fn ask_label(&mut self, label: &flow_grammar::ast::Template) -> SmolStr {
        if label.literal().is_none() {
            let site = self.site(label.span);
            self.report(faults::types::literal_only(site, "a label", "`\"Amount\"`"));
        }
        label.literal().map_or_else(SmolStr::default, SmolStr::new)
    }
}
