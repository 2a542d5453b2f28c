//! One conversation over many connections.

mod endpoint;
mod life;
mod losses;
mod moments;
mod world;
