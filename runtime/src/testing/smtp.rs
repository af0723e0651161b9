//! A mail server that keeps what it is given, and answers as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The message.
    pub message: String,
}

/// How one connection is answered; connections without a script accept everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// Everything is accepted.
    Accept,
    /// This is said to each recipient.
    Recipient(&'static str),
    /// This is said to `DATA`.
    Data(&'static str),
    /// This is said after the message.
    Message(&'static str),
    /// The connection is closed when the message is there, before it is answered; the mail is kept.
    Vanish,
    /// The connection is closed after the greeting.
    HangUp,
    /// Nothing is said after `DATA`, for ever.
    Silence,
}

/// The server; it ends with the runtime that it was started on.
#[derive(Clone, Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    received: Mutex<Vec<Received>>,
    scripts: Mutex<VecDeque<Script>>,
    connections: Mutex<usize>,
}

impl SmtpSink {
    /// Starts one on a free port of loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *shared.connections.lock() += 1;
                let script = shared.scripts.lock().pop_front().unwrap_or(Script::Accept);
                tokio::spawn(serve(stream, script, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// Answers the next connections so, one script each.
    pub fn script(&self, scripts: impl IntoIterator<Item = Script>) {
        self.state.scripts.lock().extend(scripts);
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All mails that were accepted, in order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().clone()
    }

    /// How often somebody connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        *self.state.connections.lock()
    }
}

async fn serve(stream: TcpStream, script: Script, state: Arc<State>) {
    // A client that goes away in between is part of what is tested.
    let _ = converse(stream, script, state).await;
}

async fn converse(stream: TcpStream, script: Script, state: Arc<State>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink ready\r\n").await?;
    let mut mail = Received { from: String::new(), to: Vec::new(), message: String::new() };
    while let Some(line) = lines.next_line().await? {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match (verb.as_str(), &script) {
            (_, Script::HangUp) => return Ok(()),
            ("EHLO", _) => "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8",
            ("MAIL", _) => {
                mail = Received { from: address(&line), to: Vec::new(), message: String::new() };
                "250 ok"
            }
            ("RCPT", Script::Recipient(answer)) => answer,
            ("RCPT", _) => {
                mail.to.push(address(&line));
                "250 ok"
            }
            ("DATA", Script::Data(answer)) => answer,
            ("DATA", _) => {
                write.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    mail.message.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.message.push_str("\r\n");
                }
                match &script {
                    Script::Message(answer) => answer,
                    Script::Silence => std::future::pending().await,
                    kept => {
                        state.received.lock().push(mail.clone());
                        if *kept == Script::Vanish {
                            return Ok(());
                        }
                        "250 kept"
                    }
                }
            }
            ("QUIT", _) => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let rest = line.split_once('<').map_or("", |(_, rest)| rest);
    rest.split('>').next().unwrap_or_default().to_owned()
}
