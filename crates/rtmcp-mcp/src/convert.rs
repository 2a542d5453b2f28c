//! rmcp's words to ours: the only place where they meet.
//!
//! The functions are total: what a server sends wrong costs the part that is wrong, not the whole.

mod failure;
mod outcome;
mod tools;

pub(crate) use self::{
    failure::{from_call, from_handshake, from_send},
    outcome::{outcome, progress},
    tools::page,
};
