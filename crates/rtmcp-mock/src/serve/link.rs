//! What a tool may do to the connection and the session that its own call came over.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::request::Parts;
use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions};
use rmcp::service::{RequestContext, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The way of one call back to its client.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    cut: CancellationToken,
    session: Option<Session>,
    reply: Option<Reply>,
}

/// A session that a client names in its requests.
#[derive(Debug, Clone)]
struct Session {
    id: String,
    forgotten: Forgotten,
}

/// The response that the call will be answered in, on a connection that answers one at a time.
#[derive(Debug, Clone)]
struct Reply {
    flushes: watch::Receiver<u64>,
    /// Flushes before the request: one more, and the response has begun.
    before: u64,
}

impl Link {
    /// A link that breaks when `cut` is cancelled, outside any session.
    pub(super) fn new(cut: CancellationToken) -> Self {
        Self {
            cut,
            session: None,
            reply: None,
        }
    }

    /// A link whose response begins before the call has ended.
    pub(super) fn with_reply(self, flushes: watch::Receiver<u64>) -> Self {
        let before = *flushes.borrow();
        Self {
            reply: Some(Reply { flushes, before }),
            ..self
        }
    }

    pub(super) fn in_session(self, id: String, forgotten: Forgotten) -> Self {
        Self {
            session: Some(Session { id, forgotten }),
            ..self
        }
    }

    /// The link that a call came over.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Option<Self> {
        let direct = context.extensions.get::<Self>();
        // rmcp hands Streamable HTTP's request on as a whole.
        let in_request = || context.extensions.get::<Parts>()?.extensions.get::<Self>();
        direct.or_else(in_request).cloned()
    }

    /// Breaks the connection: in the middle of the response where that comes as a stream, so that
    /// the client has been told how to resume it, and otherwise at once.
    pub(crate) async fn cut(mut self) {
        if let Some(Reply { flushes, before }) = &mut self.reply {
            // An error says that the connection is gone already.
            let _ = flushes.wait_for(|flushes| flushes > before).await;
        }
        self.cut.cancel();
    }

    /// Lets the session be unknown from its next request on; false where there is none.
    pub(crate) fn forget_session(&self) -> bool {
        let Some(session) = &self.session else {
            return false;
        };
        session.forgotten.insert(session.id.clone());
        true
    }
}

/// Sessions to be dropped when they are next asked for: at once would lose the reply to the very
/// call that asked for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Forgotten {
    ids: Arc<Mutex<HashSet<String>>>,
}

impl Forgotten {
    fn insert(&self, id: String) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id);
    }

    /// Whether the session is to be dropped now.
    pub(super) fn take(&self, id: &str) -> bool {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.remove(id)
    }
}

/// A transport that tells each request which link it came over.
pub(super) struct Linked<T> {
    pub(super) transport: T,
    pub(super) link: Link,
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Linked<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.transport.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let mut message = self.transport.receive().await?;
        if let ClientJsonRpcMessage::Request(request) = &mut message {
            request.request.extensions_mut().insert(self.link.clone());
        }
        Some(message)
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.transport.close().await
    }
}
