//! The WebSocket to a Realtime endpoint: how it is opened, and what keeps it from opening.

use std::time::Duration;

use rtmcp_core::limits;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        Error as WsError,
        client::IntoClientRequest,
        http::{HeaderValue, Response, header::AUTHORIZATION},
        protocol::WebSocketConfig,
    },
};
use url::Url;

use crate::config::Realtime;

/// What a connection runs over.
pub(crate) type Stream = MaybeTlsStream<TcpStream>;

/// An open connection.
pub(crate) type Socket = WebSocketStream<Stream>;

/// Opens a connection to an endpoint.
pub(crate) async fn connect(realtime: &Realtime) -> Result<Socket, ConnectError> {
    let url = realtime.socket_url();
    let place = place(&realtime.url);
    let mut request = url.as_str().into_client_request().map_err(|error| {
        let detail = error.to_string();
        ConnectError::Unreachable {
            place: place.clone(),
            detail,
        }
    })?;
    if let Some(key) = &realtime.api_key {
        let header = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
        let mut header = header.map_err(|_| ConnectError::UnprintableKey)?;
        header.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, header);
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::FRAME_BYTES))
        .max_frame_size(Some(limits::FRAME_BYTES))
        .read_buffer_size(READ_BUFFER);
    // A word of speech is a small message: it must not wait for more.
    let no_delay = true;
    let opened = connect_async_tls_with_config(request, Some(config), no_delay, None);
    match timeout(realtime.connect_timeout, opened).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(ConnectError::from_ws(place, realtime, error)),
        Err(_) => Err(ConnectError::TooSlow {
            place,
            after: realtime.connect_timeout,
        }),
    }
}

/// What a session that nobody speaks in keeps for reading. It is allocated at once, and grows to
/// the size of a larger event; most events, a tenth of a second of speech among them, fit.
const READ_BUFFER: usize = 16 * 1024;

/// A session that couldn't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody answers there.
    #[error(
        "can't reach the Realtime endpoint {place}: {detail} (is it running, and is `realtime.url` right?)"
    )]
    Unreachable {
        /// The address.
        place: String,
        /// What was seen.
        detail: String,
    },
    /// No answer in time.
    #[error(
        "the Realtime endpoint {place} did not answer within {after:?} (is `realtime.url` right? a slow line needs a longer `realtime.connect_timeout`)"
    )]
    TooSlow {
        /// The address.
        place: String,
        /// How long it got.
        after: Duration,
    },
    /// The secure connection failed.
    #[error(
        "the Realtime endpoint {place} can't be trusted or speaks no TLS: {detail} (use `http://` for an endpoint without TLS)"
    )]
    Tls {
        /// The address.
        place: String,
        /// What was seen.
        detail: String,
    },
    /// The key is missing or wrong.
    #[error(
        "the Realtime endpoint {place} refused the key: {message} (set `realtime.api_key`, such as `{{ env = \"OPENAI_API_KEY\" }}`, to a valid key)"
    )]
    Unauthorized {
        /// The address.
        place: String,
        /// The endpoint's words.
        message: String,
    },
    /// The key has no quota left, or too many sessions are open.
    #[error(
        "the Realtime endpoint {place} takes no session now: {message} (check the quota and limits of the key)"
    )]
    NoQuota {
        /// The address.
        place: String,
        /// The endpoint's words.
        message: String,
    },
    /// The address leads to no Realtime endpoint, or the model isn't there.
    #[error(
        "no Realtime model `{model}` at {place}: {message} (check `realtime.url` and `realtime.model`)"
    )]
    NotFound {
        /// The address.
        place: String,
        /// The model that was asked for.
        model: String,
        /// The endpoint's words.
        message: String,
    },
    /// The endpoint answers in another way than a Realtime endpoint does.
    #[error("{place} answered with status {status} and opened no session: {message}")]
    Refused {
        /// The address.
        place: String,
        /// The HTTP status.
        status: u16,
        /// The endpoint's words.
        message: String,
    },
    /// The key can't stand in a header.
    #[error("`realtime.api_key` has characters that no key has (is there a line break in it?)")]
    UnprintableKey,
}

impl ConnectError {
    fn from_ws(place: String, realtime: &Realtime, error: WsError) -> Self {
        match error {
            WsError::Http(response) => Self::from_http(place, realtime, &response),
            WsError::Tls(error) => Self::Tls {
                place,
                detail: error.to_string(),
            },
            WsError::Io(error) => {
                let detail = error.to_string();
                let is_tls = matches!(realtime.url.scheme(), "wss" | "https")
                    && error.kind() == std::io::ErrorKind::InvalidData;
                if is_tls {
                    Self::Tls { place, detail }
                } else {
                    Self::Unreachable { place, detail }
                }
            }
            other => Self::Unreachable {
                place,
                detail: other.to_string(),
            },
        }
    }

    fn from_http(place: String, realtime: &Realtime, response: &Response<Option<Vec<u8>>>) -> Self {
        let status = response.status().as_u16();
        let body = response.body().as_deref().unwrap_or_default();
        let message = message_of(body).unwrap_or_else(|| format!("status {status}"));
        match status {
            401 | 403 => Self::Unauthorized { place, message },
            402 | 429 => Self::NoQuota { place, message },
            404 | 405 => Self::NotFound {
                place,
                model: realtime.model.clone(),
                message,
            },
            _ => Self::Refused {
                place,
                status,
                message,
            },
        }
    }
}

/// Returns the words of a published error body.
fn message_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let message = body.pointer("/error/message")?.as_str()?;
    Some(message.trim_end_matches('.').to_owned())
}

/// Returns an address for people: without what may be secret.
fn place(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Neither fails for an address that has a host.
    let _ = (url.set_username(""), url.set_password(None));
    url.to_string()
}
