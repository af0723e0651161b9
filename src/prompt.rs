//! Asking in the terminal, or reading the answers from a pipe.

use std::io::{IsTerminal as _, Write as _};

use rustix::fs::FileType;
use serde_json::Map;
use tokio::sync::mpsc;

use crate::arguments::by_type;
use crate::client::Answer;
use crate::client::types::Approval;
use crate::terminal::{STRONG, visible};

/// Lines that somebody types.
#[derive(Debug)]
pub(crate) struct Terminal {
    lines: mpsc::UnboundedReceiver<String>,
    /// Whether the lines come from a pipe or a file: at their end what may be left out is left out.
    piped: bool,
}

/// Why nothing more is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended;

impl Terminal {
    /// Opens the terminal, where there is somebody at it; or the pipe or file that answers are in.
    pub(crate) fn open() -> Option<Self> {
        let piped = is_piped();
        if !piped && (!std::io::stdin().is_terminal() || !std::io::stderr().is_terminal()) {
            return None;
        }
        let (sender, lines) = mpsc::unbounded_channel();
        // Reading a line cannot be interrupted; the thread ends with the process.
        std::thread::spawn(move || {
            for line in std::io::stdin().lines() {
                if line.is_err() || line.is_ok_and(|line| sender.send(line).is_err()) {
                    return;
                }
            }
        });
        Some(Self { lines, piped })
    }

    /// The next line.
    async fn line(&mut self) -> Result<String, Ended> {
        self.lines.recv().await.map(|line| line.trim().to_owned()).ok_or(Ended)
    }

    /// The next line of an answer that has begun, where it may be empty.
    async fn line_or_none(&mut self, optional: bool) -> Result<String, Ended> {
        match self.line().await {
            Err(Ended) if self.piped && optional => Ok(String::new()),
            line => line,
        }
    }

    /// Asks until there is an answer. Nothing is lost when it is not awaited to the end but what was typed of it.
    pub(crate) async fn answer(&mut self, approval: &Approval) -> Result<Answer, Ended> {
        let decision = self.decision(approval).await?;
        let mut values = Map::new();
        if matches!(decision, "approve" | "done") {
            for field in &approval.fields {
                let label = if field.label.is_empty() { &field.name } else { &field.label };
                let default = match &field.default {
                    serde_json::Value::Null => String::new(),
                    default => format!(" [{default}]"),
                };
                loop {
                    say(&format!("{label} ({}){default}: ", field.ty));
                    let optional = field.optional || !field.default.is_null();
                    let text = self.line_or_none(optional).await?;
                    if !text.is_empty() {
                        values.insert(field.name.clone(), by_type(&text, &field.ty));
                        break;
                    }
                    if optional {
                        break;
                    }
                }
            }
        }
        let required = approval.comment_required.iter().any(|kind| kind == decision);
        let comment = loop {
            say(if required { "why? " } else { "comment (enter for none): " });
            let text = self.line_or_none(!required).await?;
            if !text.is_empty() || !required {
                break Some(text).filter(|text| !text.is_empty());
            }
        };
        Ok(Answer { decision, comment, values })
    }

    async fn decision(&mut self, approval: &Approval) -> Result<&'static str, Ended> {
        let (question, choices): (_, &[(&str, &str, &'static str)]) = if approval.in_doubt() {
            (
                "did it happen? done [d], not done [n], give up [g]: ",
                &[("d", "done", "done"), ("n", "not done", "not_done"), ("g", "give up", "give_up")],
            )
        } else if approval.can_be_sent_back() {
            (
                "approve [a], reject [r] or send back [s]: ",
                &[("a", "approve", "approve"), ("r", "reject", "reject"), ("s", "send back", "send_back")],
            )
        } else {
            ("approve [a] or reject [r]: ", &[("a", "approve", "approve"), ("r", "reject", "reject")])
        };
        loop {
            say(question);
            let text = self.line().await?.to_lowercase();
            if let Some((_, _, decision)) = choices.iter().find(|(short, long, _)| text == *short || text == *long) {
                return Ok(decision);
            }
        }
    }
}

/// Whether standard input is a pipe or a file. It is neither where nobody gave any, as `/dev/null`.
fn is_piped() -> bool {
    let kind = rustix::fs::fstat(std::io::stdin()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    matches!(kind, Ok(FileType::Fifo | FileType::RegularFile))
}

/// Prints a question without a line end.
fn say(question: &str) {
    let mut out = anstream::stderr().lock();
    let _ = write!(out, "{STRONG}{}{STRONG:#}", visible(question));
    let _ = out.flush();
}
