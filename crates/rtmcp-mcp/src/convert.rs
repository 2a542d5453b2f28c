//! rmcp's words to ours: the only place where they meet.
//!
//! The functions are total: what a server sends wrong costs the part that is wrong, not the whole.

mod failure;
mod log;
mod outcome;
mod tools;

pub(crate) use self::{
    failure::{NO_HANDSHAKE, from_call, from_handshake, from_send},
    log::{log_level, to_rmcp},
    outcome::{outcome, progress},
    tools::page,
};
