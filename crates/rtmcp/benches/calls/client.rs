//! A process that is measured: it opens as many sessions as it is told, and attends to them.

use std::io::BufRead;

use anyhow::{Context, bail};
use rtmcp::{
    Agent, Bridge, CallSetup, Config, Event, Playback,
    mcp::ServerConfig,
    router::{Approve, ServerRules},
    session,
};

use crate::minimum;

/// Which loop is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rtmcp,
    Minimum,
}

impl Kind {
    pub(crate) fn parse(word: &str) -> anyhow::Result<Self> {
        match word {
            "rtmcp" => Ok(Self::Rtmcp),
            "minimum" => Ok(Self::Minimum),
            other => bail!("no client `{other}`: there are `rtmcp` and `minimum`"),
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Rtmcp => "rtmcp",
            Self::Minimum => "minimum",
        }
    }
}

/// Opens a session for each line on stdin, and ends with it.
pub(crate) fn run(kind: Kind, endpoint: &str, tools: &str) -> anyhow::Result<()> {
    // What `#[tokio::main]` makes.
    let runtime = tokio::runtime::Runtime::new()?;
    let agent = match kind {
        Kind::Rtmcp => Some(runtime.block_on(agent(endpoint, tools))?),
        Kind::Minimum => None,
    };
    for line in std::io::stdin().lock().lines() {
        line?;
        match &agent {
            Some(agent) => runtime.block_on(open(agent))?,
            None => runtime.block_on(minimum::open(endpoint, tools))?,
        }
    }
    Ok(())
}

#[expect(
    clippy::unused_async,
    reason = "an agent starts to connect where there is a runtime"
)]
async fn agent(endpoint: &str, tools: &str) -> anyhow::Result<Agent> {
    let server = ServerConfig::http("tools", format!("http://{tools}/mcp").parse()?);
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new("tools")
    };
    let config = Config::new(format!("http://{endpoint}/v1").parse()?).server_with(server, rules);
    Ok(Agent::new(config)?)
}

async fn open(agent: &Agent) -> anyhow::Result<()> {
    let setup = CallSetup {
        playback: Playback::Reported,
        ..CallSetup::default()
    };
    let bridge = agent.connect_with(setup).await.context("no session")?;
    tokio::spawn(attend(bridge));
    Ok(())
}

/// Takes what happens, and reports speech as heard as soon as it is there.
async fn attend(mut bridge: Bridge) {
    while let Some(event) = bridge.next().await {
        match event {
            Event::AudioEnd { item_id } => {
                bridge.played(session::Playback::Finished { item_id });
            }
            Event::Session(session::Event::Trouble(trouble)) => {
                println!("trouble: {trouble:?}");
            }
            _ => {}
        }
    }
}
