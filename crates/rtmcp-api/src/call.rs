//! [`CallRequest`]: what a call is made of, and who decides about its tools.

use std::collections::BTreeMap;

use rtmcp_core::Private;
use serde::{Deserialize, Serialize};

/// An MCP server that a session is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// A configured server's name; or, with `url`, the name that the page gives to its own.
    pub name: String,
    /// The address of a server of the page's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `http` (Streamable HTTP) or `sse`; found out where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// Sent with each request to a server of the page's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Private<String>>,
    /// The tools that the model may call, by their names at the server; all where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
}

/// What a session is set up with. Everything has a default in the backend's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The name of a Realtime endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The key of that endpoint, where the page brings one; kept in memory for this session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Private<String>>,
    /// The MCP servers; all configured ones where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<Server>>,
    /// What the model is told about its part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Private<String>>,
    /// The voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
}

/// Asks for a call. A field that doesn't exist is refused: a misspelled `servers` would mean all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FlatRequest")]
pub struct CallRequest {
    /// The browser's side of it.
    #[serde(flatten)]
    pub source: CallSource,
    /// The session.
    #[serde(flatten)]
    pub setup: Setup,
}

/// The browser's side of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallSource {
    /// An offer (SDP), to be passed on to the endpoint.
    Sdp(String),
    /// A call that the browser has made itself, with a [`Token`]: `rtc_…`.
    CallId(String),
}

/// A call that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Names the session at the backend.
    pub id: String,
    /// The endpoint's answer (SDP), where an offer was passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp: Option<String>,
    /// The endpoint's name for the call.
    pub call_id: String,
}

/// Asks for a key that a browser may have. A field that doesn't exist is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FlatRequest")]
pub struct TokenRequest {
    /// The session, which is bound into the key.
    #[serde(flatten)]
    pub setup: Setup,
    /// How long it can be used to begin a call, in seconds: 10 to 7200, 60 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// A key that a browser may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The key: `ek_…`.
    pub value: Private<String>,
    /// Until when it can be used to begin a call, in seconds since 1970.
    pub expires_at: u64,
    /// Where the browser posts its offer, as `application/sdp`.
    pub calls_url: String,
    /// The model that it is bound to.
    pub model: String,
}

/// Both requests as they are written: serde can't refuse unknown fields where it flattens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlatRequest {
    sdp: Option<String>,
    call_id: Option<String>,
    seconds: Option<u32>,
    endpoint: Option<String>,
    key: Option<Private<String>>,
    servers: Option<Vec<Server>>,
    instructions: Option<Private<String>>,
    voice: Option<String>,
}

impl FlatRequest {
    fn setup(self) -> Setup {
        Setup {
            endpoint: self.endpoint,
            key: self.key,
            servers: self.servers,
            instructions: self.instructions,
            voice: self.voice,
        }
    }
}

impl TryFrom<FlatRequest> for CallRequest {
    type Error = &'static str;

    fn try_from(mut flat: FlatRequest) -> Result<Self, Self::Error> {
        if flat.seconds.is_some() {
            return Err("`seconds` is for keys, and a call has none");
        }
        let source = match (flat.sdp.take(), flat.call_id.take()) {
            (Some(sdp), None) => CallSource::Sdp(sdp),
            (None, Some(call_id)) => CallSource::CallId(call_id),
            _ => return Err("give one of `sdp` and `call_id`"),
        };
        let setup = flat.setup();
        Ok(Self { source, setup })
    }
}

impl TryFrom<FlatRequest> for TokenRequest {
    type Error = &'static str;

    fn try_from(flat: FlatRequest) -> Result<Self, Self::Error> {
        if flat.sdp.is_some() || flat.call_id.is_some() {
            return Err("`sdp` and `call_id` are for calls, and a key comes before the call");
        }
        let seconds = flat.seconds;
        let setup = flat.setup();
        Ok(Self { setup, seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_says_comes_back() {
        let text = r#"{"sdp":"v=0","endpoint":"openai","servers":[{"name":"shop","allow":["a"]}]}"#;
        let request: CallRequest = serde_json::from_str(text).unwrap();
        assert_eq!(request.source, CallSource::Sdp("v=0".to_owned()));
        assert_eq!(serde_json::to_string(&request).unwrap(), text);
        let text = r#"{"voice":"marin","seconds":60}"#;
        let request: TokenRequest = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), text);
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for text in [
            r#"{"sdp":"v=0","server":[]}"#,
            r#"{"sdp":"v=0","call_id":"rtc_1"}"#,
            r#"{"sdp":"v=0","servers":[{"name":"shop","alow":[]}]}"#,
            r#"{"voice":"marin"}"#,
        ] {
            assert!(serde_json::from_str::<CallRequest>(text).is_err(), "{text}");
        }
        let text = r#"{"sdp":"v=0"}"#;
        assert!(serde_json::from_str::<TokenRequest>(text).is_err());
    }
}
