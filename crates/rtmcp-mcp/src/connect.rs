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
    Endpoint, ServerConfig,
    client::{Client, Host},
    convert,
    failure::Failure,
    http::Clients,
    loss::Loss,
    tap::Tap,
};

/// Connects to one server, again and again.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) config: ServerConfig,
    clients: OnceLock<Arc<Clients>>,
}

impl Connector {
    pub(crate) fn new(config: ServerConfig) -> Self {
        let clients = OnceLock::new();
        Self { config, clients }
    }

    /// Connects and shakes hands.
    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        match &self.config.endpoint {
            Endpoint::Http { url, transport } => {
                http::connect(&self.clients(url)?, url, *transport).await
            }
            Endpoint::Stdio { .. } => stdio::connect(&self.config.endpoint).await,
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

async fn handshake<T>(transport: T, loss: Arc<Loss>, mode: Handshake) -> Result<Client, Failure>
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
    let transport = Tap::new(transport, Arc::clone(&loss));
    match Box::pin(Host.serve_with_lifecycle(transport, mode)).await {
        Ok(service) => Ok(Client::new(service, loss)),
        Err(error) => Err(why(&error, &loss)),
    }
}

/// A worker that ended tells only that it ended; the request that it ended for knows more.
fn why(error: &ClientInitializeError, loss: &Loss) -> Failure {
    match convert::from_handshake(error) {
        Failure::Closed => loss.noted().unwrap_or(Failure::Closed),
        failure => failure,
    }
}
