//! [`serve`]: connections, and none for longer or more of them than somebody needs.
//!
//! Browsers and attackers differ in one thing here: who speaks with the backend sends requests.

use std::{io::ErrorKind, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_service::Service;
use tracing::debug;

use super::{
    Shared,
    config::BackendConfig,
    peer::Peer,
    silence::notice_silence,
    slots::{Slot, Slots},
};

/// Returns room for as many connections as there may be.
pub(super) fn slots(config: &BackendConfig) -> Arc<Slots<Peer>> {
    let limits = &config.limits;
    let of_each = match config.behind_proxy {
        // All come from the proxy.
        true => limits.connections,
        false => limits.connections_per_peer,
    };
    Slots::new(of_each, limits.connections)
}

/// Serves until it is told to stop, and then until the last answer is out.
pub(super) async fn serve(
    backend: &Shared,
    listener: TcpListener,
    app: Router,
    stopped: CancellationToken,
) {
    let connections = TaskTracker::new();
    loop {
        let (socket, addr) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = stopped.cancelled() => break,
        };
        let Ok(slot) = backend.connections.take(&Peer::at(addr)) else {
            debug!("a connection too many is closed");
            continue;
        };
        notice_silence(&socket);
        let idle = backend.config.limits.idle;
        let held = Held(Arc::new(slot));
        let serving = speak(socket, (addr, held), app.clone(), idle, stopped.clone());
        connections.spawn(serving);
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Waits for a connection, through what goes wrong with others.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                debug!(%error, "a connection can't be accepted");
                // The other end gave up, or this machine is short of something for a while.
                let gave_up = [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];
                if !gave_up.contains(&error.kind()) {
                    sleep(SHORTAGE).await;
                }
            }
        }
    }
}

const SHORTAGE: Duration = Duration::from_millis(500);

/// Far above what a browser sends; it is kept for each connection.
const HEAD_BYTES: usize = 64 * 1024;

/// The place of a connection among all of them, for as long as anybody holds it: one that becomes a
/// WebSocket outlives what HTTP knows of it.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "it is held, not read")]
pub(super) struct Held(Arc<Slot<Peer>>);

/// Answers what comes over a connection.
async fn speak(
    socket: TcpStream,
    (addr, held): (SocketAddr, Held),
    app: Router,
    idle: Duration,
    stopped: CancellationToken,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(addr));
        request.extensions_mut().insert(held.clone());
        app.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection broke off");
    }
}
