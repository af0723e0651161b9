//! The outbox: everything that is due is delivered, and what does not arrive is tried again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::tz::TimeZone;
use reqwest::Url;

use super::backoff::again;
use super::chat;
use super::letter;
use super::mailer::{MailError, Mailer};
use super::notice::{Notice, Notices};
use super::webhook::{Failure, Message};
use crate::actions::Settings;
use crate::actions::reach::Clients;
use crate::config::{Config, LiveConfig, Ntfy, Secrets, Slack, Webhook};
use crate::ids::{At, Digest};
use crate::store::{Channel, Delivery, Letter, Store, StoreError};

/// How many letters are on their way at the same time.
const AT_ONCE: usize = 8;

/// How many letters are taken from the store at a time.
const BATCH: u32 = 64;

/// How long one mail may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Delivers letters.
#[derive(Debug)]
pub struct Outbox {
    config: Arc<Config>,
    live: Arc<LiveConfig>,
    mailer: Arc<Mailer>,
    secrets: Secrets,
    clients: Clients,
    zone: TimeZone,
}

impl Outbox {
    /// An outbox with the project's settings.
    ///
    /// # Errors
    /// Says what cannot be set up.
    pub fn new(settings: &Settings) -> Result<Self, crate::actions::SetupError> {
        let clients = Clients::new(settings.reach.clone());
        let notify = &settings.config.notify;
        if notify.webhook.is_some() || notify.slack.is_some() || notify.ntfy.is_some() {
            clients.trusted().map_err(crate::actions::SetupError::Network)?;
        }
        Ok(Self {
            config: Arc::clone(&settings.config),
            live: Arc::clone(&settings.live),
            mailer: Arc::clone(&settings.mailer),
            secrets: settings.secrets.clone(),
            clients,
            zone: settings.zone.clone(),
        })
    }

    /// Delivers everything that is due, and says when the next letter is.
    ///
    /// # Errors
    /// The store's. A letter whose delivery could not be recorded will be delivered again.
    pub async fn run_due(&self, store: &dyn Store, notices: &dyn Notices, now: At) -> Result<Option<At>, StoreError> {
        loop {
            let letters = store.letters(now, BATCH).await?;
            if letters.is_empty() {
                return store.next_letter().await;
            }
            let mut under_way = stream::iter(letters)
                .map(|letter| async move {
                    let delivery = match notices.notice(&letter).await {
                        Some(notice) => self.deliver(&letter, &notice, now).await,
                        None => Delivery::Done,
                    };
                    (letter.id, delivery)
                })
                .buffer_unordered(AT_ONCE);
            // Each is recorded as soon as it is known, so that a kill repeats as few as can be.
            while let Some(result) = under_way.next().await {
                store.sent(vec![result]).await?;
            }
        }
    }

    /// Delivers one letter.
    pub async fn deliver(&self, letter: &Letter, notice: &Notice, now: At) -> Delivery {
        let failure = match letter.letter.channel {
            Channel::Mail | Channel::Notify | Channel::Reminder => self.mail(letter, notice).await,
            Channel::Callback => self.post(letter, notice, now).await,
            Channel::Webhook | Channel::WebhookAgain | Channel::WebhookReminder => match letter.letter.to.as_str() {
                Slack::NAME | Ntfy::NAME => self.chat(letter, notice).await,
                _ => self.post(letter, notice, now).await,
            },
        };
        match failure {
            Ok(()) => Delivery::Done,
            Err(Failure::Never(error)) => Delivery::Dead { error },
            Err(Failure::NotNow(error)) => again(letter.tries, now, error),
        }
    }

    async fn mail(&self, letter: &Letter, notice: &Notice) -> Result<(), Failure> {
        let to = &letter.letter.to;
        let addresses = self.live.current().addresses(to);
        if addresses.is_empty() {
            return Err(Failure::Never(format!("`{to}` is neither a mail address nor known in `hitl.toml`")));
        }
        let mail = letter::mail(notice, addresses, identity(letter, notice), &self.zone);
        let mail = mail.map_err(|error| Failure::Never(format!("the mail cannot be written: {error}")))?;
        self.mailer.send(&mail, PATIENCE).await.map_err(|error| match error {
            MailError::Refused(why) => Failure::Never(why),
            // At least once: a mail that may have arrived carries the same Message-ID the next time.
            MailError::NotNow(why) | MailError::Unknown(why) => Failure::NotNow(why),
        })
    }

    async fn chat(&self, letter: &Letter, notice: &Notice) -> Result<(), Failure> {
        // Chats are told of questions only.
        let Notice::Asked(asked) = notice else { return Ok(()) };
        let client = self.clients.trusted().map_err(Failure::NotNow)?;
        let secret = |name: &String| self.secrets.lookup(name).map_err(|error| Failure::NotNow(error.to_string()));
        // People are asked for now; how chats are reached is what the project said at the start.
        let config = Config { people: self.live.current().people.clone(), ..(*self.config).clone() };
        if letter.letter.to == Slack::NAME {
            let missing = || Failure::Never("there is no `[notify.slack]` in `hitl.toml`".into());
            let slack = config.notify.slack.as_ref().ok_or_else(missing)?;
            return chat::slack(client, &secret(&slack.webhook)?, asked, &config).await;
        }
        let token = config.notify.ntfy.as_ref().and_then(|ntfy| ntfy.token.as_ref()).map(secret).transpose()?;
        chat::ntfy(client, token.as_ref(), asked, &config).await
    }

    async fn post(&self, letter: &Letter, notice: &Notice, now: At) -> Result<(), Failure> {
        let webhook = self.config.notify.webhook.as_ref();
        let webhook = webhook.filter(|_| letter.letter.channel == Channel::Callback || letter.letter.to == Webhook::NAME);
        let Some(webhook) = webhook else {
            return Err(Failure::Never("there is no `[notify.webhook]` in `hitl.toml`, whose secret signs it".into()));
        };
        let parse = |url: &str| Url::parse(url).map_err(|_| Failure::Never(format!("`{url}` is no web address")));
        let (url, client) = match &letter.letter.url {
            Some(url) => {
                let url = parse(url)?;
                let client = self.clients.only_listed(&url).map_err(Failure::Never)?;
                (url, client)
            }
            None => (parse(webhook.url.as_str())?, self.clients.trusted().map_err(Failure::NotNow)?),
        };
        let secret = self.secrets.lookup(&webhook.secret).map_err(|error| Failure::NotNow(error.to_string()))?;
        let digest = Digest::of(&[identity(letter, notice).as_bytes()]).to_string();
        let id = format!("msg_{}", digest.get(..32).unwrap_or(&digest));
        let reminds = letter.letter.channel == Channel::WebhookReminder;
        Message::new(id, now, notice, reminds).post(client, &url, &secret).await
    }
}

/// What makes it this letter: the same for every try, another for every other letter.
fn identity(letter: &Letter, notice: &Notice) -> String {
    let about = match notice {
        Notice::Asked(asked) => &asked.id,
        Notice::Ended(ended) => &ended.run,
    };
    format!("{about}-{}", letter.id)
}
