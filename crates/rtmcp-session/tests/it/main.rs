//! What a session guarantees, by hand-made turns and by a simulated world with its own clock.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test stops at what it doesn't expect, and reads better without borrowing"
)]
#![cfg_attr(
    target_arch = "wasm32",
    expect(
        dead_code,
        reason = "the random tests, which run natively, use more of the worlds"
    )
)]

mod barge_in;
mod bundled;
mod companion;
mod doubles;
mod endpoint;
mod endpoint_plays;
mod handover;
mod hostile;
mod interrupted;
mod moments;
mod outlet;
#[cfg(not(target_arch = "wasm32"))]
mod pair;
mod patience;
mod pictures;
mod privacy;
mod probe;
mod proxy;
#[cfg(not(target_arch = "wasm32"))]
mod random;
#[cfg(not(target_arch = "wasm32"))]
mod recording;
mod replies;
mod reply_modes;
mod said_before;
mod setup;
#[cfg(not(target_arch = "wasm32"))]
mod soak;
#[cfg(not(target_arch = "wasm32"))]
mod together;
mod tools;
mod transcript;
mod watch;
mod world;
