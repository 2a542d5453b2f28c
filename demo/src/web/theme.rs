//! Light or dark: what the person chose, kept in a cookie so that the server draws it at once.

use wasm_bindgen::JsCast as _;
use web_sys::HtmlDocument;

/// The cookie; the server reads it.
#[cfg(feature = "ssr")]
pub(crate) const COOKIE: &str = "theme";

/// Changes to the other of light and dark, whichever is shown, and remembers it for a year.
pub(crate) fn toggle() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let document = window.document();
    let Some(root) = document.as_ref().and_then(|it| it.document_element()) else {
        return;
    };
    let dark = match root.get_attribute("data-theme").as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => {
            let query = window.match_media("(prefers-color-scheme: dark)");
            matches!(query, Ok(Some(query)) if query.matches())
        }
    };
    let theme = if dark { "light" } else { "dark" };
    // An attribute of that name is always allowed.
    let _ = root.set_attribute("data-theme", theme);
    if let Some(Ok(document)) = document.map(|it| it.dyn_into::<HtmlDocument>()) {
        let cookie = format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax");
        let _ = document.set_cookie(&cookie);
    }
}
