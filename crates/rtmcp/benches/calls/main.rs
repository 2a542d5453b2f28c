//! What a tool call costs with rtmcp, beside the least that any loop would do; and what a session
//! costs while it is open.
//!
//! Run by `cargo xtask bench`. This process plays the endpoint and the MCP server, and measures.
//! What is measured runs in processes of its own, started from the same binary with `--client`, so
//! that CPU time and memory are those of one side alone:
//!
//! - `rtmcp`: an [`Agent`](rtmcp::Agent) as an application would use it;
//! - `minimum`: one WebSocket, one kept connection to the MCP server, no checks, no parallel calls.
//!
//! Both take turns, block by block, so that whatever else the machine does hits both.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark speaks to its user on stdout"
)]

mod client;
mod endpoint;
#[path = "../common/figures.rs"]
mod figures;
mod measure;
mod minimum;
mod process;
mod report;
mod script;
mod tool_server;
#[path = "../common/usage.rs"]
mod usage;

use client::Kind;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["--client", kind, endpoint, tools] = words.as_slice() {
        return client::run(Kind::parse(kind)?, endpoint, tools);
    }
    let size = if words.contains(&"--quick") {
        measure::QUICK
    } else {
        measure::FULL
    };
    // One thread for both servers: the client has the other cores to itself.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let found = runtime.block_on(measure::run(&size))?;
    println!("{found}");
    Ok(())
}
