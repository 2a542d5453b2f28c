//! [`CallOptions`] and [`Progress`]: what a caller decides about one tool call, and hears of it.

use std::time::Duration;

use rtmcp_core::Private;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Elicitation;

/// How one tool call may go.
#[derive(Clone, Debug)]
pub struct CallOptions {
    /// How long the call may take, reconnecting included: 30 s by default.
    ///
    /// When it is over, the server is told with `notifications/cancelled`.
    pub timeout: Duration,
    /// Ends the call at once, and tells the server so, when cancelled.
    pub cancel: CancellationToken,
    /// Where the server's progress goes, in the order it was sent, all of it before the result.
    pub progress: Option<mpsc::UnboundedSender<Progress>>,
    /// Doing it twice does no harm: a call that broke off is made once more on a new connection,
    /// though the server may have acted on it. False by default.
    pub repeatable: bool,
    /// Progress starts `timeout` anew, until the call has taken this long in all. `None`, the
    /// default: as [`ServerConfig::max_total`](crate::ServerConfig::max_total) says.
    pub max_total: Option<Duration>,
    /// Who answers what the server asks in the course of this call. `None`, the default: nobody, and
    /// each question is declined.
    ///
    /// The call's time stands still while a question is open, for
    /// [`ServerConfig::answer_timeout`](crate::ServerConfig::answer_timeout) at most.
    pub elicitations: Option<mpsc::UnboundedSender<Elicitation>>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            cancel: CancellationToken::new(),
            progress: None,
            repeatable: false,
            max_total: None,
            elicitations: None,
        }
    }
}

/// How far a running call is, as its server says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Grows with every notification; the unit is the server's own.
    pub progress: f64,
    /// The value at which the call is done, where the server knows it.
    pub total: Option<f64>,
    /// Words for a person, where the server has any.
    pub message: Option<Private<String>>,
}
