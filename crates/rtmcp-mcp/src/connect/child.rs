//! A child process as a transport: one JSON-RPC message a line, and the end of its whole group.

use std::{io, time::Duration};

use process_wrap::tokio::ChildWrapper;
use rmcp::{
    RoleClient,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::{Transport, async_rw::AsyncRwTransport},
};
use tokio::{
    process::{ChildStdin, ChildStdout},
    time::{Instant, timeout, timeout_at},
};

/// Speaks to a child over its stdin and stdout.
///
/// rmcp's own waits for the end of stdout, which a grandchild can hold open after the server died,
/// and leaves the grandchildren of a server that ended by itself.
pub(super) struct ChildTransport {
    io: AsyncRwTransport<RoleClient, ChildStdout, ChildStdin>,
    group: Group,
    /// Once the child has ended: until when its last words are read.
    until: Option<Instant>,
}

impl ChildTransport {
    pub(super) fn new(mut child: Box<dyn ChildWrapper>) -> io::Result<Self> {
        let (stdout, stdin) = (child.stdout().take(), child.stdin().take());
        let group = Group(child);
        let (Some(stdout), Some(stdin)) = (stdout, stdin) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok(Self {
            io: AsyncRwTransport::new(stdout, stdin),
            group,
            until: None,
        })
    }
}

impl Transport<RoleClient> for ChildTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.io.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        if self.until.is_none() {
            tokio::select! {
                biased;
                message = self.io.receive() => return message,
                () = self.group.ended() => {}
            }
        }
        let until = *self
            .until
            .get_or_insert_with(|| Instant::now() + LAST_WORDS);
        timeout_at(until, self.io.receive()).await.ok().flatten()
    }

    /// Closes stdin, as the specification asks, and goes on to stronger means.
    async fn close(&mut self) -> Result<(), Self::Error> {
        self.io.close().await?;
        if timeout(TO_END, self.group.ended()).await.is_err() {
            self.group.terminate();
            // Whatever is left is killed when the group is dropped.
            let ended = timeout(TO_TERMINATE, self.group.ended()).await;
            tracing::debug!(in_time = ended.is_ok(), "the child was asked to terminate");
        }
        Ok(())
    }
}

/// A child and what it started. All of it is killed when this is dropped.
struct Group(Box<dyn ChildWrapper>);

impl Group {
    /// Waits until the child itself has ended.
    async fn ended(&mut self) {
        // An error means that there is no such child, which has then ended as well.
        let _ = self.0.inner_mut().wait().await;
    }

    #[cfg(unix)]
    fn terminate(&self) {
        // It may have ended at this moment.
        let _ = self.0.signal(SIGTERM);
    }

    /// There is nothing between asking and killing.
    #[cfg(not(unix))]
    fn terminate(&self) {}
}

impl Drop for Group {
    fn drop(&mut self) {
        // There is mostly nothing left to kill.
        let _ = self.0.start_kill();
    }
}

#[cfg(unix)]
const SIGTERM: i32 = 15;
const LAST_WORDS: Duration = Duration::from_millis(200);
const TO_END: Duration = Duration::from_secs(2);
const TO_TERMINATE: Duration = Duration::from_secs(2);
