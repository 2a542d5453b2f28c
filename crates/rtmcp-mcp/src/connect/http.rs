//! Streamable HTTP, HTTP+SSE, and finding out which of them a server speaks.

use std::{sync::Arc, time::Duration};

use rmcp::transport::{
    StreamableHttpClientTransport, common::client_side_sse::ExponentialBackoff,
    streamable_http_client::StreamableHttpClientTransportConfig,
};
use url::Url;

use super::{Connector, Handshake};
use crate::{
    HttpTransport,
    client::Client,
    convert,
    failure::Failure,
    http::{Clients, HttpClient},
    loss::Loss,
    sse::SseTransport,
};

pub(super) async fn connect(
    connector: &Connector,
    clients: &Arc<Clients>,
    url: &Url,
    transport: HttpTransport,
) -> Result<Client, Failure> {
    match transport {
        HttpTransport::StreamableHttp => streamable(connector, clients, url).await,
        HttpTransport::Sse => sse(connector, clients, url).await,
        HttpTransport::Auto => match streamable(connector, clients, url).await {
            Err(first) if first.suggests_sse() => {
                tracing::debug!("no Streamable HTTP there, trying HTTP+SSE");
                sse(connector, clients, url)
                    .await
                    .map_err(|second| both(first, second))
            }
            result => result,
        },
    }
}

async fn streamable(
    connector: &Connector,
    clients: &Arc<Clients>,
    url: &Url,
) -> Result<Client, Failure> {
    match streamable_as(connector, clients, url, Handshake::Probe).await {
        // Some older servers answer what they don't know with an empty result, not with an error.
        Err(Failure::NotMcp(convert::NO_HANDSHAKE)) => {
            streamable_as(connector, clients, url, Handshake::Initialize).await
        }
        result => result,
    }
}

async fn streamable_as(
    connector: &Connector,
    clients: &Arc<Clients>,
    url: &Url,
    mode: Handshake,
) -> Result<Client, Failure> {
    let loss = Arc::new(Loss::default());
    let http = HttpClient::new(Arc::clone(clients), Arc::clone(&loss));
    let mut options = StreamableHttpClientTransportConfig::with_uri(url.as_str());
    // A lost session is one more lost connection to the supervisor, which lists the tools anew.
    options.reinit_on_expired_session = false;
    options.max_concurrent_requests = CONCURRENT_POSTS;
    let mut retry = ExponentialBackoff::default();
    retry.max_times = Some(STREAM_RETRIES);
    retry.base_duration = STREAM_RETRY;
    retry.max_delay = Some(STREAM_RETRY_MAX);
    options.retry_config = Arc::new(retry);
    let transport = StreamableHttpClientTransport::with_client(http, options);
    connector.handshake(transport, loss, mode).await
}

async fn sse(connector: &Connector, clients: &Arc<Clients>, url: &Url) -> Result<Client, Failure> {
    let loss = Arc::new(Loss::default());
    let http = HttpClient::new(Arc::clone(clients), Arc::clone(&loss));
    let transport = SseTransport::connect(http, url).await?;
    // The stateless revision has no such transport.
    connector
        .handshake(transport, loss, Handshake::Initialize)
        .await
}

/// What to report when neither transport worked.
fn both(streamable: Failure, sse: Failure) -> Failure {
    match sse {
        // These say more than that there is no endpoint.
        Failure::Unauthorized(_) | Failure::Rpc(_) | Failure::Unreachable => sse,
        _ => Failure::BothTransports {
            streamable: Box::new(streamable),
            sse: Box::new(sse),
        },
    }
}

/// A voice session runs a handful of calls at once; a pool serves many sessions.
const CONCURRENT_POSTS: usize = 64;
/// A broken stream is reopened after 0.25 s, 0.5 s … 5 s; a server that is gone is noticed at the
/// first of them, so that this is for one that answers and can't serve.
const STREAM_RETRY: Duration = Duration::from_millis(250);
const STREAM_RETRY_MAX: Duration = Duration::from_secs(5);
const STREAM_RETRIES: usize = 10;
