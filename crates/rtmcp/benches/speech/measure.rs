//! The measurement: calls with a few turns each, so that clocks meet in all ways.

use std::time::Duration;

use anyhow::ensure;
use rtmcp::{
    Agent, Config,
    core::{
        Nullable,
        session::{TurnDetection, TurnDetectionKind},
    },
    mcp::ServerConfig,
};
use rtmcp_mock::{serve::Server, shop::Shop};
use rtmcp_sim::{Pacing, Sim, SimConfig};

use crate::{
    caller::Caller,
    engines::{Log, Sense, Work, engines},
    report::{Found, Turn, Turns},
};

/// How much is measured.
pub(crate) struct Size {
    /// Calls of each kind.
    calls: usize,
    /// Turns of each call.
    turns: usize,
}

pub(crate) const FULL: Size = Size {
    calls: 10,
    turns: 5,
};

pub(crate) const QUICK: Size = Size { calls: 3, turns: 3 };

/// The silence that ends a turn, as sessions have it where they name nothing.
pub(crate) const SILENCE: Duration = Duration::from_millis(500);

/// Measures both kinds of turns.
pub(crate) async fn run(size: &Size) -> anyhow::Result<Found> {
    Ok(Found {
        plain: turns(size, "Thank you.", false).await?,
        tool: turns(size, "What is the weather in Paris?", true).await?,
    })
}

/// Measures turns in which these words are understood, whatever is said.
async fn turns(size: &Size, words: &str, calls_tool: bool) -> anyhow::Result<Turns> {
    let log = Log::default();
    let here = "127.0.0.1:0".parse()?;
    // A model that writes as fast as it can: its time is the engines'.
    let config = SimConfig {
        pacing: Pacing::Immediate,
        ..SimConfig::new(engines(words, &log))
    };
    let sim = Sim::bind(here, config).await?;
    let shop = Server::new(Shop::new()).bind(here).await?;
    let agent = agent(&sim.url(), &shop.url_mcp())?;
    let mut turns = Vec::new();
    for call in 0..size.calls {
        let mut caller = Caller::call(&agent).await?;
        // Clocks of two ends meet anyhow, and so do those of the measurement.
        caller.pause(Duration::from_millis(700)).await?;
        for turn in 0..size.turns {
            let heard = caller.turn().await?;
            let works = log.take();
            turns.push(Turn::new(heard, &expected(works, calls_tool)?));
            let odd = (call * size.turns + turn) as u64 * 7 % 20;
            caller.pause(Duration::from_millis(200 + odd)).await?;
        }
        caller.hang_up().await;
    }
    agent.shutdown().await;
    shop.shutdown().await;
    sim.shutdown().await;
    Ok(Turns(turns))
}

fn agent(endpoint: &str, shop: &str) -> anyhow::Result<Agent> {
    let mut config =
        Config::new(endpoint.parse()?).server(ServerConfig::http("shop", shop.parse()?));
    let audio = config.realtime.session.audio.get_or_insert_default();
    let input = audio.input.get_or_insert_default();
    input.turn_detection = Nullable::Set(TurnDetection {
        kind: TurnDetectionKind::ServerVad,
        silence_duration_ms: Some(SILENCE.as_millis() as u64),
        ..TurnDetection::default()
    });
    Ok(Agent::new(config)?)
}

/// Checks that the engines were asked what such a turn asks them.
fn expected(works: Vec<Work>, calls_tool: bool) -> anyhow::Result<Vec<Work>> {
    let senses: Vec<Sense> = works.iter().map(|it| it.sense).collect();
    let expected: &[Sense] = match calls_tool {
        true => &[Sense::Ear, Sense::Brain, Sense::Brain, Sense::Voice],
        false => &[Sense::Ear, Sense::Brain, Sense::Voice],
    };
    ensure!(senses == expected, "another turn than expected: {senses:?}");
    Ok(works)
}
