//! What every test needs: an endpoint whose model does as a script says, servers, a folder.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use rtmcp_core::Private;
use rtmcp_mock::{serve::Server, shop::Shop, trouble::Trouble};
use rtmcp_sim::{
    Pacing, Sim, SimConfig,
    engine::{Engines, Scenario, brain, ear, voice},
};
use tempfile::TempDir;

use crate::rtmcp::Rtmcp;

pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// The key that endpoints here let in.
pub(crate) const KEY: &str = "sk-let-me-in";

/// Somebody says "What is the weather in Paris?".
pub(crate) const QUESTION: &[u8] =
    include_bytes!("../../../rtmcp-media/tests/weather-in-paris-8k.wav");

/// What the model does: what is typed decides.
const SCRIPT: &str = r#"
    heard = ["What is the weather in Paris?"]
    [[turn]]
    when = "weather"
    steps = [{ call = { name = "get_weather", arguments = { city = "Paris" } } }]
    [[turn]]
    when = "refund"
    steps = [{ call = { name = "issue_refund", arguments = { order = 1042, amount = 20 } } }]
    [[turn]]
    when = "nonsense"
    steps = [{ call = { name = "get_weather", arguments = { town = "Paris" } } }]
    [[turn]]
    when = "hang"
    steps = [{ call = { name = "hang" } }]
    [[turn]]
    when = "break"
    steps = [{ fail = "out of order" }]
    [[turn]]
    after = "tool"
    steps = [{ say = "Done." }]
    [[turn]]
    steps = [{ say = "Hello." }]
"#;

/// A folder with what a test needs in it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path().join(name), text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    pub(crate) fn rtmcp(&self, args: &[&str]) -> Rtmcp {
        Rtmcp::new(self.path(), args)
    }
}

/// An endpoint that speaks in tones and lets only [`KEY`] in.
pub(crate) async fn endpoint() -> rtmcp_sim::Running {
    Sim::bind(LOOPBACK, sim_config()).await.unwrap()
}

pub(crate) fn sim_config() -> SimConfig {
    let scenario = Scenario::parse(SCRIPT).unwrap();
    let engines = Engines {
        ear: Arc::new(ear::Script::new(scenario.heard.clone())),
        brain: Arc::new(brain::Script::new(scenario)),
        voice: Arc::new(voice::Tone),
    };
    SimConfig {
        pacing: Pacing::Immediate,
        keys: Some(vec![Private::from(KEY)]),
        models: Some(vec!["gpt-realtime-2.1".to_owned()]),
        ..SimConfig::new(engines)
    }
}

pub(crate) async fn shop() -> rtmcp_mock::serve::Running {
    Server::new(Shop::new()).bind(LOOPBACK).await.unwrap()
}

pub(crate) async fn trouble() -> rtmcp_mock::serve::Running {
    Server::new(Trouble::new()).bind(LOOPBACK).await.unwrap()
}

/// Returns an address where nobody listens.
pub(crate) async fn nowhere() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(LOOPBACK).await.unwrap();
    listener.local_addr().unwrap()
}

/// A configuration for an endpoint, with the key in `RTMCP_KEY`.
pub(crate) fn config(endpoint: SocketAddr, rest: &str) -> String {
    format!(
        "[realtime]\nurl = \"http://{endpoint}/v1\"\napi_key = {{ env = \"RTMCP_KEY\" }}\n{rest}"
    )
}

/// The part of a configuration for a server.
pub(crate) fn mcp(name: &str, url: &str, rest: &str) -> String {
    format!("[[mcp]]\nname = \"{name}\"\nurl = \"{url}\"\n{rest}\n")
}
