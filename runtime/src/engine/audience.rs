//! Who may start runs of a workflow, and who may see them. Groups are read when it is asked.

use flow_compiler::plan::{Audience, Plan, Who};

use super::cache::Live;
use super::{Engine, EngineError};
use crate::ids::RunId;
use crate::machine::{Asked, RunState, is_asked, principal};
use crate::people::{Caller, Person};

impl Engine {
    /// Refuses who may not start a run (`starts by`).
    pub(super) fn may_start(&self, plan: &Plan, person: &Person) -> Result<(), EngineError> {
        let Some(people) = &plan.workflow.settings.starts_by else { return Ok(()) };
        let mut state = RunState::new(RunId(0));
        // INVARIANT: the compiler lets `starts by owner` stand only where the owner is written down.
        if let Some(owner) = plan.workflow.owner.as_ref().filter(|owner| !matches!(owner, Who::Owner | Who::Requester)) {
            let known = self.with_facts(|facts| facts.with_env(plan, &state, &[], |env| principal(owner, &state, env)));
            state.owner = known.map_err(EngineError::NoOwner)?;
        }
        if self.among(plan, &state, people, person) {
            return Ok(());
        }
        Err(EngineError::Forbidden(format!("you may not start runs of `{}`", plan.workflow.name)))
    }

    /// Refuses who may not see a run (`seen by`): to them there is none.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn sees(&self, run: RunId, caller: Option<&Caller>) -> Result<(), EngineError> {
        let visible = self.look(run, |live| self.visible(live, caller)).await?;
        if visible {
            return Ok(());
        }
        // Who was asked in an item of a loop that has ended still may.
        let recalled = self.recall_all(run).await?;
        if recalled.is_some_and(|live| self.visible(&live, caller)) {
            Ok(())
        } else {
            Err(EngineError::NotFound(format!("run `{}`", self.run_id(run))))
        }
    }

    /// Whether somebody may see a run. Who owns it and who is asked about it may in any case, and so may administrators and, with
    /// nobody's name, the owner of the store's files.
    pub(super) fn visible(&self, live: &Live, caller: Option<&Caller>) -> bool {
        let Some(people) = &live.plan.workflow.settings.seen_by else { return true };
        let Some(caller) = caller.filter(|caller| !caller.scopes.admin) else { return true };
        let person = &caller.person;
        self.among(&live.plan, &live.state, people, person)
            || self.is_among(person, &live.state.owner)
            || live.state.questions.iter().any(|asked| self.concerns(live, asked, person))
    }

    /// Whether somebody is asked, was, or will be in a later stage; or has answered.
    fn concerns(&self, live: &Live, asked: &Asked, person: &Person) -> bool {
        let voted = asked.votes.iter().any(|vote| vote.by == person.as_str());
        voted
            || asked.question.of.stages.iter().flatten().any(|term| self.is_among(person, &term.of))
            || self.with_facts(|facts| is_asked(asked, person.as_str(), &live.state, facts))
    }

    fn among(&self, plan: &Plan, state: &RunState, people: &Audience, person: &Person) -> bool {
        self.with_facts(|facts| {
            facts.with_env(plan, state, &[], |env| {
                let is = |who: &Who| principal(who, state, env).is_ok_and(|principal| facts.is_among(person.as_str(), &principal));
                // Somebody of whom it cannot be told whether they are excluded is.
                let excluded = |who: &Who| principal(who, state, env).map_or(true, |principal| facts.is_among(person.as_str(), &principal));
                people.of.iter().any(is) && !people.except.iter().any(excluded)
            })
        })
    }
}
