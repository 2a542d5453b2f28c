//! One conversation over many connections.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod drops;
mod endpoint;
mod flight;
mod heard_again;
pub(crate) mod life;
mod losses;
mod model;
mod moments;
mod truth;
mod world;
