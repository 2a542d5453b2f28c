//! An endpoint whose sockets a test plays by hand, and which keeps what was asked for.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Error, Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderValue,
    },
};

use super::client::roomy;
use crate::{serve::endpoint::PATIENCE, stage::LOOPBACK};

/// Where it listens.
#[derive(Debug)]
pub(super) struct Far(TcpListener);

/// The far end of a connection.
#[derive(Debug)]
pub(super) struct FarEnd {
    pub(super) socket: WebSocketStream<TcpStream>,
    /// What it was opened with.
    pub(super) asked: Request,
}

impl Far {
    pub(super) async fn new() -> Self {
        Self(TcpListener::bind(LOOPBACK).await.unwrap())
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Waits for a connection.
    #[expect(
        clippy::result_large_err,
        reason = "the type of a refusal is the library's"
    )]
    pub(super) async fn accept(&self) -> FarEnd {
        let (stream, _) = timeout(PATIENCE, self.0.accept()).await.unwrap().unwrap();
        let mut asked = None;
        let opened = accept_hdr_async_with_config(
            stream,
            |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
                asked = Some(request.clone());
                if request.headers().contains_key("sec-websocket-protocol") {
                    let protocol = HeaderValue::from_static("realtime");
                    response
                        .headers_mut()
                        .insert("sec-websocket-protocol", protocol);
                }
                let id = HeaderValue::from_static("req_1");
                response.headers_mut().insert("x-request-id", id);
                Ok(response)
            },
            Some(roomy()),
        );
        let socket = timeout(PATIENCE, opened).await.unwrap().unwrap();
        FarEnd {
            socket,
            asked: asked.unwrap(),
        }
    }
}

impl FarEnd {
    pub(super) async fn send(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.unwrap();
    }

    pub(super) async fn message(&mut self) -> Option<Result<Message, Error>> {
        timeout(PATIENCE, self.socket.next()).await.unwrap()
    }

    /// Waits for the next text.
    pub(super) async fn text(&mut self) -> String {
        loop {
            match self.message().await {
                Some(Ok(Message::Text(text))) => return text.as_str().to_owned(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits until the proxy closes. Returns the code and the reason.
    pub(super) async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            match self.message().await {
                Some(Ok(Message::Close(None))) => return Some((1005, String::new())),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Some((frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
