//! Programs that outlived the server which started them.
//!
//! The lock file of an attempt is locked as long as its program, or anything that it started, lives, and holds the number of its process
//! group. A number alone is never trusted, since the system may have given it to somebody else.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::time::Instant;

/// What was found of an earlier attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphan {
    /// Nothing.
    None,
    /// A program that ended by itself after so long.
    Ended(Duration),
    /// A program that had to be ended.
    Killed,
}

/// See [`super::Executor::settle_orphan`].
pub(super) async fn settle(path: &Path, patience: Duration) -> Orphan {
    let Ok(file) = File::options().read(true).write(true).open(path) else {
        return Orphan::None;
    };
    let start = Instant::now();
    let mut pause = Duration::from_millis(5);
    let mut found = Orphan::None;
    while !free(&file) {
        let waited = start.elapsed();
        if waited >= patience {
            end(path, &file);
            found = Orphan::Killed;
        } else if found != Orphan::Killed {
            found = Orphan::Ended(waited);
        }
        tokio::time::sleep(pause.min(patience.saturating_sub(waited).max(Duration::from_millis(5)))).await;
        pause = (pause * 2).min(Duration::from_millis(250));
    }
    let _ = std::fs::remove_file(path);
    match found {
        Orphan::Ended(_) => Orphan::Ended(start.elapsed()),
        other => other,
    }
}

/// Whether nobody holds the lock; a file system without locks has no orphans that could be known.
fn free(file: &File) -> bool {
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => false,
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => true,
    }
}

/// Ends whoever holds the lock.
fn end(path: &Path, file: &File) {
    let group = std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).and_then(Pid::from_raw);
    let holders = holders(file);
    let theirs = |group: &Pid| match &holders {
        // No way to look: the lock is held, so the group that was noted with it lives.
        None => true,
        Some(holders) => holders.iter().any(|holder| rustix::process::getpgid(Some(*holder)).ok() == Some(*group)),
    };
    if let Some(group) = group.filter(theirs) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    for holder in holders.into_iter().flatten() {
        let _ = kill_process(holder, Signal::KILL);
    }
}

/// The processes, but this one, that have a file open; `None` where the system does not tell.
fn holders(file: &File) -> Option<Vec<Pid>> {
    use std::os::unix::fs::MetadataExt as _;
    let wanted = file.metadata().ok()?;
    let me = std::process::id().to_string();
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let name = process.file_name();
        let Some(id) = name.to_str().filter(|name| **name != *me).and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        // Processes of others cannot be looked into; they did not come from here.
        let Ok(open) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let same = |link: std::fs::DirEntry| {
            std::fs::metadata(link.path()).is_ok_and(|data| data.ino() == wanted.ino() && data.dev() == wanted.dev())
        };
        if open.flatten().any(same) {
            found.push(id);
        }
    }
    (!found.is_empty()).then_some(found)
}
