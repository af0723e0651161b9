//! Questions in chats: an incoming webhook of Slack, and topics of an ntfy server. Both say what is asked and link to the page; neither
//! carries anything that signs in.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value as Json, json};

use super::letter::{line, visible};
use super::notice::Asked;
use super::webhook::Failure;
use crate::actions::causes;
use crate::config::Config;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// No more values than this are told in a chat; the page shows all.
const MOST: usize = 10;

/// Posts a question to Slack. `address` is a secret: who knows it may post there.
pub(super) async fn slack(client: &Client, address: &SecretString, asked: &Asked, config: &Config) -> Result<(), Failure> {
    let url = Url::parse(address.expose_secret().trim()).map_err(|_| Failure::NotNow("the secret of Slack is no web address".into()))?;
    let ids = asked.of.iter().filter_map(|person| config.person_of(person)?.slack.as_deref());
    let mentions: Vec<String> = ids.map(|id| format!("<@{}>", escaped(id))).collect();
    let mut text = format!("*{}*\n", escaped(&line(&asked.title)));
    for (label, value) in asked.shown.iter().take(MOST) {
        text.push_str(&format!("{}: {}\n", escaped(&line(label)), escaped(&line(value))));
    }
    text.push_str(&format!("{} asked for this in {}. {}", escaped(&asked.requester), escaped(&asked.workflow), mentions.join(" ")));
    text.truncate(text.trim_end().len());
    text.push_str(&format!("\n<{}|Look at it and decide>", asked.url));
    post(client, url, &json!({ "text": text }), None).await
}

/// Slack's own signs, written out, so that a value cannot name people or hide a link.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Posts a question to the topics of an ntfy server: the project's, and those of the people who are asked.
pub(super) async fn ntfy(client: &Client, token: Option<&SecretString>, asked: &Asked, config: &Config) -> Result<(), Failure> {
    let Some(ntfy) = &config.notify.ntfy else { return Err(Failure::Never("there is no `[notify.ntfy]` in `hitl.toml`".into())) };
    let url = Url::parse(ntfy.url.as_str()).map_err(|_| Failure::Never(format!("`{}` is no web address", ntfy.url)))?;
    let own = asked.of.iter().filter_map(|person| config.person_of(person)?.ntfy.as_ref());
    let mut topics: Vec<&str> = own.chain(&ntfy.topic).map(crate::config::Topic::as_str).collect();
    topics.sort_unstable();
    topics.dedup();
    let mut lines: Vec<String> = asked.shown.iter().take(MOST).map(|(label, value)| format!("{}: {}", line(label), line(value))).collect();
    lines.push(format!("{} asked for this in {}.", visible(&asked.requester, false), asked.workflow));
    for topic in topics {
        let message = json!({ "topic": topic, "title": line(&asked.title), "message": lines.join("\n"), "click": asked.url });
        post(client, url.clone(), &message, token).await?;
    }
    Ok(())
}

async fn post(client: &Client, url: Url, message: &Json, token: Option<&SecretString>) -> Result<(), Failure> {
    let mut request = client.post(url).timeout(PATIENCE).header(CONTENT_TYPE, "application/json").body(message.to_string());
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose_secret().trim()));
    }
    // The address can be a secret: it stands in no fault.
    let response = request.send().await.map_err(|error| Failure::NotNow(causes(&error.without_url())))?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(Failure::NotNow(format!("the receiver answered with status {}", status.as_u16()))),
    }
}
