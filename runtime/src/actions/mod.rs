//! Actions: the only place where the outside world is touched.
//!
//! Owns how an implementation of a plan is carried out, and what an attempt's outcome was. Knows no run, no journal and no policy:
//! whether something is tried again is the machine's to say.

mod answer;
mod call;
mod email;
mod exec;
mod http;
mod model;
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

use flow_compiler::plan::{Action, Effect, Implementation, Plan};
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

    /// What becomes of an attempt at an action that is not there.
    fn lost(&self) -> Outcome {
        Outcome::NotDone(format!("the plan has no action {}", self.action))
    }

    /// How long it may take; a negative time is none.
    fn patience(&self) -> Duration {
        Duration::try_from(self.timeout).unwrap_or_default()
    }
}

/// How an attempt ended for which a preview was approved.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// It was made.
    Outcome(Outcome),
    /// It was not: it would touch something else than was approved, this.
    Changed(Value),
}

impl From<Outcome> for Ended {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
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
        let Some(action) = attempt.action() else { return attempt.lost() };
        match self.perform(attempt, action, None).await {
            Ended::Outcome(outcome) => outcome,
            // INVARIANT: only a second look finds a change, and there is none.
            Ended::Changed(_) => Outcome::Unknown("nothing was approved that could have changed".into()),
        }
    }

    /// Looks at what a call would touch, as the action's preview says; what it gives has the preview's type.
    pub async fn preview(&self, attempt: &Attempt) -> Outcome {
        let Some(action) = attempt.action() else { return attempt.lost() };
        let Some(preview) = &action.preview else { return Outcome::NotDone(format!("`{}` has no preview", action.name)) };
        let looks = Action {
            effect: Effect::Read,
            result: Some(preview.result.clone()),
            timeout: preview.timeout,
            implementation: preview.implementation.clone(),
            preview: None,
            ..action.clone()
        };
        let attempt = Attempt { timeout: preview.timeout, lock: looking(&attempt.lock), ..attempt.clone() };
        match self.perform(&attempt, &looks, None).await {
            Ended::Outcome(outcome) => outcome,
            Ended::Changed(found) => Outcome::Done(found),
        }
    }

    /// Carries out an attempt if it still would touch what was approved: looks once more just before, for `sql` in the same transaction.
    pub async fn run_previewed(&self, attempt: &Attempt, approved: &Value) -> Ended {
        let Some(action) = attempt.action() else { return attempt.lost().into() };
        let Some(preview) = &action.preview else { return self.run(attempt).await.into() };
        if let (Implementation::Sql(change), Implementation::Sql(query)) = (&action.implementation, &preview.implementation)
            && change.connection == query.connection
        {
            let look = sql::Look { statement: &query.statement, result: &preview.result, expected: approved };
            return self.perform(attempt, action, Some(&look)).await;
        }
        match self.preview(attempt).await {
            Outcome::Done(found) if found == *approved => self.run(attempt).await.into(),
            Outcome::Done(found) => Ended::Changed(found),
            Outcome::NotDone(why) | Outcome::Unknown(why) => {
                Outcome::NotDone(format!("what the call would touch cannot be looked at: {why}")).into()
            }
            other @ (Outcome::Lost | Outcome::Kept(_) | Outcome::Rejected { .. } | Outcome::Cancelled { .. }) => other.into(),
        }
    }

    async fn perform(&self, attempt: &Attempt, action: &Action, look: Option<&sql::Look<'_>>) -> Ended {
        let call = Call::new(&self.settings, attempt, action);
        let outcome = match &action.implementation {
            Implementation::Log => Outcome::NotDone("`log` is carried out at once".into()),
            Implementation::Notify => email::notify(&call).await,
            Implementation::Http(http) => http::run(&call, http, &self.clients).await,
            Implementation::Exec(exec) => exec::run(&call, exec).await,
            Implementation::Sql(sql) => match sql::run(&call, sql, look).await {
                Ended::Outcome(outcome) => outcome,
                changed @ Ended::Changed(_) => return changed,
            },
            Implementation::Email(email) => email::run(&call, email).await,
            Implementation::Model(model) => model::run(&call, model, &self.clients).await,
            Implementation::Workflow(_) => Outcome::NotDone("a workflow is a run of its own".into()),
        };
        call.scrub(outcome).into()
    }

    /// Waits for a program of an earlier attempt that outlived its server, and ends it when `patience` is over.
    ///
    /// To be called before a call that was under way when a server died is taken up; comes back only when nothing of it runs any more.
    pub async fn settle_orphan(&self, lock: &str, patience: Duration) -> Orphan {
        // The attempt may have been at its look.
        orphan::settle(&self.settings.locks().join(looking(lock)), patience).await;
        orphan::settle(&self.settings.locks().join(lock), patience).await
    }
}

/// The name of a look before the call of this name.
fn looking(lock: &str) -> String {
    format!("{lock}-preview")
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
