//! A backend between an endpoint that is played and the sample shop.

use std::net::SocketAddr;

use rtmcp::{Config, mcp::ServerConfig};
use rtmcp_server::serve::{Backend, BackendConfig};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{browser::Browser, endpoint::Endpoint};
use crate::stage::{KEY, LOOPBACK, shop};

/// A backend that serves.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) endpoint: Endpoint,
    pub(super) shop: rtmcp_mock::serve::Running,
    pub(super) backend: Backend,
    pub(super) addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A stage whose backend is configured in another way.
    pub(super) async fn with(change: impl FnOnce(&mut BackendConfig)) -> Self {
        let (endpoint, shop) = (Endpoint::new().await, shop().await);
        let url = format!("http://{}/v1", endpoint.addr);
        let config = Config::new(url.parse().unwrap())
            .api_key(KEY)
            .instructions("You help the customers of a small shop.")
            .server(ServerConfig::http("shop", shop.url_mcp().parse().unwrap()));
        let mut config = BackendConfig::new(config);
        // A test has more questions than a person.
        config.limits.visitor.burst = 1000;
        config.limits.peer.burst = 1000;
        change(&mut config);
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let backend = Backend::new(config.listening(addr)).unwrap();
        let serving = backend.clone();
        let never = CancellationToken::new();
        let task = tokio::spawn(async move {
            serving.serve(listener, serving.router(), never).await;
        });
        Self {
            endpoint,
            shop,
            backend,
            addr,
            task,
        }
    }

    pub(super) async fn browser(&self) -> Browser {
        Browser::new(self.addr).await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.task.abort();
    }
}
