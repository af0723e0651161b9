//! The project file as it is now: people and groups are asked for when they matter, so a changed file is seen without a restart.
//!
//! INVARIANT: what was read last and was sound stays in force while the file is broken or gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;

use super::Config;
use crate::people::Person;

/// A project file that may change.
#[derive(Debug)]
pub struct LiveConfig {
    /// `None` where there is nothing to look at.
    file: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: Arc<Config>,
    seen: Option<Stamp>,
    fault: Option<String>,
}

/// What changes when a file does: when it was written, and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp(SystemTime, u64);

impl Stamp {
    fn of(file: &Path) -> Option<Self> {
        let about = std::fs::metadata(file).ok()?;
        Some(Self(about.modified().ok()?, about.len()))
    }
}

impl LiveConfig {
    /// A project file that does not change.
    #[must_use]
    pub fn fixed(config: Arc<Config>) -> Self {
        Self { file: None, state: Mutex::new(State { config, seen: None, fault: None }) }
    }

    /// The project file of a folder, which was read as `config` just now; nothing is looked at where there is none.
    #[must_use]
    pub fn watching(folder: &Path, config: Arc<Config>) -> Self {
        let file = folder.join(super::FILE);
        let seen = Stamp::of(&file);
        Self { file: seen.is_some().then_some(file), state: Mutex::new(State { config, seen, fault: None }) }
    }

    /// The file as it is now; as it was last, while it is broken.
    #[must_use]
    pub fn current(&self) -> Arc<Config> {
        let mut state = self.state.lock();
        if let Some(file) = &self.file {
            let now = Stamp::of(file);
            if now != state.seen {
                state.seen = now;
                state.read(file);
            }
        }
        Arc::clone(&state.config)
    }

    /// What is wrong with the file as it is now, while what it said before is in force.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let _ = self.current();
        self.state.lock().fault.clone()
    }

    /// The members of a group, each in their one spelling; `None` where there is no such group.
    #[must_use]
    pub fn members(&self, group: &str) -> Option<Vec<String>> {
        let config = self.current();
        config.groups.contains_key(group).then(|| config.addresses(group).iter().map(|member| Person::new(member).to_string()).collect())
    }
}

impl State {
    fn read(&mut self, file: &Path) {
        let read = match &self.seen {
            Some(_) => Config::load(file.parent().unwrap_or(Path::new("."))).map_err(|error| error.to_string()),
            None => Err(format!("{}: it cannot be read any more", file.display())),
        };
        match read {
            Ok(config) => {
                tracing::info!(file = %file.display(), "the project file was read again");
                self.config = Arc::new(config);
                self.fault = None;
            }
            Err(fault) => {
                tracing::error!("{fault}; people and groups stay as they were");
                self.fault = Some(fault);
            }
        }
    }
}
