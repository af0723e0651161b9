//! A bare HTTP client, so that the load costs as little as it can: one connection, one request at a time.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that is kept open.
pub(crate) struct Client {
    stream: TcpStream,
    token: String,
    buffer: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: serde_json::Value,
}

impl Client {
    /// Connects to `127.0.0.1:port`.
    pub(crate) async fn connect(port: u16, token: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("a socket takes TCP_NODELAY");
        Self { stream, token: token.to_owned(), buffer: Vec::with_capacity(16 * 1024) }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n", self.token);
        self.exchange(head.as_bytes()).await
    }

    pub(crate) async fn post(&mut self, path: &str, headers: &str, body: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.exchange(head.as_bytes()).await
    }

    async fn exchange(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.expect("the server reads");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection: {}", String::from_utf8_lossy(&self.buffer));
            if let Some(answer) = parse(&self.buffer) {
                return answer;
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).expect("a head is ASCII");
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let body = bytes.get(end + 4..end + 4 + length.unwrap_or(0))?;
    Some(Answer { status, body: serde_json::from_slice(body).unwrap_or_default() })
}

/// So many clients, each with its own connection, each doing so many operations one after the other.
pub(crate) async fn load(port: u16, token: &str, clients: usize, each: usize, operation: impl AsyncFn(&mut Client, usize)) -> Times {
    let mut connections = Vec::new();
    for _ in 0..clients {
        connections.push(Client::connect(port, token).await);
    }
    let start = Instant::now();
    let operation = &operation;
    let all = connections.into_iter().enumerate().map(|(number, mut client)| async move {
        let mut times = Vec::with_capacity(each);
        for index in 0..each {
            let start = Instant::now();
            operation(&mut client, number * each + index).await;
            times.push(start.elapsed());
        }
        times
    });
    let each = futures_util::future::join_all(all).await.concat();
    Times { each, all: start.elapsed() }
}

/// Times of single operations of all clients, and how long all took together.
pub(crate) struct Times {
    pub(crate) each: Vec<Duration>,
    pub(crate) all: Duration,
}

impl Times {
    pub(crate) fn rate(&self) -> f64 {
        self.each.len() as f64 / self.all.as_secs_f64()
    }

    pub(crate) fn quantile(&self, q: f64) -> Duration {
        let mut sorted = self.each.clone();
        sorted.sort_unstable();
        sorted[((sorted.len() - 1) as f64 * q) as usize]
    }
}
