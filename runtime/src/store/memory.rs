//! The store in memory: for tests and for `hitlc test`. As exact as the others, and gone with its process.

mod starts;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use parking_lot::Mutex;

use super::{
    Answer, ChildOf, Commit, Delivery, Entry, Head, Letter, NewLetter, RunFilter, RunRow, Store, StoreError, Stored, Token, advance,
};
use crate::ids::{At, Digest, RunId};
use starts::Starts;

/// A store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    head: Head,
    closed: bool,
    /// In commit order; an entry's number is one more than its index.
    journal: Vec<Entry>,
    runs: BTreeMap<RunId, Run>,
    open: BTreeMap<(RunId, u32), Vec<String>>,
    plans: HashMap<Digest, Vec<u8>>,
    blobs: HashMap<Digest, Vec<u8>>,
    answers: HashMap<(String, String), Answer>,
    letters: BTreeMap<i64, Waiting>,
    last_letter: i64,
    tokens: Vec<Token>,
    meta: HashMap<String, Vec<u8>>,
    /// By the called run: its place, and whether its caller knows of its end.
    children: BTreeMap<RunId, (ChildOf, bool)>,
    starts: Starts,
}

#[derive(Debug)]
struct Run {
    row: RunRow,
    live: bool,
    due: Option<At>,
    snapshot: Option<(u64, Vec<u8>)>,
    /// Indices in the journal.
    entries: Vec<usize>,
}

#[derive(Debug)]
struct Waiting {
    letter: Letter,
    state: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    /// While its question is open: so that there is no second one.
    Delivered,
    Dead,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        let mut store = [0; 16];
        // Without random numbers all stores in memory have one name; nothing compares them across processes.
        let _ = getrandom::fill(&mut store);
        let state = State {
            head: Head { store, last: 0, hash: Digest::default() },
            closed: false,
            journal: Vec::new(),
            runs: BTreeMap::new(),
            open: BTreeMap::new(),
            plans: HashMap::new(),
            blobs: HashMap::new(),
            answers: HashMap::new(),
            letters: BTreeMap::new(),
            last_letter: 0,
            tokens: Vec::new(),
            meta: HashMap::new(),
            children: BTreeMap::new(),
            starts: Starts::default(),
        };
        Self { state: Mutex::new(state) }
    }

    fn write<T>(&self, write: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(StoreError::Unusable("the store is closed".into()));
        }
        write(&mut state)
    }
}

impl State {
    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.check(&commit)?;
        let Commit {
            run,
            seq,
            previous: _,
            salt,
            body,
            hash,
            new,
            status,
            live,
            due,
            at,
            asked,
            closed,
            snapshot,
            letters,
            answer,
            blobs,
            gives_turn,
        } = commit;
        self.blobs.extend(blobs);
        let index = self.journal.len();
        let id = self.head.last + 1;
        self.journal.push(Entry { id, run, seq, salt, body, hash });
        if let Some(new) = new {
            self.children.extend(new.child_of.clone().map(|of| (run, (of, false))));
            self.starts.start(run, &new);
            let row = RunRow {
                run,
                workflow: new.workflow,
                plan: new.plan,
                requester: new.requester,
                status,
                seq,
                hash,
                started: at,
                ended: None,
            };
            self.runs.insert(run, Run { row, live, due, snapshot: None, entries: Vec::new() });
        }
        if let Some(kept) = self.runs.get_mut(&run) {
            kept.row = RunRow { status, seq, hash, ..kept.row.clone() };
            // A run that was taken up again has not ended any more.
            kept.row.ended = status.ended().then(|| kept.row.ended.unwrap_or(at));
            kept.live = live;
            kept.due = due;
            kept.entries.push(index);
            if let Some(state) = snapshot {
                kept.snapshot = Some((seq, state));
            }
        }
        let next = if gives_turn { self.starts.give_turn(run) } else { None };
        if let Some(next) = next.and_then(|next| self.runs.get_mut(&next)) {
            // The next one is due at once.
            next.due = Some(at);
        }
        for question in asked {
            // Asked anew of others: those who were asked before still are.
            self.open.entry((run, question.n)).or_default().extend(question.of);
        }
        for n in closed {
            self.open.remove(&(run, n));
            self.letters.retain(|_, kept| kept.state != Stage::Delivered || kept.letter.run != run || kept.letter.letter.n != n);
        }
        for letter in letters {
            self.put_letter(run, letter);
        }
        if let Some(new) = answer {
            self.answers.insert((new.scope, new.key), new.answer);
        }
        self.head.last = id;
        self.head.hash = advance(self.head.hash, hash);
        Ok(())
    }

    /// Everything that can be wrong, before anything is written.
    fn check(&self, commit: &Commit) -> Result<(), StoreError> {
        if let Some(new) = &commit.answer {
            let known = self.answers.get(&(new.scope.clone(), new.key.clone()));
            if known.is_some_and(|known| known.expires > commit.at) {
                return Err(StoreError::Taken);
            }
        }
        let place = commit.new.as_ref().and_then(|new| new.child_of.as_ref());
        if place.is_some_and(|place| self.children.values().any(|(taken, _)| taken == place)) {
            return Err(StoreError::Taken);
        }
        let fits = match (self.runs.get(&commit.run), &commit.new) {
            (Some(run), None) => run.row.seq + 1 == commit.seq && run.row.hash == commit.previous,
            (None, Some(_)) => commit.seq == 1 && commit.previous == Digest::default(),
            _ => false,
        };
        if !fits {
            return Err(StoreError::Conflict(commit.run));
        }
        if let Some(new) = &commit.new {
            self.starts.check(new)?;
        }
        match &commit.new {
            Some(new) if !self.plans.contains_key(&new.plan) => Err(StoreError::Unusable(format!("the store has no plan `{}`", new.plan))),
            _ => Ok(()),
        }
    }

    /// Nobody is told twice of one question.
    fn put_letter(&mut self, run: RunId, letter: NewLetter) {
        let once = letter.n > 0 && letter.channel.is_once();
        let same = |kept: &Waiting| {
            let other = &kept.letter.letter;
            kept.letter.run == run && other.n == letter.n && other.channel == letter.channel && other.to == letter.to
        };
        if once && self.letters.values().any(same) {
            return;
        }
        self.last_letter += 1;
        let letter = Letter { id: self.last_letter, run, letter, tries: 0, error: None };
        self.letters.insert(self.last_letter, Waiting { letter, state: Stage::Waiting });
    }

    fn sent(&mut self, id: i64, delivery: Delivery) {
        let Some(kept) = self.letters.get_mut(&id).filter(|kept| kept.state == Stage::Waiting) else { return };
        match delivery {
            Delivery::Done => {
                let letter = &kept.letter.letter;
                let question = (kept.letter.run, letter.n);
                if letter.n > 0 && letter.channel.is_once() && self.open.contains_key(&question) {
                    kept.state = Stage::Delivered;
                } else {
                    self.letters.remove(&id);
                }
            }
            Delivery::Again { due, error } => {
                kept.letter.letter.due = due;
                kept.letter.tries += 1;
                kept.letter.error = Some(error);
            }
            Delivery::Dead { error } => {
                kept.state = Stage::Dead;
                kept.letter.tries += 1;
                kept.letter.error = Some(error);
            }
        }
    }

    fn entries(&self, run: RunId, after: u64) -> impl Iterator<Item = &Entry> {
        let indices = self.runs.get(&run).map_or(&[][..], |run| &run.entries);
        indices.iter().filter_map(|index| self.journal.get(*index)).filter(move |entry| entry.seq > after)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.write(|state| state.commit(commit))
    }

    async fn first_free_run(&self) -> Result<RunId, StoreError> {
        let last = self.state.lock().runs.keys().next_back().map_or(0, |run| run.0);
        Ok(RunId(last.saturating_add(1)))
    }

    async fn child(&self, caller: RunId, place: &[u8]) -> Result<Option<RunId>, StoreError> {
        let state = self.state.lock();
        let found = state.children.iter().find(|(_, (of, _))| of.run == caller && of.place == place);
        Ok(found.map(|(run, _)| *run))
    }

    async fn children(&self, caller: RunId) -> Result<Vec<RunId>, StoreError> {
        Ok(self.state.lock().children.iter().filter(|(_, (of, _))| of.run == caller).map(|(run, _)| *run).collect())
    }

    async fn untold(&self) -> Result<Vec<RunId>, StoreError> {
        let state = self.state.lock();
        let ended = |run: &RunId| state.runs.get(run).is_some_and(|run| run.row.status.ended());
        Ok(state.children.iter().filter(|(run, (_, told))| !told && ended(run)).map(|(run, _)| *run).collect())
    }

    async fn told(&self, child: RunId) -> Result<(), StoreError> {
        self.write(|state| {
            if let Some((_, told)) = state.children.get_mut(&child) {
                *told = true;
            }
            Ok(())
        })
    }

    async fn once(&self, key: Digest) -> Result<Option<RunId>, StoreError> {
        Ok(self.state.lock().starts.once(key))
    }

    async fn turn_taken(&self, key: Digest) -> Result<bool, StoreError> {
        Ok(self.state.lock().starts.is_taken(key))
    }

    async fn has_turn(&self, run: RunId) -> Result<bool, StoreError> {
        Ok(self.state.lock().starts.has_turn(run))
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(self.state.lock().runs.get(&run).map(|run| run.row.clone()))
    }

    async fn load(&self, run: RunId) -> Result<Option<Stored>, StoreError> {
        let state = self.state.lock();
        let Some(kept) = state.runs.get(&run) else { return Ok(None) };
        let after = kept.snapshot.as_ref().map_or(0, |(seq, _)| *seq);
        let entries: Vec<Entry> = state.entries(run, after).cloned().collect();
        let bytes = entries.iter().map(|entry| entry.body.len()).sum();
        Ok(Some(Stored { row: kept.row.clone(), snapshot: kept.snapshot.clone(), entries, bytes }))
    }

    async fn journal(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        Ok(self.state.lock().entries(run, after).take(count(limit)).cloned().collect())
    }

    async fn runs(&self, filter: RunFilter) -> Result<Vec<RunRow>, StoreError> {
        let state = self.state.lock();
        let before = filter.before.unwrap_or(RunId(u64::MAX));
        let rows = state.runs.range(..before).rev().map(|(_, run)| &run.row);
        let rows = rows.filter(|row| filter.status.is_none_or(|status| row.status == status));
        let rows = rows.filter(|row| filter.workflow.as_ref().is_none_or(|workflow| row.workflow == *workflow));
        Ok(rows.take(count(filter.limit)).cloned().collect())
    }

    async fn live(&self) -> Result<Vec<RunId>, StoreError> {
        Ok(self.state.lock().runs.iter().filter(|(_, run)| run.live).map(|(id, _)| *id).collect())
    }

    async fn due(&self, now: At, limit: u32) -> Result<Vec<RunId>, StoreError> {
        let state = self.state.lock();
        let due = state.runs.iter().filter_map(|(id, run)| run.due.filter(|due| *due <= now).map(|due| (due, *id)));
        let mut due: Vec<_> = due.collect();
        due.sort_unstable();
        Ok(due.into_iter().take(count(limit)).map(|(_, id)| id).collect())
    }

    async fn next_due(&self) -> Result<Option<At>, StoreError> {
        Ok(self.state.lock().runs.values().filter_map(|run| run.due).min())
    }

    async fn asked(&self, of: Option<Vec<String>>, cursor: Option<(RunId, u32)>, limit: u32) -> Result<Vec<(RunId, u32)>, StoreError> {
        let state = self.state.lock();
        let wanted = |asked: &[String]| of.as_ref().is_none_or(|of| of.iter().any(|one| asked.contains(one)));
        let open = state.open.iter().filter(|(question, asked)| cursor.is_none_or(|cursor| **question > cursor) && wanted(asked));
        Ok(open.take(count(limit)).map(|(question, _)| *question).collect())
    }

    async fn put_plan(&self, hash: Digest, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.write(|state| {
            state.plans.entry(hash).or_insert(bytes);
            Ok(())
        })
    }

    async fn plan(&self, hash: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state.lock().plans.get(&hash).cloned())
    }

    async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state.lock().blobs.get(&digest).cloned())
    }

    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError> {
        Ok(self.state.lock().answers.get(&(scope.to_owned(), key.to_owned())).cloned())
    }

    async fn letters(&self, now: At, limit: u32) -> Result<Vec<Letter>, StoreError> {
        let state = self.state.lock();
        let due = |kept: &&Waiting| kept.state == Stage::Waiting && kept.letter.letter.due <= now;
        let mut letters: Vec<Letter> = state.letters.values().filter(due).map(|kept| kept.letter.clone()).collect();
        letters.sort_by_key(|letter| (letter.letter.due, letter.id));
        letters.truncate(count(limit));
        Ok(letters)
    }

    async fn next_letter(&self) -> Result<Option<At>, StoreError> {
        let state = self.state.lock();
        let waiting = state.letters.values().filter(|kept| kept.state == Stage::Waiting);
        Ok(waiting.map(|kept| kept.letter.letter.due).min())
    }

    async fn sent(&self, results: Vec<(i64, Delivery)>) -> Result<(), StoreError> {
        self.write(|state| {
            results.into_iter().for_each(|(id, delivery)| state.sent(id, delivery));
            Ok(())
        })
    }

    async fn dead_letters(&self) -> Result<Vec<Letter>, StoreError> {
        let state = self.state.lock();
        let dead = state.letters.values().rev().filter(|kept| kept.state == Stage::Dead);
        Ok(dead.take(100).map(|kept| kept.letter.clone()).collect())
    }

    async fn put_token(&self, token: Token) -> Result<(), StoreError> {
        self.write(|state| {
            if state.tokens.iter().any(|kept| kept.id == token.id || kept.secret == token.secret) {
                return Err(StoreError::Unusable(format!("there is a token `{}` already", token.id)));
            }
            state.tokens.push(token);
            Ok(())
        })
    }

    async fn token(&self, secret: Digest) -> Result<Option<Token>, StoreError> {
        Ok(self.state.lock().tokens.iter().find(|token| token.secret == secret).cloned())
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let mut tokens = self.state.lock().tokens.clone();
        tokens.reverse();
        tokens.sort_by_key(|token| std::cmp::Reverse(token.created));
        Ok(tokens)
    }

    async fn revoke_token(&self, id: &str, at: At) -> Result<bool, StoreError> {
        self.write(|state| {
            let token = state.tokens.iter_mut().find(|token| token.id == id);
            Ok(token.map(|token| token.revoked.get_or_insert(at)).is_some())
        })
    }

    async fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state.lock().meta.get(key).cloned())
    }

    async fn set_meta(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.write(|state| {
            state.meta.insert(key.to_owned(), value);
            Ok(())
        })
    }

    async fn all_entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let state = self.state.lock();
        let from = usize::try_from(after).unwrap_or(0);
        Ok(state.journal.iter().skip(from).take(count(limit)).cloned().collect())
    }

    async fn head(&self) -> Result<Head, StoreError> {
        Ok(self.state.lock().head)
    }

    async fn close(&self) {
        self.state.lock().closed = true;
    }
}

fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
