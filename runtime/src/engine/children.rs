//! Runs that runs call: a step that calls a workflow is a run of its own.
//!
//! The machine knows a call and its outcome. Here stands how the called run begins, and how its end reaches its caller, so that a crash
//! between two commits neither makes two of it nor forgets it: it begins under a key of caller, place and attempt that the store holds
//! once, and its end is kept in the store until its caller has it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use flow_compiler::plan::Plan;
use flow_compiler::value::Value;

use super::cache::Live;
use super::host::Work;
use super::{Engine, EngineError};
use crate::ids::{Digest, Path, RunId};
use crate::machine::event::{CalledBy, Channel, Outcome, Principal, Started};
use crate::machine::{Request, RunState, called};
use crate::store::{ChildOf, NewRun, Status, StoreError, Turn};
use crate::view;

/// A call of a workflow: what the run that it starts is to be.
#[derive(Debug)]
pub(super) struct Call {
    /// How often the caller had been taken up again.
    generation: u32,
    plan: Arc<Plan>,
    child: u32,
    arguments: Vec<Value>,
    requester: String,
    on_behalf_by: Option<String>,
    /// The caller's owner, who owns the called run where it names nobody.
    owner: Principal,
    called_by: CalledBy,
}

/// What the store holds once: a place in the caller and an attempt, and, where the caller was taken up again after it failed, how often.
fn place(by: &CalledBy, generation: u32) -> Vec<u8> {
    let again = Some(generation).filter(|generation| *generation > 0);
    by.node.0.iter().copied().chain([by.attempt]).chain(again).flat_map(u32::to_be_bytes).collect()
}

impl Call {
    pub(super) fn new(live: &Live, child: u32, node: Path, (attempt, generation): (u32, u32), arguments: Vec<Value>) -> Self {
        let state = &live.state;
        Self {
            generation,
            plan: Arc::clone(&live.plan),
            child,
            arguments,
            requester: state.requester.clone(),
            on_behalf_by: state.on_behalf_by.clone(),
            owner: state.owner.clone(),
            called_by: called::by(state, node, attempt),
        }
    }
}

impl Call {
    fn started(&self, plan: &Plan, hash: Digest, owner: Principal, held: bool) -> Started {
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Started {
            plan: hash,
            requester: self.requester.clone(),
            channel: Channel::Timer,
            owner,
            input: self.arguments.clone(),
            nodes: size(plan.workflow.body.nodes.len()),
            slots: size(plan.workflow.body.slots.len()),
            on_behalf_by: self.on_behalf_by.clone(),
            callback: None,
            held,
            called_by: Some(self.called_by.clone()),
        }
    }
}

impl Engine {
    /// Starts the run that a call stands for, unless it has begun, and lets the caller know of it.
    pub(super) async fn begin_child(self: &Arc<Self>, caller: RunId, call: Call) -> Vec<Work> {
        let CalledBy { node, attempt, .. } = call.called_by.clone();
        let request = match self.child(caller, call).await {
            Ok(child) => Request::ChildStarted { node, attempt, child },
            Err(EngineError::Store(error)) => {
                // The attempt stands in the journal: the next start begins it.
                tracing::error!(run = %self.run_id(caller), %error, "a called run could not be started");
                return Vec::new();
            }
            Err(error) => Request::Ended { node, attempt, outcome: Outcome::NotDone(error.to_string()) },
        };
        self.record(caller, request).await.unwrap_or_default()
    }

    async fn child(self: &Arc<Self>, caller: RunId, call: Call) -> Result<RunId, EngineError> {
        let place = place(&call.called_by, call.generation);
        if let Some(child) = self.store.child(caller, &place).await? {
            return Ok(child);
        }
        let plan = call.plan.children.get(call.child as usize).cloned();
        let plan = plan.ok_or_else(|| EngineError::Corrupt("the plan lacks a workflow that it calls".to_owned()))?;
        let (hash, plan) = self.keep_plan(plan).await?;
        let whose = (&*plan, call.requester.as_str());
        let settings = &plan.workflow.settings;
        let once: Vec<Digest> = self.key_of(whose, settings.once_per.as_ref(), "once", &call.arguments)?.into_iter().collect();
        let turn = self.key_of(whose, settings.one_at_a_time_per.as_ref(), "turn", &call.arguments)?;
        let owner = self.owner_of(&plan, &call.requester, &call.arguments, call.owner.clone())?;
        loop {
            let turn = match turn {
                Some(key) => Some(Turn { key, waits: self.store.turn_taken(key).await? }),
                None => None,
            };
            let new = NewRun {
                plan: hash,
                workflow: plan.workflow.name.to_string(),
                requester: call.requester.clone(),
                once: once.clone(),
                turn,
                child_of: Some(ChildOf { run: caller, place: place.clone() }),
            };
            let started = call.started(&plan, hash, owner.clone(), turn.is_some_and(|turn| turn.waits));
            let run = RunId(self.next_run.fetch_add(1, Ordering::SeqCst));
            let live = Live { state: RunState::new(run), plan: Arc::clone(&plan), seq: 0, hash: Digest::default(), since: 0, snapshot: 0 };
            match self.first_step(live, Request::Start(started), new, |_| ((), None)).await {
                Ok(stepped) => {
                    self.dispatch(run, stepped.work);
                    return Ok(run);
                }
                Err(EngineError::Store(StoreError::Taken)) => {
                    let begun = self.store.child(caller, &place).await?;
                    return begun.ok_or_else(|| EngineError::Corrupt("a called run is missing".to_owned()));
                }
                // Its result is another caller's: what is done once is not done again here, and not passed off as done.
                Err(EngineError::Store(StoreError::Once(other))) => {
                    return Err(EngineError::Forbidden(format!("there is a run of this value already: `{}`", self.run_id(other))));
                }
                // Another run came or went between the look and the commit.
                Err(EngineError::Store(StoreError::Turn)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What a turn means for runs around it: its caller learns of its end, and a run that is ending cancels those that it called.
    pub(super) fn around(&self, live: &Live) -> Vec<Work> {
        let state = &live.state;
        if state.ended.is_some() && state.called_by.is_some() {
            return vec![Work::Tell];
        }
        let cancels = called::cancels(state).map(|by| state.children.iter().map(|child| Work::Cancel(child.run, by.to_owned())));
        cancels.into_iter().flatten().collect()
    }

    /// Cancels a called run; one that has ended stays as it ended.
    pub(super) async fn cancel_child(self: &Arc<Self>, child: RunId, by: String) {
        match self.step(child, Some(Request::Cancel { by }), |_| ((), None)).await {
            Ok(stepped) => self.dispatch(child, stepped.work),
            Err(EngineError::Refused(_)) => {}
            Err(error) => tracing::error!(run = %self.run_id(child), %error, "a called run could not be cancelled"),
        }
    }

    /// Lets the caller of a run that has ended know how. It is known to the store until then.
    pub(super) async fn tell_caller(self: &Arc<Self>, child: RunId) {
        let seen = self.look(child, |live| Some((live.state.called_by.clone()?, live.state.ended.clone()?.0))).await;
        let Ok(Some((caller, end))) = seen else { return };
        let request = Request::Ended { node: caller.node, attempt: caller.attempt, outcome: called::outcome(end) };
        let Some(work) = self.record(caller.run, request).await else { return };
        if let Err(error) = self.store.told(child).await {
            tracing::error!(run = %self.run_id(child), %error, "it could not be noted that the caller of a run knows of its end");
        }
        self.dispatch(caller.run, work);
    }

    /// Called runs that ended while nobody was there to tell their callers.
    pub(super) async fn tell_callers(self: &Arc<Self>) -> Result<(), EngineError> {
        for child in self.store.untold().await? {
            self.dispatch(child, vec![Work::Tell]);
        }
        Ok(())
    }

    /// Whoever looks at a caller sees what its called runs do.
    pub(super) fn wake_callers(&self, state: &RunState) {
        let Some(caller) = &state.called_by else { return };
        let watchers = self.watchers.lock();
        for run in caller.above.iter().chain([&caller.run]) {
            if let Some(watcher) = watchers.get(run) {
                watcher.send_modify(|_| ());
            }
        }
    }

    /// A run with those that it called. It is paused only where all that it waits for is.
    pub(super) async fn with_children(&self, run: RunId) -> Result<view::Run, EngineError> {
        let (mut seen, under_way) =
            self.look(run, |live| (self.show_run(live), live.state.children.iter().map(|child| child.run).collect::<Vec<_>>())).await?;
        let mut at: BTreeMap<RunId, &'static str> = BTreeMap::new();
        for child in self.store.children(run).await? {
            let called = Box::pin(self.with_children(child)).await?;
            at.insert(child, called.status);
            let (id, workflow) = (called.id, called.workflow);
            let url = format!("{}/runs/{id}", self.options.public_url);
            seen.children.push(view::ChildRef { id, workflow, status: called.status, url });
        }
        let busy = |child: &RunId| !at.get(child).is_some_and(|status| [Status::Paused.name(), Status::InDoubt.name()].contains(status));
        if seen.status == Status::Paused.name() && under_way.iter().any(busy) {
            seen.status = Status::Running.name();
        }
        Ok(seen)
    }
}
