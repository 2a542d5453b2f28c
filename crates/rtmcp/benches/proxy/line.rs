//! [`Line`]: both ends of a connection through what is measured.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message, WebSocket, accept, client::IntoClientRequest, client::client_with_config,
};

use crate::{between::Kind, load::RESPONSE};

/// Both ends, as bytes: the conversation has begun.
pub(crate) struct Line {
    pub(crate) client: TcpStream,
    pub(crate) endpoint: TcpStream,
}

impl Line {
    /// Opens a connection through a process, or right to the endpoint, and lets the model begin.
    pub(crate) fn open(
        through: SocketAddr,
        kind: Option<Kind>,
        endpoint: &TcpListener,
    ) -> anyhow::Result<Self> {
        let (client, far) = thread::scope(|scope| {
            let far = scope.spawn(|| -> anyhow::Result<WebSocket<TcpStream>> {
                let (stream, _) = endpoint.accept()?;
                stream.set_nodelay(true)?;
                accept(stream).map_err(|error| anyhow::anyhow!("{error}"))
            });
            let client = connect(through);
            (client, far.join())
        });
        let mut client = client?;
        let mut far = far.ok().context("no connection to the endpoint")??;
        let session = json!({"type": "realtime", "id": "sess_1", "model": "scripted"});
        say(
            &mut far,
            &json!({"type": "session.created", "session": session}),
        )?;
        if kind == Some(Kind::Proxy) {
            let update = hear(&mut far)?;
            if update["type"] != "session.update" {
                bail!("the proxy offers no tools: {update}");
            }
            let mut session = update["session"].clone();
            session["id"] = json!("sess_1");
            say(
                &mut far,
                &json!({"type": "session.updated", "session": session}),
            )?;
        }
        let response = json!({"id": RESPONSE, "object": "realtime.response", "status": "in_progress",
            "output": []});
        say(
            &mut far,
            &json!({"type": "response.created", "response": response}),
        )?;
        while hear(&mut client)?["type"] != "response.created" {}
        Ok(Self {
            client: client.into_inner(),
            endpoint: far.into_inner(),
        })
    }
}

fn connect(through: SocketAddr) -> anyhow::Result<WebSocket<TcpStream>> {
    let stream = TcpStream::connect(through)?;
    stream.set_nodelay(true)?;
    let request = format!("ws://{through}/v1/realtime?model=scripted").into_client_request()?;
    let opened = client_with_config(request, stream, None);
    Ok(opened.map_err(|error| anyhow::anyhow!("{error}"))?.0)
}

fn say<S: Read + Write>(socket: &mut WebSocket<S>, event: &Value) -> anyhow::Result<()> {
    Ok(socket.send(Message::text(event.to_string()))?)
}

fn hear<S: Read + Write>(socket: &mut WebSocket<S>) -> anyhow::Result<Value> {
    loop {
        if let Message::Text(text) = socket.read()? {
            return Ok(serde_json::from_str(&text)?);
        }
    }
}
