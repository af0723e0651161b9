//! What is to be written: anybody puts jobs in, the writer takes all of them out at once.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::write::{Fault, Write};
use crate::store::StoreError;

/// So many at most share a transaction: the first in it waits for the last.
const MOST: usize = 1024;

/// One piece of writing, with somebody who waits for its answer.
pub(super) trait Job: Send {
    /// Writes. An error is the whole transaction's; what is wrong with this piece alone is kept for its answer, and nothing was written.
    fn perform(&mut self, write: &mut Write<'_>) -> rusqlite::Result<()>;

    /// Answers, after the commit or after its failure.
    fn answer(self: Box<Self>, failure: Option<&Failure>);
}

/// Why a whole transaction was not committed.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// No room.
    Full,
    /// What is on the disk is unknown.
    Broken(String),
    /// It was not tried, or undone as if it had not been.
    Undone(String),
}

impl Failure {
    /// What a caller is told.
    pub(super) fn error(&self) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Broken(why) => StoreError::Broken(why.clone()),
            Self::Undone(why) => StoreError::Unusable(why.clone()),
        }
    }
}

/// The jobs that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Box<dyn Job>>,
    /// Why nothing more is taken.
    closed: Option<Failure>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("jobs", &self.jobs.len()).field("closed", &self.closed).finish()
    }
}

impl Queue {
    /// Queues `work` and waits until it is durable or refused.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Write<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.put(Box::new(Piece { work, result: None, reply }))?;
        answer.await.unwrap_or_else(|_| Err(closed().error()))
    }

    fn put(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if let Some(failure) = &state.closed {
            return Err(failure.error());
        }
        state.jobs.push_back(job);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for jobs and moves them into `batch`; `false` when there will be none.
    pub(super) fn take(&self, batch: &mut Vec<Box<dyn Job>>) -> bool {
        let mut state = self.state.lock();
        while state.jobs.is_empty() {
            if state.closed.is_some() {
                return false;
            }
            self.filled.wait(&mut state);
        }
        let count = state.jobs.len().min(MOST);
        batch.extend(state.jobs.drain(..count));
        true
    }

    /// Takes nothing more; what waits is still written.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed.get_or_insert_with(closed);
        self.filled.notify_all();
    }

    /// Takes nothing more, and refuses what waits. The first reason stands, unless this one is worse.
    pub(super) fn break_off(&self, failure: &Failure) {
        let mut state = self.state.lock();
        if state.closed.is_none() || matches!(failure, Failure::Broken(_)) {
            state.closed = Some(failure.clone());
        }
        let waiting = std::mem::take(&mut state.jobs);
        drop(state);
        for job in waiting {
            job.answer(Some(failure));
        }
        self.filled.notify_all();
    }
}

fn closed() -> Failure {
    Failure::Undone("the store is closed".into())
}

struct Piece<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Piece<T, F>
where
    T: Send,
    F: FnMut(&mut Write<'_>) -> Result<T, Fault> + Send,
{
    fn perform(&mut self, write: &mut Write<'_>) -> rusqlite::Result<()> {
        self.result = Some(match (self.work)(write) {
            Ok(value) => Ok(value),
            Err(Fault::Refused(error)) => Err(error),
            Err(Fault::Failed(error)) => return Err(error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<&Failure>) {
        let result = match failure {
            Some(failure) => Err(failure.error()),
            None => self.result.unwrap_or_else(|| Err(closed().error())),
        };
        // Nobody waits any more: what was written stands all the same.
        let _ = self.reply.send(result);
    }
}
