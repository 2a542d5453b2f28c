//! Where the keyboard is.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

/// Tells whether the person is writing something.
pub(crate) fn is_writing() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let focused = document.and_then(|document| document.active_element());
    focused.is_some_and(|element| {
        let name = element.tag_name();
        ["INPUT", "TEXTAREA", "SELECT"].contains(&name.as_str())
    })
}

/// Gives an element the keyboard.
pub(crate) fn focus(id: &str) {
    if let Some(element) = by_id(id).and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // An element that can't have it keeps it where it is.
        let _ = element.focus();
    }
}

fn by_id(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}
