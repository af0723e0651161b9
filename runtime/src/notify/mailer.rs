//! Mail: through an SMTP server, or, without one, into files of the outbox folder.
//!
//! The SMTP dialogue is led here command by command, because what a failure means depends on where it happens: before the message was
//! handed over nothing was sent; after it only the server knows.

use std::path::PathBuf;
use std::time::Duration;

use lettre::Message;
use lettre::message::header::ContentType;
use lettre::message::{Attachment as Part, Mailbox, MultiPart, SinglePart};

use super::smtp::{self, Server};
use crate::config::{Config, Email, Secrets};
use crate::ids::Digest;

/// A mail.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// Addresses.
    pub to: Vec<String>,
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// What makes it this mail: the same for every attempt at it.
    pub key: String,
}

/// A file of a mail.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It was not, and never will be: the mail itself or its address is wrong.
    #[error("{0}")]
    Refused(String),
    /// It was not, this time.
    #[error("{0}")]
    NotNow(String),
    /// The connection was lost when the server had it already.
    #[error("{0}")]
    Unknown(String),
}

/// Sends mail.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: String,
    way: Way,
    secrets: Secrets,
}

#[derive(Clone, Debug)]
enum Way {
    Smtp(Email),
    Folder(PathBuf),
}

impl Mailer {
    /// A mailer as the project file says; without `[notify.email]` mail goes into `outbox` of the state folder.
    #[must_use]
    pub fn new(config: &Config, secrets: Secrets, state: &std::path::Path) -> Self {
        match &config.notify.email {
            Some(email) => Self { from: email.from.to_string(), way: Way::Smtp(email.clone()), secrets },
            None => Self::into_folder(state.join("outbox")),
        }
    }

    /// A mailer that writes files.
    #[must_use]
    pub fn into_folder(folder: PathBuf) -> Self {
        Self { from: "hitlc <hitlc@localhost>".into(), way: Way::Folder(folder), secrets: Secrets::default() }
    }

    /// The folder that mail is written to, where it is not sent.
    #[must_use]
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.way {
            Way::Folder(folder) => Some(folder),
            Way::Smtp(_) => None,
        }
    }

    /// Sends a mail, within `patience`.
    ///
    /// # Errors
    /// Says whether it may have been sent all the same.
    pub async fn send(&self, mail: &Mail, patience: Duration) -> Result<(), MailError> {
        let message = compose(mail, &self.from).map_err(MailError::Refused)?;
        match &self.way {
            Way::Folder(folder) => {
                let (folder, name) = (folder.clone(), file_name(&mail.key));
                let written = tokio::task::spawn_blocking(move || write(&folder, &name, &message.formatted())).await;
                let written = written.map_err(std::io::Error::other).and_then(|written| written);
                written.map_err(|error| MailError::NotNow(format!("the mail cannot be written: {error}")))
            }
            Way::Smtp(email) => {
                let deadline = tokio::time::Instant::now() + patience;
                let server = Server { email, secrets: &self.secrets, deadline };
                smtp::send(&server, message.envelope(), &message.formatted()).await
            }
        }
    }
}

/// Makes the message. Line breaks never get into a header: they are refused, not replaced.
fn compose(mail: &Mail, from: &str) -> Result<Message, String> {
    if mail.to.is_empty() {
        return Err("the mail has no recipient".into());
    }
    one_line("subject", &mail.subject)?;
    let from: Mailbox = from.parse().map_err(|_| format!("the sender `{from}` is no mail address"))?;
    let id = Digest::of(&[b"mail", mail.key.as_bytes()]).to_string();
    let id = format!("<{}@{}>", id.get(..32).unwrap_or(&id), from.email.domain());
    let mut message = Message::builder().message_id(Some(id)).date_now().from(from).subject(mail.subject.clone());
    for to in &mail.to {
        one_line("recipient", to)?;
        let to: Mailbox = to.parse().map_err(|_| format!("`{to}` is no mail address"))?;
        message = message.to(to);
    }
    let plain = SinglePart::plain(mail.text.clone());
    let fault = |error: lettre::error::Error| format!("the mail cannot be composed: {error}");
    let content = match &mail.html {
        Some(html) => MultiPart::alternative().singlepart(plain).singlepart(SinglePart::html(html.clone())),
        None if mail.attachments.is_empty() => return message.singlepart(plain).map_err(fault),
        None => MultiPart::mixed().singlepart(plain),
    };
    if mail.attachments.is_empty() {
        return message.multipart(content).map_err(fault);
    }
    let mut mixed = if mail.html.is_some() { MultiPart::mixed().multipart(content) } else { content };
    let kind = ContentType::parse("application/octet-stream").map_err(|error| error.to_string())?;
    for attachment in &mail.attachments {
        one_line("attachment's name", &attachment.name)?;
        let part = Part::new(attachment.name.clone()).body(attachment.bytes.clone(), kind.clone());
        mixed = mixed.singlepart(part);
    }
    message.multipart(mixed).map_err(fault)
}

fn one_line(what: &str, text: &str) -> Result<(), String> {
    match text.chars().any(char::is_control) {
        true => Err(format!("the mail's {what} holds a line break or a control character")),
        false => Ok(()),
    }
}

/// A file name that says which mail it is and is the same for every attempt at it.
fn file_name(key: &str) -> String {
    let sound = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' };
    let readable: String = key.chars().take(80).map(sound).collect();
    let digest = Digest::of(&[key.as_bytes()]).to_string();
    format!("{}-{}.eml", readable.trim_start_matches('.'), digest.get(..8).unwrap_or(&digest))
}

/// Writes a file so that it is there whole or not at all.
fn write(folder: &std::path::Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{name}.{}.part", std::process::id()));
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))?;
    std::fs::File::open(folder)?.sync_all()
}
