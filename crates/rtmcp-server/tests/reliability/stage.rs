//! What every scene needs: an endpoint that does one thing wrong, a server, a configuration.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rtmcp::{
    Config, NativeTools, ProxyConfig, ProxyKeys, ProxyOrigins,
    mcp::ServerConfig,
    router::{Approve, ServerRules},
};
use rtmcp_mock::{serve::Server, shop::Shop, trouble::Trouble};
use rtmcp_sim::{
    Pacing, Sim, SimConfig,
    engine::{Engines, Scenario, brain, ear, voice},
};

use rtmcp_server::serve::{Backend, BackendConfig};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::rows::Ask;

pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// The whole reply to the first question.
pub(crate) const REPLY: &str = "It is warm.";
/// A question that takes none.
pub(crate) const SECOND: &str = "Still there?";
pub(crate) const SECOND_REPLY: &str = "I am.";

impl Ask {
    /// The first question.
    pub(crate) const fn question(self) -> &'static str {
        match self {
            Self::Quick => "What is the weather in Paris?",
            Self::Slow => "Do it slowly.",
        }
    }

    /// The tool that it takes.
    pub(crate) const fn tool(self) -> &'static str {
        match self {
            Self::Quick => "get_weather",
            Self::Slow => "slow",
        }
    }
}

const SCRIPT: &str = r#"
    heard = ["Hm."]
    [[turn]]
    when = "weather"
    steps = [{ call = { name = "get_weather", arguments = { city = "Paris" } } }]
    [[turn]]
    when = "slowly"
    steps = [{ call = { name = "slow", arguments = { ms = 700 } } }]
    [[turn]]
    when = "still there"
    steps = [{ say = "I am." }]
    [[turn]]
    after = "tool"
    steps = [{ say = "It is warm." }]
    [[turn]]
    steps = [{ say = "Hm?" }]
"#;

/// An endpoint that does one thing wrong. It speaks in tones.
pub(crate) async fn endpoint(fault: &str) -> rtmcp_sim::Running {
    let scenario = Scenario::parse(SCRIPT).unwrap();
    let engines = Engines {
        ear: Arc::new(ear::Script::new(scenario.heard.clone())),
        brain: Arc::new(brain::Script::new(scenario)),
        voice: Arc::new(voice::Tone),
    };
    let config = SimConfig {
        pacing: Pacing::Immediate,
        seed: Some(7),
        faults: [fault.parse().unwrap()].into_iter().collect(),
        ..SimConfig::new(engines)
    };
    Sim::bind(LOOPBACK, config).await.unwrap()
}

/// The server that has the tool of a question.
pub(crate) async fn server(ask: Ask) -> rtmcp_mock::serve::Running {
    let running = match ask {
        Ask::Quick => Server::new(Shop::new()).bind(LOOPBACK).await,
        Ask::Slow => Server::new(Trouble::new()).bind(LOOPBACK).await,
    };
    running.unwrap()
}

/// A configuration for both, in which nobody is asked about tools.
pub(crate) fn config(endpoint: &rtmcp_sim::Running, server: &rtmcp_mock::serve::Running) -> Config {
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new("sample")
    };
    let server = ServerConfig::http("sample", server.url_mcp().parse().unwrap());
    let mut config = Config::new(endpoint.url().parse().unwrap()).server_with(server, rules);
    // Longer than it takes where much else goes on.
    config.wait_for_tools = Duration::from_secs(30);
    config
}

/// The proxy before an endpoint.
pub(crate) struct Proxy {
    backend: Backend,
    url: String,
    stopped: CancellationToken,
    serving: JoinHandle<()>,
}

const PROXY_KEY: &str = "a-key-for-clients";

impl Proxy {
    /// Serves clients with the tools of a configuration.
    pub(crate) async fn start(mut config: Config) -> Self {
        config.proxy = Some(ProxyConfig {
            keys: ProxyKeys::Own(vec![PROXY_KEY.into()]),
            native: NativeTools::Pass,
            origins: ProxyOrigins::These(Vec::new()),
        });
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let backend = Backend::new(BackendConfig::new(config).listening(addr)).unwrap();
        let stopped = CancellationToken::new();
        let serving = {
            let (backend, stopped) = (backend.clone(), stopped.clone());
            tokio::spawn(async move { backend.serve(listener, backend.router(), stopped).await })
        };
        Self {
            backend,
            url: format!("http://{addr}/v1"),
            stopped,
            serving,
        }
    }

    /// The configuration of a client that has no tools, and keeps to its connection.
    pub(crate) fn client(&self) -> Config {
        let mut config = Config::new(self.url.parse().unwrap()).api_key(PROXY_KEY);
        config.realtime.reconnect = false;
        config
    }

    pub(crate) async fn end(self) {
        self.stopped.cancel();
        self.backend.shutdown().await;
        self.serving.abort();
    }
}
