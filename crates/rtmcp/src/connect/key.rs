//! How the key is shown to an endpoint: in a header, or as a subprotocol.

use rtmcp_core::{Dialect, Private};
use tokio_tungstenite::tungstenite::http::{
    HeaderName, HeaderValue,
    header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
};

use super::ConnectError;
use crate::config::{Auth, Realtime};

/// The subprotocol of the API, which is offered first.
const PROTOCOL: &str = "realtime";

/// Begins the subprotocol that is the key.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";

/// The header that carries a key at Azure.
const AZURE_HEADER: HeaderName = HeaderName::from_static("api-key");

/// Returns the header of a request for a socket that shows the key, if there is one to show.
pub(super) fn of_socket(
    realtime: &Realtime,
) -> Result<Option<(HeaderName, HeaderValue)>, ConnectError> {
    match (realtime.auth, &realtime.api_key) {
        (Auth::Header, _) => of_request(realtime),
        (Auth::Subprotocol, None) => Ok(Some((
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(PROTOCOL),
        ))),
        (Auth::Subprotocol, Some(key)) => {
            // A subprotocol is one word: with anything else in it, it would be several.
            let is_word = |it: char| it.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(it);
            if !key.expose().chars().all(is_word) {
                return Err(ConnectError::UnprintableKey);
            }
            let offer = format!("{PROTOCOL}, {KEY_PROTOCOL}{}", key.expose());
            secret(&Private::new(offer)).map(|value| Some((SEC_WEBSOCKET_PROTOCOL, value)))
        }
    }
}

/// Returns the header of any other request that shows the key, if there is one to show.
pub(super) fn of_request(
    realtime: &Realtime,
) -> Result<Option<(HeaderName, HeaderValue)>, ConnectError> {
    let Some(key) = &realtime.api_key else {
        return Ok(None);
    };
    if realtime.dialect == Dialect::Azure {
        return Ok(Some((AZURE_HEADER, secret(key)?)));
    }
    let bearer = Private::new(format!("Bearer {}", key.expose()));
    Ok(Some((AUTHORIZATION, secret(&bearer)?)))
}

fn secret(text: &Private<String>) -> Result<HeaderValue, ConnectError> {
    let header = HeaderValue::from_str(text.expose());
    let mut header = header.map_err(|_| ConnectError::UnprintableKey)?;
    header.set_sensitive(true);
    Ok(header)
}
