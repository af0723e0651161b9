//! The project file, `hitl.toml`: what it may say, and where it says something else.
//!
//! Owns the file's shape and its faults. Who may decide is `people`'s to say, how mail travels `notify`'s.

mod days;
mod error;
mod lints;
mod live;
mod secrets;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use flow_compiler::{is_address, is_webhook_path};
use serde::Deserialize;

pub use days::{Calendar, Holiday, Workdays};
pub use error::ConfigError;
pub use lints::{Level, Lints};
pub use live::LiveConfig;
pub use secrets::{SecretError, Secrets};
pub use words::{Address, Topic, WebAddress, Zone};

use crate::actions::reach::Reach;

/// The file's name.
pub const FILE: &str = "hitl.toml";

/// A project file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[store]`
    pub store: Store,
    /// `[people.NAME]`
    pub people: BTreeMap<String, Person>,
    /// `[groups]`: names of people, or addresses.
    pub groups: BTreeMap<String, Vec<String>>,
    /// `[notify]`
    pub notify: Notify,
    /// `[webhooks]`: for each path the name of the secret that signs its messages.
    pub webhooks: BTreeMap<String, String>,
    /// `[http]`
    pub http: Http,
    /// `[model]`
    pub model: Option<Model>,
    /// `[calendar]`
    pub calendar: Calendar,
    /// `[lints]`
    pub lints: Lints,
    /// `[policies]`
    pub policies: Policies,
    /// `[secrets]`
    pub secrets: SecretsFrom,
}

/// `[server]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Where it listens, `127.0.0.1:7171`.
    pub listen: Option<std::net::SocketAddr>,
    /// How people reach it, without a slash at the end.
    pub public_url: Option<WebAddress>,
}

/// `[store]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:PATH`
    pub url: Option<String>,
}

/// `[people.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The address that identifies them, and to which mail goes.
    pub email: Address,
    /// Their member id in Slack, by which a message there names them.
    pub slack: Option<String>,
    /// Their own topic at the ntfy server.
    pub ntfy: Option<Topic>,
}

/// `[notify]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Whether people are told by mail when they are asked.
    pub mail: bool,
    /// `[notify.email]`; without it mail is written into files.
    pub email: Option<Email>,
    /// `[notify.webhook]`
    pub webhook: Option<Webhook>,
    /// `[notify.slack]`
    pub slack: Option<Slack>,
    /// `[notify.ntfy]`
    pub ntfy: Option<Ntfy>,
}

impl Default for Notify {
    fn default() -> Self {
        Self { mail: true, email: None, webhook: None, slack: None, ntfy: None }
    }
}

/// `[notify.email]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The server's name.
    pub host: String,
    /// Its port; default: 25, 587 or 465, as `tls` says.
    pub port: Option<u16>,
    /// Who signs in, if anybody does.
    pub user: Option<String>,
    /// The name of the secret that holds the password.
    pub password: Option<String>,
    /// The sender.
    pub from: Address,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: Tls,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Not at all.
    None,
    /// From the first command that matters.
    #[default]
    Starttls,
    /// From the first byte.
    Tls,
}

impl Email {
    /// The port, the usual one where none is set.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::None => 25,
            Tls::Starttls => 587,
            Tls::Tls => 465,
        })
    }
}

/// `[notify.webhook]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where it is posted to.
    pub url: WebAddress,
    /// The name of the secret that holds the signing key, `whsec_...`.
    pub secret: String,
}

impl Notify {
    /// The names under which letters are addressed to what is told of every question.
    #[must_use]
    pub fn receivers(&self) -> Vec<String> {
        let webhook = self.webhook.as_ref().map(|_| Webhook::NAME);
        let slack = self.slack.as_ref().map(|_| Slack::NAME);
        let ntfy = self.ntfy.as_ref().map(|_| Ntfy::NAME);
        webhook.into_iter().chain(slack).chain(ntfy).map(str::to_owned).collect()
    }
}

impl Webhook {
    /// The name under which a letter is addressed to it.
    pub const NAME: &str = "webhook";
}

/// `[http]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Hosts, `host:port` and networks that may be called though they are not public.
    pub allow: Reach,
}

/// `[model]`: the endpoint of `model` actions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its address, up to what comes before `/chat/completions`.
    pub url: WebAddress,
    /// The name of the secret that holds the key, where one is asked for.
    pub key: Option<String>,
}

/// `[notify.slack]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    /// The name of the secret that holds the address of the incoming webhook: who knows the address may post there.
    pub webhook: String,
}

impl Slack {
    /// The name under which a letter is addressed to it.
    pub const NAME: &str = "slack";
}

/// `[notify.ntfy]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ntfy {
    /// The server.
    pub url: WebAddress,
    /// A topic that is told of every question, beside those of the people who are asked.
    pub topic: Option<Topic>,
    /// The name of the secret that holds the access token.
    pub token: Option<String>,
}

impl Ntfy {
    /// The name under which a letter is addressed to it.
    pub const NAME: &str = "ntfy";
}

/// `[policies]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// Files whose policies hold for every flow of the project.
    pub files: Vec<std::path::PathBuf>,
}

/// `[secrets]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsFrom {
    /// Where they come from.
    pub from: Source,
    /// The file, or the folder with a file for each, relative to the project; default `secrets.toml`.
    pub path: Option<std::path::PathBuf>,
}

/// Where secrets come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// `secret.NAME` is the environment variable `HITL_SECRET_NAME`.
    #[default]
    Env,
    /// `secret.NAME` is the line `NAME = "..."` of a file, or the file `NAME` of a folder.
    File,
}

impl Config {
    /// Reads the project file of a folder; a folder without one has the defaults.
    ///
    /// # Errors
    /// Says what is wrong and in which line.
    pub fn load(folder: &Path) -> Result<Self, ConfigError> {
        let file = folder.join(FILE);
        match std::fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::unreadable(&file, &error)),
        }
    }

    /// Reads the text of a project file; `file` is only named in faults.
    ///
    /// # Errors
    /// Says what is wrong and in which line.
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::syntax(text, file, &error))?;
        config.consistent().map_err(|(key, message)| ConfigError::at_key(text, file, &key, message))?;
        Ok(config)
    }

    /// What no single value can know: names that must be declared, settings that exclude each other.
    fn consistent(&self) -> Result<(), (String, String)> {
        for (group, members) in &self.groups {
            if matches!(group.as_str(), "owner" | "requester") {
                return Err((group.clone(), format!("a group cannot be called `{group}`: in a flow that is a person of the run")));
            }
            let unknown = members.iter().find(|member| !is_address(member) && !self.people.contains_key(*member));
            if let Some(unknown) = unknown {
                return Err((unknown.clone(), error::unknown_person(unknown, group, self.people.keys())));
            }
        }
        if let Some(email) = &self.notify.email {
            if email.user.is_some() != email.password.is_some() {
                let key = if email.user.is_some() { "user" } else { "password" };
                return Err((key.into(), "`user` and `password` of `[notify.email]` go together".into()));
            }
            let here = matches!(email.host.as_str(), "localhost" | "127.0.0.1" | "::1");
            if email.password.is_some() && email.tls == Tls::None && !here {
                return Err(("tls".into(), "with `tls = \"none\"` the password would travel in the clear".into()));
            }
        }
        if let Some(unknown) = lints::unknown(&self.lints) {
            return Err(unknown);
        }
        if let Some((path, _)) = self.webhooks.iter().find(|(path, _)| !is_webhook_path(path)) {
            return Err((path.clone(), format!("`{path}` is no webhook's path; write it as the flow does, such as `\"orders/new\"`")));
        }
        if self.secrets.path.is_some() && self.secrets.from == Source::Env {
            return Err(("path".into(), "`path` of `[secrets]` needs `from = \"file\"`".into()));
        }
        Ok(())
    }

    /// The mail addresses behind an address, a person's name or a group's; none where the name is not known.
    #[must_use]
    pub fn addresses(&self, name: &str) -> Vec<String> {
        if let Some(members) = self.groups.get(name) {
            return members.iter().flat_map(|member| self.person(member)).collect();
        }
        self.person(name).into_iter().collect()
    }

    /// The person of an address.
    #[must_use]
    pub fn person_of(&self, address: &str) -> Option<&Person> {
        let wanted = crate::people::Person::new(address);
        self.people.values().find(|person| crate::people::Person::new(&person.email.to_string()) == wanted)
    }

    fn person(&self, name: &str) -> Option<String> {
        if let Some(person) = self.people.get(name) {
            return Some(person.email.to_string());
        }
        is_address(name).then(|| name.to_owned())
    }

    /// Where the secrets come from.
    #[must_use]
    pub fn secrets(&self, project: &Path) -> Secrets {
        match self.secrets.from {
            Source::Env => Secrets::Environment,
            Source::File => {
                let path = self.secrets.path.as_deref().unwrap_or_else(|| Path::new("secrets.toml"));
                Secrets::File(project.join(path))
            }
        }
    }
}
