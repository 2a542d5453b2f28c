//! `endure`: one conversation through many connections, in real time.

use crate::{shell, workspace};

/// Talks with an agent for ten minutes at an endpoint that ends every session after three
///
/// Somebody types and speaks in turns and has tools called, in real time, and two connections break
/// on top. Prints the hand-overs, how long each took and what it cost, and fails if the model ever
/// doesn't know all that was said, or a call has more or fewer than one output.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many seconds to talk for
    #[arg(long, default_value_t = 600, value_name = "SECONDS")]
    talk: u64,
    /// How many seconds a session of the endpoint lasts
    #[arg(long, default_value_t = 180, value_name = "SECONDS")]
    expiry: u64,
}

/// # Errors
///
/// When it doesn't build, or the conversation came apart.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut endure = workspace::cargo()?;
    endure.args([
        "run",
        "--quiet",
        "--package",
        "rtmcp",
        "--example",
        "endure",
    ]);
    endure.args(["--", &args.talk.to_string(), &args.expiry.to_string()]);
    shell::run(&mut endure)
}
