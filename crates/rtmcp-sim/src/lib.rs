//! A Realtime server for laptops and CI: hears, thinks and speaks with pluggable engines.

mod config;
mod driver;
pub mod engine;
mod outlet;
mod session;
mod sim;

pub use config::{Pacing, Rates, SimConfig};
pub use engine::Engines;
pub use sim::{Running, Sim};
