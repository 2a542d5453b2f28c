//! The browser's clock, one timer, and frames.

use std::{cell::Cell, rc::Rc, time::Duration};

use rtmcp_core::Timestamp;
use wasm_bindgen::{JsCast as _, closure::Closure};

/// Returns the time since the page was opened; it never goes back.
pub(crate) fn now() -> Timestamp {
    let millis = web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now());
    Timestamp::ZERO + Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default()
}

/// Wakes at a moment that can be moved.
pub(crate) struct Timer {
    react: Closure<dyn FnMut()>,
    set: Rc<Cell<Option<Set>>>,
}

/// A moment that was asked for.
#[derive(Clone, Copy)]
struct Set {
    handle: i32,
    due: Timestamp,
}

impl Timer {
    pub(crate) fn new(mut react: impl FnMut() + 'static) -> Self {
        let set = Rc::new(Cell::new(None));
        let fired = Rc::clone(&set);
        let react = Closure::new(move || {
            fired.set(None);
            react();
        });
        Self { react, set }
    }

    /// Wakes at another moment, or not at all.
    pub(crate) fn set(&self, due: Option<Timestamp>) {
        if self.set.get().map(|set| set.due) == due {
            return;
        }
        let Some(window) = web_sys::window() else {
            return;
        };
        if let Some(old) = self.set.take() {
            window.clear_timeout_with_handle(old.handle);
        }
        let Some(due) = due else { return };
        // A little late rather than early: an early wake would be in vain.
        let wait = (due - now()).as_millis().saturating_add(1);
        let wait = i32::try_from(wait).unwrap_or(i32::MAX);
        let react = self.react.as_ref().unchecked_ref();
        let handle = window.set_timeout_with_callback_and_timeout_and_arguments_0(react, wait);
        self.set.set(handle.ok().map(|handle| Set { handle, due }));
    }
}

/// Does something before the next frame is drawn, however often it is asked to.
pub(crate) struct Frame {
    react: Closure<dyn FnMut()>,
    asked: Rc<Cell<bool>>,
}

impl Frame {
    pub(crate) fn new(mut react: impl FnMut() + 'static) -> Self {
        let asked = Rc::new(Cell::new(false));
        let drawn = Rc::clone(&asked);
        let react = Closure::new(move || {
            drawn.set(false);
            react();
        });
        Self { react, asked }
    }

    pub(crate) fn ask(&self) {
        if self.asked.replace(true) {
            return;
        }
        let react = self.react.as_ref().unchecked_ref();
        let asked = web_sys::window().map(|window| window.request_animation_frame(react));
        if !matches!(asked, Some(Ok(_))) {
            self.asked.set(false);
        }
    }
}

/// Waits.
pub(super) fn later(millis: i32) -> js_sys::Promise {
    js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            // Without a timer the promise stays open, and another one wins the race.
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        }
    })
}
