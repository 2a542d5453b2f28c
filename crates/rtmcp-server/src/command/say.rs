//! `rtmcp say`: one spoken or typed turn, told step by step.

mod microphone;
mod network;
mod turn;

use std::{path::PathBuf, sync::Arc, time::Duration};

use rtmcp::{Bridge, CallSetup, Config, Observer};
use rtmcp_core::Nullable;
use rtmcp_media::Sound;
use tokio::time::sleep_until;

use super::{
    recording::RecordArgs,
    session::{FOLDER, Recorder},
};
use crate::{
    approval::{Approve, Approver},
    console,
    failure::{ExitStatus, Failure, Outcome},
    reach,
    signals::Stop,
};
use microphone::{Microphone, read_speech};
use turn::{Turn, Words};

/// Have one spoken or typed turn with an agent, and tell it step by step.
///
/// Streams the WAV in real time, as a microphone would, and prints what was heard, each call with
/// its arguments and its result, and the reply, with the seconds since the end of the speech (or
/// since the text was sent). The turn ends when the reply was heard to its end.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A WAV file with what is said, of any kind.
    #[arg(
        value_name = "FILE.wav",
        required_unless_present = "text",
        conflicts_with = "text"
    )]
    pub(crate) file: Option<PathBuf>,

    /// What is typed instead.
    #[arg(long, value_name = "WORDS")]
    pub(crate) text: Option<String>,

    /// The configuration of the agent.
    #[arg(long, default_value = "rtmcp.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// What to connect over, instead of what the configuration names.
    #[arg(long, value_enum, value_name = "TRANSPORT")]
    pub(crate) transport: Option<Transport>,

    /// Where to keep what was heard of the reply.
    #[arg(long, value_name = "FILE.wav")]
    pub(crate) out: Option<PathBuf>,

    /// Where to keep every event of the wire, one JSON object a line: `at_ms`, `dir`, `event`.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) events: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) recording: RecordArgs,

    /// How to decide about calls that need approval.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) approve: Approve,

    /// How long the turn may take, from the end of the speech.
    #[arg(long, default_value = "60s", value_name = "DURATION",
        value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

/// What carries events and sound.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Transport {
    /// One connection for both.
    Websocket,
    /// A call, as a browser makes it: sound as Opus on a track, which the endpoint plays.
    Webrtc,
}

/// Has the turn.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    let words = words(&args)?;
    let config = Config::from_file(&args.config);
    let mut config = config.map_err(|error| Failure::config(&args.config, &error))?;
    if let Some(transport) = args.transport {
        config.realtime.transport = match transport {
            Transport::Websocket => rtmcp::Transport::WebSocket,
            Transport::Webrtc => rtmcp::Transport::WebRtc,
        };
    }
    let recorder = args.events.clone().map(Recorder::create).transpose()?;
    let setup = setup(&args, recorder.as_ref())?;
    let transcribes = transcribes(&config);
    let agent = reach::agent(config, Some(&args.config))?;
    let turn = Turn::new(words, transcribes, args.timeout);
    let outcome = tokio::select! {
        opened = agent.connect_with(setup) => match opened {
            Ok(bridge) => have(turn, bridge, &args, &mut stop).await,
            Err(error) => Err(error.into()),
        },
        () = stop.asked() => Err(Failure::stopped()),
    };
    agent.shutdown().await;
    let recorded = recorder.map_or(Ok(()), Recorder::finish);
    outcome.and(recorded)
}

/// Has the turn in a session, and closes it, also where somebody stops it.
async fn have(mut turn: Turn, mut bridge: Bridge, args: &Args, stop: &mut Stop) -> Outcome {
    let mut approver = Approver::new(args.approve);
    let mut microphone = Microphone::default();
    let ended = loop {
        let deadline = turn.deadline(&microphone);
        tokio::select! {
            Some(event) = bridge.next() => {
                let taken = turn.take(event, &bridge, &mut microphone, &mut approver);
                if taken.is_err() {
                    break taken;
                }
            }
            piece = microphone.next() => bridge.send_audio(&piece),
            decision = approver.answer(), if turn.is_asking() => {
                turn.decide(decision, &bridge, &mut approver);
            }
            () = sleep_until(deadline) => break Err(turn.late(&microphone)),
            () = stop.asked() => break Err(Failure::stopped()),
        }
        if turn.is_over(&microphone) {
            break turn.verdict();
        }
    };
    let kept = turn.keep_sound(args.out.as_deref());
    if let Some(stats) = bridge.stats() {
        console::note(network::words(&stats));
    }
    bridge.close();
    // To the last event, so that the record is whole.
    while let Some(event) = bridge.next().await {
        turn.keep_recording(event);
    }
    ended.and(kept).and(turn.recorded())
}

/// Says what the session is to be watched by.
fn setup(args: &Args, recorder: Option<&Recorder>) -> Outcome<CallSetup> {
    let observers = recorder.map(Recorder::observer);
    let observers = observers.map(|it| Arc::new(it) as Arc<dyn Observer>);
    Ok(CallSetup {
        observers: observers.into_iter().collect(),
        record: args.recording.recorder()?,
        ..CallSetup::default()
    })
}

/// Reads what is said, or typed.
fn words(args: &Args) -> Outcome<Words> {
    match (&args.text, &args.file) {
        (Some(text), _) if text.trim().is_empty() => {
            let line = "`--text` is empty: give it what to say";
            Err(Failure::new(ExitStatus::Usage, line))
        }
        (Some(text), _) => Ok(Words::Typed(text.clone())),
        (None, Some(path)) => Ok(Words::Spoken(read_speech(path)?)),
        (None, None) => {
            let line = "nothing to say: give a WAV file, or `--text`";
            Err(Failure::new(ExitStatus::Usage, line))
        }
    }
}

/// Tells whether the endpoint is asked to write down what it hears.
fn transcribes(config: &Config) -> bool {
    let input = config.realtime.session.audio_input();
    input.is_some_and(|it| matches!(it.transcription, Nullable::Set(_)))
}

/// Writes a WAV file.
fn write_wav(path: &std::path::Path, sound: &Sound) -> Outcome {
    let trouble = |why: String| {
        let line = format!("can't write {}: {why} ({FOLDER})", path.display());
        Failure::new(ExitStatus::Failed, line)
    };
    let bytes = sound.to_wav().map_err(|error| trouble(error.to_string()))?;
    std::fs::write(path, bytes).map_err(|error| trouble(error.to_string()))
}

const EXAMPLES: &str = "\
Examples:
  rtmcp say question.wav --config rtmcp.toml --out reply.wav
  rtmcp say --text 'What is the weather in Paris?' --config rtmcp.toml
  rtmcp say question.wav --transport webrtc --out reply.wav
  rtmcp say question.wav --record recordings
  rtmcp say question.wav --config rtmcp.toml --approve all --events events.jsonl --timeout 30s";
