//! What every scene needs: an endpoint that does one thing wrong, a server, a configuration.

use std::{net::SocketAddr, sync::Arc};

use rtmcp::{
    Config,
    mcp::ServerConfig,
    router::{Approve, ServerRules},
};
use rtmcp_mock::{serve::Server, shop::Shop};
use rtmcp_sim::{
    Pacing, Sim, SimConfig,
    engine::{Engines, Scenario, brain, ear, voice},
};

pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A question that takes a tool.
pub(crate) const QUESTION: &str = "What is the weather in Paris?";
/// The whole reply to it.
pub(crate) const REPLY: &str = "It is warm.";
/// A question that takes none.
pub(crate) const SECOND: &str = "Still there?";
pub(crate) const SECOND_REPLY: &str = "I am.";

const SCRIPT: &str = r#"
    heard = ["Hm."]
    [[turn]]
    when = "weather"
    steps = [{ call = { name = "get_weather", arguments = { city = "Paris" } } }]
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

pub(crate) async fn shop() -> rtmcp_mock::serve::Running {
    Server::new(Shop::new()).bind(LOOPBACK).await.unwrap()
}

/// A configuration for both, in which nobody is asked about tools.
pub(crate) fn config(endpoint: &rtmcp_sim::Running, shop: &rtmcp_mock::serve::Running) -> Config {
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new("shop")
    };
    let server = ServerConfig::http("shop", shop.url_mcp().parse().unwrap());
    Config::new(endpoint.url().parse().unwrap()).server_with(server, rules)
}
