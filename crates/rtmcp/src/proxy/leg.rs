//! [`Leg`]: one side of a proxied connection, polled by hand so that many events share a flush.

use std::{
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use rtmcp_core::limits;
use tokio::time::Instant;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Error as WsError, Message, Utf8Bytes,
        error::ProtocolError,
        protocol::{WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{counted::Line, parting::Parting};

/// One side.
#[derive(Debug)]
pub(super) struct Leg<S> {
    socket: WebSocketStream<S>,
    /// Something waits to be written.
    is_dirty: bool,
    /// Writing has failed: what is left to read doesn't matter.
    has_failed: bool,
    pulse: Option<Pulse>,
    /// How much had been written when it was last looked, and when that was.
    moved: (u64, Instant),
}

/// What came over it.
#[derive(Debug)]
pub(super) enum Received {
    Text(Utf8Bytes),
    Binary(Bytes),
    Parted(Parting),
}

/// When something was heard last.
#[derive(Debug)]
struct Pulse {
    heard: Instant,
    pinged: Option<Instant>,
}

/// After so long without a word a side is asked whether it is there; sooner than what stands between
/// closes a connection that is idle.
const QUIET: Duration = Duration::from_secs(20);

/// How long the answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// How long a side may take nothing of what waits for it.
const STUCK: Duration = Duration::from_secs(30);

/// Bytes that are read at once. They are allocated for each side, also of a session in which nobody
/// speaks; several events fit, of a tenth of a second of speech each.
const READ_BUFFER: usize = 32 * 1024;

/// Bytes that wait for one write. When a side takes no more, so much waits for it at most, besides
/// one event: then the other side isn't read.
const WRITE_BUFFER: usize = 64 * 1024;

/// Returns what both sides take.
pub(crate) fn socket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(limits::FRAME_BYTES))
        .max_frame_size(Some(limits::FRAME_BYTES))
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
}

impl<S: Line> Leg<S> {
    /// A side that must answer pings.
    pub(super) fn new(socket: WebSocketStream<S>) -> Self {
        let now = Instant::now();
        Self {
            pulse: Some(Pulse {
                heard: now,
                pinged: None,
            }),
            ..Self::silent(socket)
        }
    }

    /// A side where nobody is.
    pub(super) fn silent(socket: WebSocketStream<S>) -> Self {
        Self {
            socket,
            is_dirty: false,
            has_failed: false,
            pulse: None,
            moved: (0, Instant::now()),
        }
    }

    /// Takes a message, to be written by the next [`flush`](Self::flush). It never waits: whoever
    /// passes on what others say looks first whether there is [room](Self::has_room).
    pub(super) fn send(&mut self, message: Message) {
        self.mark();
        self.has_failed |= self.socket.start_send_unpin(message).is_err();
    }

    /// Tells whether it takes more now; if not, the task is woken when it does.
    pub(super) fn has_room(&mut self, context: &mut Context<'_>) -> bool {
        match self.socket.poll_ready_unpin(context) {
            Poll::Pending => false,
            Poll::Ready(ready) => {
                self.has_failed |= ready.is_err();
                true
            }
        }
    }

    /// Writes what waits, as far as the other end takes it.
    pub(super) fn flush(&mut self, context: &mut Context<'_>) {
        if !self.is_dirty {
            return;
        }
        match self.socket.poll_flush_unpin(context) {
            Poll::Pending => {}
            Poll::Ready(flushed) => {
                self.is_dirty = false;
                self.has_failed |= flushed.is_err();
            }
        }
    }

    /// Returns what came.
    pub(super) fn receive(&mut self, now: Instant, context: &mut Context<'_>) -> Poll<Received> {
        if self.has_failed {
            return Poll::Ready(Received::Parted(Parting::Broke("the connection broke off")));
        }
        loop {
            let message = ready!(self.socket.poll_next_unpin(context));
            if let Some(pulse) = &mut self.pulse {
                pulse.heard = now;
                pulse.pinged = None;
            }
            let received = match message {
                Some(Ok(Message::Text(text))) => Received::Text(text),
                Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes),
                // Its answer waits to be written.
                Some(Ok(Message::Ping(_))) => {
                    self.mark();
                    continue;
                }
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(frame))) => {
                    self.mark();
                    Received::Parted(frame.into())
                }
                Some(Err(error)) => Received::Parted(trouble(&error)),
                None => Received::Parted(Parting::Broke("the connection was closed")),
            };
            return Poll::Ready(received);
        }
    }

    /// Returns when it must be looked after, if nothing comes until then.
    pub(super) fn due(&self) -> Option<Instant> {
        let pulse = self.pulse.as_ref().map(|pulse| match pulse.pinged {
            None => pulse.heard + QUIET,
            Some(pinged) => pinged + ANSWER,
        });
        let stuck = self.is_dirty.then_some(self.moved.1 + STUCK);
        pulse.into_iter().chain(stuck).min()
    }

    /// Asks a side that is quiet whether it is there. Returns why it is given up, if it is.
    ///
    /// One that isn't `read`, as the other side takes nothing, can't be heard.
    pub(super) fn look_after(&mut self, now: Instant, is_read: bool) -> Option<Parting> {
        let written = self.socket.get_ref().written();
        if !self.is_dirty || written != self.moved.0 {
            self.moved = (written, now);
        } else if now >= self.moved.1 + STUCK {
            return Some(Parting::Broke("it takes nothing any more"));
        }
        let pulse = self.pulse.as_mut()?;
        if !is_read {
            pulse.heard = now;
        }
        match pulse.pinged {
            Some(pinged) if now >= pinged + ANSWER => {
                return Some(Parting::Broke("it doesn't answer any more"));
            }
            None if now >= pulse.heard + QUIET => {
                pulse.pinged = Some(now);
                self.send(Message::Ping(Bytes::new()));
            }
            _ => {}
        }
        None
    }

    /// From now on something waits to be written.
    fn mark(&mut self) {
        if !self.is_dirty {
            self.is_dirty = true;
            self.moved = (self.socket.get_ref().written(), Instant::now());
        }
    }

    /// Says goodbye, writes what is left, and waits until the other end has said it too.
    pub(super) async fn close(mut self, message: Message) {
        self.send(message);
        if self.socket.flush().await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }
}

fn trouble(error: &WsError) -> Parting {
    match error {
        WsError::Capacity(_) => {
            Parting::Fault(CloseCode::Size, "an event was larger than any event can be")
        }
        WsError::Utf8(_) => Parting::Fault(CloseCode::Invalid, "an event was no text"),
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            Parting::Broke("the connection broke off")
        }
        WsError::Protocol(_) => {
            Parting::Fault(CloseCode::Protocol, "what came was no WebSocket frame")
        }
        _ => Parting::Broke("the connection broke off"),
    }
}

#[cfg(test)]
mod tests;
