//! What people and programs ask of the engine: start, decide, cancel, look.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::graph::draw::type_name;
use flow_compiler::plan::{Parameter, Plan};
use serde_json::Value as Json;

use super::cache::Live;
use super::{Decide, Engine, EngineError, Key, show};
use crate::ids::{ApprovalId, Digest, RunId};
use crate::machine::refusal::Refusal;
use crate::machine::{Asked, Decision, Request, RunState};
use crate::people::{Caller, Person};
use crate::store::{self, NewAnswer, RunFilter};
use crate::view;

/// How long an answer is kept for its idempotency key.
const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

impl Engine {
    /// Makes a plan the current version of its workflow. Runs that have started keep theirs.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn serve_plan(&self, plan: Plan) -> Result<Digest, EngineError> {
        self.keep_groups(&plan).await?;
        let (hash, plan) = self.keep_plan(plan).await?;
        self.served.write().insert(plan.workflow.name.to_string(), (hash, plan));
        Ok(hash)
    }

    pub(super) async fn keep_plan(&self, plan: Plan) -> Result<(Digest, Arc<Plan>), EngineError> {
        let bytes = plan.encode();
        let hash = Digest(Plan::hash(&bytes));
        self.store.put_plan(hash, bytes).await?;
        let plan = Arc::new(plan);
        self.plans.write().insert(hash, Arc::clone(&plan));
        Ok((hash, plan))
    }

    /// The workflows that can be started.
    #[must_use]
    pub fn workflows(&self) -> Vec<view::Workflow> {
        self.served.read().values().map(|(hash, plan)| workflow(*hash, plan)).collect()
    }

    /// A plan by its hash.
    pub(super) async fn plan(&self, hash: Digest) -> Result<Arc<Plan>, EngineError> {
        if let Some(plan) = self.plans.read().get(&hash) {
            return Ok(Arc::clone(plan));
        }
        let bytes = self.store.plan(hash).await?.ok_or_else(|| EngineError::Corrupt(format!("plan {hash} is missing")))?;
        let plan = Plan::decode(&bytes).map_err(|error| EngineError::Corrupt(error.to_string()))?;
        let plan = Arc::new(plan);
        self.plans.write().insert(hash, Arc::clone(&plan));
        Ok(plan)
    }

    /// Decides an approval, durably before it answers. The one way to do so.
    ///
    /// # Errors
    /// What [`EngineError`] says of deciding.
    pub async fn decide(self: &Arc<Self>, decide: Decide) -> Result<view::Decided, EngineError> {
        let _claim = self.claim(decide.key.as_ref())?;
        if self.answered(decide.key.as_ref()).await?.is_some() {
            return self.decided_before(&decide).await;
        }
        let ApprovalId { run, n } = decide.approval;
        self.takes(true, "")?;
        if !decide.caller.scopes.decide || decide.caller.agent {
            self.look_at(decide.approval, |_, _| ()).await?.ok_or(Refusal::NoSuchQuestion)?;
            return Err(EngineError::Forbidden("this token may not decide".to_owned()));
        }
        let by = decide.caller.person.to_string();
        let Caller { channel, os_user, .. } = decide.caller;
        let Decide { approval, answer, comment, values, digest, key, .. } = decide;
        let request = Request::Decide(Decision { n, by: by.clone(), channel, os_user, answer, comment, values, digest });
        let engine = Arc::clone(self);
        spawned(async move {
            let before = engine.look(run, |live| inside(live, n)).await?;
            let make = |live: &Live| {
                let decided = engine.decided(live, &live.state.questions, n, &by);
                let answer = key.as_ref().map(|key| engine.answer(key, 200, Vec::new()));
                (decided, answer)
            };
            match engine.step(run, Some(request.clone()), make).await {
                Ok(stepped) => {
                    engine.dispatch(run, stepped.work);
                    match (stepped.made, before) {
                        (Some(decided), _) => Ok(decided),
                        // The answer ended an item of a loop, and the question went with it.
                        (None, Some(before)) => {
                            let questions = engine.recall_since(run, before).await?;
                            engine.look(run, |live| engine.decided(live, &questions, n, &by)).await?.ok_or_else(vote_is_missing)
                        }
                        (None, None) => engine.recorded(approval, &by).await,
                    }
                }
                Err(EngineError::Refused(Refusal::NoSuchQuestion)) => {
                    let live = engine.ask_of_the_past(approval, request).await?;
                    if let Some(key) = &key {
                        let kept = engine.step(run, None, |_| ((), Some(engine.answer(key, 200, Vec::new())))).await?;
                        engine.dispatch(run, kept.work);
                    }
                    engine.decided(&live, &live.state.questions, n, &by).ok_or_else(vote_is_missing)
                }
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn decided_before(&self, decide: &Decide) -> Result<view::Decided, EngineError> {
        self.recorded(decide.approval, decide.caller.person.as_str()).await
    }

    /// The person's vote as recorded, wherever it is kept.
    async fn recorded(&self, approval: ApprovalId, by: &str) -> Result<view::Decided, EngineError> {
        let decided = self.look_at(approval, |live, _| self.decided(live, &live.state.questions, approval.n, by)).await?;
        decided.flatten().ok_or_else(vote_is_missing)
    }

    /// The caller's vote as recorded, and what came of it.
    fn decided(&self, live: &Live, questions: &[Asked], n: u32, by: &str) -> Option<view::Decided> {
        let first = questions.iter().find(|asked| asked.question.n == n)?;
        // A vote with other values opened a round of its own.
        let next = || questions.iter().find(|next| next.question.follows == Some(n));
        let vote_in = |asked: &'_ Asked| asked.votes.iter().any(|vote| vote.by == by);
        let asked = [Some(first), next()].into_iter().flatten().find(|asked| vote_in(asked))?;
        let vote = asked.votes.iter().find(|vote| vote.by == by)?;
        Some(view::Decided {
            approval: self.approval_id(ApprovalId { run: live.state.run, n: asked.question.n }),
            vote: show::vote_with_values(&live.plan, &asked.question, vote),
            standing: if asked.closed.is_some() { "decided" } else { "counted" },
            status: show::status(asked),
            run: self.run_id(live.state.run),
            run_status: live.state.status().name(),
        })
    }

    /// Cancels a run: nothing new starts, what is under way is awaited.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Refused`], [`EngineError::Forbidden`] unless it is the owner, the requester or an admin.
    pub async fn cancel(self: &Arc<Self>, run: RunId, caller: &Caller, key: Option<&Key>) -> Result<view::Run, EngineError> {
        let by = caller.person.to_string();
        self.change(run, caller, key, Request::Cancel { by }, "cancel this run").await
    }

    /// A change of a run that its owner, who asked for it, or an administrator may make.
    async fn change(
        self: &Arc<Self>,
        run: RunId,
        caller: &Caller,
        key: Option<&Key>,
        request: Request,
        what: &str,
    ) -> Result<view::Run, EngineError> {
        let _claim = self.claim(key)?;
        if self.answered(key).await?.is_some() {
            return self.run(run).await;
        }
        let allowed = self
            .look(run, |live| {
                let own = live.state.requester == caller.person.as_str() || self.is_among(&caller.person, &live.state.owner);
                caller.scopes.admin || (own && caller.scopes.start)
            })
            .await?;
        self.takes(allowed, &format!("{what}: its owner, who asked for it, or an administrator may"))?;
        let answer = key.map(|key| self.answer(key, 200, Vec::new()));
        let engine = Arc::clone(self);
        spawned(async move {
            let stepped = engine.step(run, Some(request), |live| (engine.show_run(live), answer)).await?;
            engine.dispatch(run, stepped.work);
            Ok(stepped.made)
        })
        .await
    }

    /// Takes up a run that has failed, from what had failed.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Refused`], [`EngineError::Forbidden`] unless it is the owner, the requester or an admin.
    pub async fn retry(self: &Arc<Self>, run: RunId, caller: &Caller, key: Option<&Key>) -> Result<view::Run, EngineError> {
        let (by, channel) = (caller.person.to_string(), caller.channel);
        self.change(run, caller, key, Request::Retry { by, channel }, "retry this run").await
    }

    pub(super) fn takes(&self, allowed: bool, what: &str) -> Result<(), EngineError> {
        if !self.ready() {
            return Err(EngineError::Draining);
        }
        if allowed { Ok(()) } else { Err(EngineError::Forbidden(format!("you may not {what}"))) }
    }

    /// The state of a run as it is held, and the number of the transition that led to it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn state(&self, run: RunId) -> Result<(RunState, u64), EngineError> {
        self.look(run, |live| (live.state.clone(), live.seq)).await
    }

    /// How many runs are in memory.
    #[must_use]
    pub fn in_memory(&self) -> usize {
        self.cache.len()
    }

    /// A run.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn run(&self, run: RunId) -> Result<view::Run, EngineError> {
        self.with_children(run).await
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn runs(&self, filter: RunFilter) -> Result<view::Page<view::Run>, EngineError> {
        self.runs_for(filter, None).await
    }

    /// Runs that a caller may see, newest first.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn runs_for(&self, mut filter: RunFilter, caller: Option<&Caller>) -> Result<view::Page<view::Run>, EngineError> {
        let limit = filter.limit.clamp(1, 200) as usize;
        filter.limit = filter.limit.clamp(1, 200) + 1;
        let mut items: Vec<view::Run> = Vec::new();
        loop {
            let rows = self.store.runs(filter.clone()).await?;
            for row in &rows {
                let seen = self.look(row.run, |live| self.visible(live, caller).then(|| self.show_run(live))).await?;
                if seen.is_some() && items.len() == limit {
                    let next = items.last().map(|run| run.id.clone());
                    return Ok(view::Page { items, next });
                }
                items.extend(seen);
                filter.before = Some(row.run);
            }
            if rows.len() < filter.limit as usize {
                return Ok(view::Page { items, next: None });
            }
        }
    }

    /// Waits until a run is settled (paused, in doubt or ended), at most so long, and gives it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn settled(&self, run: RunId, at_most: Duration) -> Result<view::Run, EngineError> {
        let mut changes = self.watch(run);
        let waited = tokio::time::timeout(at_most, async {
            loop {
                // Only a run that waits is shown: to show one with a large input at each of its turns would cost more than the turns.
                let waits = self.look(run, |live| ![store::Status::Running, store::Status::Ending].contains(&live.state.status())).await?;
                if waits {
                    let seen = self.with_children(run).await?;
                    if ![store::Status::Running.name(), store::Status::Ending.name()].contains(&seen.status) {
                        return Ok(seen);
                    }
                }
                // The sender is kept by the engine; if it is gone, looking again is all there is.
                let _ = changes.changed().await;
            }
        })
        .await;
        drop(changes);
        self.forget_watchers(run);
        match waited {
            Ok(settled) => settled,
            Err(_) => self.run(run).await,
        }
    }

    /// Wakes whenever a run has changed; `changed().await` on it.
    #[must_use]
    pub fn watch(&self, run: RunId) -> tokio::sync::watch::Receiver<u64> {
        self.watchers.lock().entry(run).or_insert_with(|| tokio::sync::watch::channel(0).0).subscribe()
    }

    /// Drops the bell of a run that nobody listens to any more.
    pub fn forget_watchers(&self, run: RunId) {
        let mut watchers = self.watchers.lock();
        if watchers.get(&run).is_some_and(|sender| sender.receiver_count() == 0) {
            watchers.remove(&run);
        }
    }

    /// An approval as `caller` sees it (`why_you`).
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn approval(&self, approval: ApprovalId, caller: Option<&Person>) -> Result<view::Approval, EngineError> {
        let seen = self.look_at(approval, |live, asked| self.show_question(live, asked, caller)).await;
        let missing = || EngineError::NotFound(format!("approval `{}`", self.approval_id(approval)));
        match seen {
            Ok(Some(seen)) => Ok(seen),
            Ok(None) | Err(EngineError::NotFound(_)) => Err(missing()),
            Err(error) => Err(error),
        }
    }

    /// Open approvals, oldest first: those that `caller` may decide, or all.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn approvals(
        &self,
        caller: Option<&Person>,
        cursor: Option<ApprovalId>,
        limit: u32,
    ) -> Result<view::Page<view::Approval>, EngineError> {
        let limit = limit.clamp(1, 200);
        let of = caller.map(|caller| self.names_of(caller));
        let found = self.store.asked(of, cursor.map(|cursor| (cursor.run, cursor.n)), limit + 1).await?;
        let mut items = Vec::new();
        let mut page = found.iter().take(limit as usize);
        for (run, n) in page.clone() {
            let id = ApprovalId { run: *run, n: *n };
            // Whoever answered already, or is left out, is asked nothing more.
            if caller.is_none() || self.waits_for(id, caller).await? {
                items.push(self.approval(id, caller).await?);
            }
        }
        let last = page.next_back().map(|(run, n)| self.approval_id(ApprovalId { run: *run, n: *n }));
        let next = if found.len() > limit as usize { last } else { None };
        Ok(view::Page { items, next })
    }

    async fn waits_for(&self, id: ApprovalId, caller: Option<&Person>) -> Result<bool, EngineError> {
        let Some(caller) = caller else { return Ok(false) };
        self.look(id.run, |live| {
            let asked = live.state.question(id.n);
            asked.is_some_and(|asked| self.with_facts(|facts| crate::machine::is_asked(asked, caller.as_str(), &live.state, facts)))
        })
        .await
    }

    /// Transitions of a run above `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn journal(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<view::Entry>, EngineError> {
        let plan = self.look(run, |live| Arc::clone(&live.plan)).await?;
        let entries = self.store.journal(run, after, limit).await?;
        let mut shown = Vec::with_capacity(entries.len());
        for entry in &entries {
            shown.push(self.show_entry(&plan, entry).await?);
        }
        Ok(shown)
    }

    pub(super) fn claim(self: &Arc<Self>, key: Option<&Key>) -> Result<Option<Claim>, EngineError> {
        let Some(key) = key else { return Ok(None) };
        let pair = (key.scope.clone(), key.key.clone());
        if !self.keys.lock().insert(pair.clone()) {
            return Err(EngineError::KeyInFlight);
        }
        Ok(Some(Claim { engine: Arc::clone(self), pair }))
    }

    /// The answer that was given for a key.
    pub(super) async fn answered(&self, key: Option<&Key>) -> Result<Option<store::Answer>, EngineError> {
        let Some(key) = key else { return Ok(None) };
        let Some(answer) = self.store.answer(&key.scope, &key.key).await? else { return Ok(None) };
        if answer.expires <= self.clock.now() {
            return Ok(None);
        }
        if answer.request == key.request { Ok(Some(answer)) } else { Err(EngineError::KeyReused) }
    }

    pub(super) fn answer(&self, key: &Key, status: u16, body: Vec<u8>) -> NewAnswer {
        let expires = self.clock.now().plus(KEPT);
        NewAnswer { scope: key.scope.clone(), key: key.key.clone(), answer: store::Answer { request: key.request, status, body, expires } }
    }
}

/// A question of a loop's item, which ends with its item, and the transition up to which that is so.
fn inside(live: &Live, n: u32) -> Option<(u64, Asked)> {
    let asked = live.state.question(n).filter(|asked| !asked.question.node.frame().is_empty())?;
    Some((live.seq, asked.clone()))
}

fn vote_is_missing() -> EngineError {
    EngineError::Corrupt("the vote is missing".to_owned())
}

/// An idempotency key whose request is under way.
pub(super) struct Claim {
    engine: Arc<Engine>,
    pair: (String, String),
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.engine.keys.lock().remove(&self.pair);
    }
}

/// Runs to its end whatever becomes of the caller.
pub(super) async fn spawned<T: Send + 'static>(
    work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::spawn(work).await.unwrap_or_else(|error| Err(EngineError::Corrupt(format!("an internal error: {error}"))))
}

fn workflow(hash: Digest, plan: &Plan) -> view::Workflow {
    let field = |p: &Parameter| view::FieldView {
        name: p.name.to_string(),
        label: p.name.to_string(),
        ty: type_name(plan, &p.ty),
        optional: p.default.is_some() || matches!(p.ty, flow_compiler::plan::Type::Optional(_)),
        default: Json::Null,
        value: Json::Null,
        by_model: false,
        choices: show::choices(plan, &p.ty),
    };
    view::Workflow {
        name: plan.workflow.name.to_string(),
        description: plan.workflow.doc.clone(),
        file: plan.file.clone(),
        parameters: plan.workflow.parameters.iter().map(field).collect(),
        plan: hash.to_string(),
    }
}
