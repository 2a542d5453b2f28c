//! The least that gets a tool call from a Realtime model to an MCP server and back.
//!
//! No deadlines, no reconnecting, no checks, one call after the other: what rtmcp is held against.

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite::Message,
};

use crate::script;

/// Opens a session and attends to it in the background.
pub(crate) async fn open(endpoint: &str, tools: &str) -> anyhow::Result<()> {
    let url = format!("ws://{endpoint}/v1/realtime?model=scripted");
    let (socket, _) = connect_async_with_config(url, None, true).await?;
    let session = Session {
        socket,
        tools: Connection::open(tools).await?,
        calls: 0,
        answered: 0,
    };
    tokio::spawn(async move {
        if let Err(error) = session.run().await {
            println!("trouble: {error:#}");
        }
    });
    Ok(())
}

struct Session {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    tools: Connection,
    calls: u64,
    /// Calls whose outputs the model hasn't been asked about.
    answered: u64,
}

impl Session {
    async fn run(mut self) -> anyhow::Result<()> {
        while let Some(message) = self.socket.next().await {
            let Message::Text(text) = message? else {
                continue;
            };
            let event: Value = serde_json::from_str(&text)?;
            self.receive(&event).await?;
        }
        Ok(())
    }

    async fn receive(&mut self, event: &Value) -> anyhow::Result<()> {
        match event["type"].as_str() {
            Some("session.created") => {
                let function = json!({
                    "type": "function",
                    "name": script::TOOL,
                    "parameters": script::schema(),
                });
                let session = json!({"type": "realtime", "tools": [function]});
                self.send(&json!({"type": "session.update", "session": session}))
                    .await
            }
            Some("response.output_item.done") if event["item"]["type"] == "function_call" => {
                self.call(&event["item"]).await
            }
            Some("response.done") if self.answered > 0 => {
                self.answered = 0;
                self.send(&json!({"type": "response.create"})).await
            }
            _ => Ok(()),
        }
    }

    async fn call(&mut self, item: &Value) -> anyhow::Result<()> {
        let arguments = item["arguments"].as_str().context("no arguments")?;
        let arguments: Value = serde_json::from_str(arguments)?;
        self.calls += 1;
        let request = json!({
            "jsonrpc": "2.0",
            "id": self.calls,
            "method": "tools/call",
            "params": {"name": item["name"], "arguments": arguments},
        });
        let answer = self.tools.post(&request.to_string()).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let output = json!({
            "type": "function_call_output",
            "call_id": item["call_id"],
            "output": answer["result"]["content"][0]["text"],
        });
        self.answered += 1;
        self.send(&json!({"type": "conversation.item.create", "item": output}))
            .await
    }

    async fn send(&mut self, event: &Value) -> anyhow::Result<()> {
        let message = Message::text(event.to_string());
        Ok(self.socket.send(message).await?)
    }
}

/// A connection to an HTTP server that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Connection {
    async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\n"
        );
        Ok(Self {
            stream: BufReader::new(stream),
            head,
        })
    }

    async fn post(&mut self, body: &str) -> anyhow::Result<Vec<u8>> {
        let (head, length) = (&self.head, body.len());
        let request = format!("{head}Content-Length: {length}\r\n\r\n{body}");
        self.stream.write_all(request.as_bytes()).await?;
        let mut line = String::new();
        let mut length = 0;
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                bail!("the MCP server hung up");
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse()?;
                }
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }
}
