//! [`Stage`]: an endpoint that really hears and speaks, and people's voices.

use std::{net::SocketAddr, sync::Arc};

use rtmcp::{
    Config,
    mcp::ServerConfig,
    router::{Approve, ServerRules},
};
use rtmcp_media::Sound;
use rtmcp_mock::{serve::Server, shop::Shop};
use rtmcp_sim::{
    Sim, SimConfig,
    engine::{Ear, Engines, Utterance, Voice, brain, ear, voice},
};

use crate::tools::Tools;

const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// The endpoint, and everything that is said to it.
#[derive(Debug)]
pub(crate) struct Stage {
    sim: rtmcp_sim::Running,
    ear: Arc<dyn Ear>,
    flite: voice::Process,
    espeak: voice::Process,
    pub(crate) tools: Tools,
}

impl Stage {
    /// An endpoint with Whisper as its ear, rules as its brain, and flite as its voice.
    pub(crate) async fn set_up() -> Self {
        let tools = Tools::set_up();
        let ear: Arc<dyn Ear> = Arc::new(ear::Process::new(tools.ear.clone()));
        let flite = voice::Process::new(tools.voice.clone());
        let engines = Engines {
            ear: Arc::clone(&ear),
            brain: Arc::new(brain::Rules),
            voice: Arc::new(flite.clone()),
        };
        let sim = SimConfig::new(engines.clone());
        let sim = Sim::bind(LOOPBACK, sim).await.unwrap();
        // Whisper loads while the first sentence is being said.
        tokio::spawn(async move { engines.prepare().await.unwrap() });
        let espeak = voice::Process::new(tools.espeak.clone());
        Self {
            sim,
            ear,
            flite,
            espeak,
            tools,
        }
    }

    /// A configuration for the endpoint, without servers.
    pub(crate) fn config(&self) -> Config {
        Config::new(self.sim.url().parse().unwrap())
    }

    /// A text in the voice of espeak-ng.
    pub(crate) async fn espeak(&self, text: &str) -> Sound {
        spoken(&self.espeak, text).await
    }

    /// A text in the voice of flite, for words that Whisper's smallest model doesn't understand
    /// from espeak-ng.
    pub(crate) async fn flite(&self, text: &str) -> Sound {
        spoken(&self.flite, text).await
    }

    /// Asserts that there is sound, as loud as speech, and returns what the ear understands of it.
    pub(crate) async fn understand(&self, sound: Sound) -> String {
        let level = rtmcp_media::rms(&sound.samples);
        assert!(level > 0.02, "too quiet to be speech: {level}");
        self.ear.hear(sound).await.unwrap()
    }
}

async fn spoken(voice: &voice::Process, text: &str) -> Sound {
    let utterance = Utterance {
        text: text.into(),
        voice: None,
        speed: 1.0,
    };
    voice.speak(utterance).await.unwrap()
}

/// The sample server, over Streamable HTTP.
pub(crate) async fn shop() -> rtmcp_mock::serve::Running {
    Server::new(Shop::new()).bind(LOOPBACK).await.unwrap()
}

/// Adds the sample server; nobody is asked about its tools.
pub(crate) fn with_shop(config: Config, shop: &rtmcp_mock::serve::Running) -> Config {
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new("shop")
    };
    config.server_with(reach(shop), rules)
}

/// Where the sample server is.
pub(crate) fn reach(shop: &rtmcp_mock::serve::Running) -> ServerConfig {
    ServerConfig::http("shop", shop.url_mcp().parse().unwrap())
}
