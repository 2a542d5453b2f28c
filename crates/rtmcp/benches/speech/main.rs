//! How long a person waits for an answer over WebRTC, and how much of that is ours.
//!
//! Run by `cargo xtask bench`. Everything is real but the model: a caller speaks a recorded
//! question over a WebRTC connection, as a browser does; the simulator finds the end of it; an
//! [`Agent`](rtmcp::Agent) leads the call over a sideband, as a backend does for a page, and makes
//! the model's calls on an MCP server over Streamable HTTP; the caller hears the answer. All of it
//! runs in this process, and time passes as it does: a turn takes some three seconds.
//!
//! The ear, the brain and the voice are scripts that take as long as they are told, and what they
//! really took is measured. Whatever else passes is ours: frames and codecs, the network, the
//! jitter buffers, what turn detection takes beyond the silence that it is set to wait for, events,
//! the bridge, the MCP call, and the start of playback.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark speaks to its user on stdout"
)]

mod caller;
mod engines;
#[path = "../common/figures.rs"]
mod figures;
mod measure;
mod report;

fn main() -> anyhow::Result<()> {
    let size = match std::env::args().any(|word| word == "--quick") {
        true => measure::QUICK,
        false => measure::FULL,
    };
    // What `#[tokio::main]` makes.
    let runtime = tokio::runtime::Runtime::new()?;
    let found = runtime.block_on(measure::run(&size))?;
    println!("{found}");
    Ok(())
}
