//! One turn of a run, made durable, and the work that follows it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flow_compiler::value::Value;
use futures_util::FutureExt as _;

use super::cache::Live;
use super::children::Call;
use super::{Engine, EngineError};
use crate::actions::{Attempt, Ended};
use crate::ids::{At, Digest, Path, RunId};
use crate::machine::event::{Event, Look, Outcome, Principal, Question, Term, Transition};
use crate::machine::{self, Calling, Command, NodeState, Request, RunState, called, place, preview, turn};
use crate::people::Person;
use crate::store::{Asked, Channel, Commit, NewAnswer, NewLetter, NewRun, Store, StoreError, chain};

/// A journal is followed by a snapshot when so many bytes have been written since the last one, or as many as it has itself.
const SNAPSHOT_AFTER: usize = 16 * 1024;
/// Results of calls whose bytes are more than this are kept apart from the journal.
const LARGE: usize = 16 * 1024;
/// How long the engine waits before it writes an outcome again that the disk had no room for.
const PAUSE_WHEN_FULL: Duration = Duration::from_secs(1);

/// What follows a turn.
#[derive(Debug)]
pub(super) enum Work {
    /// An attempt is to be made.
    Attempt {
        /// The call's node.
        node: Path,
        /// Which attempt.
        number: u32,
        /// What.
        attempt: Box<Attempt>,
        /// What was approved that it would touch.
        approved: Option<Value>,
    },
    /// What a call would touch is to be looked at, before a gate asks.
    Preview {
        /// The gate's node.
        node: Path,
        /// The guard of the plan's gate.
        guard: u32,
        /// The call.
        attempt: Box<Attempt>,
    },
    /// A workflow is called.
    Call(Box<Call>),
    /// The run has ended, and its caller is to know.
    Tell,
    /// A called run is to be cancelled, for this person.
    Cancel(RunId, String),
}

/// What a turn left behind.
#[derive(Debug)]
pub(super) struct Stepped<T> {
    /// What was made of the run before the commit.
    pub(super) made: T,
    /// What to do now that the commit is durable.
    pub(super) work: Vec<Work>,
}

impl Engine {
    /// One turn of a run, durable when it returns. `make` sees the run as it will be and gives the answer to keep for the caller's key.
    ///
    /// INVARIANT: while a turn is under way the run's place is empty, so that a turn that is dropped or fails leaves nothing half-done
    /// in memory. Callers that can be dropped (requests) spawn it.
    pub(super) async fn step<T>(
        self: &Arc<Self>,
        run: RunId,
        request: Option<Request>,
        make: impl FnOnce(&Live) -> (T, Option<NewAnswer>),
    ) -> Result<Stepped<T>, EngineError> {
        let cell = self.cache.cell(run);
        let mut place = cell.lock().await;
        let live = match place.take() {
            Some(live) => live,
            None => self.read(run).await?,
        };
        let (live, stepped) = self.turn(live, request, None, make).await?;
        *place = Some(live);
        drop(place);
        stepped
    }

    /// The first turn of a new run.
    pub(super) async fn first_step<T>(
        self: &Arc<Self>,
        live: Live,
        request: Request,
        new: NewRun,
        make: impl FnOnce(&Live) -> (T, Option<NewAnswer>),
    ) -> Result<Stepped<T>, EngineError> {
        let cell = self.cache.cell(live.state.run);
        let mut place = cell.lock().await;
        let (live, stepped) = self.turn(live, Some(request), Some(new), make).await?;
        *place = Some(live);
        drop(place);
        stepped
    }

    /// The turn itself: events, commit, then the rest. A refusal is given after what the clock made happen is durable.
    async fn turn<T>(
        self: &Arc<Self>,
        mut live: Live,
        request: Option<Request>,
        new: Option<NewRun>,
        make: impl FnOnce(&Live) -> (T, Option<NewAnswer>),
    ) -> Result<(Live, Result<Stepped<T>, EngineError>), EngineError> {
        let plan = Arc::clone(&live.plan);
        let turn = self.with_facts(|facts| turn(&plan, &mut live.state, request, facts));
        let made = match turn.refusal {
            None => Ok(make(&live)),
            Some(refusal) => Err(EngineError::Refused(refusal)),
        };
        let (made, answer) = match made {
            Ok((made, answer)) => (Ok(made), answer),
            Err(error) => (Err(error), None),
        };
        if !turn.events.is_empty() || answer.is_some() {
            let commit = self.commit_of(&mut live, turn.at, turn.events, new, answer)?;
            let due = commit.due;
            let letters = !commit.letters.is_empty();
            let next = commit.gives_turn.then_some(turn.at);
            self.store.commit(commit).await.inspect_err(|error| self.note_failure(error))?;
            self.wake(live.state.run, live.seq, due.into_iter().chain(next).min(), letters);
            self.wake_callers(&live.state);
        }
        let mut work: Vec<Work> = turn.commands.iter().filter_map(|command| self.work(&live, command)).collect();
        work.extend(self.around(&live));
        let run = live.state.run;
        Ok(match made {
            Ok(made) => (live, Ok(Stepped { made, work })),
            Err(refused) => {
                // What the clock made happen before the refusal goes on all the same.
                self.dispatch(run, work);
                (live, Err(refused))
            }
        })
    }

    /// The commit of a turn; `live` becomes what it is after it.
    fn commit_of(
        &self,
        live: &mut Live,
        at: At,
        mut events: Vec<Event>,
        new: Option<NewRun>,
        answer: Option<NewAnswer>,
    ) -> Result<Commit, EngineError> {
        let state = &live.state;
        let (asked, closed) = questions(state, &events);
        let letters = self.letters_of(state, &events, at);
        let blobs = set_apart(&mut events)?;
        let mut transition = Transition { at, events, snapshot: None };
        let mut body = encode(&transition)?;
        let mut snapshot = None;
        if live.since + body.len() >= SNAPSHOT_AFTER.max(live.snapshot) {
            let bytes = encode(state)?;
            transition.snapshot = Some(Digest::of(&[&bytes]));
            body = encode(&transition)?;
            snapshot = Some(bytes);
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| EngineError::Corrupt(format!("no random numbers: {error}")))?;
        let (seq, previous) = (live.seq + 1, live.hash);
        let hash = chain(previous, state.run, seq, &salt, &body);
        let commit = Commit {
            run: state.run,
            seq,
            previous,
            salt,
            hash,
            new,
            status: state.status(),
            live: state.live(),
            due: state.due(),
            at,
            asked,
            closed,
            letters,
            answer,
            blobs,
            gives_turn: state.ended.is_some() && live.plan.workflow.settings.one_at_a_time_per.is_some(),
            snapshot,
            body,
        };
        live.seq = seq;
        live.hash = hash;
        live.since = commit.snapshot.as_ref().map_or(live.since + commit.body.len(), |_| 0);
        live.snapshot = commit.snapshot.as_ref().map_or(live.snapshot, Vec::len);
        Ok(commit)
    }

    /// People to be told of what happened: each who is asked, when they are asked.
    fn letters_of(&self, state: &RunState, events: &[Event], due: At) -> Vec<NewLetter> {
        let mut letters = Vec::new();
        for event in events {
            match event {
                Event::Asked(Question { n, .. }) => letters.extend(self.told(state, *n, [Channel::Webhook, Channel::Mail], due)),
                Event::StageMet { n, .. } | Event::Escalated { n, .. } | Event::HandedOn { n, .. } => {
                    letters.extend(self.told(state, *n, [Channel::WebhookAgain, Channel::Mail], due));
                }
                Event::Reminded { n, .. } => {
                    letters.extend(self.told(state, *n, [Channel::WebhookReminder, Channel::Reminder], due));
                }
                Event::Ended { .. } => letters.extend(state.callback.iter().map(|url| NewLetter {
                    channel: Channel::Callback,
                    to: url.clone(),
                    n: 0,
                    due,
                    url: Some(url.clone()),
                })),
                _ => {}
            }
        }
        letters
    }

    /// A message to every receiver, and a mail to everybody whose answer to the question is needed now; the outbox knows who has been told
    /// already.
    fn told(&self, state: &RunState, n: u32, [hook, mail]: [Channel; 2], due: At) -> Vec<NewLetter> {
        let Some(asked) = state.question(n).filter(|asked| asked.closed.is_none()) else { return Vec::new() };
        let letter = |channel, to| NewLetter { channel, to, n, due, url: None };
        let people = if self.options.mail { self.needed_now(state, asked) } else { Vec::new() };
        let hooks = self.options.webhooks.iter().map(|to| letter(hook, to.clone()));
        hooks.chain(people.into_iter().map(|to| letter(mail, to))).collect()
    }

    /// The addresses of everybody whose answer to a question is needed now.
    pub(super) fn needed_now(&self, state: &RunState, asked: &machine::Asked) -> Vec<String> {
        self.with_facts(|facts| {
            let needed = machine::needed(asked, state, facts);
            let mut people = self.people_of(needed.iter().map(|term| &term.of));
            // Those who handed it on are not asked any more, and those to whom they did are; stand-ins are told beside whom they stand for.
            let handed = asked.handed.iter().filter(|(from, _)| people.contains(from)).map(|(_, to)| to.clone());
            let handed: Vec<String> = handed.collect();
            people.extend(handed);
            let stand_ins: Vec<String> = people.iter().filter_map(|person| self.stand_in_of(&Person::new(person)).to).collect();
            people.extend(stand_ins);
            people.sort_unstable();
            people.dedup();
            people.retain(|person| machine::is_asked(asked, person, state, facts));
            people
        })
    }

    fn work(&self, live: &Live, command: &Command) -> Option<Work> {
        match command {
            Command::Attempt { node, attempt } => {
                let NodeState::Calling(calling) = live.state.node(node) else { return None };
                self.attempt(live, node, *attempt, calling)
            }
            Command::Preview { node, guard } => self.preview_work(live, node, preview::look(&live.state, node, *guard)?),
        }
    }

    /// A look at what a call would touch.
    fn preview_work(&self, live: &Live, gate: &Path, look: &Look) -> Option<Work> {
        let guard = place::gate_at(&live.plan, gate)?.guards.get(look.guard as usize)?;
        let call = preview::call_of(gate, guard);
        let (index, action) = place::action_at(&live.plan, &call)?;
        let mut attempt = self.attempt_of(live, &call, (index, action.timeout), look.arguments.clone(), live.state.generation);
        // Gates in parallel branches may look at the same call.
        attempt.lock = self.key(live.state.run, &Path(gate.0.iter().chain(&call.0).copied().collect()), live.state.generation);
        Some(Work::Preview { node: gate.clone(), guard: look.guard, attempt: Box::new(attempt) })
    }

    fn attempt(&self, live: &Live, node: &Path, number: u32, calling: &Calling) -> Option<Work> {
        let Calling { arguments, generation, .. } = calling.clone();
        let (index, action) = place::action_at(&live.plan, node)?;
        if let Some(child) = called::workflow(action) {
            return Some(Work::Call(Box::new(Call::new(live, child, node.clone(), (number, generation), arguments))));
        }
        let timeout = place::call_at(&live.plan, node).and_then(|call| call.timeout).filter(|_| !node.is_undo());
        let attempt = self.attempt_of(live, node, (index, timeout.unwrap_or(action.timeout)), arguments, generation);
        let approved = action.preview.as_ref().and_then(|_| preview::approved(&live.plan, &live.state, node)).cloned();
        Some(Work::Attempt { node: node.clone(), number, attempt: Box::new(attempt), approved })
    }

    fn attempt_of(
        &self,
        live: &Live,
        node: &Path,
        (action, timeout): (u32, jiff::SignedDuration),
        arguments: Vec<Value>,
        generation: u32,
    ) -> Attempt {
        let key = self.key(live.state.run, node, generation);
        Attempt {
            plan: Arc::clone(&live.plan),
            action,
            arguments,
            lock: key.clone(),
            key,
            timeout,
            owner: live.state.owner.name().to_owned(),
            requester: live.state.requester.clone(),
        }
    }

    /// The idempotency key of a call of a run: the same over retries and restarts, and no other store's. A run that is taken up again
    /// after it failed tries what had failed under the key of the next generation.
    fn key(&self, run: RunId, node: &Path, generation: u32) -> String {
        let again = Some(generation).filter(|generation| *generation > 0);
        let path: Vec<u8> = node.0.iter().copied().chain(again).flat_map(u32::to_be_bytes).collect();
        let Digest(digest) = Digest::of(&[&self.id, &run.0.to_be_bytes(), &path]);
        let half: Vec<u8> = digest.into_iter().take(16).collect();
        data_encoding::HEXLOWER.encode(&half)
    }

    /// Does the work that a turn left, beside whatever else is under way.
    pub(super) fn dispatch(self: &Arc<Self>, run: RunId, work: Vec<Work>) {
        for item in work {
            self.under_way.fetch_add(1, Ordering::SeqCst);
            let engine = Arc::clone(self);
            tokio::spawn(async move {
                engine.carry_out(run, item).await;
                if engine.under_way.fetch_sub(1, Ordering::SeqCst) == 1 {
                    engine.idle.notify_waiters();
                }
            });
        }
    }

    /// Does what is to be done, and goes on with what follows.
    async fn carry_out(self: &Arc<Self>, run: RunId, first: Work) {
        let mut next = Some(first);
        while let Some(item) = next.take() {
            let mut work = match item {
                Work::Attempt { node, number, attempt, approved } => {
                    let request = match self.make(&attempt, approved.as_ref()).await {
                        Ended::Outcome(outcome) => Request::Ended { node, attempt: number, outcome },
                        Ended::Changed(found) => Request::Changed { node, attempt: number, found },
                    };
                    self.record(run, request).await.unwrap_or_default()
                }
                Work::Preview { node, guard, attempt } => {
                    let outcome = guarded(self.executor.preview(&attempt)).await.unwrap_or_else(crashed);
                    self.record(run, Request::Previewed { node, guard, outcome }).await.unwrap_or_default()
                }
                Work::Call(call) => self.begin_child(run, *call).await,
                Work::Tell => {
                    self.tell_caller(run).await;
                    Vec::new()
                }
                Work::Cancel(child, by) => {
                    self.cancel_child(child, by).await;
                    Vec::new()
                }
            };
            next = work.pop();
            self.dispatch(run, work);
        }
    }

    /// Makes an attempt, if it still would touch what was approved.
    async fn make(&self, attempt: &Attempt, approved: Option<&Value>) -> Ended {
        if let Some(outcome) = self.executor.run_inline(attempt) {
            return outcome.into();
        }
        match approved {
            None => guarded(self.executor.run(attempt)).await.unwrap_or_else(crashed).into(),
            Some(approved) => guarded(self.executor.run_previewed(attempt, approved)).await.unwrap_or_else(|| crashed().into()),
        }
    }

    /// Records what became of an attempt, and gives what follows. It is not given up while the store can still take it; `None` when it is.
    pub(super) async fn record(self: &Arc<Self>, run: RunId, request: Request) -> Option<Vec<Work>> {
        loop {
            match self.step(run, Some(request.clone()), |_| ((), None)).await {
                Ok(stepped) => return Some(stepped.work),
                Err(EngineError::Store(StoreError::Conflict(_))) => {}
                Err(EngineError::Store(StoreError::Full)) => tokio::time::sleep(PAUSE_WHEN_FULL).await,
                Err(error) => {
                    tracing::error!(run = %self.run_id(run), %error, "the outcome of an attempt could not be recorded");
                    return None;
                }
            }
        }
    }

    /// A turn with no request but what the clock says, and whether the run's turn has come.
    pub(super) async fn poke(self: &Arc<Self>, run: RunId) -> Result<(), EngineError> {
        let held = self.look(run, |live| live.state.held && live.state.ended.is_none()).await?;
        let request = (held && self.store.has_turn(run).await?).then_some(Request::Admit);
        let stepped = self.step(run, request, |_| ((), None)).await?;
        self.dispatch(run, stepped.work);
        Ok(())
    }

    /// Attempts of a run that nobody makes any more end as lost, once no child of them is left.
    pub(super) async fn take_up(self: &Arc<Self>, run: RunId) -> Result<(), EngineError> {
        for item in self.abandoned(run).await? {
            if let Work::Attempt { node, number, attempt, .. } = item {
                let patience = Duration::try_from(attempt.timeout).unwrap_or_default();
                self.executor.settle_orphan(&attempt.lock, patience).await;
                let lost = Request::Ended { node, attempt: number, outcome: Outcome::Lost };
                let work = self.record(run, lost).await.unwrap_or_default();
                self.dispatch(run, work);
            } else {
                if let Work::Preview { attempt, .. } = &item {
                    // Nothing is lost with a look that nobody waits for.
                    self.executor.settle_orphan(&attempt.lock, Duration::ZERO).await;
                }
                self.dispatch(run, vec![item]);
            }
        }
        self.poke(run).await
    }

    /// Attempts and looks under way that nobody makes; called runs that have begun are under way by themselves.
    async fn abandoned(&self, run: RunId) -> Result<Vec<Work>, EngineError> {
        self.look(run, |live| {
            let own = live.state.under_way().into_iter().filter(|(node, _)| live.state.children.iter().all(|child| child.node != *node));
            let attempts = own.filter_map(|(node, calling)| self.attempt(live, &node, calling.attempt, calling));
            // A look changes nothing, and is made again.
            let looks = live.state.looks().into_iter().filter_map(|(gate, look)| self.preview_work(live, &gate, look));
            attempts.chain(looks).collect()
        })
        .await
    }

    /// Looks at a run.
    pub(super) async fn look<T>(&self, run: RunId, f: impl FnOnce(&Live) -> T) -> Result<T, EngineError> {
        let cell = self.cache.cell(run);
        let mut place = cell.lock().await;
        let live = match place.take() {
            Some(live) => live,
            None => self.read(run).await?,
        };
        let seen = f(&live);
        *place = Some(live);
        Ok(seen)
    }

    /// Reads a run from the store.
    async fn read(&self, run: RunId) -> Result<Live, EngineError> {
        let stored = self.store.load(run).await?.ok_or_else(|| EngineError::NotFound(format!("run `{}`", self.run_id(run))))?;
        let plan = self.plan(stored.row.plan).await?;
        let mut state = RunState::new(run);
        let mut snapshot = 0;
        if let Some((_, bytes)) = &stored.snapshot {
            state = decode(bytes)?;
            snapshot = bytes.len();
        }
        for entry in &stored.entries {
            let transition = transition(&*self.store, &entry.body).await?;
            state.at = transition.at;
            transition.events.iter().for_each(|event| state.apply(event));
        }
        Ok(Live { state, plan, seq: stored.row.seq, hash: stored.row.hash, since: stored.bytes, snapshot })
    }
}

/// What it comes to, unless it ends in a panic. On the heap: it is by far the largest part of the task, and a task is moved several times
/// before it runs.
async fn guarded<T>(work: impl Future<Output = T>) -> Option<T> {
    std::panic::AssertUnwindSafe(Box::pin(work)).catch_unwind().await.ok()
}

fn crashed() -> Outcome {
    Outcome::Unknown("the action ended in an internal error".to_owned())
}

/// A stored transition, with the results that were kept apart from it.
pub(super) async fn transition(store: &dyn Store, body: &[u8]) -> Result<Transition, EngineError> {
    let mut transition: Transition = decode(body)?;
    for event in &mut transition.events {
        if let Event::AttemptEnded { outcome, .. } = event
            && let Outcome::Kept(digest) = *outcome
        {
            let bytes = store.blob(digest).await?.filter(|bytes| Digest::of(&[bytes]) == digest);
            let bytes = bytes.ok_or_else(|| EngineError::Corrupt(format!("the result {digest} of a call is missing or changed")))?;
            *outcome = Outcome::Done(decode(&bytes)?);
        }
    }
    Ok(transition)
}

/// Puts large results of calls apart, each under the digest of its bytes.
fn set_apart(events: &mut [Event]) -> Result<Vec<(Digest, Vec<u8>)>, EngineError> {
    let mut blobs = Vec::new();
    for event in events {
        if let Event::AttemptEnded { outcome, .. } = event
            && let Outcome::Done(value) = outcome
        {
            let bytes = encode(value)?;
            if bytes.len() > LARGE {
                let digest = Digest::of(&[&bytes]);
                *outcome = Outcome::Kept(digest);
                blobs.push((digest, bytes));
            }
        }
    }
    Ok(blobs)
}

/// Questions that were opened, or opened to others too, and those that were closed.
fn questions(state: &RunState, events: &[Event]) -> (Vec<Asked>, Vec<u32>) {
    let keys = |stage: Option<&Vec<Term>>| stage.into_iter().flatten().map(|term| principal_key(&term.of)).collect();
    let asked = events.iter().filter_map(|event| match event {
        Event::Asked(question) => {
            let mut of: Vec<String> = keys(question.of.stages.first());
            // What was escalated or handed on in the round before is so in this one.
            if let Some(asked) = state.question(question.n).filter(|_| question.follows.is_some()) {
                of.extend(asked.escalations.iter().flat_map(|to| keys(to.stages.first())));
                of.extend(asked.handed.iter().map(|(_, to)| to.clone()));
            }
            Some(Asked { n: question.n, of })
        }
        Event::StageMet { n, stage } => Some(Asked { n: *n, of: keys(state.question(*n)?.question.of.stages.get(*stage as usize)) }),
        Event::Escalated { n, to, .. } => Some(Asked { n: *n, of: keys(to.stages.first()) }),
        Event::HandedOn { n, to, .. } => Some(Asked { n: *n, of: vec![to.clone()] }),
        _ => None,
    });
    let closed = events.iter().filter_map(|event| match event {
        Event::Closed { n, .. } => Some(*n),
        _ => None,
    });
    (asked.collect(), closed.collect())
}

/// A person or group as one text for the store's index: a group cannot be taken for a person.
pub(super) fn principal_key(principal: &Principal) -> String {
    match principal {
        Principal::Person(address) => address.clone(),
        Principal::Group(name) => format!("group {name}"),
    }
}

pub(super) fn encode<T: minicbor::Encode<()>>(value: &T) -> Result<Vec<u8>, EngineError> {
    minicbor::to_vec(value).map_err(|error| EngineError::Corrupt(format!("cannot write the journal: {error}")))
}

pub(super) fn decode<'a, T: minicbor::Decode<'a, ()>>(bytes: &'a [u8]) -> Result<T, EngineError> {
    minicbor::decode(bytes).map_err(|error| EngineError::Corrupt(format!("cannot read the journal: {error}")))
}
