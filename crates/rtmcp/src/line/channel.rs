//! [`ChannelLine`]: the data channel and the track of a WebRTC call.

use rtmcp_media::webrtc::{CloseReason, Connection, ConnectionHandle, PeerEvent, SendError};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tracing::debug;

use super::{DEAF, GOODBYE, Received, STUCK, close::End};

/// A connected call.
#[derive(Debug)]
pub(crate) struct ChannelLine {
    connection: Connection,
    /// Events on their way to the writer; none once nothing more is written.
    queue: Option<mpsc::UnboundedSender<String>>,
    /// Sends events, one after the other, so that none is held up by what waits to be read.
    writer: JoinHandle<()>,
    /// Why the writer can't go on; none once it was heard.
    trouble: Option<oneshot::Receiver<String>>,
}

impl ChannelLine {
    pub(crate) fn new(connection: Connection) -> Self {
        let (queue, queued) = mpsc::unbounded_channel();
        let (told, trouble) = oneshot::channel();
        let handle = connection.handle();
        let writer = tokio::spawn(async move {
            if let Err(why) = write(&handle, queued).await {
                // A line that is closed needs no news.
                let _ = told.send(why);
            }
        });
        Self {
            connection,
            queue: Some(queue),
            writer,
            trouble: Some(trouble),
        }
    }

    pub(crate) fn handle(&self) -> ConnectionHandle {
        self.connection.handle()
    }

    pub(crate) fn send(&self, text: String) {
        if let Some(queue) = &self.queue {
            // A writer that has ended says why in `receive`.
            let _ = queue.send(text);
        }
    }

    /// Waits for what comes next. Cancel safe.
    pub(super) async fn receive(&mut self) -> Received {
        loop {
            return match self.next().await {
                Ok(PeerEvent::Message(text)) => Received::Text(text.into_exposed().into()),
                Ok(PeerEvent::Audio(frame)) => Received::Sound(frame),
                Ok(PeerEvent::Closed(reason @ CloseReason::Remote)) => {
                    Received::Over(End::in_order(reason.to_string()))
                }
                Ok(PeerEvent::Closed(reason)) => Received::Over(End::broken(reason.to_string())),
                Ok(_) => continue,
                Err(why) => Received::Over(End::broken(why)),
            };
        }
    }

    /// Waits for what happens next on the connection, or fails with why it can't go on. Cancel safe.
    pub(crate) async fn next(&mut self) -> Result<PeerEvent, String> {
        tokio::select! {
            event = self.connection.next_event() => {
                event.ok_or_else(|| "the call has ended".to_owned())
            }
            why = trouble(&mut self.trouble) => Err(why),
        }
    }

    /// Sends what is queued, and hangs up.
    pub(crate) async fn close(mut self) {
        self.queue = None;
        let goodbye = async {
            // Nothing waits to be sent any more, or nothing can.
            let _ = (&mut self.writer).await;
            self.connection.handle().close();
            while self.connection.next_event().await.is_some() {}
        };
        if timeout(GOODBYE, goodbye).await.is_err() {
            debug!("the endpoint didn't say goodbye");
            self.writer.abort();
        }
    }
}

/// Sends events until there are no more. Fails with why it can't go on.
async fn write(
    handle: &ConnectionHandle,
    mut queued: mpsc::UnboundedReceiver<String>,
) -> Result<(), String> {
    while let Some(text) = queued.recv().await {
        match timeout(STUCK, handle.send(text)).await {
            Ok(Ok(())) => {}
            // Reading meets the same end, and says why.
            Ok(Err(SendError::Closed)) => return Ok(()),
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err(DEAF.to_owned()),
        }
    }
    Ok(())
}

/// Waits for why the writer can't go on; forever if it can.
async fn trouble(trouble: &mut Option<oneshot::Receiver<String>>) -> String {
    if let Some(open) = trouble {
        let told = open.await;
        *trouble = None;
        if let Ok(why) = told {
            return why;
        }
    }
    std::future::pending().await
}
