//! The subcommands, one a file.

pub(crate) mod attach;
pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod mock;
mod recording;
pub(crate) mod replay;
pub(crate) mod say;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sim;
pub(crate) mod tools;
