//! The router through its public door, natively and on wasm32.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't set itself up has to fail"
)]

#[cfg(not(target_arch = "wasm32"))]
mod any_schema;
mod approval;
mod approvals;
mod arguments;
mod call_rules;
mod compile;
mod config;
mod discover;
mod fixture;
mod names;
mod pins;
mod privacy;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod reading;
#[cfg(not(target_arch = "wasm32"))]
mod redaction;
mod scan;
mod schemas;
mod shaping;
mod words;
