//! What letters are about: open questions and ends of runs.

use async_trait::async_trait;

use super::{Engine, EngineError};
use crate::ids::{ApprovalId, At, RunId};
use crate::notify::{Asked, Ended, Notice, Notices};
use crate::store::{Channel, Letter};

impl Engine {
    /// Sends every letter that is due. Says when the next one is.
    ///
    /// # Errors
    /// [`EngineError::Store`]
    pub async fn send_letters(&self) -> Result<Option<At>, EngineError> {
        Ok(self.outbox.run_due(self.store.as_ref(), self, self.clock.now()).await?)
    }

    async fn asked(&self, id: ApprovalId) -> Option<Notice> {
        let about = self
            .look(id.run, |live| {
                let asked = live.state.question(id.n).filter(|asked| asked.closed.is_none())?;
                let of = self.needed_now(&live.state, asked);
                Some((self.show_question(live, asked, None), of, asked.due))
            })
            .await;
        let (approval, of, due) = about.ok().flatten()?;
        let shown = approval.shown.into_iter().map(|shown| (shown.label, shown.text)).collect();
        Some(Notice::Asked(Asked {
            id: approval.id,
            run: approval.run,
            title: approval.title,
            shown,
            requester: crate::view::requester(approval.requester.as_deref()).to_owned(),
            of,
            due,
            url: approval.url,
            workflow: approval.workflow,
        }))
    }

    async fn ended(&self, run: RunId) -> Option<Notice> {
        let run = self.run(run).await.ok()?;
        let url = format!("{}/runs/{}", self.options.public_url, run.id);
        let data = serde_json::to_value(&run).unwrap_or_default();
        Some(Notice::Ended(Ended { run: run.id, workflow: run.workflow, status: run.status.to_owned(), url, data }))
    }
}

#[async_trait]
impl Notices for Engine {
    async fn notice(&self, letter: &Letter) -> Option<Notice> {
        match letter.letter.n {
            0 => self.ended(letter.run).await,
            n => {
                let notice = self.asked(ApprovalId { run: letter.run, n }).await;
                match notice {
                    Some(Notice::Asked(asked)) if matches!(letter.letter.channel, Channel::Reminder | Channel::WebhookReminder) => {
                        Some(Notice::Asked(Asked { title: format!("Reminder: {}", asked.title), ..asked }))
                    }
                    other => other,
                }
            }
        }
    }
}
