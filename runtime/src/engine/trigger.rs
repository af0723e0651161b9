//! What starts runs with nobody asking for them: schedules and webhooks. Such runs have no requester.
//!
//! When a schedule's next time comes is kept in the store, and a run of it is started under a key made of that time: killed between the
//! start and the writing of the next time, it is the same run that is found again. After a downtime it is started once.

use std::sync::Arc;

use flow_compiler::plan::{Plan, Schedule};
use secrecy::SecretString;
use serde_json::{Map, Value as Json};

use super::start::{Beginning, Begun};
use super::{Engine, EngineError};
use crate::ids::{At, Digest};
use crate::machine::event::Channel;
use crate::people::Caller;

/// A workflow whose triggers are in force.
#[derive(Clone, Debug)]
pub(super) struct Armed {
    hash: Digest,
    plan: Arc<Plan>,
    /// When the schedule starts it next.
    due: Option<At>,
}

/// A message to a webhook.
#[derive(Clone, Debug)]
pub struct Message {
    /// The webhook's path.
    pub path: String,
    /// A value for each parameter.
    pub input: Map<String, Json>,
    /// What makes it this message: the same again is the same run.
    pub id: Option<String>,
    /// Who sent it, where a token says so.
    pub caller: Option<Caller>,
}

impl Engine {
    /// Puts the triggers of a plan in force, which is also served from here on.
    ///
    /// # Errors
    /// [`EngineError::Store`]; [`EngineError::Setup`] when two workflows have one webhook.
    pub async fn arm(&self, plan: Plan) -> Result<(), EngineError> {
        let hash = self.serve_plan(plan).await?;
        let plan = self.plan(hash).await?;
        let workflow = &plan.workflow;
        if !workflow.settings.is_triggered() {
            return Ok(());
        }
        let name = workflow.name.to_string();
        if let Some(path) = &workflow.settings.webhook {
            let armed = self.armed.read();
            let other = armed.iter().find(|(other, armed)| **other != name && armed.plan.workflow.settings.webhook.as_ref() == Some(path));
            if let Some((other, _)) = other {
                return Err(EngineError::Setup(format!("the workflows `{other}` and `{name}` have the same webhook `{path}`")));
            }
        }
        let due = match &workflow.settings.schedule {
            Some(schedule) => self.due_of(&name, schedule).await?,
            None => None,
        };
        self.armed.write().insert(name, Armed { hash, plan: Arc::clone(&plan), due });
        self.timer.notify_one();
        Ok(())
    }

    /// The time that was kept for this very schedule, else its next one from now.
    async fn due_of(&self, workflow: &str, schedule: &Schedule) -> Result<Option<At>, EngineError> {
        let kept = self.store.meta(&meta_key(workflow)).await?.unwrap_or_default();
        let kept = String::from_utf8_lossy(&kept).into_owned();
        let same = kept.split_once('\n').filter(|(_, text)| *text == written(schedule));
        match same.and_then(|(due, _)| due.parse().ok()) {
            Some(due) => Ok(Some(At(due))),
            None => self.plan_next(workflow, schedule).await,
        }
    }

    /// Keeps when the schedule is next due, from now.
    async fn plan_next(&self, workflow: &str, schedule: &Schedule) -> Result<Option<At>, EngineError> {
        let next = schedule.next(self.clock.now().timestamp(), &self.options.zone).map(At::from);
        let kept = next.map_or_else(String::new, |At(due)| format!("{due}\n{}", written(schedule)));
        self.store.set_meta(&meta_key(workflow), kept.into_bytes()).await?;
        Ok(next)
    }

    /// Starts what schedules say is due, each once. Says when one is next.
    ///
    /// # Errors
    /// [`EngineError::Store`]: it is tried again.
    pub(super) async fn fire_schedules(self: &Arc<Self>) -> Result<Option<At>, EngineError> {
        let now = self.clock.now();
        let is_due = |armed: &Armed| armed.due.is_some_and(|due| due <= now);
        let all: Vec<(String, Armed)> =
            self.armed.read().iter().filter(|(_, armed)| is_due(armed)).map(|(name, armed)| (name.clone(), armed.clone())).collect();
        for (name, armed) in all {
            let (Some(due), Some(schedule)) = (armed.due, &armed.plan.workflow.settings.schedule) else { continue };
            let once = Digest::of(&[b"schedule\0", name.as_bytes(), b"\0", &due.0.to_be_bytes()]);
            match self.first(armed.beginning(Map::new(), Channel::Timer, Some(once)), None).await {
                Ok(_) => {}
                Err(error @ EngineError::Store(_)) => return Err(error),
                Err(error) => tracing::error!(workflow = name, %error, "a schedule could not start its run"),
            }
            let next = self.plan_next(&name, schedule).await?;
            if let Some(armed) = self.armed.write().get_mut(&name) {
                armed.due = next;
            }
        }
        Ok(self.armed.read().values().filter_map(|armed| armed.due).min())
    }

    /// Whether there is a webhook of this path.
    #[must_use]
    pub fn has_webhook(&self, path: &str) -> bool {
        self.hooked(path).is_some()
    }

    /// The secret that signs the messages of a webhook; `None` where there is none, or it cannot be read.
    #[must_use]
    pub fn webhook_secret(&self, path: &str) -> Option<SecretString> {
        let settings = self.executor.settings();
        let name = settings.config.webhooks.get(path)?;
        settings.secrets.lookup(name).inspect_err(|error| tracing::error!(path, %error, "a webhook's message cannot be checked")).ok()
    }

    fn hooked(&self, path: &str) -> Option<Armed> {
        self.armed.read().values().find(|armed| armed.plan.workflow.settings.webhook.as_deref() == Some(path)).cloned()
    }

    /// Starts the run of a message, or finds the one that it has started already.
    ///
    /// # Errors
    /// What [`EngineError`] says of starting.
    pub async fn receive(self: &Arc<Self>, message: Message) -> Result<Begun, EngineError> {
        let Message { path, input, id, caller } = message;
        self.takes(caller.as_ref().is_none_or(|caller| caller.scopes.start), "start runs")?;
        let armed = self.hooked(&path).ok_or_else(|| EngineError::NotFound(format!("webhook `{path}`")))?;
        let sender = caller.as_ref().map(|caller| caller.person.as_str()).unwrap_or_default();
        if let Some(caller) = &caller {
            self.may_start(&armed.plan, &caller.person)?;
        }
        let once = id.map(|id| Digest::of(&[b"webhook\0", path.as_bytes(), b"\0", sender.as_bytes(), b"\0", id.as_bytes()]));
        self.first(armed.beginning(input, Channel::Webhook, once), None).await
    }
}

impl Armed {
    fn beginning(&self, input: Map<String, Json>, channel: Channel, once: Option<Digest>) -> Beginning {
        Beginning {
            plan: Arc::clone(&self.plan),
            hash: self.hash,
            input,
            channel,
            requester: String::new(),
            on_behalf_by: None,
            callback: None,
            once,
        }
    }
}

fn meta_key(workflow: &str) -> String {
    format!("schedule {workflow}")
}

/// The schedule as a text, to see whether it was changed.
fn written(schedule: &Schedule) -> String {
    format!("{} in {}", schedule.cron, schedule.zone.as_deref().unwrap_or("-"))
}
