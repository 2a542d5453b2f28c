//! A page to speak with a Realtime model and watch it use MCP tools.
//!
//! It is drawn by the server first (feature `ssr`, with the binary `demo`) and goes on in the
//! browser, as WASM. The parts:
//!
//! ```text
//!  person ──Act──▶ ┌───────┐ ──Effect──▶ web: microphone, connection, requests, files
//!  web ────Input─▶ │ model │
//!                  └───────┘ ◀──reads─── view: what is shown
//! ```
//!
//! [`model`] is pure and is tried without a browser; the folder `web` alone knows JavaScript;
//! [`page::Page`] joins them; [`app::App`] shows it.

pub mod app;
pub mod model;
pub mod page;
#[cfg(feature = "ssr")]
pub mod serve;
#[expect(
    unreachable_pub,
    reason = "what the component macro makes is public, wherever it is"
)]
mod view;
mod web;

/// Takes over what the server has drawn.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(app::App);
}
