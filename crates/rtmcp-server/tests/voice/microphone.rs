//! [`Microphone`]: streams sound into a session in real time, speech or silence, as one does.

use std::{collections::VecDeque, time::Duration};

use rtmcp::Handle;
use rtmcp_media::{Sound, pcm};
use tokio::{sync::mpsc, task::JoinHandle, time::interval};

/// What a session listens at.
pub(crate) const RATE: u32 = 24_000;

/// How much is sent at a time.
const PIECE: Duration = Duration::from_millis(20);

/// Samples of a piece.
const SAMPLES: usize = 480;

/// How long a person breathes in before they speak.
pub(crate) const BREATH: Duration = Duration::from_millis(400);

/// A clip begins at a multiple of so many pieces, which are five frames of the speech detector. So
/// it is cut into the same frames in every run, and heard as the same words.
const BAR: usize = 4;

/// A microphone that is on until it is dropped.
#[derive(Debug)]
pub(crate) struct Microphone {
    clips: mpsc::UnboundedSender<Sound>,
    streaming: JoinHandle<()>,
}

impl Microphone {
    /// Begins to send silence.
    pub(crate) fn on(session: Handle) -> Self {
        let (clips, waiting) = mpsc::unbounded_channel();
        let streaming = tokio::spawn(stream(session, waiting));
        Self { clips, streaming }
    }

    /// Says a clip after those that wait.
    pub(crate) fn say(&self, clip: &Sound) {
        let clip = clip.resampled(RATE).unwrap();
        self.clips.send(clip).expect("the microphone is on");
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.streaming.abort();
    }
}

async fn stream(session: Handle, mut clips: mpsc::UnboundedReceiver<Sound>) {
    let mut waiting = VecDeque::new();
    let mut clock = interval(PIECE);
    let mut pieces = 0;
    loop {
        clock.tick().await;
        if waiting.is_empty()
            && pieces % BAR == 0
            && let Ok(clip) = clips.try_recv()
        {
            waiting.resize(BREATH.as_millis() as usize * RATE as usize / 1000, 0);
            waiting.extend(clip.samples);
        }
        let mut piece: Vec<i16> = waiting.drain(..SAMPLES.min(waiting.len())).collect();
        piece.resize(SAMPLES, 0);
        session.send_audio(&pcm::to_bytes(&piece));
        pieces += 1;
    }
}
