//! [`Reach`]: which MCP servers are meant, and how to get to them, from flags or a configuration.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::ValueEnum;
use rtmcp::{
    Agent, Config, OPENAI_URL,
    mcp::{Endpoint, HttpTransport, ServerConfig, Status},
};
use rtmcp_core::{Private, ServerName};
use url::Url;

use crate::failure::{ExitStatus, Failure, Outcome};

/// How to get to the MCP servers that are named.
#[derive(Debug, clap::Args)]
pub(crate) struct Reach {
    /// The transport of the URLs; found out by itself without it.
    #[arg(long, value_name = "TRANSPORT")]
    pub(crate) transport: Option<Transport>,

    /// A header for every request to the URLs; can be repeated.
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub(crate) headers: Vec<Header>,

    /// The variable that holds the bearer token for the URLs.
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) bearer_env: Option<String>,

    /// A configuration whose MCP servers are meant.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// A transport of MCP over HTTP.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Transport {
    /// The transport since 2025.
    StreamableHttp,
    /// The transport of 2024.
    Sse,
}

/// A header of HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    name: String,
    value: Private<String>,
}

impl FromStr for Header {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Ok(Self {
                name: name.trim().to_owned(),
                value: Private::from(value.trim()),
            }),
            _ => Err("write it like `X-Tenant=acme`"),
        }
    }
}

impl Reach {
    /// Returns a configuration with the servers of the file, where one is named, and of the URLs.
    pub(crate) fn config(&self, urls: &[Url]) -> Outcome<Config> {
        let mut config = self.file()?;
        for url in urls {
            let name = name(url, &config);
            config = config.server(self.server(name, url.clone())?);
        }
        Ok(config)
    }

    fn file(&self) -> Outcome<Config> {
        if let Some(path) = &self.config {
            return Config::from_file(path).map_err(|error| Failure::config(path, &error));
        }
        // No session is opened here, so that the endpoint doesn't matter.
        let url = Url::parse(OPENAI_URL);
        url.map(Config::new)
            .map_err(|error| Failure::new(ExitStatus::Failed, error.to_string()))
    }

    fn server(&self, name: ServerName, url: Url) -> Outcome<ServerConfig> {
        let transport = match self.transport {
            None => HttpTransport::Auto,
            Some(Transport::StreamableHttp) => HttpTransport::StreamableHttp,
            Some(Transport::Sse) => HttpTransport::Sse,
        };
        let mut server = ServerConfig::new(name, Endpoint::Http { url, transport });
        let headers = self.headers.iter().cloned();
        server.headers = headers.map(|it| (it.name, it.value)).collect();
        if let Some(variable) = &self.bearer_env {
            let token = std::env::var(variable).ok().filter(|it| !it.is_empty());
            server.bearer = Some(token.map(Private::new).ok_or_else(|| {
                let line =
                    format!("the environment has no `{variable}`: set it, or name another one");
                Failure::new(ExitStatus::Config, line)
            })?);
        }
        Ok(server)
    }
}

/// Connects to the servers of a configuration, and waits until each is there or known to be down.
pub(crate) async fn connect(mut config: Config, file: Option<&PathBuf>) -> Outcome<Agent> {
    for server in &mut config.servers {
        // What was kept of last time says nothing of how a server is.
        server.cache = None;
    }
    let slowest = config.servers.iter();
    let slowest = slowest.map(|it| it.connect_timeout + it.list_timeout).max();
    // A moment more, so that the server's own words about being late are heard.
    config.wait_for_tools = slowest.unwrap_or_default() + Duration::from_secs(1);
    let agent = agent(config, file)?;
    agent.settled().await;
    Ok(agent)
}

/// Makes an agent; `file` is where its configuration came from.
pub(crate) fn agent(config: Config, file: Option<&PathBuf>) -> Outcome<Agent> {
    Agent::new(config).map_err(|error| match file {
        Some(path) => Failure::config(path, &error),
        None => Failure::new(ExitStatus::Config, error.to_string()),
    })
}

/// Returns what is wrong with each server that isn't there.
pub(crate) fn missing(agent: &Agent) -> Vec<String> {
    let pool = agent.pool();
    let trouble = |server: &ServerName| match pool.status(server)? {
        Status::Down(error) if error.is_unauthorized() => {
            Some(format!("{error} (of a URL: `--bearer-env` or `--header`)"))
        }
        Status::Down(error) | Status::NeedsSignIn(error) => Some(error.to_string()),
        Status::Connecting => Some(format!("server `{server}` is still not ready: try again")),
        _ => None,
    };
    pool.servers().filter_map(trouble).collect()
}

/// Reads an address of an MCP server.
pub(crate) fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}: write it like `{EXAMPLE}`"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(format!("it must be like `{EXAMPLE}`")),
    }
}

/// Names a server by its host, and by more of its address where that name is taken.
fn name(url: &Url, config: &Config) -> ServerName {
    let host = url.host_str().unwrap_or_default();
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let is_taken = |name: &str| config.servers.iter().any(|it| it.name.as_str() == name);
    if is_taken(&host) {
        ServerName::from(format!("{host}{}", url.path()))
    } else {
        ServerName::from(host)
    }
}

const EXAMPLE: &str = "http://127.0.0.1:8091/mcp";
