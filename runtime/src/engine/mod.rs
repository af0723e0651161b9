//! The engine: the host of the machine.
//!
//! It hands the machine its facts, commits what the machine decided, and only then does it and answers. It has no rule of its own.

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::plan::Plan;
use flow_compiler::value::Mismatch;
use serde_json::{Map, Value as Json};

use crate::actions::Executor;
use crate::ids::{ApprovalId, Digest, RunId};
use crate::machine::refusal::Refusal;
use crate::people::{Caller, Person};
use crate::store::{RunFilter, Store, StoreError};
use crate::view;

/// How the engine is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where pages are served, without a trailing slash: `http://127.0.0.1:7420`.
    pub public_url: String,
    /// The zone of `today`.
    pub zone: jiff::tz::TimeZone,
    /// Whether people are told by mail when a gate opens.
    pub mail: bool,
    /// Names of configured webhooks that are told when a gate opens.
    pub webhooks: Vec<String>,
}

/// A request to start a run.
#[derive(Clone, Debug)]
pub struct Start {
    /// The workflow's name.
    pub workflow: String,
    /// Its input, by parameter name.
    pub input: Map<String, Json>,
    /// Who asks.
    pub caller: Caller,
    /// For whom, when it is somebody else.
    pub on_behalf_of: Option<Person>,
    /// Where the end is told.
    pub callback: Option<String>,
    /// The caller's idempotency key with its scope and the digest of the request.
    pub key: Option<Key>,
}

/// An idempotency key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Principal and route.
    pub scope: String,
    /// As sent.
    pub key: String,
    /// The digest of the request's body.
    pub request: Digest,
}

/// What somebody answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A gate: go on.
    Approve,
    /// A gate: do not.
    Reject,
    /// In doubt: it happened, with `values.result`.
    Done,
    /// In doubt: it did not happen.
    NotDone,
    /// In doubt: the step fails.
    GiveUp,
}

/// A request to decide an approval.
#[derive(Clone, Debug)]
pub struct Decide {
    /// Which.
    pub approval: ApprovalId,
    /// Who answers.
    pub caller: Caller,
    /// What.
    pub answer: Answer,
    /// What they say with it.
    pub comment: Option<String>,
    /// What they entered.
    pub values: Map<String, Json>,
    /// The digest of what they saw.
    pub digest: Digest,
    /// The caller's idempotency key.
    pub key: Option<Key>,
}

/// Why the engine did not do it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no such workflow, run or approval.
    #[error("there is no {0}")]
    NotFound(String),
    /// The input does not fit the workflow's parameters.
    #[error("the input does not fit")]
    Input(Vec<Mismatch>),
    /// The machine refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The workflow has no owner, and a server needs one.
    #[error("{0}")]
    NoOwner(String),
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The idempotency key's request is under way.
    #[error("a request with this idempotency key is under way")]
    KeyInFlight,
    /// The engine is shutting down.
    #[error("shutting down")]
    Draining,
    /// The caller lacks a scope.
    #[error("{0}")]
    Forbidden(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something stored cannot be read.
    #[error("{0}")]
    Corrupt(String),
}

/// The host of the machine for one store.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    store: Arc<dyn Store>,
}

// The signatures that pages, API and commands are written against.
impl Engine {
    /// Opens the engine on a store. Nothing is taken up before [`Engine::recover`].
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn open(store: Arc<dyn Store>, executor: Arc<Executor>, options: Options) -> Result<Arc<Self>, EngineError> {
        let _ = executor;
        Ok(Arc::new(Self { options, store }))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// How it is set up.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Makes a plan the current version of its workflow. Runs that have started keep theirs.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn serve_plan(&self, plan: Plan) -> Result<Digest, EngineError> {
        let _ = plan;
        Err(EngineError::Draining)
    }

    /// The workflows that can be started.
    #[must_use]
    pub fn workflows(&self) -> Vec<view::Workflow> {
        Vec::new()
    }

    /// Takes up every unfinished run that has work under way.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn recover(self: &Arc<Self>) -> Result<usize, EngineError> {
        Ok(0)
    }

    /// Fires timers and sends letters until [`Engine::shut_down`].
    pub async fn keep_time(self: Arc<Self>) {}

    /// Starts a run, durably before it answers.
    ///
    /// # Errors
    /// What [`EngineError`] says of starting.
    pub async fn start(self: &Arc<Self>, start: Start) -> Result<view::Run, EngineError> {
        let _ = start;
        Err(EngineError::Draining)
    }

    /// Decides an approval, durably before it answers. The one way to do so.
    ///
    /// # Errors
    /// What [`EngineError`] says of deciding.
    pub async fn decide(self: &Arc<Self>, decide: Decide) -> Result<view::Decided, EngineError> {
        let _ = decide;
        Err(EngineError::Draining)
    }

    /// A run.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn run(&self, run: RunId) -> Result<view::Run, EngineError> {
        Err(EngineError::NotFound(format!("run {}", self.run_id(run))))
    }

    /// Runs, newest first.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn runs(&self, filter: RunFilter) -> Result<view::Page<view::Run>, EngineError> {
        let _ = filter;
        Err(EngineError::Draining)
    }

    /// Waits until a run is settled (paused, in doubt or ended), at most so long, and gives it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn settled(&self, run: RunId, at_most: Duration) -> Result<view::Run, EngineError> {
        let _ = at_most;
        self.run(run).await
    }

    /// Wakes whenever a run has changed; `changed().await` on it.
    #[must_use]
    pub fn watch(&self, run: RunId) -> tokio::sync::watch::Receiver<u64> {
        let _ = run;
        tokio::sync::watch::channel(0).1
    }

    /// An approval as `caller` sees it (`why_you`).
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn approval(&self, approval: ApprovalId, caller: Option<&Person>) -> Result<view::Approval, EngineError> {
        let _ = caller;
        Err(EngineError::NotFound(format!("approval {}", self.approval_id(approval))))
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
        let _ = (caller, cursor, limit);
        Err(EngineError::Draining)
    }

    /// Transitions of a run above `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Store`]
    pub async fn journal(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<view::Entry>, EngineError> {
        let _ = (run, after, limit);
        Err(EngineError::Draining)
    }

    /// Cancels a run: nothing new starts, what is under way is awaited.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Refused`], [`EngineError::Forbidden`] unless it is the owner, the requester or an admin.
    pub async fn cancel(self: &Arc<Self>, run: RunId, caller: &Caller) -> Result<view::Run, EngineError> {
        let _ = (run, caller);
        Err(EngineError::Draining)
    }

    /// Takes nothing more, waits at most so long for what is under way, and closes the store.
    pub async fn shut_down(&self, at_most: Duration) {
        let _ = at_most;
    }

    /// Whether it still takes requests.
    #[must_use]
    pub fn ready(&self) -> bool {
        true
    }

    /// The public id of a run.
    #[must_use]
    pub fn run_id(&self, run: RunId) -> String {
        format!("r{}", run.0)
    }

    /// The run of a public id.
    #[must_use]
    pub fn parse_run(&self, id: &str) -> Option<RunId> {
        id.strip_prefix('r')?.parse().ok().map(RunId)
    }

    /// The public id of an approval: the run's, a dash, and its number.
    #[must_use]
    pub fn approval_id(&self, approval: ApprovalId) -> String {
        format!("{}-{}", self.run_id(approval.run), approval.n)
    }

    /// The approval of a public id.
    #[must_use]
    pub fn parse_approval(&self, id: &str) -> Option<ApprovalId> {
        let (run, n) = id.rsplit_once('-')?;
        Some(ApprovalId { run: self.parse_run(run)?, n: n.parse().ok()? })
    }
}
