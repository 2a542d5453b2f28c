//! [`Connection`]: a [`Peer`] on a UDP socket.

mod driver;
mod impairment;
mod socket;

use std::{
    fmt, io,
    net::SocketAddr,
    ops::Range,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

use super::{
    config::{PeerConfig, PeerError, SendError},
    event::{PeerEvent, PeerStats},
    keys::KeyError,
    peer::Peer,
    speaker::{Cleared, Playback},
};
pub use impairment::Impairment;
use socket::{Network, Socket};

/// Events that wait for their reader before the network has to.
const EVENTS: usize = 256;
/// Bytes of messages that wait for the network before a sender has to.
const ENOUGH_QUEUED: usize = 1 << 20;

/// A WebRTC connection over one UDP socket, driven by a task of its own.
///
/// Its owner reads [`next_event`](Self::next_event); whoever speaks holds a
/// [`handle`](Self::handle). Dropping it closes the connection and tells the other side.
///
/// # Example
///
/// Two of them in one process:
///
/// ```
/// use rtmcp_media::webrtc::{Connection, PeerConfig, PeerEvent};
///
/// # async fn two() -> Result<(), Box<dyn std::error::Error>> {
/// let here = "127.0.0.1:0".parse()?;
/// let (mut caller, offer) = Connection::offer(here, PeerConfig::default()).await?;
/// let (mut callee, answer) = Connection::answer(&offer, here, PeerConfig::default()).await?;
/// caller.handle().accept_answer(&answer)?;
///
/// caller.handle().send(r#"{"type":"response.create"}"#.to_owned()).await?;
/// while let Some(event) = callee.next_event().await {
///     if let PeerEvent::Message(text) = event {
///         assert_eq!(text.expose(), r#"{"type":"response.create"}"#);
///         break;
///     }
/// }
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(two())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    handle: ConnectionHandle,
    events: mpsc::Receiver<PeerEvent>,
}

impl Connection {
    /// Binds a socket to `bind`, where port 0 is any free one, and returns the offer for the other
    /// side.
    ///
    /// Where the configuration names no addresses, the socket's own is offered; for one that is
    /// bound to all (`0.0.0.0`), the loopback address and the one that leads to the internet.
    /// A port 0 in the configured addresses stands for the socket's.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when the socket can't be bound or the configuration can't be.
    pub async fn offer(
        bind: SocketAddr,
        config: PeerConfig,
    ) -> Result<(Self, String), ConnectError> {
        let (socket, config) = Socket::bind(bind, config).await?;
        let (peer, offer) = Peer::offer(config, Instant::now().into_std())?;
        Ok((Self::spawn(peer, socket), offer))
    }

    /// Binds a socket as [`offer`](Self::offer) does, takes an offer and returns the answer.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when the socket can't be bound, or no connection can be made with the offer.
    pub async fn answer(
        offer: &str,
        bind: SocketAddr,
        config: PeerConfig,
    ) -> Result<(Self, String), ConnectError> {
        let (socket, config) = Socket::bind(bind, config).await?;
        let (peer, answer) = Peer::answer(offer, config, Instant::now().into_std())?;
        Ok((Self::spawn(peer, socket), answer))
    }

    /// Returns what happened next, or none after [`PeerEvent::Closed`].
    ///
    /// Messages wait for their reader, and the network with them; sound that has waited for some
    /// seconds is dropped, which shows in [`AudioFrame::position`](super::AudioFrame::position).
    ///
    /// It can be used in a `select!`: no event is lost when it is dropped.
    pub async fn next_event(&mut self) -> Option<PeerEvent> {
        self.events.recv().await
    }

    /// Returns what speaks on this connection; there can be many.
    pub fn handle(&self) -> ConnectionHandle {
        self.handle.clone()
    }

    fn spawn(peer: Peer, socket: Socket) -> Self {
        let shared = Arc::new(Shared {
            peer: Mutex::new(peer),
            network: socket.network(),
            changed: Notify::new(),
            room: Notify::new(),
        });
        let (sender, events) = mpsc::channel(EVENTS);
        tokio::spawn(driver::drive(socket, Arc::clone(&shared), sender));
        let handle = ConnectionHandle { shared };
        Self { handle, events }
    }
}

/// Speaks on a [`Connection`].
#[derive(Clone)]
pub struct ConnectionHandle {
    shared: Arc<Shared>,
}

impl ConnectionHandle {
    /// Takes the answer to the offer; see [`Peer::accept_answer`].
    ///
    /// # Errors
    ///
    /// [`PeerError`] when the answer isn't one, or none is due.
    pub fn accept_answer(&self, answer: &str) -> Result<(), PeerError> {
        let now = Instant::now().into_std();
        self.change(|peer| peer.accept_answer(answer, now))
    }

    /// Sends a message, once the channel is open and those before it are not too many.
    ///
    /// Messages of one sender stay in order.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the connection has ended or the message is too long for the other side.
    pub async fn send(&self, message: String) -> Result<(), SendError> {
        let mut message = Some(message);
        loop {
            let mut room = pin!(self.shared.room.notified());
            // From here on, before it is looked: room that is made in between counts.
            room.as_mut().enable();
            let sent = self.change(|peer| {
                let waits = !peer.is_open() || peer.queued_bytes() >= ENOUGH_QUEUED;
                if waits && !peer.is_closed() {
                    return None;
                }
                Some(peer.send(message.take().unwrap_or_default()))
            });
            match sent {
                Some(sent) => return sent,
                None => room.await,
            }
        }
    }

    /// Queues sound and returns its positions; see [`Peer::play`].
    pub fn play(&self, samples: &[i16]) -> Range<u64> {
        self.lock().play(samples)
    }

    /// Says that what was queued is all for now; see [`Peer::finish_playback`].
    pub fn finish_playback(&self) {
        self.lock().finish_playback();
    }

    /// Drops what wasn't sent yet; see [`Peer::clear_playback`].
    pub fn clear_playback(&self) -> Cleared {
        self.lock().clear_playback()
    }

    /// Presses telephone keys; see [`Peer::press`].
    ///
    /// # Errors
    ///
    /// [`KeyError`] when there is no such key, or the other side takes none.
    pub fn press(&self, keys: &str) -> Result<(), KeyError> {
        self.lock().press(keys)
    }

    /// Returns how far playback is.
    pub fn playback(&self) -> Playback {
        self.lock().playback()
    }

    /// Returns how many bytes a message may have; see [`Peer::most_message_bytes`].
    pub fn most_message_bytes(&self) -> Option<usize> {
        self.lock().most_message_bytes()
    }

    /// Returns how the network does; see [`Peer::stats`].
    pub fn stats(&self) -> PeerStats {
        self.lock().stats()
    }

    /// Ends the connection and tells the other side.
    pub fn close(&self) {
        self.change(Peer::close);
    }

    /// Ends the connection without a word to the other side, as a crash would.
    pub fn abandon(&self) {
        self.change(Peer::abandon);
    }

    /// Loses and delays datagrams from here on, both ways, as a bad network would.
    pub fn impair(&self, impairment: Impairment) {
        self.shared.network.lock().impair(impairment);
        self.shared.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Peer> {
        self.shared.lock()
    }

    /// Changes the peer and lets the driver see to what comes of it.
    fn change<T>(&self, change: impl FnOnce(&mut Peer) -> T) -> T {
        let changed = change(&mut self.lock());
        self.shared.changed.notify_one();
        changed
    }
}

impl fmt::Debug for ConnectionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

/// What the driver and the handles have in common.
struct Shared {
    /// Held for one step at a time, and never across an await.
    peer: Mutex<Peer>,
    network: Arc<Network>,
    /// Somebody changed the peer.
    changed: Notify,
    /// Messages may go that couldn't.
    room: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Peer> {
        self.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that can't even begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no such socket.
    #[error("no UDP socket at {address}; give an address of this host and a free port, or port 0")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The description or the configuration is at fault.
    #[error(transparent)]
    Peer(#[from] PeerError),
}

#[cfg(test)]
mod tests;
