//! Stores with something between them and the engine: a process that is killed at a chosen moment, and a count of what passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use flow_runtime::ids::{At, Digest, RunId};
use flow_runtime::store::{self, Store, StoreError};

/// A store whose commits stop at a moment, as they do when the process is killed then.
#[derive(Debug)]
pub(crate) struct Killed {
    store: Arc<dyn Store>,
    /// How many more commits are taken.
    left: AtomicI64,
}

impl Killed {
    pub(crate) fn after(store: Arc<dyn Store>, commits: i64) -> Arc<Self> {
        Arc::new(Self { store, left: commits.into() })
    }

    /// Whether a commit was refused.
    pub(crate) fn is_dead(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    /// Takes commits again, for whoever takes the store up.
    pub(crate) fn revive(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
    }
}

/// A store that counts what passes.
#[derive(Debug)]
pub(crate) struct Counted {
    store: Arc<dyn Store>,
    commits: AtomicUsize,
    /// Bytes of transitions and snapshots.
    written: AtomicUsize,
    /// Transitions and runs that were read.
    read: AtomicUsize,
}

impl Counted {
    pub(crate) fn over(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, commits: 0.into(), written: 0.into(), read: 0.into() })
    }

    /// Commits, bytes written, and transitions and runs read since the last time.
    pub(crate) fn take(&self) -> [usize; 3] {
        [&self.commits, &self.written, &self.read].map(|count| count.swap(0, Ordering::SeqCst))
    }
}

macro_rules! forwarded {
    ($who:ident { $($own:item)* } $($name:ident($($argument:ident: $ty:ty),*) -> $result:ty;)*) => {
        #[async_trait::async_trait]
        impl Store for $who {
            $($own)*

            async fn close(&self) {
                self.store.close().await;
            }

            $(async fn $name(&self, $($argument: $ty),*) -> $result {
                self.store.$name($($argument),*).await
            })*
        }
    };
}

type Got<T> = Result<T, StoreError>;

macro_rules! store {
    ($who:ident { $($own:item)* }) => { forwarded! {
        $who { $($own)* }
    child(caller: RunId, place: &[u8]) -> Got<Option<RunId>>;
    children(caller: RunId) -> Got<Vec<RunId>>;
    once(key: Digest) -> Got<Option<RunId>>;
    turn_taken(key: Digest) -> Got<bool>;
    has_turn(run: RunId) -> Got<bool>;
    untold() -> Got<Vec<RunId>>;
    told(child: RunId) -> Got<()>;
    first_free_run() -> Got<RunId>;
    run(run: RunId) -> Got<Option<store::RunRow>>;
    runs(filter: store::RunFilter) -> Got<Vec<store::RunRow>>;
    live() -> Got<Vec<RunId>>;
    due(now: At, limit: u32) -> Got<Vec<RunId>>;
    next_due() -> Got<Option<At>>;
    asked(of: Option<Vec<String>>, cursor: Option<(RunId, u32)>, limit: u32) -> Got<Vec<(RunId, u32)>>;
    put_plan(hash: Digest, bytes: Vec<u8>) -> Got<()>;
    plan(hash: Digest) -> Got<Option<Vec<u8>>>;
    blob(digest: Digest) -> Got<Option<Vec<u8>>>;
    answer(scope: &str, key: &str) -> Got<Option<store::Answer>>;
    letters(now: At, limit: u32) -> Got<Vec<store::Letter>>;
    next_letter() -> Got<Option<At>>;
    sent(results: Vec<(i64, store::Delivery)>) -> Got<()>;
    dead_letters() -> Got<Vec<store::Letter>>;
    put_token(token: store::Token) -> Got<()>;
    token(secret: Digest) -> Got<Option<store::Token>>;
    tokens() -> Got<Vec<store::Token>>;
    revoke_token(id: &str, at: At) -> Got<bool>;
    meta(key: &str) -> Got<Option<Vec<u8>>>;
    set_meta(key: &str, value: Vec<u8>) -> Got<()>;
    all_entries(after: i64, limit: u32) -> Got<Vec<store::Entry>>;
    head() -> Got<store::Head>;
    } };
}

store! { Killed {
    async fn commit(&self, commit: store::Commit) -> Got<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(StoreError::Unusable("killed".into()));
        }
        self.store.commit(commit).await
    }

    async fn load(&self, run: RunId) -> Got<Option<store::Stored>> {
        self.store.load(run).await
    }

    async fn journal(&self, run: RunId, after: u64, limit: u32) -> Got<Vec<store::Entry>> {
        self.store.journal(run, after, limit).await
    }
} }

store! { Counted {
    async fn commit(&self, commit: store::Commit) -> Got<()> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.written.fetch_add(commit.body.len() + commit.snapshot.as_ref().map_or(0, Vec::len), Ordering::SeqCst);
        self.store.commit(commit).await
    }

    async fn load(&self, run: RunId) -> Got<Option<store::Stored>> {
        self.read.fetch_add(1, Ordering::SeqCst);
        self.store.load(run).await
    }

    async fn journal(&self, run: RunId, after: u64, limit: u32) -> Got<Vec<store::Entry>> {
        let entries = self.store.journal(run, after, limit).await?;
        self.read.fetch_add(entries.len(), Ordering::SeqCst);
        Ok(entries)
    }
} }
