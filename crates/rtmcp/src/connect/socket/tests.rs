//! Sockets to endpoints that are played by hand: how large an event may be, and how a key is shown.

use futures_util::{SinkExt, StreamExt};
use rtmcp_core::{
    ClientEvent, Dialect, Private, ServerEvent,
    event::{client::InputAudioBufferAppend, server::ResponseOutputAudioDelta},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        http::{HeaderMap, header::SEC_WEBSOCKET_PROTOCOL},
    },
};

use super::*;
use crate::{
    Auth, Config,
    line::{Line, Received, Sending},
};

/// An endpoint that takes one connection, with this subprotocol, and sends back what it hears.
/// Returns what it was asked with.
async fn endpoint(protocol: Option<&'static str>) -> (Realtime, JoinHandle<HeaderMap>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut asked = HeaderMap::new();
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let look = |request: &Request, mut response: Response| {
            asked = request.headers().clone();
            if let Some(protocol) = protocol {
                let headers = response.headers_mut();
                headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol.parse().unwrap());
            }
            Ok(response)
        };
        let config = WebSocketConfig::default()
            .max_message_size(Some(limits::FRAME_BYTES))
            .max_frame_size(Some(limits::FRAME_BYTES));
        let accepted = accept_hdr_async_with_config(stream, look, Some(config)).await;
        let mut socket = accepted.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                socket.send(Message::Text(text)).await.unwrap();
            }
        }
        asked
    });
    let mut config = Config::new(url.parse().unwrap()).api_key("sk-4242");
    config.realtime.connect_timeout = std::time::Duration::from_secs(20);
    (config.realtime, served)
}

#[tokio::test]
async fn the_most_sound_that_an_event_may_hold_passes_both_ways() {
    let (realtime, served) = endpoint(None).await;
    let mut line = Line::from(open(&realtime, &Target::Model).await.unwrap());
    // Base64 is four characters for three bytes.
    let audio = Private::new("abcd".repeat(limits::APPEND_BYTES / 3));
    let bytes = rtmcp_core::decoded_len(audio.expose());
    assert_eq!(bytes, limits::APPEND_BYTES as u64);
    let append = ClientEvent::from(InputAudioBufferAppend {
        audio: audio.clone(),
        ..Default::default()
    });
    let delta = ServerEvent::from(ResponseOutputAudioDelta {
        delta: audio.clone(),
        ..Default::default()
    });
    for text in [append.encode(), delta.encode()] {
        line.send(text.clone(), Sending::Sound(bytes));
        match line.receive().await {
            Received::Text(back) => assert!(back.as_str() == text, "as it was sent"),
            other => panic!("{other:?}"),
        }
    }
    line.close().await;
    served.await.unwrap();
}

/// What an endpoint is asked with, in a way of showing the key.
async fn shown(auth: Auth, dialect: Dialect, protocol: Option<&'static str>) -> HeaderMap {
    let (mut realtime, served) = endpoint(protocol).await;
    (realtime.auth, realtime.dialect) = (auth, dialect);
    drop(open(&realtime, &Target::Model).await.unwrap());
    served.await.unwrap()
}

#[tokio::test]
async fn a_key_is_shown_in_the_header_of_its_endpoint_or_as_a_subprotocol() {
    let headers = shown(Auth::Header, Dialect::Openai, None).await;
    assert_eq!(headers["authorization"], "Bearer sk-4242");
    assert!(!headers.contains_key("api-key"));

    let headers = shown(Auth::Header, Dialect::Azure, None).await;
    assert_eq!(headers["api-key"], "sk-4242");
    assert!(!headers.contains_key("authorization"));

    let headers = shown(Auth::Subprotocol, Dialect::Openai, Some("realtime")).await;
    let offered = "realtime, openai-insecure-api-key.sk-4242";
    assert_eq!(headers[SEC_WEBSOCKET_PROTOCOL], offered);
    assert!(!headers.contains_key("authorization"));
}

#[tokio::test]
async fn an_endpoint_that_knows_no_subprotocols_is_told_from_one_that_is_none() {
    let (mut realtime, _served) = endpoint(None).await;
    realtime.auth = Auth::Subprotocol;
    let error = open(&realtime, &Target::Model).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::NoSubprotocol { .. }),
        "{error}"
    );
    realtime.api_key = Some(Private::from("sk-1, openai-beta.realtime-v1"));
    let error = open(&realtime, &Target::Model).await.unwrap_err();
    assert_eq!(error, ConnectError::UnprintableKey, "two words");
}
