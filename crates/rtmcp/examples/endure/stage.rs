//! [`Stage`]: the endpoint, the servers and the agent between them.

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context;
use rtmcp::{
    Agent, Config,
    mcp::ServerConfig,
    router::{Approve, ServerRules},
};
use rtmcp_media::{Sound, pcm};
use rtmcp_mock::{serve::Server, shop::Shop, trouble::Trouble};
use rtmcp_sim::{
    Sim, SimConfig,
    engine::{Engines, voice::Tone},
    faults::{FaultSpec, Faults},
};

use crate::{
    Size,
    model::{Memory, Told, Watched},
};

/// Everything that is talked with.
pub(crate) struct Stage {
    pub(crate) agent: Agent,
    pub(crate) memory: Memory,
    pub(crate) ear: Told,
    pub(crate) sim: rtmcp_sim::Running,
    pub(crate) shop: rtmcp_mock::serve::Running,
    pub(crate) trouble: rtmcp_mock::serve::Running,
}

/// What goes wrong besides sessions that end: in the second one a connection breaks while the
/// model answers, in the fourth one the endpoint falls silent.
const FAULTS: [&str; 2] = [
    "close=1006@session=2,response=4",
    "half-open@session=4,response=5",
];

impl Stage {
    pub(crate) async fn new(size: Size) -> anyhow::Result<Self> {
        let here: SocketAddr = ([127, 0, 0, 1], 0).into();
        let (memory, ear) = (Memory::default(), Told::default());
        let engines = Engines {
            ear: Arc::new(ear.clone()),
            brain: Arc::new(Watched(memory.clone())),
            voice: Arc::new(Tone),
        };
        let faults = FAULTS.iter().map(|it| it.parse::<FaultSpec>());
        let sim = SimConfig {
            session_seconds: size.expiry.as_secs(),
            faults: Faults::from_iter(faults.collect::<Result<Vec<_>, _>>()?),
            ..SimConfig::new(engines)
        };
        let sim = Sim::bind(here, sim).await?;
        let shop = Server::new(Shop::new()).bind(here).await?;
        let trouble = Server::new(Trouble::new()).bind(here).await?;
        let config = Config::new(sim.url().parse()?);
        let config = with_server(config, "shop", &shop.url_mcp())?;
        let config = with_server(config, "trouble", &trouble.url_mcp())?;
        let agent = Agent::new(config)?;
        Ok(Self {
            agent,
            memory,
            ear,
            sim,
            shop,
            trouble,
        })
    }
}

fn with_server(config: Config, name: &str, url: &str) -> anyhow::Result<Config> {
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new(name)
    };
    Ok(config.server_with(ServerConfig::http(name, url.parse()?), rules))
}

/// A recorded question and the silence after it, as a microphone gives it: 20 ms each.
pub(crate) fn speech() -> anyhow::Result<Vec<Vec<u8>>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtmcp-media/tests/weather-in-paris-8k.wav");
    let wav = std::fs::read(&path).with_context(|| format!("no {}", path.display()))?;
    let mut samples = Sound::from_wav(&wav)?.resampled(24_000)?.samples;
    // Silence ends a turn after half a second of it.
    samples.extend(std::iter::repeat_n(0, 24_000));
    Ok(samples.chunks(480).map(pcm::to_bytes).collect())
}
