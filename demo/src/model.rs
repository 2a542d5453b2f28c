//! [`Model`]: everything that the page knows, and the one way in which it changes.
//!
//! What happens goes in as an [`Input`] with the time; what is to be done comes out as
//! [`Effect`]s. There is no browser in here, no clock and no network, so that the page can be
//! tried without any of them. The conversation itself is the same [`rtmcp_session::Session`] that
//! the backend runs, as a companion of it.

pub mod act;
pub mod call;
pub mod card;
pub mod console;
pub mod conversation;
pub mod elicitation;
pub mod input;
pub mod live;
pub mod setup;
pub mod sign_in;
pub mod summary;
pub mod trouble;
pub mod watched;

#[cfg(test)]
mod tests;

use std::time::Duration;

use rtmcp_core::Timestamp;

pub use act::Act;
pub use call::{Call, State};
pub use console::Console;
pub use conversation::Conversation;
pub use input::{Effect, Input};
pub use setup::Setup;
pub use watched::Watched;

/// How often what counts seconds on the page is brought up to date.
const SECOND: Duration = Duration::from_secs(1);

/// Everything that the page knows.
#[derive(Debug, Default)]
pub struct Model {
    /// What the next call is made of.
    pub setup: Watched<Setup>,
    /// The call that runs, or ran last.
    pub call: Watched<Call>,
    /// What was said and done in it.
    pub conversation: Watched<Conversation>,
    /// Every event.
    pub console: Watched<Console>,
    /// The time that the page shows durations by; it moves only while one is shown.
    pub clock: Watched<Timestamp>,
    /// The latest time seen.
    now: Timestamp,
    effects: Vec<Effect>,
}

impl Model {
    /// Takes one input, and gives what is to be done, in order.
    pub fn update(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        self.now = self.now.max(now);
        match input {
            Input::Act(act) => self.act(act),
            Input::Settings(settings) => self.settings(settings),
            Input::Tools { server, answer } => self.tools(&server, answer),
            Input::News { number, news } => self.news(number, news),
            Input::Tick => self.tick(),
        }
        if self.is_counting() && self.now >= *self.clock + SECOND {
            *self.clock = self.now;
        }
        std::mem::take(&mut self.effects)
    }

    /// Returns when [`Input::Tick`] is wanted at the latest.
    pub fn deadline(&self) -> Option<Timestamp> {
        let second = self.is_counting().then(|| *self.clock + SECOND);
        [self.call.deadline(), second].into_iter().flatten().min()
    }

    /// Tells whether the page shows a duration that grows.
    fn is_counting(&self) -> bool {
        self.call.state().is_running()
    }

    fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}
