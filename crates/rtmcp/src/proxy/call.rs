//! Requests to the REST API of an endpoint: calls and keys that have our tools, too.

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use reqwest::multipart::{Form, Part};
use rtmcp_core::{Private, RealtimeCallId, session::FunctionTool};
use serde_json::{Map, Value, json};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{
    Proxied, ProxyEnd, ProxyRefusal, ProxyRequest,
    counted::{Counted, Nobody},
    driver::Driver,
    hands::Hands,
    leg::{self, Leg},
    merge::merge,
};
use crate::{
    Agent, bridge,
    connect::{Passed, PassedBody},
};

/// A client's request to the REST API, to be passed on.
#[derive(Clone, Debug)]
pub struct ProxyPost {
    /// What is asked for.
    pub target: ProxyTarget,
    /// The names and values of its query.
    pub query: Vec<(String, String)>,
    /// The key that the endpoint is shown in place of the configured one.
    pub key: Option<Private<String>>,
    /// The key for the sideband of a call, in place of the configured one.
    pub sideband_key: Option<Private<String>>,
    /// Headers that go on to the endpoint.
    pub headers: HeaderMap,
    /// What is sent.
    pub body: ProxyBody,
}

/// What a request to the REST API is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyTarget {
    /// A key for browsers.
    ClientSecrets,
    /// A call that a client offers.
    Calls,
    /// A call from a phone, which is taken.
    Accept(RealtimeCallId),
    /// A call, and the last part of the path.
    Call(RealtimeCallId, &'static str),
}

/// The body of a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ProxyBody {
    /// Bytes of a type.
    Bytes(Option<HeaderValue>, Private<Vec<u8>>),
    /// Parts of a form.
    Form(Vec<ProxyPart>),
}

/// A part of a form.
#[derive(Clone, Debug)]
pub struct ProxyPart {
    /// Its name.
    pub name: String,
    /// Its type.
    pub content_type: Option<HeaderValue>,
    /// What it holds.
    pub bytes: Private<Vec<u8>>,
}

/// What an endpoint answered.
#[derive(Clone, Debug)]
pub struct ProxyAnswer {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Private<Vec<u8>>,
}

/// A call that a client made through the proxy, whose tools are to be answered.
#[derive(Debug)]
pub struct ProxiedCall {
    call_id: RealtimeCallId,
    sideband: Proxied,
}

impl Agent {
    /// Passes a request on to the endpoint, our tools among those of its session, and returns the
    /// answer. Of a call that the endpoint has taken, its sideband is open then: somebody must
    /// [run](ProxiedCall::run) it, or nobody answers the tools.
    ///
    /// # Errors
    ///
    /// [`ProxyRefusal`] when the endpoint can't be reached, and when the sideband of the call can't be
    /// opened; the call is ended then.
    pub async fn proxy_post(
        &self,
        post: ProxyPost,
    ) -> Result<(ProxyAnswer, Option<ProxiedCall>), ProxyRefusal> {
        self.settled().await;
        let tools = bridge::functions(&self.router());
        let body = with_tools(&post.target, post.body, &tools);
        let passed = Passed {
            path: &post.target.path(),
            query: &post.query,
            key: post.key.as_ref(),
            headers: post.headers.clone(),
            body,
        };
        let answered = self.rest.pass(passed).await?;
        let answer = ProxyAnswer {
            status: answered.status,
            headers: answered.headers,
            body: Private::new(answered.body),
        };
        let Some(call_id) = post.target.begun(&answer) else {
            return Ok((answer, None));
        };
        let request = ProxyRequest {
            query: vec![("call_id".to_owned(), call_id.to_string())],
            key: post.sideband_key.clone(),
            headers: post.headers,
        };
        match self.proxy(request).await {
            Ok(sideband) => Ok((answer, Some(ProxiedCall { call_id, sideband }))),
            Err(refusal) => {
                self.give_up(&call_id, post.sideband_key.as_ref()).await;
                Err(refusal)
            }
        }
    }

    /// Ends a call whose tools nobody would answer.
    async fn give_up(&self, call_id: &RealtimeCallId, key: Option<&Private<String>>) {
        let passed = Passed {
            path: &["calls", call_id.as_str(), "hangup"],
            query: &[],
            key,
            headers: HeaderMap::new(),
            body: PassedBody::Bytes(None, Vec::new()),
        };
        if let Err(error) = self.rest.pass(passed).await {
            debug!(%error, "a call without a sideband was not ended");
        }
    }
}

impl ProxiedCall {
    /// Returns the name of the call.
    pub const fn call_id(&self) -> &RealtimeCallId {
        &self.call_id
    }

    /// Answers the tools of the call until it ends, or this is `stopped`. The call goes on without
    /// tools then.
    pub async fn run(self, stopped: CancellationToken) -> ProxyEnd {
        let config = Some(leg::socket_config());
        let nobody = Counted::new(Nobody);
        let nobody = WebSocketStream::from_raw_socket(nobody, Role::Server, config).await;
        let endpoint = Leg::new(self.sideband.endpoint);
        let hands = Hands::new(Leg::silent(nobody), endpoint);
        Box::pin(Driver::new(hands, self.sideband.parts).run(stopped)).await
    }
}

impl ProxyTarget {
    /// Below `/v1/realtime`.
    fn path(&self) -> Vec<&str> {
        match self {
            Self::ClientSecrets => vec!["client_secrets"],
            Self::Calls => vec!["calls"],
            Self::Accept(call_id) => vec!["calls", call_id.as_str(), "accept"],
            Self::Call(call_id, verb) => vec!["calls", call_id.as_str(), verb],
        }
    }

    /// Returns the call that an answer says has begun.
    fn begun(&self, answer: &ProxyAnswer) -> Option<RealtimeCallId> {
        match self {
            _ if !answer.status.is_success() => None,
            Self::Accept(call_id) => Some(call_id.clone()),
            Self::Calls => call_id(&answer.headers),
            Self::ClientSecrets | Self::Call(..) => None,
        }
    }
}

/// Returns the name of a new call: the end of its address.
fn call_id(headers: &HeaderMap) -> Option<RealtimeCallId> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let path = location.split(['?', '#']).next()?;
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    (!name.is_empty()).then(|| RealtimeCallId::from(name))
}

/// Puts our tools into the session of a request. What can't be read is for the endpoint to refuse.
fn with_tools(target: &ProxyTarget, body: ProxyBody, tools: &[FunctionTool]) -> PassedBody {
    match body {
        ProxyBody::Bytes(content_type, bytes) => {
            let bytes = bytes.into_exposed();
            let merged = match target {
                ProxyTarget::ClientSecrets => merged(&bytes, |body| {
                    let session = body.entry("session");
                    let session = session.or_insert_with(|| json!({"type": "realtime"}));
                    if let Some(session) = session.as_object_mut() {
                        merge(session, tools);
                    }
                }),
                ProxyTarget::Accept(_) => merged(&bytes, |body| merge(body, tools)),
                ProxyTarget::Calls | ProxyTarget::Call(..) => None,
            };
            PassedBody::Bytes(content_type, merged.unwrap_or(bytes))
        }
        ProxyBody::Form(parts) => {
            let mut form = Form::new();
            for part in parts {
                let mut bytes = part.bytes.into_exposed();
                if part.name == "session"
                    && let Some(merged) = merged(&bytes, |body| merge(body, tools))
                {
                    bytes = merged;
                }
                let mut headers = HeaderMap::new();
                if let Some(kind) = part.content_type {
                    headers.insert(CONTENT_TYPE, kind);
                }
                form = form.part(part.name, Part::bytes(bytes).headers(headers));
            }
            PassedBody::Form(form)
        }
    }
}

/// Changes an object of JSON; none where it is none.
fn merged(bytes: &[u8], change: impl FnOnce(&mut Map<String, Value>)) -> Option<Vec<u8>> {
    let mut object = match bytes {
        [] => Map::new(),
        bytes => serde_json::from_slice(bytes).ok()?,
    };
    change(&mut object);
    serde_json::to_vec(&object).ok()
}
