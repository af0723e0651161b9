//! Every journal that a test produced is played once more: the same state, and at each transition the same events and commands.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use flow_compiler::eval::Names;
use flow_compiler::plan::Plan;
use flow_runtime::engine::{Engine, replay};
use flow_runtime::ids::{At, RunId};
use flow_runtime::machine::event::{Event, Outcome, Transition};
use flow_runtime::machine::{Calendar, Command, Facts, Membership, RunState, next};
use flow_runtime::store::{RunFilter, Store};

/// Plays all runs of the engine's store again. For the end of a test, wherever that is: in a thread of its own, because nothing can be
/// awaited where something is dropped.
pub(crate) fn check(engine: &Arc<Engine>) {
    if std::thread::panicking() {
        return;
    }
    let engine = Arc::clone(engine);
    let played = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(all(&engine));
    });
    if let Err(why) = played.join() {
        std::panic::resume_unwind(why);
    }
}

async fn all(engine: &Engine) {
    let store = engine.store().as_ref();
    assert_eq!(replay(store, &HashSet::new()).await.unwrap(), [], "what is kept beside the journals");
    let mut before = None;
    loop {
        let page = store.runs(RunFilter { before, limit: 500, ..RunFilter::default() }).await.unwrap();
        let Some(last) = page.last() else { return };
        before = Some(last.run);
        for row in &page {
            let plan = Plan::decode(&store.plan(row.plan).await.unwrap().unwrap()).unwrap();
            one(engine, store, &plan, row.run).await;
        }
    }
}

async fn one(engine: &Engine, store: &dyn Store, plan: &Plan, run: RunId) {
    // A run whose turn was under way when the test ended is not to be had.
    let live = tokio::time::timeout(Duration::from_secs(1), engine.state(run)).await;
    let (live, until) = live.map_or((None, u64::MAX), |live| live.map(|(live, seq)| (Some(live), seq)).unwrap());
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
            follows(engine, plan, &state, &transition).unwrap_or_else(|why| panic!("transition {seq} of {run:?}: {why}\n{transition:#?}"));
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

/// Whether a transition is a request's events and then all that follows from them, and nothing else: no attempt but one that follows.
fn follows(engine: &Engine, plan: &Plan, before: &RunState, transition: &Transition) -> Result<(), String> {
    let Transition { at, events, .. } = transition;
    let mut after = before.clone();
    after.at = *at;
    let asked =
        events.iter().position(|event| matches!(event, Event::AttemptStarted { .. } | Event::Previewing { .. })).unwrap_or(events.len());
    for own in 0..=asked {
        let mut state = after.clone();
        let (derived, commands) = derive(engine, plan, &mut state, *at);
        if derived == events.get(own..).unwrap_or_default() {
            let started: Vec<Command> = events.iter().flat_map(started).filter(|command| command.stands(&state)).collect();
            let given: Vec<Command> = commands.into_iter().filter(|command| command.stands(&state)).collect();
            return if started == given { Ok(()) } else { Err(format!("given {given:?}, started {started:?}")) };
        }
        events.get(own).iter().for_each(|event| after.apply(event));
    }
    Err("it does not follow".to_owned())
}

/// The commands that an event says were given.
fn started(event: &Event) -> Vec<Command> {
    match event {
        Event::AttemptStarted { node, attempt, .. } => vec![Command::Attempt { node: node.clone(), attempt: *attempt }],
        Event::Previewing { node, looks } => looks.iter().map(|look| Command::Preview { node: node.clone(), guard: look.guard }).collect(),
        _ => Vec::new(),
    }
}

/// What follows from where a run stands, up to where it waits.
fn derive(engine: &Engine, plan: &Plan, state: &mut RunState, now: At) -> (Vec<Event>, Vec<Command>) {
    let (zone, people, calendar) = (&engine.options().zone, Project(engine), Calendar::default());
    let facts = Facts { now, zone, names: &Environment, people: &people, calendar: &calendar };
    let (mut all, mut commands) = (Vec::new(), Vec::new());
    loop {
        let (events, more) = next(plan, state, &facts);
        if events.is_empty() {
            return (all, commands);
        }
        events.iter().for_each(|event| state.apply(event));
        all.extend(events);
        commands.extend(more);
    }
}

struct Project<'a>(&'a Engine);

impl Membership for Project<'_> {
    fn members(&self, group: &str) -> Vec<String> {
        self.0.options().groups.get(group).cloned().unwrap_or_default()
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
