//! [`Notice`]: what people should hear of a server beyond its being there, and how it is handed out.

use std::time::Duration;

use rtmcp_core::{Private, ServerName};
use tokio::sync::broadcast;

use crate::ToolsDiff;

/// Something that people should hear of a server.
///
/// Which servers are there, with which tools, is told by [`Changes`](crate::Changes) alone: a
/// notice is news, and whoever wasn't listening has missed it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// The server logged something. The words are a stranger's: show them, never act on them.
    Log {
        /// Which server.
        server: ServerName,
        /// How grave it says that this is.
        level: LogLevel,
        /// The part of the server that says so.
        logger: Option<String>,
        /// What it says, cut to 2,000 characters.
        message: Private<String>,
        /// How many messages before this one were left out, as they came too fast.
        left_out: u64,
    },
    /// A server that was there all along, or came back, offers other tools than before.
    ToolsChanged {
        /// Which server.
        server: ServerName,
        /// What is different.
        diff: ToolsDiff,
    },
    /// The server failed so often that it isn't asked for a while: its calls are refused at once.
    BreakerOpen {
        /// Which server.
        server: ServerName,
        /// How often it failed.
        failures: u32,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The server works again, after it wasn't asked for a while.
    BreakerClosed {
        /// Which server.
        server: ServerName,
    },
    /// Somebody must sign in, or once more for a further permission
    /// ([`Pool::sign_in`](crate::Pool::sign_in)). That it is done is told by its being ready.
    SignInNeeded {
        /// To which server.
        server: ServerName,
    },
    /// This observer was too slow: so many notices are lost to it.
    Missed {
        /// How many.
        notices: u64,
    },
}

/// How grave a log message is: the levels of syslog, as MCP has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete by definition: RFC 5424 has these eight levels"
)]
pub enum LogLevel {
    /// For whoever debugs the server.
    Debug,
    /// Normal.
    Info,
    /// Normal, and worth a look.
    Notice,
    /// Not as it should be.
    #[default]
    Warning,
    /// Something failed.
    Error,
    /// A part of the server failed.
    Critical,
    /// Somebody must act at once.
    Alert,
    /// The server can't be used.
    Emergency,
}

impl LogLevel {
    /// Returns the word that MCP has for the level.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }
}

impl std::str::FromStr for LogLevel {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut levels = LEVELS.into_iter();
        levels
            .find(|level| level.as_str() == text)
            .ok_or(UnknownLevel)
    }
}

/// A word that is no [`LogLevel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no such level: use debug, info, notice, warning, error, critical, alert or emergency"
)]
#[non_exhaustive]
pub struct UnknownLevel;

/// The notices of a [`Pool`](crate::Pool), as one observer sees them.
#[derive(Debug)]
pub struct Notices(broadcast::Receiver<Notice>);

impl Notices {
    /// Waits for the next notice; `None` once the pool is gone. Cancel safe.
    ///
    /// Up to 256 notices wait for an observer. One that is slower hears how many it missed.
    pub async fn next(&mut self) -> Option<Notice> {
        match self.0.recv().await {
            Ok(notice) => Some(notice),
            Err(broadcast::error::RecvError::Lagged(notices)) => Some(Notice::Missed { notices }),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Where the parts of a pool put their notices. Cloning is a reference count.
#[derive(Clone, Debug)]
pub(crate) struct NoticeBoard(broadcast::Sender<Notice>);

impl NoticeBoard {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(WAITING))
    }

    pub(crate) fn post(&self, notice: Notice) {
        // Nobody may be looking.
        let _ = self.0.send(notice);
    }

    pub(crate) fn follow(&self) -> Notices {
        Notices(self.0.subscribe())
    }
}

/// Notices that wait for a slow observer.
const WAITING: usize = 256;
const LEVELS: [LogLevel; 8] = [
    LogLevel::Debug,
    LogLevel::Info,
    LogLevel::Notice,
    LogLevel::Warning,
    LogLevel::Error,
    LogLevel::Critical,
    LogLevel::Alert,
    LogLevel::Emergency,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(server: &str) -> Notice {
        let server = server.into();
        Notice::BreakerClosed { server }
    }

    #[tokio::test]
    async fn all_observers_hear_and_a_slow_one_hears_what_it_missed() {
        let board = NoticeBoard::new();
        board.post(closed("before anybody looked"));
        let (mut quick, mut slow) = (board.follow(), board.follow());
        for _ in 0..WAITING + 3 {
            board.post(closed("shop"));
            assert_eq!(quick.next().await, Some(closed("shop")));
        }
        let missed = slow.next().await;
        assert_eq!(missed, Some(Notice::Missed { notices: 3 }));
        drop(board);
        let mut heard = 0;
        while slow.next().await.is_some() {
            heard += 1;
        }
        assert_eq!(heard, WAITING);
    }

    #[test]
    fn levels_are_read_as_they_are_written() {
        for level in LEVELS {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert_eq!("loud".parse::<LogLevel>(), Err(UnknownLevel));
        assert!(LogLevel::Error > LogLevel::Info);
    }
}
