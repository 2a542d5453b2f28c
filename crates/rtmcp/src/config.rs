//! [`Config`]: which endpoint, which servers, which rules; from code or from TOML.

mod approvals;
mod gateway;
mod proxy;
mod raw;
mod realtime;
mod safety;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rtmcp_core::{
    Dialect, Nullable, Private, SessionConfig,
    session::{AudioConfig, AudioInput, AudioOutput, Transcription, Voice},
};
use rtmcp_mcp::ServerConfig;
use rtmcp_router::{RouterConfig, ServerRules};
use url::Url;

use crate::tools::CALLS_PER_SESSION;

pub use approvals::{ApprovalSettings, Audit, AuditArguments, DecisionKeys, SpokenWords, Webhook};
pub use gateway::Gateway;
pub use proxy::{NativeTools, ProxyConfig, ProxyKeys, ProxyOrigins};
pub(crate) use realtime::Target;
pub use realtime::{Auth, Realtime, Transport};
pub use safety::Safety;

/// Everything an [`Agent`](crate::Agent) needs to know.
///
/// # Example: from TOML
///
/// ```
/// let config = rtmcp::Config::from_toml(r#"
///     [realtime]
///     url = "http://127.0.0.1:8090/v1"
///     instructions = "You help the customers of a small shop."
///
///     [[mcp]]
///     name = "shop"
///     url = "http://127.0.0.1:8091/mcp"
///     approve = "never"
/// "#)?;
/// assert_eq!(config.servers.len(), 1);
/// # Ok::<(), rtmcp::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The endpoint and the session that it is asked for.
    pub realtime: Realtime,
    /// The MCP servers.
    pub servers: Vec<ServerConfig>,
    /// What is allowed on each, when somebody is asked, and functions of the owner's own.
    pub router: RouterConfig,
    /// How long a new session waits for MCP servers that are still connecting, so that the model
    /// has their tools from the first word; tools of slower servers come later. 3 s by default.
    pub wait_for_tools: Duration,
    /// How many calls of one session run at a time; 8 by default. The others wait for their turn, and
    /// their waiting counts into their deadlines; more than 32 that wait are refused.
    pub calls_per_session: usize,
    /// Who may be a client of the Realtime API here; none by default.
    pub proxy: Option<ProxyConfig>,
    /// Which addresses are reached when somebody other than the owner names them.
    pub safety: Safety,
    /// The file with what was [approved](crate::pins) of each tool, whose content is in
    /// [`OfferRules::pins`](rtmcp_router::OfferRules::pins): the tools of a server that it doesn't
    /// know are added to it. None by default.
    pub pins: Option<PathBuf>,
    /// By which ways somebody decides about calls, and where decisions are written down.
    pub approvals: ApprovalSettings,
}

/// The address of OpenAI.
pub const OPENAI_URL: &str = "https://api.openai.com/v1";

/// The model, unless another one is named: the newest that OpenAI's own SDK uses.
pub const DEFAULT_MODEL: &str = "gpt-realtime-2.1";

/// The model that writes down what the person says, unless another one is named.
pub const DEFAULT_TRANSCRIPTION: &str = "gpt-4o-mini-transcribe";

impl Config {
    /// A configuration for an endpoint, without servers: speech in and out, transcribed. For the
    /// address see [`Realtime::url`].
    pub fn new(url: Url) -> Self {
        Self {
            realtime: Realtime {
                url,
                model: DEFAULT_MODEL.to_owned(),
                api_key: None,
                session: spoken(DEFAULT_TRANSCRIPTION),
                transport: Transport::default(),
                dialect: Dialect::default(),
                auth: Auth::default(),
                reconnect: true,
                gateway: None,
                connect_timeout: Duration::from_secs(10),
            },
            servers: Vec::new(),
            router: RouterConfig::default(),
            wait_for_tools: Duration::from_secs(3),
            calls_per_session: CALLS_PER_SESSION,
            proxy: None,
            pins: None,
            approvals: ApprovalSettings::default(),
            safety: Safety::default(),
        }
    }

    /// Adds a server with default rules: all its tools, and somebody is asked before one that may
    /// change something.
    #[must_use]
    pub fn server(self, server: ServerConfig) -> Self {
        let rules = ServerRules::new(server.name.clone());
        self.server_with(server, rules)
    }

    /// Adds a server with rules. The rules get the server's name.
    #[must_use]
    pub fn server_with(mut self, server: ServerConfig, mut rules: ServerRules) -> Self {
        rules.name = server.name.clone();
        self.router.servers.push(rules);
        self.servers.push(server);
        self
    }

    /// Tells the model about its part.
    #[must_use]
    pub fn instructions(mut self, text: impl Into<String>) -> Self {
        self.realtime.session.instructions = Some(Private::new(text.into()));
        self
    }

    /// Uses a key.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.realtime.api_key = Some(Private::new(key.into()));
        self
    }

    /// Reads a configuration from TOML. Secrets are looked up in the environment and in files, as
    /// the text says.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the text isn't TOML, a field is unknown or contradicts another one, or
    /// a secret isn't where the text says.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        raw::parse(text)?.resolve(Path::new("."))
    }

    /// Reads a configuration from a TOML file. Relative paths in it start at the file's folder.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml), and when the file can't be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.display().to_string(),
            error,
        })?;
        raw::parse(&text)?.resolve(path.parent().unwrap_or(Path::new(".")))
    }
}

/// A session that hears and speaks, and writes down what it hears.
fn spoken(transcription: &str) -> SessionConfig {
    let input = AudioInput {
        transcription: Nullable::Set(Transcription {
            model: Some(transcription.to_owned()),
            ..Transcription::default()
        }),
        ..AudioInput::default()
    };
    SessionConfig {
        audio: Some(AudioConfig {
            input: Some(input),
            ..AudioConfig::default()
        }),
        ..SessionConfig::realtime()
    }
}

/// Names the voice of a session.
fn with_voice(session: &mut SessionConfig, voice: String) {
    let audio = session.audio.get_or_insert_default();
    audio.output = Some(AudioOutput {
        voice: Some(Voice::Name(voice)),
        ..AudioOutput::default()
    });
}

/// A configuration that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read {path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The text isn't TOML, or a field is missing, unknown or of another type.
    #[error("line {line}: {trouble}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong, without the text itself: it may be a key in the wrong place.
        trouble: String,
    },
    /// A field has a value that can't be meant.
    #[error("`{field}`: {trouble}")]
    Field {
        /// The field, as a path.
        field: String,
        /// What is wrong and what to do.
        trouble: String,
    },
    /// The rules for tools contradict each other.
    #[error(transparent)]
    Rules(#[from] rtmcp_router::ConfigError),
}
