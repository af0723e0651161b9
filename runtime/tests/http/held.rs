//! A store in memory whose commits can be held up.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use flow_runtime::ids::{At, Digest, RunId};
use flow_runtime::store::memory::MemoryStore;
use flow_runtime::store::{Answer, Commit, Delivery, Entry, Head, Letter, RunFilter, RunRow, Store, StoreError, Stored, Token};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// A store in memory; while it is held, no commit goes through.
#[derive(Debug)]
pub(crate) struct Held {
    inner: MemoryStore,
    door: Semaphore,
    held: AtomicBool,
    arrived: Notify,
}

/// While it lives, no commit goes through.
pub(crate) struct Hold<'a> {
    held: &'a AtomicBool,
    _door: SemaphorePermit<'a>,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.held.store(false, Ordering::SeqCst);
    }
}

impl Held {
    pub(crate) fn new() -> Self {
        Self { inner: MemoryStore::new(), door: Semaphore::new(1), held: AtomicBool::new(false), arrived: Notify::new() }
    }

    /// Until what is returned is dropped.
    pub(crate) async fn hold(&self) -> Hold<'_> {
        let door = self.door.acquire().await.unwrap();
        self.held.store(true, Ordering::SeqCst);
        Hold { held: &self.held, _door: door }
    }

    /// Until a commit waits at the held door.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

macro_rules! store {
    ($(fn $name:ident(&self $(, $argument:ident: $type:ty)*) $(-> $result:ty)?;)*) => {
        #[async_trait]
        impl Store for Held {
            async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
                // A commit that waits for another one has not met the hold.
                if self.held.load(Ordering::SeqCst) {
                    self.arrived.notify_one();
                }
                let _open = self.door.acquire().await.unwrap();
                self.inner.commit(commit).await
            }

            $(async fn $name(&self $(, $argument: $type)*) $(-> $result)? {
                self.inner.$name($($argument),*).await
            })*
        }
    };
}

store! {
    fn first_free_run(&self) -> Result<RunId, StoreError>;
    fn child(&self, caller: RunId, place: &[u8]) -> Result<Option<RunId>, StoreError>;
    fn children(&self, caller: RunId) -> Result<Vec<RunId>, StoreError>;
    fn untold(&self) -> Result<Vec<RunId>, StoreError>;
    fn told(&self, child: RunId) -> Result<(), StoreError>;
    fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError>;
    fn load(&self, run: RunId) -> Result<Option<Stored>, StoreError>;
    fn journal(&self, run: RunId, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError>;
    fn runs(&self, filter: RunFilter) -> Result<Vec<RunRow>, StoreError>;
    fn live(&self) -> Result<Vec<RunId>, StoreError>;
    fn due(&self, now: At, limit: u32) -> Result<Vec<RunId>, StoreError>;
    fn next_due(&self) -> Result<Option<At>, StoreError>;
    fn asked(&self, of: Option<Vec<String>>, cursor: Option<(RunId, u32)>, limit: u32) -> Result<Vec<(RunId, u32)>, StoreError>;
    fn put_plan(&self, hash: Digest, bytes: Vec<u8>) -> Result<(), StoreError>;
    fn plan(&self, hash: Digest) -> Result<Option<Vec<u8>>, StoreError>;
    fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError>;
    fn answer(&self, scope: &str, key: &str) -> Result<Option<Answer>, StoreError>;
    fn letters(&self, now: At, limit: u32) -> Result<Vec<Letter>, StoreError>;
    fn next_letter(&self) -> Result<Option<At>, StoreError>;
    fn sent(&self, results: Vec<(i64, Delivery)>) -> Result<(), StoreError>;
    fn dead_letters(&self) -> Result<Vec<Letter>, StoreError>;
    fn put_token(&self, token: Token) -> Result<(), StoreError>;
    fn token(&self, secret: Digest) -> Result<Option<Token>, StoreError>;
    fn tokens(&self) -> Result<Vec<Token>, StoreError>;
    fn revoke_token(&self, id: &str, at: At) -> Result<bool, StoreError>;
    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    fn set_meta(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError>;
    fn all_entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError>;
    fn head(&self) -> Result<Head, StoreError>;
    fn close(&self);
    fn once(&self, key: Digest) -> Result<Option<RunId>, StoreError>;
    fn turn_taken(&self, key: Digest) -> Result<bool, StoreError>;
    fn has_turn(&self, run: RunId) -> Result<bool, StoreError>;
}
