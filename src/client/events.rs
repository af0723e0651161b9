//! A run's events as they happen.

use std::collections::VecDeque;

use serde::Deserialize;

/// A stream of events.
#[derive(Debug)]
pub(crate) struct Events {
    response: reqwest::Response,
    buffer: Vec<u8>,
    ready: VecDeque<News>,
}

/// Something happened.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// A transition, with what happened to steps in words.
    Transition { id: u64, texts: Vec<String> },
    /// The run ended.
    End,
    /// The process that told it is gone.
    Lost,
}

#[derive(Deserialize)]
struct Entry {
    id: u64,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: String,
}

impl Events {
    pub(super) fn new(response: reqwest::Response) -> Self {
        Self { response, buffer: Vec::new(), ready: VecDeque::new() }
    }

    /// The next thing that happens. Nothing is lost when it is not awaited to the end.
    pub(crate) async fn next(&mut self) -> News {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return news;
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => {
                    self.buffer.extend_from_slice(&chunk);
                    self.split();
                }
                Ok(None) | Err(_) => return News::Lost,
            }
        }
    }

    /// Takes whole messages, which end in an empty line, out of the buffer.
    fn split(&mut self) {
        while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
            let message: Vec<u8> = self.buffer.drain(..end + 2).collect();
            let message = String::from_utf8_lossy(&message);
            let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
            match (field("event:"), field("data:")) {
                (Some("transition"), Some(data)) => {
                    if let Ok(entry) = serde_json::from_str::<Entry>(data) {
                        let texts =
                            entry.events.into_iter().filter(|event| event.kind.starts_with("step.")).map(|event| event.text).collect();
                        self.ready.push_back(News::Transition { id: entry.id, texts });
                    }
                }
                (Some("end"), _) => self.ready.push_back(News::End),
                _ => {}
            }
        }
    }
}
