//! Deadlines: what happens when nobody answers in time.

use flow_grammar::{Span, ast};

use crate::check::Checker;
use crate::check::ty::Ty;
use crate::faults;
use crate::graph::Draft;
use crate::plan::{Approvers, Band, Deadline, Effect, Guard, Lapse, NodeKind};

/// A gate that goes on when nobody answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence {
    pub(super) node: u32,
    pub(super) span: Span,
}

impl<'a> Checker<'a> {
    /// `within D, then ...` of a gate with such bands.
    pub(super) fn deadline(&mut self, deadline: &'a ast::Deadline, bands: &[Band]) -> Option<Deadline> {
        let mut asked: Vec<Approvers> = bands.iter().filter_map(|band| band.by.clone()).collect();
        let except = asked.iter().map(|by| by.except.clone()).collect::<Vec<_>>();
        self.deadline_of(deadline, &mut asked, &except)
    }

    /// `asked` are those who have been asked when the deadline passes, the last of them last.
    fn deadline_of(
        &mut self,
        deadline: &'a ast::Deadline,
        asked: &mut Vec<Approvers>,
        except: &[Vec<crate::plan::Who>],
    ) -> Option<Deadline> {
        let after = self.deadline_period(&deadline.after, "a deadline");
        let then = match &deadline.then {
            None | Some(ast::Lapse::Reject(_)) => Lapse::Reject,
            Some(ast::Lapse::Fail(why, _)) => Lapse::Fail(why.as_ref().map(|why| self.expect(why, &Ty::Text))),
            Some(ast::Lapse::Approve(span)) => {
                self.flow.silences.push(Silence { node: u32::MAX, span: *span });
                Lapse::Approve
            }
            Some(ast::Lapse::Escalate { to, within, span }) => {
                let approvers = self.escalated_to(to, asked, except);
                let Some(within) = within else {
                    let site = self.site(*span);
                    self.report(faults::gates::endless_escalation(site));
                    return None;
                };
                asked.clear();
                asked.extend(approvers.clone());
                let deadline = self.deadline_of(within, asked, except);
                Lapse::Escalate { to: approvers?, deadline: Box::new(deadline?) }
            }
        };
        Some(Deadline { after: after?, then })
    }

    fn escalated_to(&mut self, to: &'a ast::Approvers, asked: &[Approvers], except: &[Vec<crate::plan::Who>]) -> Option<Approvers> {
        let approvers = self.approvers(to)?;
        if !asked.is_empty() && asked.iter().all(|before| self.same_people(before, &approvers)) {
            let site = self.site(to.span);
            self.report(faults::gates::escalates_to_the_same(site));
        } else {
            self.excluded_by_the_gate(to, &approvers, except);
        }
        Some(approvers)
    }

    /// Silence is not consent: a gate that guards something irreversible does not open by itself.
    pub(in crate::check::workflow) fn silence(&mut self, silences: &[Silence], drafts: &[Draft], guards: &[(u32, Vec<Guard>)]) {
        for silence in silences {
            let guarded = guards.iter().find(|(node, _)| *node == silence.node).map(|(_, guards)| guards.as_slice()).unwrap_or_default();
            let irreversible = guarded.iter().find_map(|guard| {
                let draft = drafts.get(guard.node as usize)?;
                let NodeKind::Call(call) = &draft.kind else { return None };
                let action = self.actions.get(call.action as usize)?;
                (action.effect == Effect::Irreversible).then(|| (action.name.clone(), draft.span))
            });
            if let Some((action, call)) = irreversible {
                let site = self.site(silence.span);
                self.report(faults::gates::silence(site, &action, call));
            }
        }
    }
}
