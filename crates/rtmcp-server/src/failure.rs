//! [`Failure`]: why a command doesn't end well, and the exit code that says so.

use std::process::ExitCode;

use rtmcp::{Closed, ConfigError, ConnectError};

/// How a command ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum ExitStatus {
    /// All that was asked for was done.
    Ok = 0,
    /// Something failed that none of the others says.
    Failed = 1,
    /// The command was called in a wrong way.
    Usage = 2,
    /// The configuration can't be used.
    Config = 3,
    /// An MCP server can't be reached, or refuses. What could be done without it was done.
    Server = 4,
    /// The Realtime endpoint can't be reached, refuses the session, or hung up.
    Endpoint = 5,
    /// A call was refused or denied, or the tool reported an error.
    Tool = 6,
    /// Somebody stopped the command.
    Stopped = 130,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// How a command ends.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a command doesn't end well: an exit code, and a line or two for people.
#[derive(Debug)]
pub(crate) struct Failure {
    status: ExitStatus,
    lines: Vec<String>,
}

impl Failure {
    /// One line that says what happened and what to do.
    pub(crate) fn new(status: ExitStatus, line: impl Into<String>) -> Self {
        Self {
            status,
            lines: vec![line.into()],
        }
    }

    /// A failure about which everything was said already.
    pub(crate) fn said(status: ExitStatus) -> Self {
        Self {
            status,
            lines: Vec::new(),
        }
    }

    /// Adds a line.
    pub(crate) fn and(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// A configuration that can't be used; `path` is the file that it came from.
    pub(crate) fn config(path: &std::path::Path, error: &ConfigError) -> Self {
        let line = match error {
            ConfigError::Unreadable { .. } => {
                format!("{error} (name the configuration with `--config FILE`)")
            }
            error => format!("{}: {error}", path.display()),
        };
        Self::new(ExitStatus::Config, line)
    }

    /// Somebody pressed Ctrl-C.
    pub(crate) fn stopped() -> Self {
        Self::new(ExitStatus::Stopped, "stopped")
    }

    pub(crate) fn status(&self) -> ExitStatus {
        self.status
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::new(ExitStatus::Endpoint, error.to_string())
    }
}

impl From<Closed> for Failure {
    fn from(closed: Closed) -> Self {
        Self::new(ExitStatus::Endpoint, closed.to_string())
    }
}
