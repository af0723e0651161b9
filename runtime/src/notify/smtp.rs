//! The SMTP dialogue, command by command.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::mailer::MailError;
use crate::config::{Email, Secrets, Tls};

/// Whom to talk to.
pub(super) struct Server<'a> {
    pub(super) email: &'a Email,
    pub(super) secrets: &'a Secrets,
    /// Until when.
    pub(super) deadline: Instant,
}

impl Server<'_> {
    /// One exchange before the message is handed over: whatever goes wrong in it, nothing was sent.
    async fn step<T>(&self, what: &str, exchange: impl Future<Output = Result<T, Error>>) -> Result<T, MailError> {
        match tokio::time::timeout_at(self.deadline, exchange).await {
            Ok(answer) => answer.map_err(|error| before(what, &error)),
            Err(_) => Err(MailError::NotNow(format!("{what}: it does not answer"))),
        }
    }
}

/// Hands a message over.
pub(super) async fn send(server: &Server<'_>, envelope: &Envelope, message: &[u8]) -> Result<(), MailError> {
    let mut connection = connect(server).await?;
    let outcome = hand_over(server, &mut connection, envelope, message).await;
    // The answer is known; how the goodbye goes changes nothing.
    let _ = tokio::time::timeout(Duration::from_secs(2), connection.abort()).await;
    outcome
}

async fn connect(server: &Server<'_>) -> Result<AsyncSmtpConnection, MailError> {
    let email = server.email;
    let me = ClientId::default();
    let place = format!("the mail server `{}:{}`", email.host, email.port());
    let tls = match email.tls {
        Tls::None => None,
        Tls::Starttls | Tls::Tls => {
            let parameters = TlsParameters::new(email.host.clone());
            Some(parameters.map_err(|error| before("TLS cannot be set up", &error))?)
        }
    };
    let direct = tls.clone().filter(|_| email.tls == Tls::Tls);
    let patience = server.deadline.saturating_duration_since(Instant::now());
    let address = (email.host.as_str(), email.port());
    let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(patience), &me, direct, None);
    let mut connection = server.step(&format!("{place} cannot be reached"), connecting).await?;
    if let (Tls::Starttls, Some(tls)) = (email.tls, tls) {
        server.step(&format!("{place} offers no protected connection"), connection.starttls(tls, &me)).await?;
    }
    if let (Some(user), Some(password)) = (&email.user, &email.password) {
        let password = server.secrets.lookup(password).map_err(|error| MailError::NotNow(error.to_string()))?;
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        let what = format!("{place} does not let `{user}` sign in");
        server.step(&what, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
    }
    Ok(connection)
}

async fn hand_over(
    server: &Server<'_>,
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<(), MailError> {
    let mut options = Vec::new();
    let parties = envelope.to().iter().chain(envelope.from());
    if parties.into_iter().any(|address| !address.to_string().is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(MailError::Refused("the mail server takes no address with other than ASCII letters".into()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !message.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let opened = connection.command(Mail::new(envelope.from().cloned(), options));
    server.step("the mail server refuses the sender", opened).await?;
    for address in envelope.to() {
        let named = connection.command(Rcpt::new(address.clone(), Vec::new()));
        server.step(&format!("the mail server refuses `{address}`"), named).await?;
    }
    server.step("the mail server takes no mail", connection.command(Data)).await?;
    let lost = |why: String| MailError::Unknown(format!("the connection was lost while the mail server took the mail: {why}"));
    match tokio::time::timeout_at(server.deadline, connection.message(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.status().is_some() => Err(before("the mail server refuses the mail", &error)),
        Ok(Err(error)) => Err(lost(error.to_string())),
        Err(_) => Err(lost("it does not answer".into())),
    }
}

/// A failure before the message was taken: nothing was sent.
fn before(what: &str, error: &Error) -> MailError {
    let text = format!("{what}: {error}");
    if error.is_permanent() { MailError::Refused(text) } else { MailError::NotNow(text) }
}
