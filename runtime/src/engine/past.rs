//! Questions of loop items that have ended: the state of a run has let go of them, and its journal has them all.

use std::sync::Arc;

use super::cache::Live;
use super::host::decode;
use super::{Engine, EngineError};
use crate::ids::{ApprovalId, RunId};
use crate::machine::event::Transition;
use crate::machine::recall::Recalled;
use crate::machine::refusal::Refusal;
use crate::machine::{Asked, Request, decide};

/// Transitions that are read at once.
const PAGE: u32 = 1000;

impl Engine {
    /// Looks at a question wherever it is kept; `None` when the run never asked it.
    pub(super) async fn look_at<T>(&self, approval: ApprovalId, f: impl Fn(&Live, &Asked) -> T) -> Result<Option<T>, EngineError> {
        let ApprovalId { run, n } = approval;
        let seen = self.look(run, |live| live.state.question(n).map(|asked| f(live, asked))).await?;
        if seen.is_some() {
            return Ok(seen);
        }
        let recalled = self.recall(approval).await?;
        Ok(recalled.and_then(|live| live.state.question(n).map(|asked| f(&live, asked))))
    }

    /// The run with all that it ever asked, where it has let go of this question.
    async fn recall(&self, approval: ApprovalId) -> Result<Option<Live>, EngineError> {
        let ApprovalId { run, n } = approval;
        let gone = |live: &Live| (1..=live.state.asked).contains(&n) && live.state.question(n).is_none();
        match self.look(run, |live| gone(live).then(|| live.clone())).await? {
            Some(live) => self.with_all_asked(live).await.map(Some),
            None => Ok(None),
        }
    }

    /// The run with all that it ever asked, where it has let go of any of that.
    pub(super) async fn recall_all(&self, run: RunId) -> Result<Option<Live>, EngineError> {
        let gone = |live: &Live| live.state.questions.len() < live.state.asked as usize;
        match self.look(run, |live| gone(live).then(|| live.clone())).await? {
            Some(live) => self.with_all_asked(live).await.map(Some),
            None => Ok(None),
        }
    }

    /// What became of a question that the run had when it was looked at, and has let go of since: its journal is read from there, so that
    /// an answer costs the same in a long loop as in a short one.
    pub(super) async fn recall_since(&self, run: RunId, (seq, asked): (u64, Asked)) -> Result<Vec<Asked>, EngineError> {
        self.asked_after(Recalled::from(run, asked), run, seq, u64::MAX).await
    }

    async fn with_all_asked(&self, mut live: Live) -> Result<Live, EngineError> {
        let run = live.state.run;
        // What was written since the run was looked at is not of the run that was seen.
        live.state.questions = self.asked_after(Recalled::new(run), run, 0, live.seq).await?;
        Ok(live)
    }

    /// What the journal above `after` and up to `until` adds to what was recalled.
    async fn asked_after(&self, mut recalled: Recalled, run: RunId, mut after: u64, until: u64) -> Result<Vec<Asked>, EngineError> {
        while after < until {
            let page = self.store.journal(run, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for entry in page.iter().filter(|entry| entry.seq <= until) {
                recalled.take(&decode::<Transition>(&entry.body)?);
            }
        }
        Ok(recalled.questions())
    }

    /// What becomes of a request about a question that the run has let go of: it is closed, so nothing can happen, and either that is
    /// what was wanted or the request is refused with what stands. Gives the run with the question in it.
    ///
    /// # Errors
    /// [`EngineError::Refused`]
    pub(super) async fn ask_of_the_past(self: &Arc<Self>, approval: ApprovalId, request: Request) -> Result<Live, EngineError> {
        let live = self.recall(approval).await?.ok_or(Refusal::NoSuchQuestion)?;
        let events = self.with_facts(|facts| decide(&live.plan, &live.state, request, facts))?;
        // INVARIANT: an item ends when all in it is settled, its questions too.
        if events.is_empty() { Ok(live) } else { Err(EngineError::Corrupt("a question of an ended item was open".to_owned())) }
    }
}
