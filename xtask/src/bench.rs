//! `bench`: what a tool call, an open session, the tool engine, the proxy, a spoken answer and the page
//! cost.

use crate::{e2e, shell, workspace};

/// Measures tool calls, the proxy, spoken answers and the page, and prints Markdown tables
///
/// Everything runs on loopback, without TLS; let the machine do nothing else. Calls go over a
/// scripted Realtime server, beside a hand-written minimum: one socket, one kept connection, no
/// checks, one call after the other. What the tool engine does without a server is measured with the
/// schemas of real ones, and with 1,000 tools of 20 servers. The proxy stands beside a plain copy of the same bytes. Answers
/// are spoken over WebRTC, with the simulator as the endpoint, in real time: this takes some six
/// minutes. The page is loaded by a real browser. Needs Linux, which tells the CPU time and memory
/// of a process.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Measure less, for a first look
    #[arg(long)]
    quick: bool,
    /// Measure only one of them
    #[arg(long, value_enum, value_name = "WHAT")]
    only: Option<Subject>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Subject {
    /// What a tool call and an open session cost
    Calls,
    /// What checking, shaping and compiling cost, and 1,000 tools of 20 servers
    Tools,
    /// What passing events on costs with the proxy
    Proxy,
    /// How long a spoken answer takes over WebRTC
    Speech,
    /// What the page of the demo weighs, and how soon it can be used
    Page,
}

/// # Errors
///
/// When something doesn't build, or a measurement meets what it doesn't expect.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let all = [
        Subject::Calls,
        Subject::Tools,
        Subject::Proxy,
        Subject::Speech,
        Subject::Page,
    ];
    let wanted = all
        .iter()
        .filter(|it| args.only.is_none_or(|only| only == **it));
    for subject in wanted {
        match subject {
            Subject::Calls => program("calls", args.quick)?,
            Subject::Tools => program("tools", args.quick)?,
            Subject::Proxy => program("proxy", args.quick)?,
            Subject::Speech => program("speech", args.quick)?,
            Subject::Page => e2e::measure(args.quick)?,
        }
    }
    Ok(())
}

fn program(name: &str, quick: bool) -> anyhow::Result<()> {
    let mut bench = workspace::cargo()?;
    bench.args(["bench", "--package", "rtmcp", "--bench", name, "--"]);
    if quick {
        bench.arg("--quick");
    }
    shell::run(&mut bench)
}
