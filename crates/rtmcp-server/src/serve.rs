//! [`Backend`]: the HTTP API by which a page holds calls without a key.
//!
//! The page makes a WebRTC offer, the backend posts it to the Realtime endpoint with the key, and
//! leads the call over the endpoint's sideband: it runs the tools there, and tells the page what
//! happens. [`rtmcp_api`] has the words of the API, `docs/api.md` its routes.
//!
//! ```no_run
//! use rtmcp_server::serve::{Backend, BackendConfig};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let config = rtmcp::Config::from_file("rtmcp.toml")?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let backend = Backend::new(BackendConfig::new(config).listening(listener.local_addr()?))?;
//! let stopped = tokio_util::sync::CancellationToken::new();
//! backend.serve(listener, backend.router(), stopped).await;
//! backend.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Where the configuration has a [`ProxyConfig`](rtmcp::ProxyConfig), it is a Realtime endpoint, too:
//! clients that know nothing of rtmcp gain its tools. `docs/proxy.md` says who is let in there.
//!
//! # Who may do what
//!
//! - A browser is known by a random cookie, and sees its own sessions alone.
//! - A request must name the backend's own host, and one that changes something must come from a
//!   page of the same origin: neither another site nor a name that was made to mean this machine
//!   gets through.
//! - The configuration decides which endpoints, servers and tools there are. A page can choose among
//!   them, and bring a key or servers of its own only where
//!   [`own_key`](BackendConfig::own_key) or [`own_servers`](BackendConfig::own_servers) says so.
//! - Keys, tokens and headers go into no answer and no log; what endpoints and servers repeat of
//!   them is taken out.
//! - A call that nobody watches any more is ended.

mod approvals;
mod body;
mod budget;
mod calls;
mod choice;
mod config;
mod decide;
mod diagnostics;
mod elicitations;
mod guard;
mod journal;
mod listen;
mod lookout;
mod origin;
mod own;
mod peer;
mod proxy;
mod recorder;
mod refusal;
mod routes;
mod scrub;
mod session;
mod sessions;
mod settings;
mod sign_in;
mod silence;
mod slots;
mod stream;
mod tools;
mod trouble;
mod visitor;
mod wire;

use std::{sync::Arc, time::Duration};

use axum::Router;
use rtmcp::{Agent, Config, ConfigError};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use config::{BackendConfig, Limits, NamedEndpoint, Rate};
pub use proxy::{PROXY_ROUTES, ProxyRoute};
pub use routes::{ROUTES, Route};

use budget::Budgets;
use origin::Origins;
use peer::Peer;
use proxy::Proxying;
use recorder::Ending;
use sessions::Sessions;
use sign_in::SignIns;
use slots::Slots;
use visitor::Visitor;

/// The backend of pages that hold calls. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Backend(Shared);

/// What all requests share.
type Shared = Arc<Common>;

#[derive(Debug)]
struct Common {
    config: BackendConfig,
    origins: Origins,
    peers: Budgets<Peer>,
    visitors: Budgets<Visitor>,
    calls: Arc<Slots<Visitor>>,
    callers: Arc<Slots<Peer>>,
    connections: Arc<Slots<Peer>>,
    proxied: Arc<Slots<Peer>>,
    proxying: Option<Arc<Proxying>>,
    sessions: Sessions,
    sign_ins: SignIns,
    /// Leads the calls that take the servers as they are configured.
    agent: Agent,
    /// What it was made of.
    base: Config,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A backend that can't be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// There is no endpoint.
    #[error("a backend needs a Realtime endpoint: name one")]
    NoEndpoint,
    /// The rules for tools contradict each other.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Backend {
    /// Starts to connect the servers, in the background.
    ///
    /// # Errors
    ///
    /// [`BackendError`] when there is no endpoint, or the rules for tools contradict each other.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with IO and time enabled.
    pub fn new(config: BackendConfig) -> Result<Self, BackendError> {
        let first = config.endpoints.first().ok_or(BackendError::NoEndpoint)?;
        let base = Config {
            realtime: first.realtime.clone(),
            servers: config.servers.clone(),
            router: config.router.clone(),
            wait_for_tools: config.wait_for_tools,
            calls_per_session: config.calls_per_session,
            proxy: config.proxy.clone(),
            approvals: config.approvals.clone(),
            safety: config.safety.clone(),
            pins: config.pins.clone(),
        };
        Ok(Self(Arc::new(Common {
            origins: Origins::new(&config),
            peers: Budgets::new(config.limits.peer),
            visitors: Budgets::new(config.limits.visitor),
            calls: Slots::new(config.limits.calls_per_visitor, config.limits.calls),
            callers: Slots::new(config.limits.calls_per_peer, config.limits.calls),
            connections: listen::slots(&config),
            proxied: Slots::new(config.limits.proxied_per_peer, config.limits.proxied),
            proxying: proxying(&config),
            sessions: Sessions::default(),
            sign_ins: SignIns::default(),
            agent: Agent::new(base.clone())?,
            base,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            config,
        })))
    }

    /// Returns the API: everything under `/api`, and under `/v1` where there is a proxy, without a fallback, for merging with other routes.
    ///
    /// Serve it with [`serve`](Self::serve), or elsewhere with
    /// `into_make_service_with_connect_info::<SocketAddr>()`: otherwise all visitors count as one
    /// address for the limits.
    pub fn router(&self) -> Router {
        routes::router(&self.0).merge(proxy::router(&self.0))
    }

    /// Lets pages that are served beside the API through the same door: under the names of this
    /// backend alone, and with the cookie, so that the first requests of a page come from one
    /// visitor.
    pub fn pages(&self, pages: Router) -> Router {
        routes::pages(&self.0, pages)
    }

    /// Serves the API, or what it was merged with, until `stopped`, and then until the last answer
    /// is out. Connections that are idle for long or send no request in time are closed, and so are
    /// those above the [limits](Limits), so that nobody can keep others out by holding many.
    pub async fn serve(&self, listener: TcpListener, app: Router, stopped: CancellationToken) {
        listen::serve(&self.0, listener, app, stopped).await;
    }

    /// Ends all calls well, and the connections to the servers: outputs are given, pages told, calls
    /// hung up. Takes 15 s at most for the calls. Nothing new begins meanwhile.
    pub async fn shutdown(&self) {
        let common = &self.0;
        common.stop.cancel();
        common.sessions.end(Ending::Shutdown);
        common.tasks.close();
        let ended = timeout(SHUTDOWN, common.tasks.wait()).await;
        tracing::debug!(in_time = ended.is_ok(), "calls ended");
        common.agent.shutdown().await;
    }
}

/// The Realtime API is that of the first endpoint.
fn proxying(config: &BackendConfig) -> Option<Arc<Proxying>> {
    let realtime = &config.endpoints.first()?.realtime;
    let proxy = config.proxy.clone()?;
    Some(Proxying::new(proxy, realtime))
}

const SHUTDOWN: Duration = Duration::from_secs(15);
