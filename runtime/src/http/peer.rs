//! Who is at the other end of a connection, as far as the system knows.

use std::net::IpAddr;

/// The other end of a connection; an extension of every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Somebody on the network.
    Network(IpAddr),
    /// The owner of the store's files, on the socket beside it.
    Owner {
        /// The operating system's user.
        user: String,
    },
    /// Another user of this machine on that socket.
    Stranger,
}

/// Becomes true when the server stops: an extension of every request, so that answers that wait can end.
#[derive(Clone, Debug)]
pub(super) struct Closing(pub(super) tokio::sync::watch::Receiver<bool>);

impl Closing {
    /// Returns when the server stops; never without one.
    pub(super) async fn wait(closing: Option<Self>) {
        if let Some(Self(mut receiver)) = closing
            && receiver.wait_for(|closing| *closing).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }
}
