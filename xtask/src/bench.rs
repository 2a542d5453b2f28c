//! `bench`: what a tool call and an open session cost.

use crate::{shell, workspace};

/// Measures what a tool call and an open session cost, and prints Markdown tables
///
/// Calls go over a scripted Realtime server and a trivial MCP server on loopback, without TLS. The
/// same calls are made by a hand-written minimum: one socket, one kept connection, no checks, one
/// call after the other. Both take turns in one run, so that other work of the machine hits both;
/// all the same, let it do nothing else. Needs Linux, which tells the CPU time and memory of a
/// process.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Make fewer calls and open fewer sessions
    #[arg(long)]
    quick: bool,
}

/// # Errors
///
/// When the benchmark doesn't build, or a call comes back wrong.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut bench = workspace::cargo()?;
    bench.args(["bench", "--package", "rtmcp", "--bench", "calls", "--"]);
    if args.quick {
        bench.arg("--quick");
    }
    shell::run(&mut bench)
}
