//! [`Counted`]: a connection that knows how much it took; and [`Nobody`], where there is none.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::MaybeTlsStream;

/// A connection to a client that speaks WebSocket already: what is left when an HTTP connection was
/// upgraded.
pub trait ClientLine: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> ClientLine for T {}

/// A connection, and the bytes that it took. A side that takes some is slow, one that takes none is
/// gone.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    inner: S,
    written: u64,
}

impl<S> Counted<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self { inner, written: 0 }
    }
}

/// A connection that knows how many bytes it took.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Returns how many so far.
    fn written(&self) -> u64;
}

impl<S: ClientLine> Line for Counted<S> {
    fn written(&self) -> u64 {
        self.written
    }
}

impl<S: ClientLine> Line for MaybeTlsStream<Counted<S>> {
    fn written(&self) -> u64 {
        match self {
            Self::Plain(stream) => stream.written,
            Self::Rustls(stream) => stream.get_ref().0.written,
            // None other is built.
            _ => 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.written += *count as u64;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// A client that says nothing and takes everything: that of a call, whose client speaks with the
/// endpoint by itself.
#[derive(Debug)]
pub(super) struct Nobody;

impl AsyncRead for Nobody {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Nobody {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
