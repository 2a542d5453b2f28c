//! The subcommands, one a file.

pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod mock;
pub(crate) mod say;
pub(crate) mod serve;
pub(crate) mod sim;
pub(crate) mod tools;
