//! [`ChannelLine`]: the data channel and the track of a WebRTC call.

use rtmcp_media::webrtc::{CloseReason, Connection, ConnectionHandle, PeerEvent, SendError};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tracing::debug;

use super::{DEAF, GOODBYE, Received, STUCK};

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

    pub(super) fn handle(&self) -> ConnectionHandle {
        self.connection.handle()
    }

    pub(super) fn send(&self, text: String) {
        if let Some(queue) = &self.queue {
            // A writer that has ended says why in `receive`.
            let _ = queue.send(text);
        }
    }

    /// Waits for what comes next. Cancel safe.
    pub(super) async fn receive(&mut self) -> Received {
        loop {
            let event = tokio::select! {
                event = self.connection.next_event() => event,
                why = trouble(&mut self.trouble) => return Received::Gone(why),
            };
            return match event {
                Some(PeerEvent::Message(text)) => Received::Text(text.into_exposed().into()),
                Some(PeerEvent::Audio(frame)) => Received::Sound(frame),
                Some(PeerEvent::Closed(reason @ CloseReason::Remote)) => {
                    Received::Ended(reason.to_string())
                }
                Some(PeerEvent::Closed(reason)) => Received::Gone(reason.to_string()),
                Some(_) => continue,
                None => Received::Gone("the call has ended".to_owned()),
            };
        }
    }

    /// Sends what is queued, and hangs up.
    pub(super) async fn close(mut self) {
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
