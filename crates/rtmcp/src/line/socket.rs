//! [`SocketLine`]: a WebSocket in both directions, so that writing never holds up reading.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, Sleep, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Bytes, Message},
};
use tracing::debug;

use super::{
    DEAF, GOODBYE, MUTE, Received, STUCK, Sending,
    close::End,
    queue::Queue,
    watchdog::{Watch, Watchdog},
};

/// An open connection.
#[derive(Debug)]
pub(crate) struct SocketLine<S> {
    socket: WebSocketStream<S>,
    /// What is to be written as soon as the endpoint takes it.
    queue: Queue,
    /// When an endpoint that takes nothing is given up; set while anything waits.
    stuck: Option<Pin<Box<Sleep>>>,
    watchdog: Watchdog,
}

impl<S: AsyncRead + AsyncWrite + Unpin> SocketLine<S> {
    pub(super) fn new(socket: WebSocketStream<S>) -> Self {
        Self {
            socket,
            queue: Queue::default(),
            stuck: None,
            watchdog: Watchdog::new(),
        }
    }

    /// Queues an event, to be written while [`receive`](Self::receive) waits. What can't be
    /// written any more shows there as [`Received::Over`].
    pub(super) fn send(&mut self, text: String, kind: Sending) {
        self.queue.push(text, kind);
    }

    /// Writes what is queued, and waits for what comes next. Cancel safe.
    pub(super) async fn receive(&mut self) -> Received {
        poll_fn(|context| {
            let waited = self.queue.len();
            let written = self.write(context);
            let moved = self.queue.len() < waited;
            match self.read(context) {
                Poll::Pending => self.look_after(moved, written, context),
                received => received,
            }
        })
        .await
    }

    /// Looks whether the endpoint takes what waits for it, and whether it is there at all.
    fn look_after(
        &mut self,
        moved: bool,
        written: bool,
        context: &mut Context<'_>,
    ) -> Poll<Received> {
        if self.is_stuck(moved, context) {
            return Poll::Ready(Received::Over(End::broken(DEAF)));
        }
        while let Poll::Ready(watch) = self.watchdog.poll(written, context) {
            match watch {
                Watch::Gone => return Poll::Ready(Received::Over(End::broken(MUTE))),
                Watch::Ask => {
                    self.queue.push_first(Message::Ping(Bytes::new()));
                    self.write(context);
                }
            }
        }
        match self.queue.shed() {
            0 => Poll::Pending,
            bytes => Poll::Ready(Received::Dropped(bytes)),
        }
    }

    /// Tells whether the endpoint has taken nothing for too long of what waits for it.
    fn is_stuck(&mut self, moved: bool, context: &mut Context<'_>) -> bool {
        if self.queue.is_empty() {
            self.stuck = None;
            return false;
        }
        let due = || Instant::now() + STUCK;
        let stuck = self
            .stuck
            .get_or_insert_with(|| Box::pin(sleep_until(due())));
        if moved {
            stuck.as_mut().reset(due());
        }
        stuck.as_mut().poll(context).is_ready()
    }

    /// Writes as much as the endpoint takes now, several events at once where they wait. Returns
    /// whether that was all.
    fn write(&mut self, context: &mut Context<'_>) -> bool {
        while !self.queue.is_empty() {
            let sent = match self.socket.poll_ready_unpin(context) {
                Poll::Pending => return false,
                Poll::Ready(ready) => ready,
            };
            let Some(message) = self.queue.pop() else {
                break;
            };
            let sent = sent.and_then(|()| self.socket.start_send_unpin(message));
            if sent.is_err() {
                // Reading meets the same end, and says why.
                self.queue.clear();
            }
        }
        self.socket.poll_flush_unpin(context).is_ready()
    }

    fn read(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        loop {
            let message = ready!(self.socket.poll_next_unpin(context));
            self.watchdog.hear();
            let received = match message {
                Some(Ok(Message::Text(text))) => Received::Text(text),
                // Answered, or of no meaning, below this layer.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Binary(_))) => {
                    debug!("binary frame passed over");
                    continue;
                }
                Some(Ok(Message::Close(frame))) => Received::Over(End::closed(frame.as_ref())),
                Some(Err(error)) => Received::Over(End::failed(&error)),
                None => Received::Over(End::broken("the endpoint hung up")),
            };
            return Poll::Ready(received);
        }
    }

    /// Writes what is queued, says goodbye, and waits a moment for the answer.
    pub(super) async fn close(mut self) {
        if timeout(GOODBYE, self.goodbye()).await.is_err() {
            debug!("the endpoint didn't say goodbye");
        }
    }

    async fn goodbye(&mut self) {
        while let Some(message) = self.queue.pop() {
            if self.socket.feed(message).await.is_err() {
                return;
            }
        }
        if self.socket.close(None).await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }
}

#[cfg(test)]
mod tests;
