//! What goes wrong before any tool is called.

use std::num::NonZeroUsize;
use std::time::Duration;

use rmcp::ErrorData;
use tokio_util::sync::CancellationToken;

/// How the server treats the requests that come before a tool call. By default, well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// When `initialize` and `server/discover` are answered.
    pub opening: Pace,
    /// When `tools/list` is answered, each page anew.
    pub listing: Pace,
    /// Tools on one page of `tools/list`; all on one page when `None`.
    pub page_size: Option<NonZeroUsize>,
}

/// When a request is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// Without delay.
    #[default]
    AtOnce,
    /// After this long.
    After(Duration),
    /// Not before it is cancelled.
    Never,
}

impl Pace {
    /// Returns when the time has come, with an error when the request was cancelled before it.
    pub(crate) async fn pass(self, cancelled: &CancellationToken) -> Result<(), ErrorData> {
        let time = async {
            match self {
                Self::AtOnce => {}
                Self::After(delay) => tokio::time::sleep(delay).await,
                Self::Never => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = time => Ok(()),
            () = cancelled.cancelled() => {
                Err(ErrorData::internal_error("the request was cancelled", None))
            }
        }
    }
}
