//! The engine: the host of the machine.
//!
//! It hands the machine its facts, commits what the machine decided, and only then does it and answers. It has no rule of its own.

mod audience;
mod cache;
mod children;
mod clock;
mod groups;
mod host;
mod input;
mod journal;
mod past;
mod people;
mod post;
mod public_id;
mod replay;
mod show;
mod start;
mod time;
mod trigger;
mod using;

pub use clock::{Clock, ManualClock, SystemClock};
pub use public_id::PublicIds;
pub use replay::replay;
pub use show::vote as show_vote;
pub use start::Begun;
pub use trigger::Message;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use flow_compiler::eval::Names;
use flow_compiler::plan::Plan;
use flow_compiler::value::Mismatch;
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;
use tokio::sync::{Notify, watch};

use crate::actions::Executor;
use crate::ids::{ApprovalId, Digest, RunId};
use crate::machine::event::Principal;
use crate::machine::refusal::Refusal;
use crate::machine::{Calendar, Facts, Membership};
use crate::notify::Outbox;
use crate::people::{Caller, Person};
use crate::store::{Store, StoreError};

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
    /// Groups of the project and their members.
    pub groups: BTreeMap<String, Vec<String>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
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

pub use crate::machine::Answer;

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
    /// The engine cannot be set up.
    #[error("{0}")]
    Setup(String),
    /// Something stored cannot be read.
    #[error("{0}")]
    Corrupt(String),
}

/// The host of the machine for one store.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    executor: Arc<Executor>,
    outbox: Outbox,
    /// The store's random number.
    id: [u8; 16],
    ids: PublicIds,
    people: people::People,
    calendar: Calendar,
    plans: RwLock<HashMap<Digest, Arc<Plan>>>,
    /// The current version of each workflow.
    served: RwLock<BTreeMap<String, (Digest, Arc<Plan>)>>,
    /// Workflows whose schedules and webhooks are in force.
    armed: RwLock<BTreeMap<String, trigger::Armed>>,
    cache: cache::Cache,
    next_run: AtomicU64,
    /// Idempotency keys whose request is under way.
    keys: Mutex<HashSet<(String, String)>>,
    watchers: Mutex<HashMap<RunId, watch::Sender<u64>>>,
    /// Attempts under way, and a bell for when there are none.
    under_way: AtomicUsize,
    idle: Notify,
    /// The earliest timer that is known, and the bells that shorten a sleep.
    next_due: AtomicI64,
    timer: Notify,
    post: Notify,
    draining: AtomicBool,
    /// Set once, when the store can no longer be trusted.
    failed: watch::Sender<Option<String>>,
}

impl Engine {
    /// Opens the engine on a store. Nothing is taken up before [`Engine::recover`].
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn open(store: Arc<dyn Store>, executor: Arc<Executor>, options: Options) -> Result<Arc<Self>, EngineError> {
        let id = store.head().await?.store;
        let RunId(first) = store.first_free_run().await?;
        let groups = groups::Groups::open(&options.groups, Arc::clone(&executor.settings().live), store.as_ref()).await?;
        let calendar = executor.settings().config.calendar.days();
        let people = people::People::open(groups, store.as_ref()).await?;
        let outbox = Outbox::new(executor.settings()).map_err(|error| EngineError::Setup(error.to_string()))?;
        Ok(Arc::new(Self {
            outbox,
            clock: Arc::clone(&options.clock),
            options,
            store,
            executor,
            id,
            ids: PublicIds::new(id),
            people,
            calendar,
            plans: RwLock::default(),
            served: RwLock::default(),
            armed: RwLock::default(),
            cache: cache::Cache::default(),
            next_run: AtomicU64::new(first),
            keys: Mutex::default(),
            watchers: Mutex::default(),
            under_way: AtomicUsize::new(0),
            idle: Notify::new(),
            next_due: AtomicI64::new(i64::MAX),
            timer: Notify::new(),
            post: Notify::new(),
            draining: AtomicBool::new(false),
            failed: watch::channel(None).0,
        }))
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

    /// Hosts that may be told of the end of a run: those that the project lists by name.
    #[must_use]
    pub fn callback_hosts(&self) -> &crate::actions::reach::Reach {
        &self.executor.settings().reach
    }

    /// What is wrong with the project file as it is now, while what it said before is in force.
    #[must_use]
    pub fn config_fault(&self) -> Option<String> {
        self.executor.settings().live.fault()
    }

    /// The clock's time.
    #[must_use]
    pub fn now(&self) -> crate::ids::At {
        self.clock.now()
    }

    /// Takes up every unfinished run that has work under way. Says how many there are; each is taken up in the background.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn recover(self: &Arc<Self>) -> Result<usize, EngineError> {
        let live = self.store.live().await?;
        for run in &live {
            let (engine, run) = (Arc::clone(self), *run);
            self.under_way.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                if let Err(error) = engine.take_up(run).await {
                    tracing::error!(run = %engine.run_id(run), %error, "a run could not be taken up");
                }
                if engine.under_way.fetch_sub(1, Ordering::SeqCst) == 1 {
                    engine.idle.notify_waiters();
                }
            });
        }
        self.tell_callers().await?;
        Ok(live.len())
    }

    /// Waits until no attempt is under way.
    pub async fn idle(&self) {
        loop {
            let bell = self.idle.notified();
            if self.under_way.load(Ordering::SeqCst) == 0 {
                return;
            }
            bell.await;
        }
    }

    /// Takes nothing more, waits at most so long for what is under way, and closes the store.
    pub async fn shut_down(&self, at_most: Duration) {
        self.draining.store(true, Ordering::SeqCst);
        self.timer.notify_one();
        self.post.notify_one();
        let _ = tokio::time::timeout(at_most, self.idle()).await;
        self.store.close().await;
    }

    /// Whether it still takes requests.
    #[must_use]
    pub fn ready(&self) -> bool {
        !self.draining.load(Ordering::SeqCst)
    }

    /// Waits until the store can no longer be trusted, and says why: the process must end then.
    pub async fn failure(&self) -> String {
        let mut failed = self.failed.subscribe();
        let why = failed.wait_for(Option::is_some).await.map(|why| why.clone());
        why.ok().flatten().unwrap_or_default()
    }

    fn note_failure(&self, error: &StoreError) {
        if let StoreError::Broken(why) = error {
            self.draining.store(true, Ordering::SeqCst);
            self.failed.send_replace(Some(why.clone()));
        }
    }

    /// The public id of a run.
    #[must_use]
    pub fn run_id(&self, run: RunId) -> String {
        self.ids.write(run)
    }

    /// The run of a public id.
    #[must_use]
    pub fn parse_run(&self, id: &str) -> Option<RunId> {
        self.ids.read(id)
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

    fn with_facts<T>(&self, f: impl FnOnce(&Facts<'_>) -> T) -> T {
        f(&Facts { now: self.clock.now(), zone: &self.options.zone, names: &Environment, people: &self.people, calendar: &self.calendar })
    }

    fn is_among(&self, person: &Person, principal: &Principal) -> bool {
        self.with_facts(|facts| facts.is_among(person.as_str(), principal))
    }

    /// The people behind principals, each once.
    fn people_of<'a>(&self, principals: impl Iterator<Item = &'a Principal>) -> Vec<String> {
        let mut people: Vec<String> = Vec::new();
        for principal in principals {
            match principal {
                Principal::Person(address) => people.push(address.clone()),
                Principal::Group(group) => people.extend(self.people.members(group)),
            }
        }
        people.sort_unstable();
        people.dedup();
        people
    }
}

/// The process's environment, without secrets.
#[derive(Debug)]
struct Environment;

impl Names for Environment {
    fn env(&self, name: &str) -> Option<SmolStr> {
        std::env::var(name).ok().map(SmolStr::from)
    }

    fn secret(&self, _: &str) -> Option<SmolStr> {
        None
    }
}
