//! [`Stage`]: whom the page can talk to, and what with: as configured, or set up here.

use std::path::Path;

use anyhow::Context as _;
use rtmcp::Config;
use rtmcp_api::EndpointKind;
use rtmcp_mock::{serve::Server, shop::Shop};
use rtmcp_server::serve::{BackendConfig, NamedEndpoint};
use rtmcp_sim::{Engines, Sim, SimConfig, engine::Tools};

/// A free port of this machine, which nobody else reaches.
const HERE: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// What the model is told about its part in the sample shop.
const INSTRUCTIONS: &str =
    "You help the customers of a small shop. Answer in one or two short sentences.";

/// Whom the page can talk to, and what with.
pub(super) struct Stage {
    pub(super) config: BackendConfig,
    own: Option<Own>,
}

/// What runs in this process for want of a configuration.
struct Own {
    sim: rtmcp_sim::Running,
    shop: rtmcp_mock::serve::Running,
}

impl Stage {
    /// Takes what is configured, or sets up a simulator and a sample shop.
    pub(super) async fn set(config: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = config {
            let config = Config::from_file(path);
            let config = config.with_context(|| format!("can't use {}", path.display()))?;
            let config = BackendConfig::new(config);
            return Ok(Self { config, own: None });
        }
        let engines = engines().await?;
        let sim = Sim::bind(HERE.into(), SimConfig::new(engines)).await?;
        let shop = Server::new(Shop::new()).bind(HERE.into()).await?;
        let simulator = Config::from_toml(&format!(
            "[realtime]\nurl = \"http://{}/v1\"\ninstructions = {INSTRUCTIONS:?}\n\n\
             [[mcp]]\nname = \"shop\"\nurl = \"{}\"\n",
            sim.addr(),
            shop.url_mcp(),
        ))?;
        let mut config = BackendConfig::new(simulator);
        for endpoint in &mut config.endpoints {
            "simulator".clone_into(&mut endpoint.name);
            endpoint.kind = EndpointKind::Simulator;
        }
        let openai = openai()?;
        // Whoever has set a key wants to use it.
        let place = if openai.realtime.api_key.is_some() {
            0
        } else {
            1
        };
        config.endpoints.insert(place, openai);
        let own = Some(Own { sim, shop });
        Ok(Self { config, own })
    }

    /// Ends what runs in this process.
    pub(super) async fn strike(self) {
        if let Some(own) = self.own {
            own.sim.shutdown().await;
            own.shop.shutdown().await;
        }
    }
}

/// OpenAI, with the key that the environment has or the page brings.
fn openai() -> anyhow::Result<NamedEndpoint> {
    let key = std::env::var("OPENAI_API_KEY").unwrap_or_default();
    let mut config = Config::from_toml(&format!("[realtime]\ninstructions = {INSTRUCTIONS:?}\n"))?;
    if !key.trim().is_empty() {
        config = config.api_key(key.trim());
    }
    Ok(NamedEndpoint {
        name: "openai".to_owned(),
        kind: EndpointKind::Openai,
        realtime: config.realtime,
    })
}

/// Takes what was set up on this machine to hear and to speak with, and makes it ready.
async fn engines() -> anyhow::Result<Engines> {
    let tools = match Tools::path(|name| std::env::var_os(name)) {
        Some(path) => Tools::read(&path)?,
        None => None,
    };
    let engines = Engines::found(tools.as_ref()).engines;
    for line in engines.prepare().await? {
        super::note(line);
    }
    Ok(engines)
}
