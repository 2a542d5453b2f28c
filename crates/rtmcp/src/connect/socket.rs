//! The WebSocket to a Realtime endpoint: how it is opened.

use rtmcp_core::limits;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{client::IntoClientRequest, protocol::WebSocketConfig},
};

use super::{ConnectError, key, place};
use crate::config::{Realtime, Target};

/// What a connection runs over.
pub(crate) type Stream = MaybeTlsStream<TcpStream>;

/// An open connection.
type Socket = WebSocketStream<Stream>;

/// Opens a connection to an endpoint.
pub(crate) async fn open(realtime: &Realtime, target: &Target) -> Result<Socket, ConnectError> {
    let url = realtime.socket_url(target);
    let place = place(&realtime.url);
    let mut request = url.as_str().into_client_request().map_err(|error| {
        let detail = error.to_string();
        ConnectError::Unreachable {
            place: place.clone(),
            detail,
        }
    })?;
    if let Some((name, value)) = key::of_socket(realtime)? {
        request.headers_mut().insert(name, value);
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
        Ok(Err(error)) => Err(ConnectError::from_ws(place, realtime, target, error)),
        Err(_) => Err(ConnectError::TooSlow {
            place,
            after: realtime.connect_timeout,
        }),
    }
}

/// What a session that nobody speaks in keeps for reading. It is allocated at once, and grows to
/// the size of a larger event; most events, a tenth of a second of speech among them, fit.
const READ_BUFFER: usize = 16 * 1024;

#[cfg(test)]
mod tests;
