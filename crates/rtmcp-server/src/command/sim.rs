//! `rtmcp sim`: a Realtime endpoint that hears, thinks and speaks on this machine.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use rtmcp_core::Private;
use rtmcp_sim::{
    Engines, Sim, SimConfig,
    engine::{BadScenario, BrainSpec, EarSpec, Scenario, Tools, VoiceSpec, brain, ear},
    faults::{FaultSpec, Faults},
};

use crate::{
    console,
    failure::{ExitStatus, Failure, Outcome},
    signals::Stop,
};

/// Serve a Realtime endpoint that hears, thinks and speaks on this machine.
///
/// Clients of OpenAI's endpoint can't tell it from the real one: give them its address, and any
/// key. It serves WebSockets, WebRTC calls with their sidebands, and client secrets for browsers;
/// calls use UDP at the same address, each at a free port. When it is ready it prints one line with the address. Without options it uses the best
/// that `cargo xtask setup` found or installed, and says on stderr what that is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,

    /// What hears: `script:FILE`, `process:COMMAND` or `http:URL#MODEL`.
    #[arg(long, value_name = "SPEC")]
    pub(crate) ear: Option<EarSpec>,

    /// What thinks: `rules`, `script:FILE` or `chat:URL#MODEL`.
    #[arg(long, value_name = "SPEC")]
    pub(crate) brain: Option<BrainSpec>,

    /// What speaks: `tone`, `process:COMMAND` or `http:URL#MODEL`.
    #[arg(long, value_name = "SPEC")]
    pub(crate) voice: Option<VoiceSpec>,

    /// A file that says what is heard and what is answered, in place of an ear and a brain.
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,

    /// The variable that holds the key for `http:` and `chat:` engines, where they want one.
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) engine_key_env: Option<String>,

    /// Let in only clients with this key; can be repeated. Everybody is let in without it.
    #[arg(long = "key", value_name = "KEY")]
    pub(crate) keys: Vec<String>,

    /// Serve only this model; can be repeated. Any model is served without it.
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,

    /// How long a session may last.
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    pub(crate) session_seconds: u64,

    /// Have something go wrong: `KIND[=VALUE][@WHEN]`; can be repeated. `--help` lists the kinds.
    #[arg(long = "fault", value_name = "FAULT", long_help = fault_help())]
    pub(crate) faults: Vec<FaultSpec>,
}

fn fault_help() -> String {
    format!(
        "Have something go wrong: KIND[=VALUE][@WHEN]; can be repeated.\n\n\
         WHEN is `always`; or `session=N`; or one of `event=N`, `response=N`, `call=N`, `output=N` \
         (of a tool) and `create=N` (of a response), as fits the kind; or both with a comma. `every` \
         stands for all. Without it, most strike once: what is first in the first session. Steps \
         of a scenario, `{{ fault = \"cancel\" }}`, strike the response that they are in.\n\n{}",
        Faults::list().trim_end()
    )
}

/// Serves until it is told to stop.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    let listen = args.listen;
    let config = config(args)?;
    let ready = tokio::select! {
        ready = config.engines.prepare() => ready,
        () = stop.asked() => return Ok(()),
    };
    for line in ready.map_err(|error| Failure::new(ExitStatus::Failed, error.to_string()))? {
        console::note(line);
    }
    let sim = Sim::bind(listen, config).await;
    let sim = sim.map_err(|error| super::mock::cannot_listen(listen, &error))?;
    console::out(format!("listening on http://{}/v1", sim.addr()));
    stop.asked().await;
    sim.shutdown().await;
    Ok(())
}

fn config(args: Args) -> Outcome<SimConfig> {
    let scenario = args.scenario.as_deref().map(Scenario::read).transpose();
    let scenario = scenario.map_err(|error| bad(&error))?;
    let faults = scenario.iter().flat_map(|it| it.faults.clone());
    let faults = Faults::from_iter(faults.chain(args.faults.clone()));
    let mut config = SimConfig::new(engines(&args, scenario)?);
    config.faults = faults;
    config.session_seconds = args.session_seconds;
    config.models = Some(args.models).filter(|it| !it.is_empty());
    let keys: Vec<_> = args.keys.into_iter().map(Private::new).collect();
    config.keys = Some(keys).filter(|it| !it.is_empty());
    Ok(config)
}

/// Takes what is named, then what the scenario says, then what the machine has.
fn engines(args: &Args, scenario: Option<Scenario>) -> Outcome<Engines> {
    let bad = |error| bad(&error);
    let key = args.engine_key_env.as_deref().map(key).transpose()?;
    let mut engines = Engines::found(tools()?.as_ref()).engines;
    if let Some(scenario) = scenario {
        if !scenario.heard.is_empty() {
            engines.ear = Arc::new(ear::Script::new(scenario.heard.clone()));
        }
        if !scenario.turns.is_empty() {
            engines.brain = Arc::new(brain::Script::new(scenario));
        }
    }
    if let Some(ear) = &args.ear {
        engines.ear = ear.open(key.clone()).map_err(bad)?;
    }
    if let Some(brain) = &args.brain {
        engines.brain = brain.open(key.clone()).map_err(bad)?;
    }
    if let Some(voice) = &args.voice {
        engines.voice = voice.open(key);
    }
    Ok(engines)
}

fn bad(error: &BadScenario) -> Failure {
    Failure::new(ExitStatus::Config, error.to_string())
}

/// Returns what was set up on this machine, if anything was.
fn tools() -> Outcome<Option<Tools>> {
    let Some(path) = Tools::path(|name| std::env::var_os(name)) else {
        return Ok(None);
    };
    Tools::read(&path).map_err(|error| Failure::new(ExitStatus::Config, error.to_string()))
}

fn key(variable: &str) -> Outcome<Private<String>> {
    let key = std::env::var(variable).ok().filter(|it| !it.is_empty());
    key.map(Private::new).ok_or_else(|| {
        let line = format!("the environment has no `{variable}`: set it, or name another one");
        Failure::new(ExitStatus::Config, line)
    })
}

const EXAMPLES: &str = "\
Examples:
  rtmcp sim
  rtmcp sim --listen 127.0.0.1:0 --scenario weather.toml --voice tone
  rtmcp sim --ear http://127.0.0.1:8000/v1#whisper-1 --brain chat:http://127.0.0.1:8000/v1#qwen3
  rtmcp sim --voice 'process:espeak-ng --stdout --stdin' --key sk-test --session-seconds 60
  rtmcp sim --fault cancel --fault close=1011@response=2 --fault loss=5";
