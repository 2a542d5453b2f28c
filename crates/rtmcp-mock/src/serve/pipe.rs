//! Serving one client over a pair of byte streams, one JSON-RPC message a line.

use std::io;

use rmcp::RoleServer;
use rmcp::service::{ServerInitializeError, serve_server};
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::connection::Severable;
use super::link::{Link, Linked};
use crate::sample::{Handler, Sample};

/// Serves `sample` over this process's stdin and stdout until the client closes them.
///
/// # Errors
///
/// When the client opens with something that no MCP client says first.
pub async fn stdio<S: Sample>(sample: S) -> io::Result<()> {
    let (stdin, stdout) = rmcp::transport::stdio_pipes();
    pipe(sample, stdin, stdout).await
}

/// Serves `sample` to the client that writes what `read` reads, until it closes.
///
/// # Errors
///
/// When the client opens with something that no MCP client says first.
pub async fn pipe<S, R, W>(sample: S, read: R, write: W) -> io::Result<()>
where
    S: Sample,
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let cut = CancellationToken::new();
    let read = Severable::new(read, cut.clone());
    let write = Severable::new(write, cut.clone());
    let transport = Linked {
        transport: AsyncRwTransport::<RoleServer, _, _>::new(read, write),
        link: Link::new(cut.clone()),
    };
    let service = match serve_server(Handler(sample), transport).await {
        Ok(service) => service,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(_) => {
            let reason = "the client did not open with initialize or server/discover";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
    };
    tokio::select! {
        // The reason why it ended is the client's, not an error of serving it.
        _ = service.waiting() => {}
        () = cut.cancelled() => {}
    }
    Ok(())
}
