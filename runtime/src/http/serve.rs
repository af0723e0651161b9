//! Serving connections: on the network and on the local socket, until told to stop, and then to the end of what is under way.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::peer::{Closing, Peer};

/// How many connections are served at once; more wait.
const CONNECTIONS: usize = 10_000;

/// How long a request's head may take to arrive, and an idle connection is kept.
const HEAD: Duration = Duration::from_secs(30);

/// How long requests under way may take to end once the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// The pause after a failure to accept (mostly: no more file descriptors).
const BREATH: Duration = Duration::from_millis(50);

/// Where connections come from.
#[derive(Debug)]
pub enum Listener {
    /// The network.
    Tcp(TcpListener),
    /// The socket beside the store, whose mode must keep others out; their user is checked as well.
    Unix(UnixListener),
}

/// Serves until `shutdown` is ready: then nothing new is accepted, and requests under way are answered, for at most 10 s.
pub async fn serve(listeners: Vec<Listener>, router: Router, shutdown: impl Future<Output = ()>) {
    let (stop, closing) = watch::channel(false);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), closing.clone(), Arc::clone(&places)));
    }
    drop(closing);
    shutdown.await;
    let _ = stop.send(true);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let done = async {
        while accepting.join_next().await.is_some() {}
        // All places are free again once every connection has ended.
        let _ = places.acquire_many(all).await;
    };
    if tokio::time::timeout(GRACE, done).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn accept(listener: Listener, router: Router, mut closing: watch::Receiver<bool>, places: Arc<Semaphore>) {
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, connection) = tokio::select! {
            () = stopped(&mut closing) => return,
            next = next => next,
        };
        let (router, closing) = (router.clone(), closing.clone());
        match connection {
            Ok((Stream::Tcp(stream), peer)) => tokio::spawn(async move {
                converse(stream, peer, router, closing).await;
                drop(place);
            }),
            Ok((Stream::Unix(stream), peer)) => tokio::spawn(async move {
                converse(stream, peer, router, closing).await;
                drop(place);
            }),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
    }
}

/// Returns when the server stops.
async fn stopped(closing: &mut watch::Receiver<bool>) {
    // A sender that is gone has stopped, too.
    let _ = closing.wait_for(|closing| *closing).await;
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listener {
    async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Stream::Tcp(stream), Peer::Network(address.ip())))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let peer = owner(&stream).unwrap_or(Peer::Stranger);
                Ok((Stream::Unix(stream), peer))
            }
        }
    }
}

/// Whether the other end runs as the same user as this process.
fn owner(stream: &UnixStream) -> io::Result<Peer> {
    let theirs = stream.peer_cred()?.uid();
    if theirs != rustix::process::geteuid().as_raw() {
        return Ok(Peer::Stranger);
    }
    Ok(Peer::Owner { user: user_name(theirs) })
}

/// The name of a user, as far as the system's file of users has one.
fn user_name(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let wanted = uid.to_string();
    users
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(_, rest)| rest.split(':').nth(1) == Some(wanted.as_str()))
        .map_or_else(|| format!("uid {uid}"), |(name, _)| name.to_owned())
}

async fn converse<S>(stream: S, peer: Peer, router: Router, mut closing: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let told = Closing(closing.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        request.extensions_mut().insert(told.clone());
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stopped(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}
