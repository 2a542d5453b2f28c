//! [`Line`]: the connection in both directions, so that writing never holds up reading.

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll, ready},
};

use futures_util::{SinkExt, StreamExt};
use tokio::time::{Duration, timeout};
use tokio_tungstenite::tungstenite::{Error as WsError, Message, Utf8Bytes, protocol::CloseFrame};
use tracing::debug;

use crate::connect::Socket;

/// How long the endpoint gets to take the last words and say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// An open connection.
#[derive(Debug)]
pub(crate) struct Line {
    socket: Socket,
    /// What is to be written as soon as the endpoint takes it.
    queue: VecDeque<Message>,
}

/// What came over the line.
#[derive(Debug)]
pub(crate) enum Received {
    /// An event, as text.
    Text(Utf8Bytes),
    /// The connection is gone, for this reason.
    Gone(String),
}

impl Line {
    pub(crate) fn new(socket: Socket) -> Self {
        let queue = VecDeque::new();
        Self { socket, queue }
    }

    /// Queues an event, to be written while [`receive`](Self::receive) waits. What can't be
    /// written any more shows there as [`Received::Gone`].
    pub(crate) fn send(&mut self, text: String) {
        self.queue.push_back(Message::text(text));
    }

    /// Writes what is queued, and waits for what comes next. Cancel safe.
    pub(crate) async fn receive(&mut self) -> Received {
        poll_fn(|context| {
            self.write(context);
            self.read(context)
        })
        .await
    }

    /// Writes as much as the endpoint takes now, several events at once where they wait.
    fn write(&mut self, context: &mut Context<'_>) {
        while let Some(message) = self.queue.pop_front() {
            let sent = match self.socket.poll_ready_unpin(context) {
                Poll::Pending => return self.queue.push_front(message),
                Poll::Ready(ready) => ready.and_then(|()| self.socket.start_send_unpin(message)),
            };
            if sent.is_err() {
                // Reading meets the same end, and says why.
                self.queue.clear();
            }
        }
        let _ = self.socket.poll_flush_unpin(context);
    }

    fn read(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        loop {
            let received = match ready!(self.socket.poll_next_unpin(context)) {
                Some(Ok(Message::Text(text))) => Received::Text(text),
                // Answered, or of no meaning, below this layer.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Binary(_))) => {
                    debug!("binary frame passed over");
                    continue;
                }
                Some(Ok(Message::Close(frame))) => Received::Gone(farewell(frame)),
                Some(Err(error)) => Received::Gone(trouble(&error)),
                None => Received::Gone("the endpoint hung up".to_owned()),
            };
            return Poll::Ready(received);
        }
    }

    /// Writes what is queued, says goodbye, and waits a moment for the answer.
    pub(crate) async fn close(mut self) {
        if timeout(GOODBYE, self.goodbye()).await.is_err() {
            debug!("the endpoint didn't say goodbye");
        }
    }

    async fn goodbye(&mut self) {
        while let Some(message) = self.queue.pop_front() {
            if self.socket.feed(message).await.is_err() {
                return;
            }
        }
        if self.socket.close(None).await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }
}

fn farewell(frame: Option<CloseFrame>) -> String {
    match frame {
        Some(frame) if frame.reason.is_empty() => format!("closed with code {}", frame.code),
        Some(frame) => format!("closed with code {}: {}", frame.code, frame.reason),
        None => "closed without a word".to_owned(),
    }
}

fn trouble(error: &WsError) -> String {
    match error {
        WsError::ConnectionClosed | WsError::AlreadyClosed => "closed".to_owned(),
        WsError::Protocol(_) => "the connection broke off".to_owned(),
        WsError::Capacity(_) => "an event was larger than any event can be".to_owned(),
        error => error.to_string(),
    }
}
