//! `email`, and the built-in `notify`.

use std::path::Path;

use flow_compiler::plan::Email;
use flow_compiler::value::Value;
use tokio::time::Instant;

use super::Outcome;
use super::call::Call;
use crate::notify::{Attachment, Mail, MailError};

/// What the files of one mail may hold, in bytes.
const ATTACHMENTS: u64 = 10 * 1024 * 1024;

/// Sends the mail.
pub(super) async fn run(call: &Call<'_>, email: &Email) -> Outcome {
    match compose(call, email) {
        Ok(mail) => send(call, &mail).await,
        Err(why) => Outcome::NotDone(why),
    }
}

/// Carries out `notify(to, message)`.
pub(super) async fn notify(call: &Call<'_>) -> Outcome {
    let [Value::Text(to), Value::Text(message)] = call.attempt.arguments.as_slice() else {
        return Outcome::NotDone("`notify` takes two texts".into());
    };
    let declared = call.attempt.plan.groups.iter().find(|group| group.name.rsplit('#').next() == Some(to));
    let addresses = match declared {
        Some(group) => group.members.iter().flat_map(|member| call.settings.live.current().addresses(member)).collect(),
        None => call.settings.live.current().addresses(to),
    };
    if addresses.is_empty() {
        return Outcome::NotDone(format!("`{to}` is neither a mail address nor known in `hitl.toml`"));
    }
    let first = message.lines().next().unwrap_or_default();
    let subject: String = first.chars().filter(|c| !c.is_control()).take(120).collect();
    let mail = Mail { to: addresses, subject, text: message.to_string(), key: call.attempt.key.clone(), ..Mail::default() };
    send(call, &mail).await
}

async fn send(call: &Call<'_>, mail: &Mail) -> Outcome {
    let patience = call.deadline.saturating_duration_since(Instant::now());
    match call.settings.mailer.send(mail, patience).await {
        Ok(()) => Outcome::Done(Value::None),
        Err(MailError::Refused(why) | MailError::NotNow(why)) => Outcome::NotDone(why),
        Err(MailError::Unknown(why)) => Outcome::Unknown(why),
    }
}

fn compose(call: &Call<'_>, email: &Email) -> Result<Mail, String> {
    let (to, ty) = &email.to;
    let mut attachments = Vec::new();
    let mut room = ATTACHMENTS;
    for file in &email.attach {
        let attachment = attachment(&call.settings.project, &call.text(file)?, room)?;
        room = room.saturating_sub(attachment.bytes.len().try_into().unwrap_or(u64::MAX));
        attachments.push(attachment);
    }
    Ok(Mail {
        to: call.texts(to, ty)?,
        subject: call.text(&email.subject)?,
        text: call.text(&email.body)?,
        html: None,
        attachments,
        key: call.attempt.key.clone(),
    })
}

/// A file of the project. A path that a value leads elsewhere is refused: what leaves by mail does not come back.
fn attachment(project: &Path, path: &str, room: u64) -> Result<Attachment, String> {
    let fault = |error: std::io::Error| format!("cannot attach `{path}`: {error}");
    let project = project.canonicalize().map_err(fault)?;
    let file = project.join(path).canonicalize().map_err(fault)?;
    if !file.starts_with(&project) {
        return Err(format!("cannot attach `{path}`: it is not in the project's folder"));
    }
    let data = std::fs::metadata(&file).map_err(fault)?;
    if !data.is_file() {
        return Err(format!("cannot attach `{path}`: it is not a file"));
    }
    if data.len() > room {
        return Err(format!("cannot attach `{path}`: the files of a mail may hold 10 MiB"));
    }
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Attachment { name, bytes: std::fs::read(&file).map_err(fault)? })
}
