//! Engines that take a set time, and a record of the time that they took.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rtmcp_sim::engine::{
    Brain, Ear, Engines, Prompt, Sound, Thinking, Thought, Utterance, Voice, brain::Rules,
    ear::Script, voice::Tone,
};
use tokio::time::sleep;

use crate::caller::audible_from;

/// How long the answer is: enough to be heard, and the next turn needn't wait.
const ANSWER: Duration = Duration::from_millis(400);

/// One of the three senses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    Ear,
    Brain,
    Voice,
}

/// A question that an engine answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) sense: Sense,
    pub(crate) asked: Instant,
    /// When the answer was there; for the voice, when what can be heard of it would begin.
    pub(crate) done: Instant,
}

/// Everything that the engines did since it was last taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Work>>>);

impl Log {
    pub(crate) fn take(&self) -> Vec<Work> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, sense: Sense, asked: Instant, silence: Duration) {
        let done = Instant::now() + silence;
        let mut works = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        works.push(Work { sense, asked, done });
    }
}

/// Engines that hear this, whatever is said; with how long each takes.
pub(crate) fn engines(words: &str, log: &Log) -> Engines {
    let takes = |millis| Takes {
        log: log.clone(),
        least: Duration::from_millis(millis),
    };
    Engines {
        ear: Arc::new(TimedEar(takes(80), Script::new(vec![words.to_owned()]))),
        brain: Arc::new(TimedBrain(takes(100))),
        voice: Arc::new(TimedVoice(takes(60))),
    }
}

/// What an engine takes, and where that is noted.
#[derive(Clone, Debug)]
struct Takes {
    log: Log,
    least: Duration,
}

impl Takes {
    /// Passes the time: the set one and up to a frame more, so that answers fall anywhere between
    /// two frames.
    async fn pass(&self, asked: Instant) {
        let nanos = asked.elapsed().subsec_nanos() ^ random();
        sleep(self.least + Duration::from_micros(u64::from(nanos) % 20_000)).await;
    }
}

/// A number that nobody can guess, from the clock.
fn random() -> u32 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |it| it.subsec_nanos().wrapping_mul(0x9E37_79B9) >> 8)
}

#[derive(Debug)]
struct TimedEar(Takes, Script);

#[derive(Debug)]
struct TimedBrain(Takes);

#[derive(Debug)]
struct TimedVoice(Takes);

impl Ear for TimedEar {
    fn hear(&self, speech: Sound) -> Thinking<'_, String> {
        Box::pin(async move {
            let asked = Instant::now();
            self.0.pass(asked).await;
            let words = self.1.hear(speech).await;
            self.0.log.note(Sense::Ear, asked, Duration::ZERO);
            words
        })
    }
}

impl Brain for TimedBrain {
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>> {
        Box::pin(async move {
            let asked = Instant::now();
            self.0.pass(asked).await;
            let thoughts = Rules.think(prompt).await;
            self.0.log.note(Sense::Brain, asked, Duration::ZERO);
            thoughts
        })
    }
}

impl Voice for TimedVoice {
    fn speak(&self, utterance: Utterance) -> Thinking<'_, Sound> {
        Box::pin(async move {
            let asked = Instant::now();
            self.0.pass(asked).await;
            let mut sound = Tone.speak(utterance).await?;
            let longest = ANSWER.as_millis() as usize * sound.rate as usize / 1_000;
            sound.samples.truncate(longest);
            let silent = audible_from(&sound.samples).unwrap_or_default();
            let silence = Duration::from_secs_f64(silent as f64 / f64::from(sound.rate));
            self.0.log.note(Sense::Voice, asked, silence);
            Ok(sound)
        })
    }
}
