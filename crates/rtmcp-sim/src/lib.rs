//! A Realtime server for laptops and CI: hears, thinks and speaks with pluggable engines.

pub mod engine;
