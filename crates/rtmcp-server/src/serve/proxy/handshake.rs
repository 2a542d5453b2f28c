//! [`Handshake`]: a request that asks for a WebSocket, and the answer that gives it.

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
        header::{
            CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
            SEC_WEBSOCKET_VERSION, UPGRADE,
        },
    },
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{keys::protocols, refusal::Refusal};

/// The subprotocol of the API.
const PROTOCOL: &str = "realtime";

/// What the client must be told.
#[derive(Debug)]
pub(super) struct Handshake {
    accept: HeaderValue,
    speaks: bool,
}

impl Handshake {
    /// Reads a request, or says why it asks for no WebSocket.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        if !has_word(headers, &CONNECTION, "upgrade") || !has_word(headers, &UPGRADE, "websocket") {
            return Err(Refusal::no_websocket());
        }
        let bad = |message: &str| Refusal::bad(None, message);
        let version = headers.get(SEC_WEBSOCKET_VERSION);
        if version.is_none_or(|it| it != "13") {
            return Err(bad(
                "The handshake must be of version 13 of the WebSocket protocol.",
            ));
        }
        let key = headers.get(SEC_WEBSOCKET_KEY);
        let key = key.filter(|it| it.len() == KEY_CHARS).ok_or_else(|| {
            bad("The handshake has no 'Sec-WebSocket-Key' of 16 bytes as base64.")
        })?;
        let accept = derive_accept_key(key.as_bytes());
        Ok(Self {
            accept: HeaderValue::try_from(accept).map_err(|_| Refusal::no_websocket())?,
            speaks: protocols(headers).any(|it| it == PROTOCOL),
        })
    }

    /// Switches to the WebSocket, with what the endpoint said besides.
    pub(super) fn answer(self, besides: HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        *headers = besides;
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if self.speaks {
            let protocol = HeaderValue::from_static(PROTOCOL);
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

/// 16 bytes as base64.
const KEY_CHARS: usize = 24;

fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    let values = values.filter_map(|it| it.to_str().ok());
    let mut words = values.flat_map(|it| it.split(',')).map(str::trim);
    words.any(|it| it.eq_ignore_ascii_case(word))
}
