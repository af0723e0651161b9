//! The store: the journal first, and the rows that are read from it.
//!
//! Owns durability and nothing else: it knows no plan and evaluates nothing; bodies of transitions, snapshots and plans are bytes to it.
//! Every implementation passes the same contract tests.

pub mod audit;
pub mod memory;
pub mod sqlite;

#[cfg(test)]
mod contract;

use async_trait::async_trait;

use crate::ids::{At, Digest, RunId};

/// The few operations that the engine needs.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Commits one transition with everything that follows from it, durably, or nothing of it. Commits that are under way at the same
    /// time share one transaction; each has its own answer.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when `seq` or `previous` is not the run's head, [`StoreError::Taken`] when the answer's key is taken or
    /// a run has begun for the same place of its caller,
    /// [`StoreError::Once`] when there is a run of the same key, [`StoreError::Turn`] when it is not as [`Turn::waits`] says; nothing of
    /// this commit is then written. After [`StoreError::Broken`] nothing more is written by this process.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;

    /// The first number that no run has.
    async fn first_free_run(&self) -> Result<RunId, StoreError>;

    /// The run that was begun for a place in its caller.
    async fn child(&self, caller: RunId, place: &[u8]) -> Result<Option<RunId>, StoreError>;

    /// All runs that a run called, in the order in which they began.
    async fn children(&self, caller: RunId) -> Result<Vec<RunId>, StoreError>;

    /// Called runs that have ended and whose callers do not know of it.
    async fn untold(&self) -> Result<Vec<RunId>, StoreError>;

    /// The caller of this run knows of its end.
    async fn told(&self, child: RunId) -> Result<(), StoreError>;
    /// The run that was started under a key of [`NewRun::once`].
    async fn once(&self, key: Digest) -> Result<Option<RunId>, StoreError>;

    /// Whether an unfinished run has its turn under this key of [`Turn`].
    async fn turn_taken(&self, key: Digest) -> Result<bool, StoreError>;

    /// Whether it is this run's turn; `true` for a run that never had to wait.
    async fn has_turn(&self, run: RunId) -> Result<bool, StoreError>;

    /// A run's row.
    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError>;

    /// A run's newest snapshot and the transitions after it, in order; without a snapshot all transitions.
    async fn load(&self, run: RunId) -> Result<Option<Stored>, StoreError>;

    /// A run's transitions with a sequence number above `after`, in order, at most `limit`.
    async fn journal(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// Runs, newest first.
    async fn runs(&self, filter: RunFilter) -> Result<Vec<RunRow>, StoreError>;

    /// Unfinished runs that have work under way (an attempt without an outcome): what a start takes up.
    async fn live(&self) -> Result<Vec<RunId>, StoreError>;

    /// Runs whose `due` is not after `now`, earliest first, at most `limit`.
    async fn due(&self, now: At, limit: u32) -> Result<Vec<RunId>, StoreError>;

    /// The earliest `due` of all runs.
    async fn next_due(&self) -> Result<Option<At>, StoreError>;

    /// Open questions to any of these people or groups, after `cursor`, oldest first, at most `limit`. `None` for all people.
    async fn asked(&self, of: Option<Vec<String>>, cursor: Option<(RunId, u32)>, limit: u32) -> Result<Vec<(RunId, u32)>, StoreError>;

    /// Keeps a plan under its hash, once.
    async fn put_plan(&self, hash: Digest, bytes: Vec<u8>) -> Result<(), StoreError>;

    /// A plan by its hash.
    async fn plan(&self, hash: Digest) -> Result<Option<Vec<u8>>, StoreError>;

    /// Large values, by the digest of their bytes.
    async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError>;

    /// The answer that was recorded for a key; one that has expired may still be there.
    async fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError>;

    /// Letters that are due, at most `limit`.
    async fn letters(&self, now: At, limit: u32) -> Result<Vec<Letter>, StoreError>;

    /// When the next letter is due.
    async fn next_letter(&self) -> Result<Option<At>, StoreError>;

    /// What became of letters.
    async fn sent(&self, results: Vec<(i64, Delivery)>) -> Result<(), StoreError>;

    /// Letters that were given up, newest first, at most 100.
    async fn dead_letters(&self) -> Result<Vec<Letter>, StoreError>;

    /// Keeps a token.
    async fn put_token(&self, token: Token) -> Result<(), StoreError>;

    /// A token by the digest of its secret, revoked and expired ones included.
    async fn token(&self, secret: Digest) -> Result<Option<Token>, StoreError>;

    /// All tokens, newest first.
    async fn tokens(&self) -> Result<Vec<Token>, StoreError>;

    /// Revokes a token by its public id; `false` when there is none.
    async fn revoke_token(&self, id: &str, at: At) -> Result<bool, StoreError>;

    /// A setting of the store itself.
    async fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Changes a setting of the store itself.
    async fn set_meta(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError>;

    /// All transitions of all runs with a number above `after` in the order in which they were committed, at most `limit`: for audits.
    async fn all_entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// The head over all runs.
    async fn head(&self) -> Result<Head, StoreError>;

    /// Commits nothing more, writes what is queued, and closes.
    async fn close(&self);
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer was first: the run's head is not what the commit says.
    #[error("run {0:?} was changed by another writer")]
    Conflict(RunId),
    /// The idempotency key of the commit's answer has an answer already, or the place of the called run has its run.
    #[error("the idempotency key is taken")]
    Taken,
    /// There is a run of this key already: this one.
    #[error("there is such a run already")]
    Once(RunId),
    /// Another run has come or gone meanwhile, so that the new one has to wait, or need not.
    #[error("the turn was given to another run")]
    Turn,
    /// There is no room; what was there is untouched.
    #[error("the disk is full")]
    Full,
    /// A write or a sync failed: what is on the disk is unknown, so the process must end.
    #[error("cannot write {0}")]
    Broken(String),
    /// It cannot be opened or read.
    #[error("{0}")]
    Unusable(String),
}

/// One transition and everything that is written with it.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The run.
    pub run: RunId,
    /// The transition's number in its run, from 1.
    pub seq: u64,
    /// The hash of the transition before; [`Digest::default`] for the first.
    pub previous: Digest,
    /// Random bytes that blind the body's digest.
    pub salt: [u8; 16],
    /// The transition.
    pub body: Vec<u8>,
    /// See [`chain`].
    pub hash: Digest,
    /// With the first transition.
    pub new: Option<NewRun>,
    /// Where the run stands after it.
    pub status: Status,
    /// Whether work is under way after it.
    pub live: bool,
    /// When its next timer fires.
    pub due: Option<At>,
    /// When the transition was made.
    pub at: At,
    /// Questions that it opened.
    pub asked: Vec<Asked>,
    /// Questions that it closed.
    pub closed: Vec<u32>,
    /// The run's state after it, when it is time for one.
    pub snapshot: Option<Vec<u8>>,
    /// Letters to be sent because of it.
    pub letters: Vec<NewLetter>,
    /// The answer to the caller who caused it, kept for the same key.
    pub answer: Option<NewAnswer>,
    /// Large values of the body, by the digest of their bytes.
    pub blobs: Vec<(Digest, Vec<u8>)>,
    /// Whether the run, which has ended, gives its turn to the next: that run is then due at once.
    pub gives_turn: bool,
}

/// The hash of a transition: `SHA-256(previous ‖ run ‖ seq ‖ SHA-256(salt ‖ body))`, numbers as 8 bytes, big end first.
#[must_use]
pub fn chain(previous: Digest, run: RunId, seq: u64, salt: &[u8], body: &[u8]) -> Digest {
    let sealed = Digest::of(&[salt, body]);
    Digest::of(&[&previous.0, &run.0.to_be_bytes(), &seq.to_be_bytes(), &sealed.0])
}

/// The head over all runs after one more transition: `SHA-256(head ‖ hash)`.
#[must_use]
pub fn advance(head: Digest, hash: Digest) -> Digest {
    Digest::of(&[&head.0, &hash.0])
}

/// What a new run's row needs.
#[derive(Clone, Debug, Default)]
pub struct NewRun {
    /// The hash of its plan, which the store has.
    pub plan: Digest,
    /// Its workflow's name.
    pub workflow: String,
    /// Who asked for it; empty when nobody did.
    pub requester: String,
    /// The place in the run that called it.
    pub child_of: Option<ChildOf>,
    /// What there is one run of only, for as long as its row is kept.
    pub once: Vec<Digest>,
    /// Whose turn it waits for.
    pub turn: Option<Turn>,
}

/// A place in a run that calls another: there is one run for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChildOf {
    /// The caller.
    pub run: RunId,
    /// Where in it, and which attempt; only compared.
    pub place: Vec<u8>,
}

/// A place in the order of runs of which one at a time is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What the runs have in common.
    pub key: Digest,
    /// Whether another run has its turn, so that this one waits.
    pub waits: bool,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is its own name, see the statuses of a run in the interfaces")]
pub enum Status {
    Running = 0,
    Paused = 1,
    InDoubt = 2,
    Ending = 3,
    Completed = 4,
    Failed = 5,
    Rejected = 6,
    Cancelled = 7,
}

impl Status {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 8] =
        [Self::Running, Self::Paused, Self::InDoubt, Self::Ending, Self::Completed, Self::Failed, Self::Rejected, Self::Cancelled];

    /// The name at the HTTP boundary.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::InDoubt => "in_doubt",
            Self::Ending => "ending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more happens to the run.
    #[must_use]
    pub const fn ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Rejected | Self::Cancelled)
    }
}

/// A question that was opened.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which question of its run.
    pub n: u32,
    /// People and groups that are asked, as one text each.
    pub of: Vec<String>,
}

/// A run's row.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// Its workflow.
    pub workflow: String,
    /// Its plan.
    pub plan: Digest,
    /// Who asked for it.
    pub requester: String,
    /// Where it stands.
    pub status: Status,
    /// The number of its last transition.
    pub seq: u64,
    /// The hash of its last transition.
    pub hash: Digest,
    /// When it started.
    pub started: At,
    /// When it ended.
    pub ended: Option<At>,
}

/// A run as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its row.
    pub row: RunRow,
    /// Its newest snapshot and the number of the transition after which it was taken.
    pub snapshot: Option<(u64, Vec<u8>)>,
    /// Transitions after the snapshot, in order.
    pub entries: Vec<Entry>,
    /// Bytes of the transitions after the snapshot.
    pub bytes: usize,
}

/// One stored transition.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number in the store: from 1, in the order in which transitions were committed, without gaps.
    pub id: i64,
    /// Its run.
    pub run: RunId,
    /// Its number in the run.
    pub seq: u64,
    /// Its salt.
    pub salt: [u8; 16],
    /// What it says.
    pub body: Vec<u8>,
    /// Its hash as stored.
    pub hash: Digest,
}

/// Which runs are wanted.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Of this status.
    pub status: Option<Status>,
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
}

/// Something to tell somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLetter {
    /// How: `mail` or `webhook`.
    pub channel: Channel,
    /// The address; for a webhook its name in the configuration.
    pub to: String,
    /// About which question of the run; 0 for the run's end.
    pub n: u32,
    /// When it is due.
    pub due: At,
    /// A target that is not in the configuration (a run's callback).
    pub url: Option<String>,
}

/// How somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Channel {
    Mail = 0,
    Webhook = 1,
    /// A run's `callback`.
    Callback = 2,
    /// The built-in `notify`.
    Notify = 3,
    /// A mail to somebody who was told already and has not answered.
    Reminder = 4,
    /// A receiver that was told already, and is told that others are asked now.
    WebhookAgain = 5,
    /// A receiver that was told already, and is reminded.
    WebhookReminder = 6,
}

impl Channel {
    /// Whether nobody is told twice of one question by it.
    #[must_use]
    pub const fn is_once(self) -> bool {
        matches!(self, Self::Mail | Self::Webhook | Self::Callback)
    }
}

/// A letter in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// Its run.
    pub run: RunId,
    /// What it says.
    pub letter: NewLetter,
    /// How often it was tried.
    pub tries: u32,
    /// What went wrong last.
    pub error: Option<String>,
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// It arrived.
    Done,
    /// It did not; it is due again then.
    Again {
        /// When.
        due: At,
        /// Why it did not.
        error: String,
    },
    /// It did not, and is given up.
    Dead {
        /// Why.
        error: String,
    },
}

/// An answer to keep under an idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAnswer {
    /// Principal and route.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// What was answered.
    pub answer: Answer,
}

/// See [`NewAnswer`].
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The digest of the request's body.
    pub request: Digest,
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's body.
    pub body: Vec<u8>,
    /// When it is forgotten.
    pub expires: At,
}

/// An API token or a session; the secret itself is nowhere stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The digest of its secret.
    pub secret: Digest,
    /// Its public id.
    pub id: String,
    /// Whose it is.
    pub person: String,
    /// Scopes, joined with commas: `start,decide,read,admin`.
    pub scopes: String,
    /// Whether it is a program's that acts by itself.
    pub agent: bool,
    /// Whether it is a browser's session.
    pub session: bool,
    /// When it was made.
    pub created: At,
    /// When it ends.
    pub expires: Option<At>,
    /// When it was revoked.
    pub revoked: Option<At>,
}

/// The head over all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The store's own random number, made with it.
    pub store: [u8; 16],
    /// The number of the last transition of all.
    pub last: i64,
    /// See [`advance`].
    pub hash: Digest,
}
