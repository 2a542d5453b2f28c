//! [`Page`]: the model as the views see it, and the one way for them to change it.

use leptos::prelude::*;

use crate::{
    model::{Act, Call, Console, Conversation, Input, Model, Setup, input::News},
    web::{self, Browser, clock},
};
use rtmcp_core::Timestamp;

/// The model, and who must be told when a part of it changes.
#[derive(Clone, Copy)]
pub struct Page {
    model: StoredValue<Model>,
    browser: StoredValue<Option<Browser>, LocalStorage>,
    setup: Trigger,
    call: Trigger,
    conversation: Trigger,
    console: Trigger,
    clock: Trigger,
}

/// Which parts an input touched.
struct Touched {
    setup: bool,
    call: bool,
    conversation: bool,
    console: bool,
    clock: bool,
}

impl Page {
    /// A page on which nothing has happened yet.
    pub fn new() -> Self {
        Self {
            model: StoredValue::new(Model::default()),
            browser: StoredValue::new_local(None),
            setup: Trigger::new(),
            call: Trigger::new(),
            conversation: Trigger::new(),
            console: Trigger::new(),
            clock: Trigger::new(),
        }
    }

    /// Begins to do what the model wants done; in a browser only.
    pub fn start(self) {
        self.browser.set_value(Some(Browser::new(self)));
        self.act(Act::Open);
        web::say_ready();
    }

    /// Reads the setup, and reads it again when it changes.
    pub fn setup<T>(self, read: impl FnOnce(&Setup) -> T) -> T {
        self.setup.track();
        self.model.with_value(|model| read(&model.setup))
    }

    /// Reads the call, and reads it again when it changes.
    pub fn call<T>(self, read: impl FnOnce(&Call) -> T) -> T {
        self.call.track();
        self.model.with_value(|model| read(&model.call))
    }

    /// Reads the conversation, and reads it again when it changes.
    pub fn conversation<T>(self, read: impl FnOnce(&Conversation) -> T) -> T {
        self.conversation.track();
        self.model.with_value(|model| read(&model.conversation))
    }

    /// Reads the console, and reads it again when it changes.
    pub fn console<T>(self, read: impl FnOnce(&Console) -> T) -> T {
        self.console.track();
        self.model.with_value(|model| read(&model.console))
    }

    /// Reads the time that durations are shown by, and reads it again every second of a call.
    pub fn clock(self) -> Timestamp {
        self.clock.track();
        self.model.with_value(|model| *model.clock)
    }

    /// The person did something.
    pub fn act(self, act: Act) {
        self.input(Input::Act(act));
    }

    /// Something happened to a call.
    pub(crate) fn news(self, number: u64, news: News) {
        self.input(Input::News { number, news });
    }

    /// Something happened: change the model, show what changed, and do what follows.
    pub(crate) fn input(self, input: Input) {
        let updated = self.model.try_update_value(|model| {
            let effects = model.update(clock::now(), input);
            (effects, Touched::take(model), model.deadline())
        });
        let Some((effects, touched, deadline)) = updated else {
            return;
        };
        self.tell(&touched);
        self.browser.update_value(|browser| {
            let Some(browser) = browser else { return };
            effects
                .into_iter()
                .for_each(|effect| browser.perform(effect));
            browser.wake_at(deadline);
            if touched.console {
                browser.frame.ask();
            }
        });
    }

    /// Shows the console as it is now.
    pub(crate) fn draw_console(self) {
        self.console.notify();
    }

    /// Gives the browser's part of a call, unless that call is over.
    pub(crate) fn with_browser<T>(
        self,
        number: u64,
        with: impl FnOnce(&mut Browser) -> T,
    ) -> Option<T> {
        let done = self.browser.try_update_value(|browser| {
            let running = browser.as_mut().filter(|it| it.runs(number));
            running.map(with)
        });
        done.flatten()
    }

    /// The console is not among them: it is drawn once a frame, however much happens.
    fn tell(self, touched: &Touched) {
        let parts = [
            (touched.setup, self.setup),
            (touched.call, self.call),
            (touched.conversation, self.conversation),
            (touched.clock, self.clock),
        ];
        for (_, part) in parts.into_iter().filter(|(touched, _)| *touched) {
            part.notify();
        }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

impl Touched {
    fn take(model: &mut Model) -> Self {
        Self {
            setup: model.setup.take_touched(),
            call: model.call.take_touched(),
            conversation: model.conversation.take_touched(),
            console: model.console.take_touched(),
            clock: model.clock.take_touched(),
        }
    }
}
