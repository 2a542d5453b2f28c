//! [`Listener`]: an event handler that is taken off when it is dropped.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::EventTarget;

/// An event handler that is taken off when it is dropped.
pub(super) struct Listener {
    target: EventTarget,
    kind: &'static str,
    react: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listener {
    /// Reacts to events of a kind. Those of another class than `E` are passed over.
    pub(super) fn new<E: JsCast>(
        target: &EventTarget,
        kind: &'static str,
        mut react: impl FnMut(E) + 'static,
    ) -> Self {
        let react: Closure<dyn FnMut(web_sys::Event)> =
            Closure::new(move |event: web_sys::Event| {
                if let Ok(event) = event.dyn_into::<E>() {
                    react(event);
                }
            });
        // It fails only for targets that are none.
        let _ = target.add_event_listener_with_callback(kind, react.as_ref().unchecked_ref());
        Self {
            target: target.clone(),
            kind,
            react,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let react = self.react.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, react);
    }
}

/// Returns what a JavaScript error says.
pub(super) fn words(problem: &JsValue) -> String {
    let text = |key: &str| js_sys::Reflect::get(problem, &key.into()).ok()?.as_string();
    text("message").unwrap_or_else(|| "the browser doesn't say why".to_owned())
}

/// Returns the name of a JavaScript error, such as `NotAllowedError`.
pub(super) fn name(problem: &JsValue) -> String {
    let name = js_sys::Reflect::get(problem, &"name".into()).ok();
    name.and_then(|name| name.as_string()).unwrap_or_default()
}
