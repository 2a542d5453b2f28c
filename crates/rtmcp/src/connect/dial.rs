//! [`dial`]: a socket to an endpoint for a client of the proxy, as that client asks for it.

use rtmcp_core::Private;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{
        Error as WsError,
        client::IntoClientRequest,
        handshake::client::{Request, Response},
        http::{HeaderMap, StatusCode},
        protocol::WebSocketConfig,
    },
};

use super::{ConnectError, key, place};
use crate::{
    config::{Realtime, Target},
    proxy::Counted,
};

/// What carries it.
pub(crate) type Dialed = MaybeTlsStream<Counted<TcpStream>>;

/// What a client asks an endpoint for.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    /// The endpoint, with the key that it is shown.
    pub(crate) realtime: Realtime,
    /// Names and values of the query.
    pub(crate) query: Vec<(String, String)>,
    /// Headers, besides those of the connection and of the key.
    pub(crate) headers: HeaderMap,
    pub(crate) config: WebSocketConfig,
}

/// No socket.
#[derive(Debug)]
pub(crate) enum DialError {
    /// The endpoint's own words.
    Refused {
        status: StatusCode,
        headers: HeaderMap,
        body: Private<Vec<u8>>,
        /// The same in ours.
        error: ConnectError,
    },
    /// It didn't come to words.
    Failed(ConnectError),
}

impl DialError {
    pub(crate) const fn error(&self) -> &ConnectError {
        match self {
            Self::Refused { error, .. } | Self::Failed(error) => error,
        }
    }
}

/// Opens a socket. Returns it with the headers of the answer.
pub(crate) async fn dial(dial: &Dial) -> Result<(WebSocketStream<Dialed>, HeaderMap), DialError> {
    let realtime = &dial.realtime;
    let too_slow = || {
        DialError::Failed(ConnectError::TooSlow {
            place: place(&realtime.url),
            after: realtime.connect_timeout,
        })
    };
    let request = request(dial).map_err(DialError::Failed)?;
    let opened = timeout(realtime.connect_timeout, open(dial, request)).await;
    match opened.map_err(|_| too_slow())? {
        Ok((socket, response)) => Ok((socket, response.into_parts().0.headers)),
        Err(error) => Err(trouble(dial, error)),
    }
}

fn request(dial: &Dial) -> Result<Request, ConnectError> {
    let url = dial.realtime.proxied_url(&dial.query);
    let request = url.as_str().into_client_request();
    let mut request = request.map_err(|error| ConnectError::Unreachable {
        place: place(&dial.realtime.url),
        detail: error.to_string(),
    })?;
    let headers = request.headers_mut();
    for (name, value) in &dial.headers {
        headers.append(name, value.clone());
    }
    if let Some((name, value)) = key::of_socket(&dial.realtime)? {
        headers.insert(name, value);
    }
    Ok(request)
}

async fn open(
    dial: &Dial,
    request: Request,
) -> Result<(WebSocketStream<Dialed>, Response), WsError> {
    let uri = request.uri();
    let default_port = if uri.scheme_str() == Some("wss") {
        443
    } else {
        80
    };
    let port = uri.port_u16().unwrap_or(default_port);
    let host = uri.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, port)).await?;
    // A word of speech is a small message: it must not wait for more.
    stream.set_nodelay(true)?;
    let stream = Counted::new(stream);
    client_async_tls_with_config(request, stream, Some(dial.config), None).await
}

fn trouble(dial: &Dial, error: WsError) -> DialError {
    let realtime = &dial.realtime;
    let (status, headers, body) = match &error {
        WsError::Http(response) => (
            response.status(),
            response.headers().clone(),
            response.body().clone().unwrap_or_default(),
        ),
        _ => {
            let error =
                ConnectError::from_ws(place(&realtime.url), realtime, &dial.target(), error);
            return DialError::Failed(error);
        }
    };
    DialError::Refused {
        status,
        headers,
        body: Private::new(body),
        error: ConnectError::from_ws(place(&realtime.url), realtime, &dial.target(), error),
    }
}

impl Dial {
    fn target(&self) -> Target {
        let call = self.query.iter().find(|(name, _)| name == "call_id");
        call.map_or(Target::Model, |(_, id)| Target::Call(id.as_str().into()))
    }
}
