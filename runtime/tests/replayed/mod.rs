//! Every journal that a test produced is played once more: the same state, and at each transition the same events and commands.
//!
//! For the tests of the engine, of the API and of the program alike.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::eval::Names;
use flow_compiler::plan::Plan;
use flow_runtime::engine::{Engine, replay};
use flow_runtime::ids::RunId;
use flow_runtime::machine::event::{Event, Outcome, Transition};
use flow_runtime::machine::{self, Calendar, Facts, Membership, RunState};
use flow_runtime::store::{RunFilter, Store};

/// What a project says that its runs depend on.
#[derive(Clone)]
pub(crate) struct Project {
    pub(crate) zone: jiff::tz::TimeZone,
    pub(crate) calendar: Calendar,
    /// The groups that it names, with their members.
    pub(crate) groups: Groups,
}

pub(crate) type Groups = BTreeMap<String, Vec<String>>;

/// Plays all runs of a store again, and compares those of the engine with what it has in memory. For the end of a test, wherever that is:
/// in a thread of its own, because nothing can be awaited where something is dropped.
pub(crate) fn check(store: &Arc<dyn Store>, project: &Project, engine: Option<&Arc<Engine>>) {
    if std::thread::panicking() {
        return;
    }
    let (store, project, engine) = (Arc::clone(store), project.clone(), engine.cloned());
    let played = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(all(store.as_ref(), &project, engine.as_deref()));
    });
    if let Err(why) = played.join() {
        std::panic::resume_unwind(why);
    }
}

async fn all(store: &dyn Store, project: &Project, engine: Option<&Engine>) {
    assert_eq!(replay(store, &HashSet::new()).await.unwrap(), [], "what is kept beside the journals");
    let mut project = project.clone();
    // Those that served files declare are in the store.
    let declared = store.meta("groups").await.unwrap();
    project.groups.extend(declared.map(|bytes| minicbor::decode::<Groups>(&bytes).unwrap()).unwrap_or_default());
    let project = &project;
    let mut before = None;
    loop {
        let page = store.runs(RunFilter { before, limit: 500, ..RunFilter::default() }).await.unwrap();
        let Some(last) = page.last() else { return };
        before = Some(last.run);
        for row in &page {
            let plan = Plan::decode(&store.plan(row.plan).await.unwrap().unwrap()).unwrap();
            one(store, project, engine, &plan, row.run).await;
        }
    }
}

async fn one(store: &dyn Store, project: &Project, engine: Option<&Engine>, plan: &Plan, run: RunId) {
    let (live, until) = in_memory(engine, run).await.map_or((None, u64::MAX), |(live, seq)| (Some(live), seq));
    let mut state = RunState::new(run);
    let mut seq = 0;
    while seq < until {
        let page = store.journal(run, seq, 500).await.unwrap();
        if page.is_empty() {
            break;
        }
        for entry in page.iter().filter(|entry| entry.seq <= until) {
            seq = entry.seq;
            let transition = whole(store, &entry.body).await;
            follows(project, plan, &state, &transition).unwrap_or_else(|why| panic!("transition {seq} of {run:?}: {why}\n{transition:#?}"));
            state.at = transition.at;
            transition.events.iter().for_each(|event| state.apply(event));
        }
    }
    if let Some(mut live) = live {
        // A turn in which nothing happened moves the time, and is not recorded.
        live.at = state.at;
        assert_eq!(live, state, "the journal leads elsewhere");
    }
}

/// A run as the engine has it; one whose turn was under way when the test ended is not to be had.
async fn in_memory(engine: Option<&Engine>, run: RunId) -> Option<(RunState, u64)> {
    let live = tokio::time::timeout(Duration::from_secs(1), engine?.state(run)).await;
    live.ok().map(Result::unwrap)
}

/// A transition with the results that are kept apart from it.
async fn whole(store: &dyn Store, body: &[u8]) -> Transition {
    let mut transition: Transition = minicbor::decode(body).unwrap();
    for event in &mut transition.events {
        if let Event::AttemptEnded { outcome, .. } = event
            && let Outcome::Kept(digest) = outcome
        {
            *outcome = Outcome::Done(minicbor::decode(&store.blob(*digest).await.unwrap().unwrap()).unwrap());
        }
    }
    transition
}

/// Whether a transition is all that followed from its request, and nothing else: no attempt but one that follows.
fn follows(project: &Project, plan: &Plan, before: &RunState, transition: &Transition) -> Result<(), String> {
    let facts = Facts { now: transition.at, zone: &project.zone, names: &Environment, people: project, calendar: &project.calendar };
    machine::follows(plan, before, transition, &facts)
}

/// Who decides is recorded when they do; a duty asks once more who belongs to a group before its call.
impl Membership for Project {
    fn members(&self, group: &str) -> Vec<String> {
        self.groups.get(group).cloned().unwrap_or_default()
    }
}

struct Environment;

impl Names for Environment {
    fn env(&self, name: &str) -> Option<smol_str::SmolStr> {
        std::env::var(name).ok().map(Into::into)
    }

    fn secret(&self, _: &str) -> Option<smol_str::SmolStr> {
        None
    }
}
