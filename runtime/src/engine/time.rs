//! Timers and letters: what happens because time has passed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Engine, EngineError};
use crate::ids::{At, RunId};

/// The longest sleep, so that a clock that jumps is noticed.
const LONGEST: Duration = Duration::from_secs(30);
/// How many runs are woken in one go.
const AT_ONCE: u32 = 256;

impl Engine {
    /// Fires everything that is due and sends every letter that is due. Says when there is something next.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn fire_due(self: &Arc<Self>) -> Result<Option<At>, EngineError> {
        let schedule = self.fire_schedules().await?;
        loop {
            let now = self.clock.now();
            let due = self.store.due(now, AT_ONCE).await?;
            if due.is_empty() {
                break;
            }
            for run in due {
                self.poke(run).await?;
            }
        }
        Ok(self.store.next_due().await?.into_iter().chain(schedule).min())
    }

    /// Fires timers and sends letters until [`Engine::shut_down`].
    pub async fn keep_time(self: Arc<Self>) {
        let letters = tokio::spawn(Arc::clone(&self).keep_post());
        while self.ready() {
            let next = self.fire_due().await.unwrap_or_else(|error| {
                tracing::error!(%error, "timers could not be fired");
                None
            });
            self.next_due.store(next.map_or(i64::MAX, |At(micros)| micros), Ordering::SeqCst);
            self.sleep_until(next, &self.timer).await;
        }
        letters.abort();
    }

    async fn keep_post(self: Arc<Self>) {
        while self.ready() {
            let next = self.send_letters().await.unwrap_or_else(|error| {
                tracing::error!(%error, "letters could not be sent");
                None
            });
            self.sleep_until(next, &self.post).await;
        }
    }

    async fn sleep_until(&self, next: Option<At>, woken: &tokio::sync::Notify) {
        let left = next.map_or(LONGEST, |next| Duration::from_micros(u64::try_from(next.0 - self.clock.now().0).unwrap_or_default()));
        tokio::select! {
            () = tokio::time::sleep(left.min(LONGEST)) => {}
            () = woken.notified() => {}
        }
    }

    /// Tells whoever waits for it that a run has changed.
    pub(super) fn wake(&self, run: RunId, seq: u64, due: Option<At>, letters: bool) {
        if let Some(due) = due
            && self.next_due.fetch_min(due.0, Ordering::SeqCst) > due.0
        {
            self.timer.notify_one();
        }
        if letters {
            self.post.notify_one();
        }
        let watchers = self.watchers.lock();
        if let Some(watcher) = watchers.get(&run) {
            watcher.send_replace(seq);
        }
    }
}
