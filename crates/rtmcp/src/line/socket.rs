//! [`SocketLine`]: a WebSocket in both directions, so that writing never holds up reading.

use std::{
    collections::VecDeque,
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
    tungstenite::{
        Error as WsError, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use tracing::debug;

use super::{DEAF, GOODBYE, Received, STUCK};

/// An open connection.
#[derive(Debug)]
pub(crate) struct SocketLine<S> {
    socket: WebSocketStream<S>,
    /// What is to be written as soon as the endpoint takes it.
    queue: VecDeque<Message>,
    /// When an endpoint that takes nothing is given up; set while anything waits.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> SocketLine<S> {
    pub(super) fn new(socket: WebSocketStream<S>) -> Self {
        Self {
            socket,
            queue: VecDeque::new(),
            stuck: None,
        }
    }

    /// Queues an event, to be written while [`receive`](Self::receive) waits. What can't be
    /// written any more shows there as [`Received::Gone`].
    pub(super) fn send(&mut self, text: String) {
        self.queue.push_back(Message::text(text));
    }

    /// Writes what is queued, and waits for what comes next. Cancel safe.
    pub(super) async fn receive(&mut self) -> Received {
        poll_fn(|context| {
            let waited = self.queue.len();
            self.write(context);
            let moved = self.queue.len() < waited;
            match self.read(context) {
                Poll::Pending if self.is_stuck(moved, context) => {
                    Poll::Ready(Received::Gone(DEAF.to_owned()))
                }
                received => received,
            }
        })
        .await
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
                Some(Ok(Message::Close(frame))) => farewell(frame),
                Some(Err(error)) => Received::Gone(trouble(&error)),
                None => Received::Gone("the endpoint hung up".to_owned()),
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

fn farewell(frame: Option<CloseFrame>) -> Received {
    let Some(frame) = frame else {
        return Received::Gone("closed without a word".to_owned());
    };
    let words = match frame.reason.as_str() {
        "" => format!("closed with code {}", frame.code),
        reason => format!("closed with code {}: {reason}", frame.code),
    };
    match frame.code {
        CloseCode::Normal => Received::Ended(words),
        _ => Received::Gone(words),
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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{DuplexStream, duplex},
        time::Duration,
    };
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    async fn line() -> (SocketLine<DuplexStream>, WebSocketStream<DuplexStream>) {
        let (ours, theirs) = duplex(1024);
        let ours = WebSocketStream::from_raw_socket(ours, Role::Client, None);
        let theirs = WebSocketStream::from_raw_socket(theirs, Role::Server, None);
        let (ours, theirs) = tokio::join!(ours, theirs);
        (SocketLine::new(ours), theirs)
    }

    /// Sends as a person speaks, for as long, or until the line is gone.
    async fn speak(line: &mut SocketLine<DuplexStream>, span: Duration) -> Option<Received> {
        let end = Instant::now() + span;
        while Instant::now() < end {
            line.send("A".repeat(5000));
            let received = timeout(Duration::from_millis(80), line.receive()).await;
            if let Ok(received) = received {
                return Some(received);
            }
        }
        None
    }

    async fn read_now_and_then(mut theirs: WebSocketStream<DuplexStream>) {
        loop {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let moment = Duration::from_millis(1);
            while timeout(moment, theirs.next()).await.is_ok() {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_takes_nothing_is_given_up_before_much_waits() {
        let (mut line, _theirs) = line().await;
        let start = Instant::now();
        let gone = speak(&mut line, Duration::from_secs(3600)).await;
        assert!(matches!(gone, Some(Received::Gone(why)) if why.contains("takes nothing")));
        assert!(start.elapsed() <= STUCK + Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_takes_its_time_is_waited_for() {
        let (mut line, theirs) = line().await;
        let reader = tokio::spawn(read_now_and_then(theirs));
        let gone = speak(&mut line, Duration::from_secs(600)).await;
        assert!(gone.is_none(), "{gone:?}");
        reader.abort();
    }
}
