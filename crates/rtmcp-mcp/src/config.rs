//! [`ServerConfig`]: which MCP server to reach, how, and how long to wait for it.

use std::{fmt, path::PathBuf, time::Duration};

use rtmcp_core::{Private, ServerName};
use url::Url;

use crate::{Auth, Guard, LogLevel, failure::Place};

/// One MCP server of a [`Pool`](crate::Pool).
///
/// # Example
///
/// ```
/// use rtmcp_core::Private;
/// use rtmcp_mcp::ServerConfig;
///
/// let url = "https://shop.example/mcp".parse()?;
/// let mut shop = ServerConfig::http("shop", url);
/// shop.bearer = Some(Private::from("a token"));
/// let clock = ServerConfig::stdio("clock", "mcp-server-time", ["--local-timezone", "UTC"]);
/// # assert_ne!(shop.name, clock.name);
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// What its owner calls it; errors and changes name it so.
    pub name: ServerName,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Headers for every HTTP request to it; nothing for stdio.
    pub headers: Vec<(String, Private<String>)>,
    /// The token of `Authorization: Bearer`; nothing for stdio.
    pub bearer: Option<Private<String>>,
    /// Who we are to it, where that takes more than `bearer`; nothing for stdio.
    pub auth: Auth,
    /// Who named the address, and so where it may lead: by default its owner, and so anywhere.
    pub guard: Guard,
    /// How long a connection and its handshake may take.
    ///
    /// 10 s by default over HTTP; 30 s for stdio, where `npx` may have to download the server
    /// first.
    pub connect_timeout: Duration,
    /// How long listing all tools may take: 10 s by default.
    pub list_timeout: Duration,
    /// How many calls may run on it at once: 64 by default. Further ones wait for their turn within
    /// their own time.
    pub max_calls: usize,
    /// A call whose server says how far it is gets its time anew with each progress, until it has
    /// taken this long in all. `None`, the default: progress extends nothing.
    /// [`CallOptions::max_total`](crate::CallOptions::max_total) goes before it.
    pub max_total: Option<Duration>,
    /// Whether its resources are offered to the model, as functions that read: not by default.
    pub resources: bool,
    /// Whether its prompts are offered to the model, as functions that read: not by default.
    pub prompts: bool,
    /// The folder in which its tool list is kept, so that its tools can be offered before it is
    /// there the next time: none by default.
    pub cache: Option<PathBuf>,
    /// Whether it may ask the person something in the course of a call
    /// ([`CallOptions::elicitations`](crate::CallOptions::elicitations)): not by default, and it is
    /// told so.
    pub elicitation: bool,
    /// How long a question waits for its answer: 2 minutes by default. Then it is cancelled.
    pub answer_timeout: Duration,
    /// The folders or addresses that it is told to work in, such as `file:///srv/shop`: none by
    /// default, and then a server that asks is told that there is no such thing here.
    pub roots: Vec<String>,
    /// How grave its log messages must be to be asked for; `None` for no messages at all.
    pub log_level: Option<LogLevel>,
}

impl ServerConfig {
    /// A server behind a URL, its transport found out.
    pub fn http(name: impl Into<ServerName>, url: Url) -> Self {
        let transport = HttpTransport::Auto;
        Self::new(name, Endpoint::Http { url, transport })
    }

    /// A server that is a program on this machine, spoken to over its stdin and stdout.
    pub fn stdio<A: Into<String>>(
        name: impl Into<ServerName>,
        command: impl Into<String>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let endpoint = Endpoint::Stdio {
            command: command.into(),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            cwd: None,
        };
        Self::new(name, endpoint)
    }

    /// A server with default timeouts and without credentials.
    pub fn new(name: impl Into<ServerName>, endpoint: Endpoint) -> Self {
        let connect_timeout = match endpoint {
            Endpoint::Http { .. } => HTTP_CONNECT,
            Endpoint::Stdio { .. } => STDIO_CONNECT,
        };
        Self {
            name: name.into(),
            endpoint,
            headers: Vec::new(),
            bearer: None,
            auth: Auth::None,
            guard: Guard::default(),
            connect_timeout,
            list_timeout: LIST,
            max_calls: MAX_CALLS,
            max_total: None,
            resources: false,
            prompts: false,
            cache: None,
            elicitation: false,
            answer_timeout: ANSWER,
            roots: Vec::new(),
            log_level: Some(LogLevel::Warning),
        }
    }
}

/// Where an MCP server is.
///
/// `Debug` shows neither userinfo nor query of a URL, nor arguments: all may hold a secret.
#[derive(Clone)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete by definition: MCP names these two ways, and whoever reads a config must handle both"
)]
pub enum Endpoint {
    /// Behind a URL.
    Http {
        /// The endpoint, such as `http://127.0.0.1:8091/mcp`.
        url: Url,
        /// Which of the two HTTP transports it speaks.
        transport: HttpTransport,
    },
    /// A program on this machine.
    Stdio {
        /// A program on `PATH`, or a path to one.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Variables on top of this process's own.
        env: Vec<(String, Private<String>)>,
        /// The folder it runs in; this process's own when absent.
        cwd: Option<PathBuf>,
    },
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Place::of(self))
    }
}

/// Which HTTP transport of MCP a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete by definition: MCP has these two HTTP transports"
)]
pub enum HttpTransport {
    /// Tries Streamable HTTP, and HTTP+SSE at the same URL when that is answered with a 4xx.
    #[default]
    Auto,
    /// Streamable HTTP, the transport since revision 2025-03-26.
    StreamableHttp,
    /// HTTP+SSE, the transport of revision 2024-11-05.
    Sse,
}

/// Long enough for a cold container, short enough that a person doesn't give up.
const HTTP_CONNECT: Duration = Duration::from_secs(10);
const STDIO_CONNECT: Duration = Duration::from_secs(30);
const LIST: Duration = Duration::from_secs(10);
/// As many as one connection carries at once.
const MAX_CALLS: usize = 64;
/// Long enough for a person to find a number, short enough that nobody forgot the question.
const ANSWER: Duration = Duration::from_secs(120);
