//! Who can decide, as far as it is known before anything runs: a quorum larger than its group, an exclusion that leaves nobody, an
//! escalation to those who let it lapse.
//!
//! Groups change while flows run, so that what is found here is only what can never be right as things stand.

use std::collections::BTreeSet;

use flow_grammar::{Span, ast};

use crate::check::Checker;
use crate::faults;
use crate::plan::{Approvers, Expr, Term, Who};
use crate::value::Value;

/// An owner may be a group, and nothing further.
const DEEPEST: u32 = 2;

impl Checker<'_> {
    /// Reports terms that can never be met.
    pub(super) fn enough_people(&mut self, terms: &[(Term, Span)], except: &[Who]) {
        for (term, span) in terms {
            let (needed, who) = match term {
                Term::Any(who) | Term::All(who) => (1, who),
                Term::Some(count, who) => (*count as usize, who),
            };
            let Some(all) = self.at_most(who) else {
                if except.contains(who) {
                    let site = self.site(*span);
                    self.report(faults::gates::nobody_left(site, 0, needed));
                }
                continue;
            };
            let left = self.left(who, except);
            let site = self.site(*span);
            if all < needed {
                self.report(faults::gates::quorum(site, needed, all));
            } else if left < needed {
                self.report(faults::gates::nobody_left(site, left, needed));
            }
        }
    }

    /// Reports an escalation to nobody but those whom the gate excludes.
    pub(super) fn excluded_by_the_gate(&mut self, to: &ast::Approvers, approvers: &Approvers, except: &[Vec<Who>]) {
        for excluded in except {
            let terms = approvers.stages.iter().flatten();
            let nobody = terms.into_iter().any(|term| {
                let (Term::Any(who) | Term::Some(_, who) | Term::All(who)) = term;
                self.left(who, excluded) == 0
            });
            if nobody {
                let site = self.site(to.span);
                self.report(faults::gates::nobody_left(site, 0, 1));
                return;
            }
        }
    }

    /// Whether the same people are asked.
    pub(super) fn same_people(&self, a: &Approvers, b: &Approvers) -> bool {
        let (a, b) = (people(a), people(b));
        let known = |all: &[&Who]| -> Option<BTreeSet<String>> {
            all.iter().map(|who| self.people_behind(who, DEEPEST)).try_fold(BTreeSet::new(), |mut known, members| {
                known.extend(members?);
                Some(known)
            })
        };
        match (known(&a), known(&b)) {
            (Some(a), Some(b)) => a == b,
            _ => a.iter().all(|who| b.contains(who)) && b.iter().all(|who| a.contains(who)),
        }
    }

    /// How many they are at most; `None` where that is not known.
    fn at_most(&self, who: &Who) -> Option<usize> {
        match who {
            Who::Requester | Who::Address(_) => Some(1),
            Who::Owner | Who::Group(_) => self.people_behind(who, DEEPEST).map(|members| members.len()),
        }
    }

    /// How many are left at most without those who are excluded.
    fn left(&self, who: &Who, except: &[Who]) -> usize {
        if except.contains(who) {
            return 0;
        }
        match self.people_behind(who, DEEPEST) {
            Some(mut members) => {
                for excluded in except.iter().filter_map(|excluded| self.people_behind(excluded, DEEPEST)) {
                    members.retain(|member| !excluded.contains(member));
                }
                members.len()
            }
            None => self.at_most(who).unwrap_or(usize::MAX),
        }
    }

    /// The people behind it, each in their one spelling; `None` where they are known only when it runs.
    fn people_behind(&self, who: &Who, depth: u32) -> Option<BTreeSet<String>> {
        let depth = depth.checked_sub(1)?;
        match who {
            Who::Owner => self.flow.owner.as_ref().filter(|owner| **owner != Who::Owner).and_then(|owner| self.people_behind(owner, depth)),
            Who::Requester => None,
            Who::Group(name) => self.members(name).map(|members| members.iter().map(|member| spelled(member)).collect()),
            Who::Address(Expr::Const(Value::Text(address))) => Some(BTreeSet::from([spelled(address)])),
            Who::Address(_) => None,
        }
    }
}

fn people(approvers: &Approvers) -> Vec<&Who> {
    approvers.stages.iter().flatten().map(|(Term::Any(who) | Term::Some(_, who) | Term::All(who))| who).collect()
}

/// An address in the one spelling that identifies somebody.
fn spelled(address: &str) -> String {
    address.trim().to_lowercase()
}
