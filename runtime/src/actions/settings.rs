//! What an executor works with.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};

use super::reach::Reach;
use crate::config::{Config, LiveConfig, Secrets};
use crate::notify::Mailer;

/// Where the lines of `log` go.
#[derive(Clone)]
pub struct Sink(pub Arc<dyn Fn(&str) + Send + Sync>);

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

impl Default for Sink {
    fn default() -> Self {
        Self(Arc::new(|message| tracing::info!(target: "log", "{message}")))
    }
}

/// What an executor works with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project's folder: relative paths begin here, programs start here.
    pub project: PathBuf,
    /// The folder for its state, `.hitl`.
    pub state: PathBuf,
    /// What the project file said at the start.
    pub config: Arc<Config>,
    /// What it says now: people, groups, and the addresses behind the names of `notify`.
    pub live: Arc<LiveConfig>,
    /// What may be called over the network though it is not public.
    pub reach: Reach,
    /// Where secrets come from.
    pub secrets: Secrets,
    /// How mail is sent.
    pub mailer: Arc<Mailer>,
    /// Where the lines of `log` go.
    pub sink: Sink,
    /// `now`
    pub clock: fn() -> Timestamp,
    /// The zone of `today`.
    pub zone: TimeZone,
}

impl Settings {
    /// Settings as a project file says.
    #[must_use]
    pub fn new(config: Arc<Config>, project: &Path, state: &Path) -> Self {
        let secrets = config.secrets(project);
        Self {
            project: project.to_owned(),
            state: state.to_owned(),
            reach: config.http.allow.clone(),
            mailer: Arc::new(Mailer::new(&config, secrets.clone(), state)),
            secrets,
            sink: Sink::default(),
            clock: Timestamp::now,
            zone: config.calendar.timezone.0.clone(),
            live: Arc::new(LiveConfig::fixed(Arc::clone(&config))),
            config,
        }
    }

    /// The folder of the lock files.
    pub(super) fn locks(&self) -> PathBuf {
        self.state.join("locks")
    }
}

/// Why it could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Calls over the network cannot be made.
    #[error("calls over the network cannot be made: {0}")]
    Network(String),
    /// The folder for the state cannot be made.
    #[error("the folder `{0}` cannot be made: {1}")]
    Folder(String, String),
}
