//! What every store must do: each function is run against each implementation.

mod starts;

use std::sync::Arc;

use super::{
    Answer, Asked, Channel, ChildOf, Commit, Delivery, NewAnswer, NewLetter, NewRun, RunFilter, Status, Store, StoreError, Token, advance,
    chain,
};
use crate::ids::{At, Digest, RunId};
use starts::{there_is_one_run_of_a_key, turns_go_round_in_order};

/// The plan of the tests' runs.
pub(super) fn plan() -> Digest {
    Digest::of(&[b"plan"])
}

/// The head of a run, from which commits are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Author {
    pub(super) run: RunId,
    pub(super) seq: u64,
    pub(super) hash: Digest,
}

impl Author {
    pub(super) fn new(run: u64) -> Self {
        Self { run: RunId(run), seq: 0, hash: Digest::default() }
    }

    /// The next commit, as if it will be taken.
    pub(super) fn next(&mut self, body: &[u8]) -> Commit {
        let commit = self.peek(body);
        self.seq = commit.seq;
        self.hash = commit.hash;
        commit
    }

    pub(super) fn peek(&self, body: &[u8]) -> Commit {
        let seq = self.seq + 1;
        let salt = [7; 16];
        let first = seq == 1;
        Commit {
            run: self.run,
            seq,
            previous: self.hash,
            salt,
            body: body.to_vec(),
            hash: chain(self.hash, self.run, seq, &salt, body),
            new: first.then(|| NewRun { plan: plan(), workflow: "pay".into(), requester: "ann".into(), ..NewRun::default() }),
            status: Status::Running,
            live: true,
            due: None,
            at: At(1000 + i64::try_from(seq).unwrap()),
            asked: Vec::new(),
            closed: Vec::new(),
            snapshot: None,
            letters: Vec::new(),
            answer: None,
            blobs: Vec::new(),
            gives_turn: false,
        }
    }
}

pub(super) async fn with_plan(store: &dyn Store) {
    store.put_plan(plan(), b"plan".to_vec()).await.unwrap();
}

/// Starts runs 1 to `count`, one transition each.
async fn start(store: &dyn Store, count: u64) -> Vec<Author> {
    with_plan(store).await;
    let mut authors = Vec::new();
    for run in 1..=count {
        let mut author = Author::new(run);
        store.commit(author.next(b"started")).await.unwrap();
        authors.push(author);
    }
    authors
}

fn letter(to: &str, n: u32, due: i64) -> NewLetter {
    NewLetter { channel: Channel::Mail, to: to.into(), n, due: At(due), url: None }
}

fn answer(key: &str, expires: i64) -> NewAnswer {
    let answer = Answer { request: Digest::of(&[key.as_bytes()]), status: 201, body: b"{}".to_vec(), expires: At(expires) };
    NewAnswer { scope: "ann POST /runs".into(), key: key.into(), answer }
}

fn filter(limit: u32) -> RunFilter {
    RunFilter { limit, ..RunFilter::default() }
}

async fn what_is_committed_is_loaded(store: Arc<dyn Store>) {
    assert_eq!(store.first_free_run().await.unwrap(), RunId(1));
    assert_eq!(store.load(RunId(1)).await.unwrap(), None);
    assert_eq!(store.journal(RunId(1), 0, 9).await.unwrap(), []);
    let mut author = start(&*store, 1).await.remove(0);
    let mut second = author.next(&[9; 5000]);
    second.status = Status::Completed;
    second.live = false;
    store.commit(second.clone()).await.unwrap();

    let stored = store.load(RunId(1)).await.unwrap().unwrap();
    assert_eq!(Some(stored.row.clone()), store.run(RunId(1)).await.unwrap());
    assert_eq!((stored.row.workflow.as_str(), stored.row.requester.as_str()), ("pay", "ann"));
    assert_eq!((stored.row.plan, stored.row.status), (plan(), Status::Completed));
    assert_eq!((stored.row.seq, stored.row.hash), (2, author.hash));
    assert_eq!((stored.row.started, stored.row.ended), (At(1001), Some(At(1002))));
    assert_eq!((stored.snapshot, stored.bytes), (None, 5007));
    let last = stored.entries.last().unwrap();
    assert_eq!((last.id, last.run, last.seq, last.salt), (2, RunId(1), 2, second.salt));
    assert_eq!((&last.body, last.hash), (&second.body, second.hash));
    assert_eq!(stored.entries.len(), 2);
    assert_eq!(store.journal(RunId(1), 1, 9).await.unwrap(), stored.entries[1..]);
    assert_eq!(store.journal(RunId(1), 0, 1).await.unwrap(), stored.entries[..1]);
    assert_eq!(store.first_free_run().await.unwrap(), RunId(2));
}

async fn a_run_that_is_taken_up_again_has_not_ended(store: Arc<dyn Store>) {
    let mut author = start(&*store, 1).await.remove(0);
    let mut step = async |status: Status, live: bool, due: Option<i64>, letters: Vec<NewLetter>| {
        let mut commit = author.next(b"next");
        (commit.status, commit.live, commit.due, commit.letters) = (status, live, due.map(At), letters);
        store.commit(commit.clone()).await.unwrap();
        let row = store.run(RunId(1)).await.unwrap().unwrap();
        let listed = store.runs(RunFilter { status: Some(status), ..filter(9) }).await.unwrap();
        assert_eq!((row.status, &listed), (status, &vec![row.clone()]));
        assert_eq!(store.live().await.unwrap(), if live { vec![RunId(1)] } else { Vec::new() });
        assert_eq!(store.next_due().await.unwrap(), due.map(At));
        (row.ended, commit.at)
    };
    let told = || vec![NewLetter { channel: Channel::Callback, to: "https://a.example".into(), n: 0, due: At(1), url: None }];
    let (ended, first) = step(Status::Failed, false, None, told()).await;
    assert_eq!(ended, Some(first));
    // An answer that is kept afterwards changes nothing of when it ended.
    assert_eq!(step(Status::Failed, false, None, Vec::new()).await.0, Some(first));
    let letters = store.letters(At(9), 9).await.unwrap();
    store.sent(letters.iter().map(|letter| (letter.id, Delivery::Done)).collect()).await.unwrap();
    assert_eq!(step(Status::Running, true, Some(5), Vec::new()).await.0, None);
    assert!(store.letters(At(9), 9).await.unwrap().is_empty());
    let (ended, second) = step(Status::Completed, false, None, told()).await;
    assert_eq!((ended, second > first), (Some(second), true));
    assert_eq!(store.letters(At(9), 9).await.unwrap().len(), 1, "the new end is told");
}

async fn a_conflict_leaves_nothing(store: Arc<dyn Store>) {
    let author = start(&*store, 1).await.remove(0);
    let head = store.head().await.unwrap();
    let fill = |mut commit: Commit| {
        commit.asked = vec![Asked { n: 1, of: vec!["ann".into()] }];
        commit.letters = vec![letter("ann@example.com", 1, 0)];
        commit.answer = Some(answer("k", i64::MAX));
        commit.blobs = vec![(Digest::of(&[b"blob"]), b"blob".to_vec())];
        commit.due = Some(At(1));
        commit.snapshot = Some(b"state".to_vec());
        commit
    };
    let good = author.peek(b"next");
    let wrong = [
        Commit { seq: 1, ..good.clone() },
        Commit { seq: 3, ..good.clone() },
        Commit { previous: Digest::default(), ..good.clone() },
        Commit { run: RunId(2), ..good.clone() },
        Author::new(1).peek(b"again"),
        Commit { new: None, ..Author::new(3).peek(b"nothing new") },
    ];
    for commit in wrong {
        let run = commit.run;
        let error = store.commit(fill(commit)).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(of) if of == run), "{error:?}");
    }
    let unknown = NewRun { plan: Digest::of(&[b"other"]), workflow: "w".into(), requester: "r".into(), ..NewRun::default() };
    let commit = Commit { new: Some(unknown), ..Author::new(4).peek(b"x") };
    assert!(matches!(store.commit(fill(commit)).await.unwrap_err(), StoreError::Unusable(_)));

    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(store.all_entries(0, 99).await.unwrap().len(), 1);
    assert_eq!(store.asked(None, None, 9).await.unwrap(), []);
    assert_eq!(store.letters(At(i64::MAX), 9).await.unwrap(), []);
    assert_eq!(store.answer("ann POST /runs", "k").await.unwrap(), None);
    assert_eq!(store.blob(Digest::of(&[b"blob"])).await.unwrap(), None);
    assert_eq!(store.next_due().await.unwrap(), None);
    assert_eq!(store.runs(filter(9)).await.unwrap().len(), 1);
    store.commit(fill(good)).await.unwrap();
    assert_eq!(store.load(RunId(1)).await.unwrap().unwrap().snapshot, Some((2, b"state".to_vec())));
}

/// A run has one child for a place, and its end is known until the caller has it.
async fn a_called_run_is_one(store: Arc<dyn Store>) {
    start(&*store, 1).await;
    let place = |place: &[u8]| Some(ChildOf { run: RunId(1), place: place.to_vec() });
    let mut child = Author::new(2);
    let mut first = child.next(b"child");
    first.new = Some(NewRun { plan: plan(), workflow: "sub".into(), requester: "ann".into(), child_of: place(b"a1"), ..NewRun::default() });
    let again = Commit { run: RunId(3), ..Author::new(3).peek(b"child") };
    let again = Commit { new: first.new.clone(), ..again };
    store.commit(first).await.unwrap();
    assert!(matches!(store.commit(again.clone()).await.unwrap_err(), StoreError::Taken));
    let other = NewRun { child_of: place(b"a2"), ..again.new.clone().unwrap() };
    store.commit(Commit { new: Some(other), ..again }).await.unwrap();

    assert_eq!(store.child(RunId(1), b"a1").await.unwrap(), Some(RunId(2)));
    assert_eq!(store.child(RunId(2), b"a1").await.unwrap(), None);
    assert_eq!(store.children(RunId(1)).await.unwrap(), [RunId(2), RunId(3)]);
    assert_eq!(store.untold().await.unwrap(), []);
    let mut last = child.next(b"ended");
    last.status = Status::Failed;
    store.commit(last).await.unwrap();
    assert_eq!(store.untold().await.unwrap(), [RunId(2)]);
    store.told(RunId(2)).await.unwrap();
    assert_eq!(store.untold().await.unwrap(), []);
}

async fn many_producers_at_once(store: Arc<dyn Store>) {
    with_plan(&*store).await;
    let producers = (1..=32_u64).map(|run| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut author = Author::new(run);
            for _ in 0..20 {
                store.commit(author.next(b"step")).await.unwrap();
                // Another one with the same number is always refused, whatever it shares a transaction with.
                let stale = Commit { seq: author.seq, ..author.peek(b"stale") };
                assert!(matches!(store.commit(stale).await, Err(StoreError::Conflict(_))));
            }
            author.hash
        })
    });
    for (run, producer) in (1..).zip(producers.collect::<Vec<_>>()) {
        let hash = producer.await.unwrap();
        let row = store.run(RunId(run)).await.unwrap().unwrap();
        assert_eq!((row.seq, row.hash), (20, hash));
    }
    let mut head = Digest::default();
    let entries = store.all_entries(0, 10_000).await.unwrap();
    for (id, entry) in (1..).zip(&entries) {
        assert_eq!(entry.id, id);
        head = advance(head, entry.hash);
    }
    assert_eq!(entries.len(), 640);
    assert_eq!((store.head().await.unwrap().hash, store.head().await.unwrap().last), (head, 640));
    assert_eq!(store.all_entries(638, 9).await.unwrap(), entries[638..]);
    assert_eq!(store.all_entries(1, 2).await.unwrap(), entries[1..3]);
}

async fn one_of_many_wins(store: Arc<dyn Store>) {
    let author = start(&*store, 1).await.remove(0);
    let rivals: Vec<_> = (0..64_u8)
        .map(|rival| {
            let (store, commit) = (Arc::clone(&store), author.peek(&[rival]));
            tokio::spawn(async move { store.commit(commit).await.is_ok() })
        })
        .collect();
    let mut winners = 0;
    for rival in rivals {
        winners += usize::from(rival.await.unwrap());
    }
    assert_eq!(winners, 1);
    assert_eq!(store.run(RunId(1)).await.unwrap().unwrap().seq, 2);
}

async fn a_key_is_taken_once(store: Arc<dyn Store>) {
    let mut author = start(&*store, 1).await.remove(0);
    let mut commit = author.next(b"a");
    commit.answer = Some(answer("k", 5000));
    store.commit(commit).await.unwrap();
    assert_eq!(store.answer("ann POST /runs", "k").await.unwrap(), Some(answer("k", 5000).answer));
    assert_eq!(store.answer("ann POST /run", "sk").await.unwrap(), None);

    let mut again = author.peek(b"b");
    again.answer = Some(answer("k", 9000));
    assert!(matches!(store.commit(again.clone()).await, Err(StoreError::Taken)));
    assert_eq!(store.run(RunId(1)).await.unwrap().unwrap().seq, 2);
    again.at = At(5000);
    store.commit(again).await.unwrap();
    assert_eq!(store.answer("ann POST /runs", "k").await.unwrap().unwrap().expires, At(9000));
}

async fn runs_come_in_pages(store: Arc<dyn Store>) {
    let authors = start(&*store, 10).await;
    for author in &authors[..5] {
        let mut commit = author.clone().next(b"paused");
        commit.status = if author.run.0 < 4 { Status::Paused } else { Status::Completed };
        commit.live = false;
        store.commit(commit).await.unwrap();
    }
    let mut other = Author::new(11).peek(b"other");
    other.new = Some(NewRun { plan: plan(), workflow: "other".into(), requester: "bob".into(), ..NewRun::default() });
    store.commit(other).await.unwrap();

    let ids = async |filter: RunFilter| -> Vec<u64> { store.runs(filter).await.unwrap().iter().map(|row| row.run.0).collect() };
    let paused = RunFilter { status: Some(Status::Paused), ..filter(2) };
    assert_eq!(ids(paused.clone()).await, [3, 2]);
    assert_eq!(ids(RunFilter { before: Some(RunId(2)), ..paused.clone() }).await, [1]);
    assert_eq!(ids(RunFilter { status: Some(Status::Completed), ..filter(9) }).await, [5, 4]);
    assert_eq!(ids(RunFilter { status: Some(Status::Failed), ..filter(9) }).await, [0; 0]);
    assert_eq!(ids(filter(3)).await, [11, 10, 9]);
    assert_eq!(ids(RunFilter { workflow: Some("other".into()), ..filter(9) }).await, [11]);
    assert_eq!(ids(RunFilter { workflow: Some("none".into()), ..filter(9) }).await, [0; 0]);
    assert_eq!(ids(RunFilter { workflow: Some("pay".into()), before: Some(RunId(3)), ..paused }).await, [2, 1]);
    assert_eq!(store.live().await.unwrap(), [6, 7, 8, 9, 10, 11].map(RunId));
}

async fn timers_come_in_order(store: Arc<dyn Store>) {
    let mut authors = start(&*store, 4).await;
    assert_eq!(store.next_due().await.unwrap(), None);
    for (author, due) in authors.iter_mut().zip([30, 10, 20]) {
        let mut commit = author.next(b"timer");
        commit.due = Some(At(due));
        store.commit(commit).await.unwrap();
    }
    assert_eq!(store.next_due().await.unwrap(), Some(At(10)));
    assert_eq!(store.due(At(20), 9).await.unwrap(), [RunId(2), RunId(3)]);
    assert_eq!(store.due(At(20), 1).await.unwrap(), [RunId(2)]);
    assert_eq!(store.due(At(9), 9).await.unwrap(), []);
    store.commit(authors[1].next(b"fired")).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(At(20)));
}

async fn questions_are_open_until_closed(store: Arc<dyn Store>) {
    let mut authors = start(&*store, 3).await;
    for author in &mut authors {
        let mut commit = author.next(b"asks");
        let two = vec![Asked { n: 1, of: vec!["ann".into(), "group:risk".into()] }, Asked { n: 2, of: vec!["bob".into()] }];
        commit.asked = two;
        store.commit(commit).await.unwrap();
    }
    let question = |run: u64, n: u32| (RunId(run), n);
    let all = store.asked(None, None, 99).await.unwrap();
    assert_eq!(all, [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)].map(|(run, n)| question(run, n)));
    assert_eq!(store.asked(None, Some(question(2, 1)), 2).await.unwrap(), [question(2, 2), question(3, 1)]);
    let ann = Some(vec!["ann".to_owned(), "group:risk".to_owned(), "nobody".to_owned()]);
    assert_eq!(store.asked(ann.clone(), None, 2).await.unwrap(), [question(1, 1), question(2, 1)]);
    assert_eq!(store.asked(ann.clone(), Some(question(2, 1)), 2).await.unwrap(), [question(3, 1)]);
    assert_eq!(store.asked(Some(vec![]), None, 2).await.unwrap(), []);

    let mut commit = authors[0].next(b"decided");
    commit.closed = vec![1];
    commit.asked = vec![Asked { n: 3, of: vec![] }];
    store.commit(commit).await.unwrap();
    assert_eq!(store.asked(ann, None, 9).await.unwrap(), [question(2, 1), question(3, 1)]);
    assert_eq!(store.asked(None, None, 2).await.unwrap(), [question(1, 2), question(1, 3)]);
}

async fn letters_live_and_die(store: Arc<dyn Store>) {
    let mut author = start(&*store, 1).await.remove(0);
    let mut commit = author.next(b"asks");
    commit.asked = vec![Asked { n: 1, of: vec!["ann".into()] }];
    let callback = NewLetter { channel: Channel::Callback, to: String::new(), n: 0, due: At(5), url: Some("https://a/b".into()) };
    commit.letters = vec![letter("ann@x", 1, 20), letter("ann@x", 1, 10), letter("bob@x", 1, 10), callback.clone()];
    store.commit(commit).await.unwrap();

    assert_eq!(store.next_letter().await.unwrap(), Some(At(5)));
    let due = store.letters(At(20), 9).await.unwrap();
    let to: Vec<_> = due.iter().map(|one| (one.letter.to.as_str(), one.letter.due.0, one.tries)).collect();
    assert_eq!(to, [("", 5, 0), ("bob@x", 10, 0), ("ann@x", 20, 0)]);
    assert_eq!(due[0].letter, callback);
    assert_eq!(store.letters(At(19), 9).await.unwrap().len(), 2);
    assert_eq!(store.letters(At(20), 1).await.unwrap().len(), 1);

    let (bob, ann) = (due[1].id, due[2].id);
    let again = Delivery::Again { due: At(50), error: "refused".into() };
    store.sent(vec![(due[0].id, Delivery::Done), (bob, again), (ann, Delivery::Done), (999, Delivery::Done)]).await.unwrap();
    let due = store.letters(At(99), 9).await.unwrap();
    assert_eq!((due.len(), due[0].id, due[0].tries), (1, bob, 1));
    assert_eq!((due[0].letter.due, due[0].error.as_deref()), (At(50), Some("refused")));
    store.sent(vec![(bob, Delivery::Dead { error: "gone".into() })]).await.unwrap();
    assert_eq!(store.next_letter().await.unwrap(), None);
    let dead = store.dead_letters().await.unwrap();
    assert_eq!((dead.len(), dead[0].id, dead[0].tries, dead[0].error.as_deref()), (1, bob, 2, Some("gone")));

    // Both were told of this question; once it is closed nothing is kept of who was told, and the next one is another.
    let mut commit = author.next(b"again");
    commit.letters = vec![letter("ann@x", 1, 60), letter("bob@x", 1, 60)];
    store.commit(commit).await.unwrap();
    assert_eq!(store.next_letter().await.unwrap(), None);
    let mut commit = author.next(b"decided");
    commit.closed = vec![1];
    commit.asked = vec![Asked { n: 2, of: vec!["ann".into()] }];
    commit.letters = vec![letter("ann@x", 2, 70)];
    store.commit(commit).await.unwrap();
    assert_eq!(store.next_letter().await.unwrap(), Some(At(70)));
}

async fn what_a_flow_says_is_said_each_time(store: Arc<dyn Store>) {
    let mut author = start(&*store, 1).await.remove(0);
    let mut commit = author.next(b"says");
    let notify = NewLetter { channel: Channel::Notify, ..letter("ann@x", 1, 1) };
    commit.letters = vec![notify.clone(), notify, letter("ann@x", 0, 1), letter("ann@x", 0, 1)];
    store.commit(commit).await.unwrap();
    assert_eq!(store.letters(At(1), 9).await.unwrap().len(), 4);
}

async fn tokens_are_kept_and_revoked(store: Arc<dyn Store>) {
    let token = |id: &str, created: i64| Token {
        secret: Digest::of(&[id.as_bytes()]),
        id: id.into(),
        person: "ann".into(),
        scopes: "start,read".into(),
        agent: created == 1,
        session: created == 2,
        created: At(created),
        expires: (created == 2).then_some(At(99)),
        revoked: None,
    };
    store.put_token(token("t1", 1)).await.unwrap();
    store.put_token(token("t2", 2)).await.unwrap();
    assert!(store.put_token(token("t2", 3)).await.is_err());
    assert_eq!(store.tokens().await.unwrap(), [token("t2", 2), token("t1", 1)]);
    assert_eq!(store.token(Digest::of(&[b"t1"])).await.unwrap(), Some(token("t1", 1)));
    assert_eq!(store.token(Digest::of(&[b"t3"])).await.unwrap(), None);
    assert!(store.revoke_token("t1", At(5)).await.unwrap());
    assert!(store.revoke_token("t1", At(6)).await.unwrap());
    assert!(!store.revoke_token("t3", At(5)).await.unwrap());
    assert_eq!(store.token(Digest::of(&[b"t1"])).await.unwrap().unwrap().revoked, Some(At(5)));
}

async fn plans_blobs_and_settings(store: Arc<dyn Store>) {
    let mut author = start(&*store, 1).await.remove(0);
    store.put_plan(plan(), b"plan".to_vec()).await.unwrap();
    assert_eq!(store.plan(plan()).await.unwrap(), Some(b"plan".to_vec()));
    assert_eq!(store.plan(Digest::default()).await.unwrap(), None);
    let blob = (Digest::of(&[b"large"]), b"large".to_vec());
    for _ in 0..2 {
        let mut commit = author.next(b"large");
        commit.blobs = vec![blob.clone(), blob.clone()];
        store.commit(commit).await.unwrap();
    }
    assert_eq!(store.blob(blob.0).await.unwrap(), Some(blob.1));
    assert_eq!(store.meta("owner").await.unwrap(), None);
    store.set_meta("owner", b"a".to_vec()).await.unwrap();
    store.set_meta("owner", b"b".to_vec()).await.unwrap();
    assert_eq!(store.meta("owner").await.unwrap(), Some(b"b".to_vec()));
}

async fn a_snapshot_shortens_the_load(store: Arc<dyn Store>) {
    let mut author = start(&*store, 1).await.remove(0);
    for seq in 2..=9_u64 {
        let mut commit = author.next(b"step");
        commit.snapshot = (seq % 3 == 0).then(|| format!("state {seq}").into_bytes());
        store.commit(commit).await.unwrap();
        let stored = store.load(RunId(1)).await.unwrap().unwrap();
        let of = seq / 3 * 3;
        assert_eq!(stored.snapshot, (of > 0).then(|| (of, format!("state {of}").into_bytes())));
        let seqs: Vec<_> = stored.entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, (of + 1..=seq).collect::<Vec<_>>());
        assert_eq!(stored.bytes, stored.entries.iter().map(|entry| entry.body.len()).sum::<usize>());
    }
    assert_eq!(store.journal(RunId(1), 0, 99).await.unwrap().len(), 9);
}

async fn after_closing_nothing_is_written(store: Arc<dyn Store>) {
    let author = start(&*store, 1).await.remove(0);
    store.close().await;
    store.close().await;
    assert!(matches!(store.commit(author.peek(b"late")).await, Err(StoreError::Unusable(_))));
}

macro_rules! contract {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(std::sync::Arc::new(crate::store::memory::MemoryStore::new())).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let folder = tempfile::tempdir().unwrap();
                let options = crate::store::sqlite::SqliteOptions::default();
                let store = crate::store::sqlite::SqliteStore::open(folder.path().join("store.db"), &options).unwrap();
                super::$test(std::sync::Arc::new(store)).await;
            })+
        }
    };
}

contract! {
    a_called_run_is_one,
    what_is_committed_is_loaded,
    a_run_that_is_taken_up_again_has_not_ended,
    a_conflict_leaves_nothing,
    many_producers_at_once,
    one_of_many_wins,
    a_key_is_taken_once,
    there_is_one_run_of_a_key,
    turns_go_round_in_order,
    runs_come_in_pages,
    timers_come_in_order,
    questions_are_open_until_closed,
    letters_live_and_die,
    what_a_flow_says_is_said_each_time,
    tokens_are_kept_and_revoked,
    plans_blobs_and_settings,
    a_snapshot_shortens_the_load,
    after_closing_nothing_is_written,
}
