//! A caller: speaks a question over WebRTC as a browser does, and hears the answer.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use rtmcp::{Agent, Bridge, CallSetup, Event, Relayed, session};
use rtmcp_media::{
    Sound,
    webrtc::{Connection, PeerConfig, PeerEvent},
};
use tokio::time::timeout;

/// Samples per second.
const RATE: u32 = 24_000;
/// How long a frame sounds.
const FRAME: Duration = Duration::from_millis(20);
/// Samples of a frame.
const FRAME_SAMPLES: usize = 480;
/// Louder than this, 40 dB below full scale, can be heard.
const AUDIBLE: u16 = 328;
/// After so many quiet frames nothing more comes of an answer that was all sent.
const QUIET_FRAMES: u32 = 10;
/// No turn takes as long.
const STUCK: Duration = Duration::from_secs(20);

/// Returns where sound begins that can be heard.
pub(crate) fn audible_from(samples: &[i16]) -> Option<usize> {
    samples.iter().position(|it| it.unsigned_abs() > AUDIBLE)
}

/// A recorded question: its last frame is full, and ends with the last sample that can be heard.
pub(crate) fn question() -> anyhow::Result<Vec<i16>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtmcp-media/tests/weather-in-paris-8k.wav");
    let wav = std::fs::read(&path).with_context(|| format!("no {}", path.display()))?;
    let mut samples = Sound::from_wav(&wav)?.resampled(RATE)?.samples;
    let last = samples.iter().rposition(|it| it.unsigned_abs() > AUDIBLE);
    samples.truncate(last.context("a recording of silence")? + 1);
    let filled = samples.len().next_multiple_of(FRAME_SAMPLES);
    let mut question = vec![0; filled - samples.len()];
    question.extend(samples);
    Ok(question)
}

/// A call, with the agent that leads it.
pub(crate) struct Caller {
    connection: Connection,
    bridge: Bridge,
    question: Vec<i16>,
}

/// What a caller notes of a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    /// When the last sample of the question that can be heard was handed to the network.
    pub(crate) asked: Instant,
    /// When the first sample of the answer that can be heard came out of the jitter buffer, and
    /// would sound if everything before it in its frame was played from then on.
    pub(crate) answered: Instant,
    /// How long the MCP call took, where there was one.
    pub(crate) tool: Option<Duration>,
}

impl Caller {
    /// Makes a call, and waits until the agent has set it up and sound flows.
    pub(crate) async fn call(agent: &Agent) -> anyhow::Result<Self> {
        let here = "127.0.0.1:0".parse()?;
        let (mut connection, offer) = Connection::offer(here, PeerConfig::default()).await?;
        let Relayed { answer, bridge, .. } = agent.relay(&offer, CallSetup::default()).await?;
        let mut bridge = bridge;
        connection.handle().accept_answer(&answer)?;
        let ready = async {
            while let Some(event) = connection.next_event().await {
                if matches!(event, PeerEvent::Audio(_)) {
                    break;
                }
            }
            while let Some(event) = bridge.next().await {
                if matches!(event, Event::Session(session::Event::Ready { .. })) {
                    return Ok(());
                }
            }
            bail!("the session ended before it began")
        };
        timeout(STUCK, ready).await.context("no call")??;
        let question = question()?;
        Ok(Self {
            connection,
            bridge,
            question,
        })
    }

    /// Listens for so long, and hears nothing.
    pub(crate) async fn pause(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = tokio::time::Instant::now() + time;
        while let Ok(event) = tokio::time::timeout_at(until, self.connection.next_event()).await {
            let event = event.context("the call has ended")?;
            if let PeerEvent::Audio(frame) = event {
                let silent = audible_from(&frame.samples).is_none();
                ensure!(silent, "speech that nobody asked for");
            }
        }
        Ok(())
    }

    /// Asks the question, and hears the answer to its end.
    pub(crate) async fn turn(&mut self) -> anyhow::Result<Heard> {
        let speaker = self.connection.handle();
        speaker.play(&self.question);
        speaker.finish_playback();
        let frames = (self.question.len() / FRAME_SAMPLES) as u32;
        let turn = listen(&mut self.connection, &mut self.bridge, frames);
        timeout(STUCK, turn).await.context("no answer")?
    }

    /// Ends the call.
    pub(crate) async fn hang_up(mut self) {
        self.bridge.hang_up();
        while self.bridge.next().await.is_some() {}
    }
}

async fn listen(
    connection: &mut Connection,
    bridge: &mut Bridge,
    frames: u32,
) -> anyhow::Result<Heard> {
    let (mut started, mut asked, mut answered, mut tool) = (None, None, None, None);
    let (mut is_over, mut quiet) = (false, 0);
    while !is_over || quiet < QUIET_FRAMES {
        tokio::select! {
            event = bridge.next() => match event.context("the agent has left the call")? {
                Event::ToolFinished(finish) => {
                    ensure!(finish.kind == "answered", "the call failed: {}", finish.kind);
                    tool = Some(finish.took);
                }
                Event::Closed(why) => bail!("{why}"),
                _ => {}
            },
            event = connection.next_event() => match event.context("the call has ended")? {
                PeerEvent::PlaybackStarted { .. } => started = Some(Instant::now()),
                PeerEvent::PlaybackStopped { .. } => {
                    // Both are seen a little late, and the frames between are exact: the less
                    // late one counts.
                    let by_end = Instant::now() - FRAME;
                    let by_start = started.map(|it: Instant| it + FRAME * (frames - 1));
                    asked = by_start.into_iter().chain([by_end]).min();
                }
                PeerEvent::Audio(frame) => {
                    let first = audible_from(&frame.samples);
                    ensure!(first.is_none() || asked.is_some(), "an answer before the question");
                    quiet = if first.is_none() { quiet + 1 } else { 0 };
                    let within = |it| Duration::from_secs_f64(it as f64 / f64::from(RATE));
                    answered = answered.or(first.map(|it| Instant::now() + within(it)));
                }
                PeerEvent::Message(text) => {
                    is_over |= text.expose().contains("\"output_audio_buffer.stopped\"");
                }
                _ => {}
            },
        }
    }
    Ok(Heard {
        asked: asked.context("the question was never spoken")?,
        answered: answered.context("the answer can't be heard")?,
        tool,
    })
}
