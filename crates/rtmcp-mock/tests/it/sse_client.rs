//! A client's side of HTTP+SSE, just enough to speak to an honest server.

use std::future::ready;
use std::io;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use sse_stream::{Sse, SseStream};

/// An open event stream, and where to POST.
pub(crate) struct SseClient {
    http: reqwest::Client,
    messages: String,
    events: BoxStream<'static, Sse>,
}

impl SseClient {
    pub(crate) async fn connect(url: &str) -> Self {
        let http = reqwest::Client::new();
        let response = http.get(url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let events = SseStream::from_bytes_stream(response.bytes_stream());
        // A broken stream ends like a closed one.
        let mut events = events.scan((), |(), event| ready(event.ok())).boxed();

        let first = events.next().await.unwrap();
        assert_eq!(first.event.as_deref(), Some("endpoint"));
        let endpoint = first.data.unwrap();
        assert!(endpoint.starts_with("/message?sessionId="), "{endpoint}");
        let base = url.strip_suffix("/sse").unwrap();
        Self {
            http,
            messages: format!("{base}{endpoint}"),
            events,
        }
    }

    /// The address to POST to.
    pub(crate) fn messages(&self) -> &str {
        &self.messages
    }

    /// The next event; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Sse> {
        self.events.next().await
    }
}

impl Transport<RoleClient> for SseClient {
    type Error = io::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let post = self.http.post(&self.messages).json(&message).send();
        async move {
            let sent = post.await.and_then(reqwest::Response::error_for_status);
            sent.map(drop).map_err(io::Error::other)
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        let event = self.next().await?;
        assert_eq!(event.event.as_deref(), Some("message"));
        Some(serde_json::from_str(&event.data.unwrap()).unwrap())
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.events = futures_util::stream::empty().boxed();
        Ok(())
    }
}
