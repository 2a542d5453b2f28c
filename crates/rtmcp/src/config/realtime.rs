//! [`Realtime`]: an endpoint, the session that it is asked for, and the addresses of both.

use std::{str::FromStr, time::Duration};

use rtmcp_core::{Dialect, Private, RealtimeCallId, SessionConfig};
use url::{Host, Url};

use super::Gateway;

/// The endpoint and the session that it is asked for.
#[derive(Clone, Debug)]
pub struct Realtime {
    /// The address of the API, such as `https://api.openai.com/v1`; its sockets are below it. The
    /// address of the socket itself, such as `wss://api.openai.com/v1/realtime`, means the same.
    pub url: Url,
    /// The model; chosen by the address of a session.
    pub model: String,
    /// The key; endpoints on one's own machine often need none. One for clients (`ek_…`) opens
    /// sessions with what is bound into it, and nothing else.
    pub api_key: Option<Private<String>>,
    /// What is asked for: instructions, voice, transcription, turn detection.
    pub session: SessionConfig,
    /// What [`Agent::connect`](crate::Agent::connect) connects over.
    pub transport: Transport,
    /// Which naming of the protocol the endpoint speaks: the published one by default.
    pub dialect: Dialect,
    /// How a socket shows the key.
    pub auth: Auth,
    /// Whether a conversation goes on over a new connection when the one that it has ends: when it
    /// breaks, and before the endpoint's limit for a session. On by default. Over a WebSocket the
    /// endpoint is told everything again, over WebRTC in a new call; a sideband joins its call again,
    /// which never ended.
    pub reconnect: bool,
    /// Answers the calls of pages here, for an endpoint that has only WebSockets; none by default,
    /// and calls are the endpoint's.
    pub gateway: Option<Gateway>,
    /// How long connecting may take: 10 s by default.
    pub connect_timeout: Duration,
}

/// How a socket shows the key to the endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// In a header of the request: `Authorization: Bearer …`, and for Azure `api-key: …`.
    #[default]
    Header,
    /// As a subprotocol, as browsers must, who can't set headers: `realtime`, and
    /// `openai-insecure-api-key.…`. For endpoints, and what stands before them, that know only this.
    /// Requests that are none for a socket show the key in a header all the same.
    Subprotocol,
}

impl FromStr for Auth {
    type Err = String;

    /// Reads `header` or `subprotocol`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "header" => Ok(Self::Header),
            "subprotocol" => Ok(Self::Subprotocol),
            _ => Err(format!(
                "`{text}` is no way to show a key: use \"header\" or \"subprotocol\""
            )),
        }
    }
}

/// What carries a session's events and sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// One WebSocket for events and sound: whoever opened it plays the model's speech, and knows
    /// what was heard. Goes wherever HTTPS goes.
    #[default]
    WebSocket,
    /// A WebRTC call: sound as Opus on a track, events on a data channel. The endpoint plays, and
    /// cuts its own speech. Sound that comes late is given up rather than waited for, and needs a
    /// tenth of the bytes; UDP must get through to the endpoint.
    WebRtc,
}

impl FromStr for Transport {
    type Err = String;

    /// Reads `websocket` or `webrtc`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "websocket" => Ok(Self::WebSocket),
            "webrtc" => Ok(Self::WebRtc),
            _ => Err(format!(
                "`{text}` is no transport here: use \"websocket\" or \"webrtc\""
            )),
        }
    }
}

/// What a socket is opened for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A session of its own.
    Model,
    /// A call that runs: its sideband.
    Call(RealtimeCallId),
}

impl Realtime {
    /// Returns where a browser that has a [`ClientSecret`](crate::ClientSecret) posts its offer, as
    /// `application/sdp`: `https://api.openai.com/v1/realtime/calls`. It holds nothing secret.
    pub fn calls_url(&self) -> Url {
        let mut url = self.rest_url(&["calls"]);
        // Neither fails for an address that has a host.
        let _ = (url.set_username(""), url.set_password(None));
        url
    }

    /// Tells whether the key is one for clients, into which a session is bound: `ek_…`.
    pub(crate) fn has_client_secret(&self) -> bool {
        let key = self.api_key.as_ref().map(Private::expose);
        key.is_some_and(|key| key.starts_with("ek_"))
    }

    /// Returns an address of the REST API.
    pub(crate) fn rest_url(&self, path: &[&str]) -> Url {
        let mut url = self.base("http");
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    /// Returns the address of a socket.
    pub(crate) fn socket_url(&self, target: &Target) -> Url {
        let mut url = self.base("ws");
        let (name, value) = match target {
            Target::Model => ("model", self.model.as_str()),
            Target::Call(call_id) => ("call_id", call_id.as_str()),
        };
        url.query_pairs_mut().append_pair(name, value);
        url
    }

    /// Returns the address of a socket that a client of the proxy asks for: for the configured model
    /// where it names nothing.
    pub(crate) fn proxied_url(&self, query: &[(String, String)]) -> Url {
        let mut url = self.base("ws");
        let is_named =
            |(name, _): &(String, String)| ["model", "call_id", "intent"].contains(&name.as_str());
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(query);
        if !query.iter().any(is_named) {
            pairs.append_pair("model", &self.model);
        }
        drop(pairs);
        url
    }

    /// Tells whether the endpoint is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Returns the address that all others are below; `scheme` is the one without TLS.
    fn base(&self, scheme: &str) -> Url {
        let mut url = self.url.clone();
        let scheme = match url.scheme() {
            "http" | "ws" => scheme.to_owned(),
            _ => format!("{scheme}s"),
        };
        // Fails only between schemes of different classes, and these are of one.
        let _ = url.set_scheme(&scheme);
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/realtime").unwrap_or(path);
        let path = format!("{path}/realtime");
        url.set_path(&path);
        url
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    use super::*;

    fn realtime(url: &str) -> Realtime {
        let mut config = Config::new(url.parse().unwrap());
        config.realtime.model = "m".to_owned();
        config.realtime
    }

    #[test]
    fn the_sockets_are_below_the_api() {
        for (given, expected) in [
            (
                "https://api.openai.com/v1",
                "wss://api.openai.com/v1/realtime?model=m",
            ),
            (
                "http://127.0.0.1:8090/v1/",
                "ws://127.0.0.1:8090/v1/realtime?model=m",
            ),
            (
                "ws://127.0.0.1:8090/v1/realtime",
                "ws://127.0.0.1:8090/v1/realtime?model=m",
            ),
            (
                "wss://x.openai.azure.com/openai/v1/realtime?a=b",
                "wss://x.openai.azure.com/openai/v1/realtime?a=b&model=m",
            ),
        ] {
            let url = realtime(given).socket_url(&Target::Model);
            assert_eq!(url.as_str(), expected);
        }
        let sideband = Target::Call("rtc_1&model=x".into());
        assert_eq!(
            realtime("http://127.0.0.1:8090/v1")
                .socket_url(&sideband)
                .as_str(),
            "ws://127.0.0.1:8090/v1/realtime?call_id=rtc_1%26model%3Dx"
        );
    }

    #[test]
    fn calls_are_below_the_api_and_their_address_is_for_anybody() {
        for (given, expected) in [
            (
                "https://api.openai.com/v1",
                "https://api.openai.com/v1/realtime/calls",
            ),
            (
                "wss://user:secret@example.com/v1/realtime?a=b",
                "https://example.com/v1/realtime/calls?a=b",
            ),
        ] {
            assert_eq!(realtime(given).calls_url().as_str(), expected);
        }
        let hang_up = realtime("ws://127.0.0.1:8090/v1").rest_url(&["calls", "a/../b", "hangup"]);
        assert_eq!(
            hang_up.as_str(),
            "http://127.0.0.1:8090/v1/realtime/calls/a%2F..%2Fb/hangup"
        );
    }
}
