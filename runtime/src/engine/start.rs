//! Starting runs, whoever or whatever starts them: by people and programs, by schedules, by webhooks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use flow_compiler::eval::{EvalError, eval};
use flow_compiler::plan::{Expr, Plan};
use flow_compiler::value::{Mismatch, Value};
use serde_json::{Map, Value as Json};

use super::cache::Live;
use super::input::input;
use super::using::spawned;
use super::{Engine, EngineError, Key, Start, host};
use crate::ids::{Digest, RunId};
use crate::machine::event::{Channel, Principal, Started};
use crate::machine::{Request, RunState};
use crate::store::{NewRun, StoreError, Turn};
use crate::view;

/// A run that somebody wanted.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The run.
    pub run: view::Run,
    /// Whether it was there already: a run of the same value of `once per`, or of the same message.
    pub known: bool,
}

/// A run to begin.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    pub(super) plan: Arc<Plan>,
    pub(super) hash: Digest,
    pub(super) input: Map<String, Json>,
    pub(super) channel: Channel,
    /// Empty where nobody asks for it.
    pub(super) requester: String,
    pub(super) on_behalf_by: Option<String>,
    pub(super) callback: Option<String>,
    /// What there is one run of only, beside what the workflow says.
    pub(super) once: Option<Digest>,
}

impl Engine {
    /// Starts a run, durably before it answers.
    ///
    /// # Errors
    /// What [`EngineError`] says of starting.
    pub async fn start(self: &Arc<Self>, start: Start) -> Result<view::Run, EngineError> {
        self.begin(start).await.map(|begun| begun.run)
    }

    /// Starts a run, or finds the one that there is of it already.
    ///
    /// # Errors
    /// What [`EngineError`] says of starting.
    pub async fn begin(self: &Arc<Self>, start: Start) -> Result<Begun, EngineError> {
        self.takes(start.caller.scopes.start, "start runs")?;
        let _claim = self.claim(start.key.as_ref())?;
        if let Some(answer) = self.answered(start.key.as_ref()).await? {
            let id = String::from_utf8_lossy(&answer.body).into_owned();
            let run = self.parse_run(&id).ok_or_else(|| EngineError::Corrupt(format!("no run `{id}`")))?;
            return Ok(Begun { run: self.run(run).await?, known: false });
        }
        let Start { workflow, input, caller, on_behalf_of, callback, key } = start;
        let served = self.served.read().get(&workflow).cloned();
        let (hash, plan) = served.ok_or_else(|| EngineError::NotFound(format!("workflow `{workflow}`")))?;
        let requester = on_behalf_of.as_ref().unwrap_or(&caller.person);
        self.may_start(&plan, requester)?;
        let beginning = Beginning {
            hash,
            input,
            channel: caller.channel,
            requester: requester.to_string(),
            on_behalf_by: on_behalf_of.as_ref().map(|_| caller.person.to_string()),
            callback,
            once: None,
            plan,
        };
        let begun = self.first(beginning, key).await?;
        if begun.known {
            let run = self.parse_run(&begun.run.id).ok_or_else(|| EngineError::Corrupt("the run has no id".to_owned()))?;
            let hidden = || EngineError::Forbidden("there is a run of this value already, and you may not see it".to_owned());
            self.sees(run, Some(&caller)).await.map_err(|_| hidden())?;
        }
        Ok(begun)
    }

    /// Starts a run unless there is one of it.
    pub(super) async fn first(self: &Arc<Self>, beginning: Beginning, key: Option<Key>) -> Result<Begun, EngineError> {
        let input = input(&beginning.plan, &beginning.input)?;
        let settings = &beginning.plan.workflow.settings;
        let of_value = self.key_of((&beginning.plan, &beginning.requester), settings.once_per.as_ref(), "once", &input)?;
        let once: Vec<Digest> = beginning.once.into_iter().chain(of_value).collect();
        for key in &once {
            if let Some(run) = self.store.once(*key).await? {
                return self.found(run).await;
            }
        }
        let turn = self.key_of((&beginning.plan, &beginning.requester), settings.one_at_a_time_per.as_ref(), "turn", &input)?;
        loop {
            let turn = match turn {
                Some(key) => Some(Turn { key, waits: self.store.turn_taken(key).await? }),
                None => None,
            };
            let held = turn.is_some_and(|turn| turn.waits);
            let started = self.started(&beginning, input.clone(), held)?;
            let new = NewRun {
                plan: beginning.hash,
                workflow: beginning.plan.workflow.name.to_string(),
                requester: started.requester.clone(),
                once: once.clone(),
                turn,
                child_of: None,
            };
            match self.commit_start(&beginning, started, new, key.as_ref()).await {
                Err(EngineError::Store(StoreError::Once(run))) => return self.found(run).await,
                // Another run came or went between the look and the commit.
                Err(EngineError::Store(StoreError::Turn)) => {}
                other => return other.map(|run| Begun { run, known: false }),
            }
        }
    }

    async fn found(&self, run: RunId) -> Result<Begun, EngineError> {
        Ok(Begun { run: self.run(run).await?, known: true })
    }

    async fn commit_start(
        self: &Arc<Self>,
        beginning: &Beginning,
        started: Started,
        new: NewRun,
        key: Option<&Key>,
    ) -> Result<view::Run, EngineError> {
        let run = RunId(self.next_run.fetch_add(1, Ordering::SeqCst));
        let plan = Arc::clone(&beginning.plan);
        let live = Live { state: RunState::new(run), plan, seq: 0, hash: Digest::default(), since: 0, snapshot: 0 };
        let answer = key.map(|key| self.answer(key, 201, self.run_id(run).into_bytes()));
        let engine = Arc::clone(self);
        spawned(async move {
            let make = |live: &Live| (engine.show_run(live), answer);
            let stepped = engine.first_step(live, Request::Start(started), new, make).await?;
            engine.dispatch(run, stepped.work);
            Ok(stepped.made)
        })
        .await
    }

    /// A digest of what a setting makes of the input, the same for the same value of the same workflow.
    pub(super) fn key_of(
        &self,
        (plan, requester): (&Plan, &str),
        per: Option<&Expr>,
        what: &str,
        input: &[Value],
    ) -> Result<Option<Digest>, EngineError> {
        let Some(per) = per else { return Ok(None) };
        let mut state = RunState::new(RunId(0));
        state.body.slots = input.to_vec();
        requester.clone_into(&mut state.requester);
        let value = self.with_facts(|facts| facts.with_env(plan, &state, &[], |env| eval(per, env)));
        let misfit = |EvalError(problem)| EngineError::Input(vec![Mismatch { path: String::new(), problem }]);
        Ok(Some(Digest::of(&[what.as_bytes(), &[0], plan.workflow.name.as_bytes(), &[0], &host::encode(&value.map_err(misfit)?)?])))
    }

    fn started(&self, beginning: &Beginning, input: Vec<Value>, held: bool) -> Result<Started, EngineError> {
        let Beginning { plan, requester, .. } = beginning;
        if plan.workflow.owner.is_none() && requester.is_empty() {
            return Err(EngineError::NoOwner("nobody asks for this run, and it has no owner".to_owned()));
        }
        let owner = self.owner_of(plan, requester, &input, Principal::Person(requester.clone()))?;
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Ok(Started {
            plan: beginning.hash,
            requester: requester.clone(),
            channel: beginning.channel,
            owner,
            input,
            nodes: size(plan.workflow.body.nodes.len()),
            slots: size(plan.workflow.body.slots.len()),
            on_behalf_by: beginning.on_behalf_by.clone(),
            callback: beginning.callback.clone(),
            held,
            called_by: None,
        })
    }

    /// Whose a run is: what its workflow says, else `otherwise`.
    pub(super) fn owner_of(&self, plan: &Plan, requester: &str, input: &[Value], otherwise: Principal) -> Result<Principal, EngineError> {
        let Some(who) = &plan.workflow.owner else { return Ok(otherwise) };
        let mut state = RunState::new(RunId(0));
        state.body.slots = input.to_vec();
        requester.clone_into(&mut state.requester);
        let found = self.with_facts(|facts| facts.with_env(plan, &state, &[], |env| crate::machine::principal(who, &state, env)));
        found.map_err(EngineError::NoOwner)
    }
}
