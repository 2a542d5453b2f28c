//! [`SimConfig`]: how a simulator hears, thinks and speaks, whom it lets in, and how fast it goes.

use std::time::Duration;

use rtmcp_core::Private;

use crate::{engine::Engines, faults::Faults};

/// How a simulator behaves.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Hearing, thinking and speaking.
    pub engines: Engines,
    /// The keys that are let in; everybody is, even without a key, where there are none.
    pub keys: Option<Vec<Private<String>>>,
    /// The models that are served; any where there are none.
    pub models: Option<Vec<String>>,
    /// How fast responses are written.
    pub pacing: Pacing,
    /// How long a session may last; an hour by default, as at OpenAI.
    pub session_seconds: u64,
    /// What ids are made from. The same seed gives the same ids; by default they differ.
    pub seed: Option<u64>,
    /// What goes wrong, and when; nothing by default.
    pub faults: Faults,
}

impl SimConfig {
    /// A simulator with these engines that is otherwise as OpenAI's endpoint, without its keys.
    pub fn new(engines: Engines) -> Self {
        Self {
            engines,
            keys: None,
            models: None,
            pacing: Pacing::default(),
            session_seconds: 3600,
            seed: None,
            faults: Faults::default(),
        }
    }
}

/// How fast responses are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// In steps, as a model does.
    Paced(Rates),
    /// All at once: for tests and measurements.
    Immediate,
}

impl Default for Pacing {
    /// [`Rates::FAITHFUL`].
    fn default() -> Self {
        Self::Paced(Rates::FAITHFUL)
    }
}

/// The speed of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// How many times faster than it plays sound is made; it must be above 0.
    pub audio_speed: f64,
    /// How much sound one delta holds.
    pub audio_chunk: Duration,
    /// The time between two words of text, or two pieces of arguments.
    pub text_gap: Duration,
}

impl Rates {
    /// Near what OpenAI's endpoint does: sound in chunks of 200 ms at four times its speed, the
    /// first one at once; 50 words a second.
    pub const FAITHFUL: Self = Self {
        audio_speed: 4.0,
        audio_chunk: Duration::from_millis(200),
        text_gap: Duration::from_millis(20),
    };
}

impl Pacing {
    /// Returns how much sound one delta holds.
    pub(crate) fn audio_chunk(self) -> Duration {
        match self {
            Self::Paced(rates) => rates.audio_chunk.max(Duration::from_millis(1)),
            Self::Immediate => Rates::FAITHFUL.audio_chunk,
        }
    }

    /// Returns how long after the first delta the one comes that begins `position` into the sound.
    pub(crate) fn audio_delay(self, position: Duration) -> Duration {
        match self {
            Self::Paced(rates) if rates.audio_speed > 0.0 => position.div_f64(rates.audio_speed),
            Self::Paced(_) | Self::Immediate => Duration::ZERO,
        }
    }

    /// Returns how long after the first delta the `index`th word of a text comes.
    pub(crate) fn text_delay(self, index: u32) -> Duration {
        match self {
            Self::Paced(rates) => rates.text_gap * index,
            Self::Immediate => Duration::ZERO,
        }
    }
}
