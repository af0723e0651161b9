//! Actions: the only place where the outside world is touched.
//!
//! Owns how an implementation of a plan is carried out, and what an attempt's outcome was. Knows no run, no journal and no policy:
//! whether something is tried again is the machine's to say.

mod answer;
mod call;
mod email;
mod exec;
mod http;
mod orphan;
mod process;
pub mod reach;
mod scrub;
mod settings;
mod sql;
#[cfg(test)]
mod tests;
mod url;

use std::sync::Arc;
use std::time::Duration;

use flow_compiler::plan::{Action, Implementation, Plan};
use flow_compiler::value::Value;
use jiff::SignedDuration;

use call::Call;
pub use orphan::Orphan;
pub use settings::{Settings, SetupError, Sink};

pub use crate::machine::event::Outcome;

/// What an answer, a program's output or the rows of a query may hold at most, in bytes.
pub const LIMIT: usize = 1024 * 1024;

/// One attempt at a call.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The action's index in it.
    pub action: u32,
    /// One for each parameter.
    pub arguments: Vec<Value>,
    /// The idempotency key: the same for every attempt at this call of this run.
    pub key: String,
    /// A name for this call that is unique among all attempts under way, fit for a file name.
    pub lock: String,
    /// How long it may take.
    pub timeout: SignedDuration,
    /// `owner` and `requester` of the run.
    pub owner: String,
    /// See `owner`.
    pub requester: String,
}

impl Attempt {
    /// The action; a plan that was read or made has it.
    fn action(&self) -> Option<&Action> {
        self.plan.actions.get(usize::try_from(self.action).ok()?)
    }

    /// How long it may take; a negative time is none.
    fn patience(&self) -> Duration {
        Duration::try_from(self.timeout).unwrap_or_default()
    }
}

/// Carries out attempts.
#[derive(Debug)]
pub struct Executor {
    settings: Settings,
    clients: reach::Clients,
}

impl Executor {
    /// An executor for one project.
    ///
    /// # Errors
    /// Says what cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let locks = settings.locks();
        std::fs::create_dir_all(&locks).map_err(|error| SetupError::Folder(locks.display().to_string(), error.to_string()))?;
        let clients = reach::Clients::new(settings.reach.clone());
        Ok(Self { settings, clients })
    }

    /// What it works with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Carries out what is done at once and touches nothing but this process: the built-in `log`. `None` for all else.
    #[must_use]
    pub fn run_inline(&self, attempt: &Attempt) -> Option<Outcome> {
        let action = attempt.action()?;
        if !matches!(action.implementation, Implementation::Log) {
            return None;
        }
        let message = attempt.arguments.first();
        (self.settings.sink.0)(message.map_or("", text_of));
        Some(Outcome::Done(Value::None))
    }

    /// Carries out an attempt; it ends when its time is up.
    pub async fn run(&self, attempt: &Attempt) -> Outcome {
        if let Some(outcome) = self.run_inline(attempt) {
            return outcome;
        }
        let Some(action) = attempt.action() else {
            return Outcome::NotDone(format!("the plan has no action {}", attempt.action));
        };
        let call = Call::new(&self.settings, attempt, action);
        let outcome = match &action.implementation {
            Implementation::Log => Outcome::NotDone("`log` is carried out at once".into()),
            Implementation::Notify => email::notify(&call).await,
            Implementation::Http(http) => http::run(&call, http, &self.clients).await,
            Implementation::Exec(exec) => exec::run(&call, exec).await,
            Implementation::Sql(sql) => sql::run(&call, sql).await,
            Implementation::Email(email) => email::run(&call, email).await,
            Implementation::Workflow(_) => Outcome::NotDone("a workflow is a run of its own".into()),
            Implementation::Model(_) => Outcome::NotDone("`model` is not supported by this version".into()),
        };
        call.scrub(outcome)
    }

    /// Waits for a program of an earlier attempt that outlived its server, and ends it when `patience` is over.
    ///
    /// To be called before a call that was under way when a server died is taken up; comes back only when nothing of it runs any more.
    pub async fn settle_orphan(&self, lock: &str, patience: Duration) -> Orphan {
        orphan::settle(&self.settings.locks().join(lock), patience).await
    }
}

fn text_of(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

/// What an error says with all that caused it, each once.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}
