//! From a configuration to a [`Client`]: transport, handshake, protocol revision.

mod child;
mod http;
mod stdio;

use std::sync::{Arc, OnceLock};

use rmcp::{
    ClientServiceExt, RoleClient,
    model::ProtocolVersion,
    service::{ClientInitializeError, ClientLifecycleMode},
    transport::Transport,
};
use url::Url;

use crate::{
    Endpoint, ServerConfig, auth::Authorizer, client::Client, convert, failure::Failure,
    host::Host, http::Clients, inbox::Inbox, loss::Loss, notice::NoticeBoard, tap::Tap,
};

/// Connects to one server, again and again.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) config: Arc<ServerConfig>,
    clients: OnceLock<Arc<Clients>>,
    board: NoticeBoard,
}

impl Connector {
    pub(crate) fn new(config: ServerConfig, board: NoticeBoard) -> Self {
        Self {
            config: Arc::new(config),
            clients: OnceLock::new(),
            board,
        }
    }

    /// Who we are to the server; `None` where nobody is to be.
    pub(crate) fn authorizer(&self) -> Result<Option<Authorizer>, Failure> {
        match &self.config.endpoint {
            Endpoint::Http { url, .. } => Ok(self.clients(url)?.authorizer.clone()),
            Endpoint::Stdio { .. } => Ok(None),
        }
    }

    /// Connects and shakes hands.
    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        match &self.config.endpoint {
            Endpoint::Http { url, transport } => {
                http::connect(self, &self.clients(url)?, url, *transport).await
            }
            Endpoint::Stdio { .. } => stdio::connect(self).await,
        }
    }

    /// Shakes hands over a transport that is open.
    async fn handshake<T>(
        &self,
        transport: T,
        loss: Arc<Loss>,
        mode: Handshake,
    ) -> Result<Client, Failure>
    where
        T: Transport<RoleClient> + 'static,
    {
        let mode = match mode {
            Handshake::Initialize => ClientLifecycleMode::Initialize,
            Handshake::Probe => ClientLifecycleMode::Auto {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
                legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
            },
        };
        let inbox = Arc::new(Inbox::new(&self.config, self.board.clone()));
        let host = Host::new(Arc::clone(&self.config), Arc::clone(&inbox));
        let transport = Tap::new(transport, Arc::clone(&loss), Arc::clone(&inbox));
        match Box::pin(host.serve_with_lifecycle(transport, mode)).await {
            Ok(service) => {
                let config = Arc::clone(&self.config);
                Ok(Client::new(service, config, loss, inbox))
            }
            Err(error) => Err(why(&error, &loss)),
        }
    }

    fn clients(&self, url: &Url) -> Result<Arc<Clients>, Failure> {
        if let Some(clients) = self.clients.get() {
            return Ok(Arc::clone(clients));
        }
        let clients = Clients::new(&self.config, url)?;
        Ok(Arc::clone(self.clients.get_or_init(|| clients)))
    }
}

/// Which handshake a transport is given.
#[derive(Clone, Copy, Debug)]
enum Handshake {
    /// Asks whether the server is of the stateless revision, and does the older handshake if not.
    Probe,
    /// The handshake of revision 2025-11-25 and before.
    Initialize,
}

/// A worker that ended tells only that it ended; the request that it ended for knows more.
fn why(error: &ClientInitializeError, loss: &Loss) -> Failure {
    match convert::from_handshake(error) {
        Failure::Closed => loss.noted().unwrap_or(Failure::Closed),
        failure => failure,
    }
}
