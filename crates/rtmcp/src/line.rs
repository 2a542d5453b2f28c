//! [`Line`]: the connection as two directions, so that writing never holds up reading.

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Duration, timeout},
};
use tokio_tungstenite::tungstenite::{Error as WsError, Message, protocol::CloseFrame};
use tracing::debug;

use crate::connect::Socket;

/// How long the endpoint gets to take the last words and say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// An open connection, its writing side in a task of its own.
#[derive(Debug)]
pub(crate) struct Line {
    reader: SplitStream<Socket>,
    out: Option<mpsc::UnboundedSender<String>>,
    writer: JoinHandle<()>,
}

/// What came over the line.
#[derive(Debug)]
pub(crate) enum Received {
    /// An event, as text.
    Text(String),
    /// The connection is gone, for this reason.
    Gone(String),
}

impl Line {
    pub(crate) fn new(socket: Socket) -> Self {
        let (sink, reader) = socket.split();
        let (out, texts) = mpsc::unbounded_channel();
        Self {
            reader,
            out: Some(out),
            writer: tokio::spawn(write(sink, texts)),
        }
    }

    /// Queues an event. What can't be written any more shows as [`Received::Gone`].
    pub(crate) fn send(&self, text: String) {
        if let Some(out) = &self.out {
            // The writer only ends with the connection, which the reader reports.
            let _ = out.send(text);
        }
    }

    /// Waits for what comes next. Cancel safe.
    pub(crate) async fn receive(&mut self) -> Received {
        loop {
            match self.reader.next().await {
                Some(Ok(Message::Text(text))) => return Received::Text(text.as_str().to_owned()),
                // Answered, or of no meaning, below this layer.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Binary(_))) => debug!("binary frame passed over"),
                Some(Ok(Message::Close(frame))) => return Received::Gone(farewell(frame)),
                Some(Err(error)) => return Received::Gone(trouble(&error)),
                None => return Received::Gone("the endpoint hung up".to_owned()),
            }
        }
    }

    /// Writes what is queued, says goodbye, and waits a moment for the answer.
    pub(crate) async fn close(mut self) {
        self.out = None;
        let goodbye = async {
            let _ = (&mut self.writer).await;
            while let Some(Ok(_)) = self.reader.next().await {}
        };
        if timeout(GOODBYE, goodbye).await.is_err() {
            debug!("the endpoint didn't say goodbye");
            self.writer.abort();
        }
    }
}

/// Writes texts as they come, several at once where they wait.
async fn write(mut sink: SplitSink<Socket, Message>, mut texts: mpsc::UnboundedReceiver<String>) {
    while let Some(text) = texts.recv().await {
        let mut result = sink.feed(Message::text(text)).await;
        while let Ok(text) = texts.try_recv() {
            result = result.and(sink.feed(Message::text(text)).await);
        }
        if result.is_err() || sink.flush().await.is_err() {
            // The reader sees the same end, and says why.
            return;
        }
    }
    let _ = sink.close().await;
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
