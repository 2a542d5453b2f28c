//! [`Proxied`]: a client of the Realtime API that knows nothing of rtmcp, between which and the
//! endpoint the tools come in.
//!
//! [`rtmcp_session::proxy::Proxy`] decides what goes on and what is done; here it is joined with
//! both sockets and the tools.

mod call;
mod counted;
mod driver;
mod ends;
mod hands;
mod leg;
mod merge;
mod natives;
mod parting;
mod pump;
mod redial;

use std::sync::Arc;

use rtmcp_core::Private;
use rtmcp_session::{
    Handover,
    proxy::{Native, Proxy, ProxyEvent, ProxyOptions},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{http::HeaderMap, protocol::Role},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Agent, ConnectError, NativeTools,
    attachment::Attachment,
    bridge,
    connect::{self, Dial, DialError, Dialed},
    tools::Tools,
};
pub use call::{ProxiedCall, ProxyAnswer, ProxyBody, ProxyPart, ProxyPost, ProxyTarget};
pub use counted::ClientLine;
pub(crate) use counted::Counted;
use driver::{Driver, Parts};
pub use ends::{ProxyEnd, ProxySide};
use hands::{Hands, Watch, Workers};
use leg::Leg;
use natives::Natives;
use redial::Redial;

/// What a client asks for, to be passed on to the endpoint.
#[derive(Clone, Debug, Default)]
pub struct ProxyRequest {
    /// The names and values of its query: `model`, `call_id`, `intent` and whatever else. Where it
    /// names none of these three, the configured model is asked for.
    pub query: Vec<(String, String)>,
    /// The key that the endpoint is shown in place of the configured one.
    pub key: Option<Private<String>>,
    /// Headers that go on to the endpoint.
    pub headers: HeaderMap,
}

/// Why a client isn't connected.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
#[non_exhaustive]
pub struct ProxyRefusal {
    /// What was seen.
    pub error: ConnectError,
    /// The endpoint's answer, where there is one.
    pub answer: Option<ProxyAnswer>,
}

/// A client's connection to an endpoint, which waits for the client.
#[derive(Debug)]
pub struct Proxied {
    endpoint: WebSocketStream<Dialed>,
    headers: HeaderMap,
    parts: Box<Parts>,
}

impl Agent {
    /// Opens a connection to the endpoint for a client, which [`Proxied::serve`] then serves: it
    /// has our tools besides its own, and notices nothing of them.
    ///
    /// Where the client asks for a call that a session of this program leads, or for a
    /// transcription, everything is passed on without tools of ours.
    ///
    /// # Errors
    ///
    /// [`ProxyRefusal`] when the endpoint can't be reached or opens no session.
    pub async fn proxy(&self, request: ProxyRequest) -> Result<Proxied, ProxyRefusal> {
        let attachment = self.proxy_lead(&request.query);
        let has_tools = match attachment {
            Lead::Session => request.query.iter().all(|(name, _)| name != "intent"),
            Lead::Call(_) => true,
            Lead::Other => false,
        };
        let dial = self.proxy_dial(request);
        let settled = async { Ok(has_tools && self.settled().await) };
        let dialed = async { connect::dial(&dial).await.map_err(ProxyRefusal::from) };
        let ((endpoint, headers), _) = tokio::try_join!(dialed, settled)?;
        Ok(Proxied {
            endpoint,
            headers,
            parts: Box::new(self.proxy_parts(dial, has_tools, attachment)),
        })
    }

    fn proxy_dial(&self, request: ProxyRequest) -> Dial {
        let mut realtime = self.config.realtime.clone();
        if request.key.is_some() {
            realtime.api_key = request.key;
        }
        Dial {
            realtime,
            query: request.query,
            headers: request.headers,
            config: leg::socket_config(),
        }
    }

    /// Takes the right to answer the tools of a call, where it is one.
    fn proxy_lead(&self, query: &[(String, String)]) -> Lead {
        match query.iter().find(|(name, _)| name == "call_id") {
            None => Lead::Session,
            Some((_, id)) => {
                let taken = Attachment::take(&self.config.realtime, &id.as_str().into());
                taken.map_or(Lead::Other, Lead::Call)
            }
        }
    }

    fn proxy_parts(&self, dial: Dial, has_tools: bool, lead: Lead) -> Parts {
        let mut roster = self.roster.clone();
        // Seen: only later tools are news.
        let router = roster.borrow_and_update().clone();
        // What a call or a transcription has heard can't be said again.
        let handover = match lead {
            Lead::Session if has_tools && dial.realtime.reconnect => Handover::Replay,
            _ => Handover::None,
        };
        let native = self.config.proxy.as_ref().map(|it| it.native);
        let options = ProxyOptions {
            tools: if has_tools {
                bridge::functions(&router)
            } else {
                Vec::new()
            },
            id_prefix: redial::random_prefix(),
            handover,
            native: match native.unwrap_or_default() {
                NativeTools::Pass => Native::Pass,
                NativeTools::Emulate => Native::Emulate,
            },
            ..ProxyOptions::default()
        };
        let redaction = router.redaction().clone();
        let (tools, news) = Tools::new(Arc::clone(&self.pool), router);
        let tools = tools.with_turns(self.config.calls_per_session);
        let strangers = self.config.safety.strangers();
        let (natives, native_news) = Natives::new(strangers, redaction);
        Parts {
            proxy: Proxy::new(options),
            workers: Workers { tools, natives },
            news,
            native_news,
            roster: has_tools.then_some(roster),
            redial: Redial::new(dial),
            lead,
            watch: Watch::default(),
        }
    }
}

/// Whose tools are answered.
#[derive(Debug)]
enum Lead {
    /// Those of a session of its own.
    Session,
    /// Those of a call.
    #[expect(dead_code, reason = "it is held, not read")]
    Call(Attachment),
    /// None: another session leads the call.
    Other,
}

impl Proxied {
    /// Returns the headers of the endpoint's answer.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Has `watch` told of what happens, as it happens, by the task that serves: it must not block.
    #[must_use]
    pub fn watched(mut self, watch: impl Fn(&ProxyEvent) + Send + 'static) -> Self {
        self.parts.watch = Watch(Some(Box::new(watch)));
        self
    }

    /// Serves the client until either side ends it, or it is `stopped`.
    ///
    /// Both sides are polled by the task that calls this. What comes from one side waits until the
    /// other takes it, so that memory is bounded, and no event is left out.
    pub async fn serve(self, client: impl ClientLine, stopped: CancellationToken) -> ProxyEnd {
        let config = Some(leg::socket_config());
        let client = Counted::new(client);
        let client = WebSocketStream::from_raw_socket(client, Role::Server, config).await;
        let hands = Hands::new(Leg::new(client), Leg::new(self.endpoint));
        // Boxed, as what reads and writes is large.
        Box::pin(Driver::new(hands, self.parts).run(stopped)).await
    }
}

impl From<DialError> for ProxyRefusal {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Failed(error) => Self {
                error,
                answer: None,
            },
            DialError::Refused {
                status,
                headers,
                body,
                error,
            } => Self {
                error,
                answer: Some(ProxyAnswer {
                    status,
                    headers,
                    body,
                }),
            },
        }
    }
}

impl From<ConnectError> for ProxyRefusal {
    fn from(error: ConnectError) -> Self {
        Self {
            error,
            answer: None,
        }
    }
}
