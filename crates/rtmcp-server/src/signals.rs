//! [`Stop`]: Ctrl-C and SIGTERM.

use std::io;

use crate::failure::{ExitStatus, Failure, Outcome};

/// Waits to be told to stop. Made before the work begins, so that no signal is lost.
#[derive(Debug)]
pub struct Stop {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    /// Begins to listen, for a command.
    pub(crate) fn new() -> Outcome<Self> {
        Self::listen().map_err(|error| {
            let line = format!("can't listen for signals: {error}");
            Failure::new(ExitStatus::Failed, line)
        })
    }

    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the system doesn't let this process listen for signals.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits. Cancel safe.
    #[cfg(unix)]
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// None where there are no such signals.
    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits. Cancel safe.
    #[cfg(not(unix))]
    pub async fn asked(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
