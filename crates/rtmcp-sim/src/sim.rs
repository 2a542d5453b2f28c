//! [`Sim`]: the server, and [`Running`]: the handle to it.

mod admission;
mod call;
mod calls;
mod cors;
mod refusal;
mod rest;
mod secrets;
mod socket;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::{Query, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::HeaderMap,
    middleware,
    response::{IntoResponse, Response},
    routing,
    serve::ListenerExt,
};
use rtmcp_core::limits;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    SimConfig,
    faults::Dealt,
    session::{Player, Setup},
};
use admission::{Admission, Terms};
use calls::Calls;
use refusal::Refusal;
use secrets::Secrets;

/// Bytes that a connection reads at once. An idle session holds a buffer of this size, and by
/// default it would be eight times that.
const READ_BUFFER: usize = 16 * 1024;

/// A Realtime server.
#[derive(Debug)]
pub struct Sim;

/// A server that runs until it is shut down or dropped.
///
/// Dropping it is [`abort`](Self::abort).
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    server: Arc<Server>,
    accepting: JoinHandle<()>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) config: SimConfig,
    /// Where calls are served: where everything else is.
    pub(crate) ip: IpAddr,
    pub(crate) calls: Calls,
    pub(crate) secrets: Secrets,
    seed: u64,
    /// Sessions end in good order.
    pub(crate) stop: CancellationToken,
    /// Connections break.
    pub(crate) kill: CancellationToken,
    pub(crate) connections: TaskTracker,
    open: AtomicU64,
    opened: watch::Sender<u64>,
    /// How often somebody asked for a session.
    asked: AtomicU64,
}

impl Sim {
    /// Listens, and serves sessions in the background.
    ///
    /// # Errors
    ///
    /// When the address can't be listened on, such as when the port is taken.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example(engines: rtmcp_sim::Engines) -> std::io::Result<()> {
    /// use rtmcp_sim::{Sim, SimConfig};
    ///
    /// let sim = Sim::bind(([127, 0, 0, 1], 0).into(), SimConfig::new(engines)).await?;
    /// println!("{}", sim.url()); // ws://127.0.0.1:40123/v1/realtime
    /// sim.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn bind(addr: SocketAddr, config: SimConfig) -> io::Result<Running> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        // Deltas are small and each is wanted at once.
        let listener = listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY can't be set");
            }
        });
        let server = Arc::new(Server::new(config, addr.ip()));
        let router = Router::new()
            .route("/v1/realtime", routing::get(realtime))
            .merge(rest::routes())
            .fallback(rest::unknown)
            .method_not_allowed_fallback(rest::unknown_method)
            .layer(middleware::from_fn(cors::allow))
            .with_state(Arc::clone(&server));
        let stopped = server.stop.clone().cancelled_owned();
        let serving = axum::serve(listener, router).with_graceful_shutdown(stopped);
        let accepting = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::warn!(%error, "the server stopped");
            }
        });
        tracing::debug!(%addr, "listening");
        Ok(Running {
            addr,
            server,
            accepting,
        })
    }
}

impl Running {
    /// Returns where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns what a client connects to, without the `model`: `ws://…/v1/realtime`.
    pub fn url(&self) -> String {
        format!("ws://{}/v1/realtime", self.addr)
    }

    /// Returns what the REST side begins with: `http://…/v1/realtime`, to which `/calls` or
    /// `/client_secrets` is added.
    pub fn http_url(&self) -> String {
        format!("http://{}/v1/realtime", self.addr)
    }

    /// Lets all client secrets that were made so far expire now, for tests that can't wait. What
    /// they opened goes on.
    pub fn expire_secrets(&self) {
        self.server.secrets.expire();
    }

    /// Returns how many sessions are open, calls among them.
    pub fn sessions(&self) -> u64 {
        self.server.open.load(Ordering::Relaxed)
    }

    /// Returns how many sessions there have been.
    pub fn sessions_so_far(&self) -> u64 {
        *self.server.opened.borrow()
    }

    /// Waits until there have been so many sessions.
    pub async fn opened(&self, sessions: u64) {
        let mut opened = self.server.opened.subscribe();
        // The sender is ours: it is there for as long as this is.
        let _ = opened.wait_for(|opened| *opened >= sessions).await;
    }

    /// Ends all sessions with close code 1001 and waits until they are gone.
    pub async fn shutdown(self) {
        self.server.stop.cancel();
        self.server.connections.close();
        self.server.connections.wait().await;
    }

    /// Drops all connections without a word, as a crash would.
    pub fn abort(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.kill.cancel();
        self.accepting.abort();
    }
}

impl Server {
    fn new(config: SimConfig, ip: IpAddr) -> Self {
        let seed = config.seed.unwrap_or_else(socket::random_seed);
        Self {
            config,
            ip,
            calls: Calls::default(),
            secrets: Secrets::new(),
            seed,
            stop: CancellationToken::new(),
            kill: CancellationToken::new(),
            connections: TaskTracker::new(),
            open: AtomicU64::new(0),
            opened: watch::Sender::new(0),
            asked: AtomicU64::new(0),
        }
    }

    /// Counts a session for as long as the guard lives, and returns the seed of its ids.
    pub(crate) fn count_session(self: &Arc<Self>) -> (Counted, u64) {
        let mut number = 0;
        self.opened.send_modify(|opened| {
            number = *opened;
            *opened += 1;
        });
        self.open.fetch_add(1, Ordering::Relaxed);
        // Far apart, so that the ids of two sessions never meet.
        let seed = self.seed.wrapping_add(number.wrapping_mul(1 << 40));
        (Counted(Arc::clone(self)), seed)
    }

    /// Returns what goes wrong with the next session, or refuses it if that is it.
    pub(crate) fn deal_faults(&self) -> Result<Dealt, Refusal> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let faults = self.config.faults.of_session(number);
        match faults.refusal() {
            Some(trouble) => Err(trouble.into()),
            None => Ok(faults),
        }
    }

    /// What a session begins with.
    pub(crate) fn setup(&self, terms: Terms, player: Player, seed: u64) -> Setup {
        let seconds = terms.faults.seconds();
        let seconds = seconds.unwrap_or(self.config.session_seconds);
        Setup {
            model: terms.model,
            updates: terms.updates,
            player,
            pacing: self.config.pacing,
            seed,
            seconds,
            expires_at: unix_seconds() + seconds,
        }
    }
}

/// Returns the time in seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |it| it.as_secs())
}

/// A session that is open.
#[derive(Debug)]
pub(crate) struct Counted(Arc<Server>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn realtime(
    State(server): State<Arc<Server>>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let admission = match Admission::check(&server, &query, &headers) {
        Ok(admission) => admission,
        Err(refusal) => return refusal.into_response(),
    };
    let Ok(upgrade) = upgrade else {
        return Refusal::no_websocket().into_response();
    };
    upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(limits::FRAME_BYTES)
        .max_frame_size(limits::FRAME_BYTES)
        .protocols([admission::PROTOCOL])
        .on_upgrade(move |socket| async move {
            let tracker = server.connections.clone();
            tracker
                .track_future(socket::serve(server, socket, admission))
                .await;
        })
}
