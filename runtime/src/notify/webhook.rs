//! Signed webhooks, as <https://www.standardwebhooks.com> describes them.

use std::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

use super::notice::Notice;
use crate::actions::causes;
use crate::ids::At;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message to a webhook.
pub(super) struct Message {
    /// The same for every try.
    pub(super) id: String,
    pub(super) at: At,
    pub(super) body: String,
}

/// Why it did not arrive.
#[derive(Debug)]
pub(super) enum Failure {
    /// Trying again may help.
    NotNow(String),
    /// It will not.
    Never(String),
}

impl Message {
    /// The message of a notice; one that `reminds` is about a question of which the receiver was told before.
    pub(super) fn new(id: String, at: At, notice: &Notice, reminds: bool) -> Self {
        let (kind, data) = match notice {
            Notice::Asked(asked) => {
                let shown: Vec<Json> = asked.shown.iter().map(|(label, text)| json!({ "label": label, "text": text })).collect();
                let data = json!({
                    "id": asked.id,
                    "run": asked.run,
                    "workflow": asked.workflow,
                    "title": asked.title,
                    "shown": shown,
                    "requester": asked.requester,
                    "asked": asked.of,
                    "due_at": asked.due.map(|due| due.to_string()),
                    "url": asked.url,
                });
                (if reminds { "approval.reminded" } else { "approval.asked" }, data)
            }
            Notice::Ended(ended) => ("run.ended", ended.data.clone()),
        };
        let body = json!({ "type": kind, "timestamp": at.to_string(), "data": data }).to_string();
        Self { id, at, body }
    }

    /// `v1,` and the signature of id, time and body.
    fn signature(&self, secret: &SecretString) -> Result<String, Failure> {
        let mac = mac(secret, &self.id, self.seconds(), self.body.as_bytes());
        let mac = mac.ok_or_else(|| Failure::NotNow("the webhook's secret must be `whsec_` and base64".into()))?;
        Ok(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
    }

    fn seconds(&self) -> i64 {
        self.at.timestamp().as_second()
    }

    /// Posts it.
    pub(super) async fn post(self, client: &Client, url: &Url, secret: &SecretString) -> Result<(), Failure> {
        let signature = self.signature(secret)?;
        let request = client
            .post(url.clone())
            .timeout(PATIENCE)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", self.seconds().to_string())
            .header("webhook-signature", signature)
            .body(self.body);
        let response = request.send().await;
        let response = response.map_err(|error| Failure::NotNow(causes(&error.without_url())))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(Failure::Never("the receiver wants no more (status 410)".into())),
            status => Err(Failure::NotNow(format!("the receiver answered with status {}", status.as_u16()))),
        }
    }
}

/// Whether one of the signatures of a message (`v1,...`, blanks between them) is that of the secret.
#[must_use]
pub fn signed(secret: &SecretString, id: &str, seconds: i64, body: &[u8], signatures: &str) -> bool {
    let sent = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
    let mut sent = sent.filter_map(|encoded| BASE64.decode(encoded.as_bytes()).ok());
    // The comparison takes as long for a wrong signature as for the right one.
    sent.any(|signature| mac(secret, id, seconds, body).is_some_and(|mac| mac.verify_slice(&signature).is_ok()))
}

/// What is signed, with the key of a secret; `None` where the secret is not `whsec_` and base64.
fn mac(secret: &SecretString, id: &str, seconds: i64, body: &[u8]) -> Option<Hmac<sha2::Sha256>> {
    let encoded = secret.expose_secret().trim().strip_prefix("whsec_")?;
    let key = BASE64.decode(encoded.as_bytes()).ok()?;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(mac)
}
