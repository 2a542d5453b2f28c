//! [`Follower`]: keeps the end of a list in view, unless the person looks at something earlier.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::Element;

/// This near to the end, in pixels, counts as there.
const NEAR: i32 = 60;

/// Keeps the end of a list in view, unless the person looks at something earlier.
#[derive(Clone)]
pub(crate) struct Follower {
    following: Rc<Cell<bool>>,
    top: Rc<Cell<i32>>,
}

impl Default for Follower {
    fn default() -> Self {
        Self {
            following: Rc::new(Cell::new(true)),
            top: Rc::default(),
        }
    }
}

impl Follower {
    /// The list was scrolled, by the person or by [`follow`](Self::follow). Only a person goes back.
    pub(crate) fn scrolled(&self, list: &Element) {
        let top = list.scroll_top();
        if list.scroll_height() - top - list.client_height() < NEAR {
            self.following.set(true);
        } else if top < self.top.get() {
            self.following.set(false);
        }
        self.top.set(top);
    }

    /// Something was added: show it, once it has been laid out.
    pub(crate) fn follow(&self, list: Element) {
        if !self.following.get() {
            return;
        }
        let show = move || list.set_scroll_top(list.scroll_height());
        let show = Closure::once_into_js(show);
        if let Some(window) = web_sys::window() {
            // Where no frame is drawn, nobody looks.
            let _ = window.request_animation_frame(show.unchecked_ref());
        }
    }
}
