//! Bands: `when c by X`, `when c nobody`, and `otherwise`.

use flow_grammar::{Span, ast};

use super::BandClause;
use crate::check::Checker;
use crate::faults;
use crate::plan::{Approvers, Band, Expr, Show};
use crate::value::Value;

impl<'a> Checker<'a> {
    /// Bands stand together, the last of them is `otherwise`, and there is no other `when` or `by`.
    pub(super) fn band_places(&mut self, gate: &'a ast::Gate) {
        use ast::GateClauseKind as Clause;
        let mut first: Option<Span> = None;
        let mut apart = false;
        let mut last = None;
        for clause in &gate.clauses {
            match &clause.kind {
                Clause::Band { when, .. } => {
                    if let (Some(first), true) = (first, apart) {
                        let site = self.site(clause.span);
                        self.report(faults::gates::bands_apart(site, first));
                        apart = false;
                    }
                    first = first.or(Some(clause.span));
                    last = Some((when.is_some(), clause.span));
                }
                Clause::When(_) | Clause::By(_) => {
                    let word = if matches!(clause.kind, Clause::By(_)) { "by" } else { "when" };
                    let band = gate.clauses.iter().find(|clause| matches!(clause.kind, Clause::Band { .. }));
                    let fault = faults::gates::beside_bands(self.site(clause.span), word, band.map_or(clause.span, |band| band.span));
                    self.report(fault);
                }
                _ => apart = first.is_some(),
            }
        }
        if let Some((true, span)) = last {
            let site = self.site(span);
            self.report(faults::gates::no_otherwise(site));
        }
    }

    /// The bands in order. The condition of each is asked only where those before it do not hold.
    pub(super) fn bands(&mut self, clauses: &[BandClause<'a>]) -> Vec<Band> {
        let outer = self.scope.mark();
        let mut bands: Vec<Band> = Vec::with_capacity(clauses.len());
        let mut always: Option<Span> = None;
        // What the conditions so far look at: a band is chosen because of all of them.
        let mut seen: Vec<Show> = Vec::new();
        for clause in clauses {
            let when = clause.when.map(|when| self.condition(when));
            self.unreachable_band(clause, when.as_ref(), always, clauses, &bands);
            if let Some(condition) = clause.when {
                for show in self.sees(condition) {
                    if !seen.iter().any(|known| known.label == show.label) {
                        seen.push(show);
                    }
                }
            }
            let when_text = clause.when.map(|when| self.written(when.span));
            let by = clause.by.map(|by| self.approvers(by).unwrap_or(Approvers { stages: Vec::new(), except: Vec::new() }));
            if always.is_none() && holds_always(when.as_ref()) {
                always = Some(clause.span);
            }
            if let Some(condition) = clause.when {
                let known = self.known(condition, false);
                self.scope.know(known);
            }
            bands.push(Band { when, when_text, sees: seen.clone(), by });
        }
        self.scope.forget(outer);
        bands
    }

    fn unreachable_band(
        &mut self,
        clause: &BandClause<'a>,
        when: Option<&Expr>,
        always: Option<Span>,
        clauses: &[BandClause<'a>],
        before: &[Band],
    ) {
        let broken = |when: &Expr| *when == crate::check::expr::nothing();
        if let Some(first) = always {
            let site = self.site(clause.span);
            self.report(faults::gates::unreachable_band(site, first, "this one always holds"));
        } else if let Some(when) = when.filter(|when| !broken(when)) {
            let same = before.iter().position(|band| band.when.as_ref() == Some(when));
            if let Some(first) = same.and_then(|at| clauses.get(at)) {
                let fault = faults::gates::unreachable_band(self.site(clause.span), first.span, "the same condition");
                self.report(fault);
            } else if *when == Expr::Const(Value::Bool(false)) {
                let fault = faults::gates::unreachable_band(self.site(clause.span), clause.span, "this never holds");
                self.report(fault);
            }
        }
    }
}

fn holds_always(when: Option<&Expr>) -> bool {
    when.is_none_or(|when| *when == Expr::Const(Value::Bool(true)))
}
