//! The pool against sample servers: every transport, every kind of answer, every kind of loss.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod breaker;
mod cached;
mod calls;
#[cfg(unix)]
mod children;
mod doors;
mod front;
mod limits;
mod lists;
mod loss;
mod oauth;
mod pool;
mod privacy;
mod questions;
mod reading;
mod safety;
mod support;
mod transports;
