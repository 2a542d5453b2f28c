//! TCP connections that can be cut from this side, and the listener that accepts them.

use std::future::Future;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::stats::Stats;

/// Accepts connections that all break when `crash` is cancelled.
pub(super) struct Listener {
    tcp: TcpListener,
    crash: CancellationToken,
    connections: TaskTracker,
    stats: Stats,
}

impl Listener {
    pub(super) fn new(
        tcp: TcpListener,
        crash: CancellationToken,
        connections: TaskTracker,
        stats: Stats,
    ) -> Self {
        Self {
            tcp,
            crash,
            connections,
            stats,
        }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Severable<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = axum::serve::Listener::accept(&mut self.tcp).await;
        // Replies are small and follow each other: waiting to fill a packet stalls a pooled client
        // for its delayed acknowledgement, some 40 ms a call.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        self.stats.count(|seen| seen.connections += 1);
        let mut connection = Severable::new(stream, self.crash.child_token());
        connection.open = Some(self.connections.token());
        (connection, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// The connection that a request came over, as seen by its handlers.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// Cancel it to break the connection.
    pub(super) cut: CancellationToken,
    /// How often something was written and flushed.
    pub(super) flushes: watch::Receiver<u64>,
}

impl Connected<IncomingStream<'_, Listener>> for Origin {
    fn connect_info(incoming: IncomingStream<'_, Listener>) -> Self {
        let connection = incoming.io();
        Self {
            cut: connection.cut.clone(),
            flushes: connection.flushes.subscribe(),
        }
    }
}

/// A stream that fails as if the network had, once its token is cancelled.
pub(super) struct Severable<T> {
    io: T,
    cut: CancellationToken,
    cut_happens: Pin<Box<WaitForCancellationFutureOwned>>,
    flushes: watch::Sender<u64>,
    /// Whether something was written since the last flush.
    unflushed: bool,
    /// Counts the connection as open until it is dropped.
    open: Option<TaskTrackerToken>,
}

impl<T> Severable<T> {
    pub(super) fn new(io: T, cut: CancellationToken) -> Self {
        let cut_happens = Box::pin(cut.clone().cancelled_owned());
        Self {
            io,
            cut,
            cut_happens,
            flushes: watch::Sender::default(),
            unflushed: false,
            open: None,
        }
    }

    /// An error once it is cut; until then, wakes the task when that happens.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.cut_happens.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionReset.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Severable<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Severable<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        self.unflushed = true;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        if mem::take(&mut self.unflushed) {
            self.flushes.send_modify(|flushes| *flushes += 1);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
