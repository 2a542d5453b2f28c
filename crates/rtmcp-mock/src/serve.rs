//! Serving a sample server over HTTP (both transports on one port), stdio, or a pipe.
//!
//! | path | transport |
//! |---|---|
//! | `/mcp` | Streamable HTTP, with sessions for revisions that have them |
//! | `/sse`, `/message` | HTTP+SSE of 2024-11-05: an event stream that names the address to POST to |
//!
//! Host and Origin are checked as the MCP specification asks, against DNS rebinding: a request must
//! name this machine (`localhost`, `127.0.0.1`, `[::1]`, the bound address, or one given to
//! [`Server::host`]), on any port.

mod connection;
mod guard;
mod link;
mod pipe;
mod sse;
mod streamable;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use pipe::{pipe, stdio};

use crate::oauth::OAuth;
use crate::sample::Sample;
use crate::stats::Stats;
use connection::{Listener, Origin};
use guard::Guard;
pub(crate) use link::Link;

/// How long [`Running::shutdown`] lets replies go out before it drops their connections.
const GRACE: Duration = Duration::from_secs(1);

/// A sample server and the terms on which it is served over HTTP.
pub struct Server<S> {
    sample: S,
    bearer: Option<String>,
    header: Option<(String, String)>,
    oauth: Option<OAuth>,
    hosts: Vec<String>,
}

impl<S: Sample> Server<S> {
    /// Serves `sample` to everyone on this machine.
    #[must_use]
    pub fn new(sample: S) -> Self {
        Self {
            sample,
            bearer: None,
            header: None,
            oauth: None,
            hosts: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into(),
        }
    }

    /// Answers 401 to every request without `Authorization: Bearer {token}`.
    #[must_use]
    pub fn bearer(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into());
        self
    }

    /// Answers 401 to every request without this header, for servers that take a key of their own.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.header = Some((name.into(), value.into()));
        self
    }

    /// Lets in only whom a person let in: keep a clone of `oauth` to see and change who that is.
    #[must_use]
    pub fn oauth(mut self, oauth: OAuth) -> Self {
        self.oauth = Some(oauth);
        self
    }

    /// Also answers requests that name this host, without a port: what a container is reached as.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Binds `addr` (port 0 takes a free one) and serves from then on, in the background.
    ///
    /// # Errors
    ///
    /// When the address can't be bound.
    pub async fn bind(mut self, addr: SocketAddr) -> io::Result<Running> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        self.hosts.push(addr.ip().to_string());

        let stats = self.sample.stats().clone();
        let stop = CancellationToken::new();
        let crash = CancellationToken::new();
        let connections = TaskTracker::new();
        let listener = Listener::new(listener, crash.clone(), connections.clone(), stats.clone());
        let app = self
            .app(&stop)
            .into_make_service_with_connect_info::<Origin>();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, app).with_graceful_shutdown(stopped);
            // axum retries failed accepts itself: this future has no error to report.
            let _ = served.await;
        });
        Ok(Running {
            addr,
            stats,
            stop,
            crash,
            connections,
            task,
        })
    }

    fn app(self, stop: &CancellationToken) -> Router {
        let guard = Guard::new(
            self.sample.stats().clone(),
            self.bearer,
            self.header,
            self.hosts,
            self.oauth.clone(),
        );
        let doors = self.oauth.map(|oauth| oauth.routes()).unwrap_or_default();
        streamable::routes(self.sample.clone(), guard.hosts(), stop.clone())
            .merge(sse::routes(self.sample, stop.clone()))
            .merge(doors)
            .layer(middleware::from_fn_with_state(guard, guard::check))
    }
}

/// Shows no token.
impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("bearer", &self.bearer.is_some())
            .field("header", &self.header.as_ref().map(|(name, _)| name))
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// A server that is being served. Dropping it ends it as [`Running::abort`] does.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stats: Stats,
    stop: CancellationToken,
    crash: CancellationToken,
    connections: TaskTracker,
    task: JoinHandle<()>,
}

impl Running {
    /// The address that was bound, with its real port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where Streamable HTTP is spoken: `http://127.0.0.1:PORT/mcp`.
    #[must_use]
    pub fn url_mcp(&self) -> String {
        format!("http://{}/mcp", self.reachable())
    }

    /// Where HTTP+SSE is spoken: `http://127.0.0.1:PORT/sse`.
    #[must_use]
    pub fn url_sse(&self) -> String {
        format!("http://{}/sse", self.reachable())
    }

    /// What was asked of the server.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Ends in order: takes no more connections, cancels the calls that are under way, ends the
    /// event streams, and returns when all is closed, after a second at the latest.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        // Past the grace, dropping `self` cuts what is left.
        let _ = tokio::time::timeout(GRACE, &mut self.task).await;
    }

    /// Ends as a crash would: every connection is cut where it is, and the port is closed. Both
    /// have happened when this returns.
    pub async fn abort(mut self) {
        self.cut();
        // The task was just aborted, so its end is that it was cancelled.
        let _ = (&mut self.task).await;
        self.connections.close();
        self.connections.wait().await;
    }

    /// The connections first, so that no reply of a handler that is being stopped gets out.
    fn cut(&self) {
        self.crash.cancel();
        self.task.abort();
        self.stop.cancel();
    }

    /// The bound address, or loopback where every address was bound.
    fn reachable(&self) -> SocketAddr {
        let ip = match self.addr.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.addr.port())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cut();
    }
}
