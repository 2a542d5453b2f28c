//! What `say` and `attach` have in common: a session, told step by step and kept on record.

mod calls;
mod recorder;
mod steps;
pub(crate) mod told;

pub(crate) use calls::Calls;
pub(crate) use recorder::Recorder;
pub(crate) use steps::{Steps, span};

/// What to look at when a file can't be written.
pub(crate) const FOLDER: &str = "does its folder exist, and may you write there?";
