//! Messages on standard input and output: a length, an empty line, and JSON.
//!
//! `lsp-server` has a reader of its own, which cannot be used here: it reads numbers in a way that fails where the crates of this program
//! are built to keep each digit of a number.

use std::io::{self, BufRead, Read as _, Write as _};
use std::thread::{self, JoinHandle};

use lsp_server::{Connection, Message};
use serde_json::Value;

/// No message is longer: a file has at most a megabyte.
const LONGEST: u64 = 64 << 20;

/// Threads that read and write.
#[derive(Debug)]
pub struct Threads {
    writer: JoinHandle<()>,
}

impl Threads {
    /// Waits until everything that was sent is written. The connection must be gone.
    pub fn finish(self) {
        let _ = self.writer.join();
    }
}

/// Connects the server with whoever started it.
#[must_use]
pub fn stdio() -> (Connection, Threads) {
    let (server, client) = Connection::memory();
    let Connection { sender, receiver } = client;
    // It ends with the input, or with the process.
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(message) = read(&mut input) {
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    let writer = thread::spawn(move || {
        let mut output = io::stdout().lock();
        for message in receiver {
            if message.write(&mut output).and_then(|()| output.flush()).is_err() {
                return;
            }
        }
    });
    (server, Threads { writer })
}

/// The next message; those that are none are left out. `None` when there are no more.
fn read(input: &mut impl BufRead) -> Option<Message> {
    loop {
        let body = read_body(input)?;
        // Through a value, so that numbers are numbers.
        let message = serde_json::from_slice::<Value>(&body).and_then(serde_json::from_value::<Message>);
        match message {
            Ok(message) => return Some(message),
            Err(error) => eprintln!("hitlc lsp: a message could not be read: {error}"),
        }
    }
}

fn read_body(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<u64>().ok();
        }
    }
    let length = length.filter(|length| *length <= LONGEST)?;
    let mut body = Vec::new();
    let read = input.take(length).read_to_end(&mut body).ok()?;
    (u64::try_from(read) == Ok(length)).then_some(body)
}

#[cfg(test)]
mod tests {
    use lsp_server::Message;

    use super::read;

    #[test]
    fn messages_are_read_with_their_numbers() {
        let body = r#"{"jsonrpc":"2.0","id":7,"method":"x","params":{"line":3}}"#;
        let text = format!(
            "Content-Length: {}\r\nContent-Type: x\r\n\r\n{body}content-length: 3\r\n\r\n{{]}}Content-Length: {}\r\n\r\n{body}Content-Length: 99\r\n\r\n{{",
            body.len(),
            body.len()
        );
        let mut input = text.as_bytes();
        for _ in 0..2 {
            let Some(Message::Request(request)) = read(&mut input) else { panic!("no request") };
            assert_eq!((request.id.to_string().as_str(), request.params["line"].as_u64()), ("7", Some(3)));
        }
        assert!(read(&mut input).is_none());
    }
}
