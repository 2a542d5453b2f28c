//! [`Everything`]: MCP's own reference server as a child process on a free port.

use std::{net::TcpListener, process::Stdio};

use rtmcp::mcp::{Endpoint, HttpTransport, ServerConfig};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::tools::Tools;

/// What the server is called in configurations.
pub(crate) const NAME: &str = "everything";

/// A server that ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Everything {
    child: Child,
    port: u16,
}

impl Everything {
    /// Starts it in a mode of its own command line: `streamableHttp` or `sse`.
    pub(crate) async fn start(tools: &Tools, mode: &str) -> Self {
        // Between looking for a free port and taking it another process may.
        for _ in 0..5 {
            if let Some(server) = Self::try_start(tools, mode, free_port()).await {
                return server;
            }
        }
        panic!("{} {mode} doesn't start", tools.everything);
    }

    async fn try_start(tools: &Tools, mode: &str, port: u16) -> Option<Self> {
        let mut child = Command::new(&tools.everything)
            .arg(mode)
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        if !listens(&mut lines).await {
            return None;
        }
        // It goes on telling, and would stop once nobody takes it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some(Self { child, port })
    }

    /// How to reach it.
    pub(crate) fn reach(&self, path: &str, transport: HttpTransport) -> ServerConfig {
        let url = format!("http://127.0.0.1:{}/{path}", self.port);
        let url = url.parse().unwrap();
        ServerConfig::new(NAME, Endpoint::Http { url, transport })
    }

    /// Ends it, and waits until it is gone.
    pub(crate) async fn end(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Waits until it says that it listens; false if it ends instead.
async fn listens(lines: &mut Lines<BufReader<ChildStderr>>) -> bool {
    while let Ok(Some(line)) = lines.next_line().await {
        // "… listening on port 3001", "Server is running on port 3001".
        if line.contains("on port") {
            return true;
        }
    }
    false
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
