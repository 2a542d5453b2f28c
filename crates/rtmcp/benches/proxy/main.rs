//! What passing events on costs with the proxy, beside a plain copy of the same bytes.
//!
//! Run by `cargo xtask bench`. This process plays clients, endpoint and MCP server, and measures.
//! What is measured runs in processes of its own, started from the same binary with `--between`, so
//! that their CPU time is that of one side alone, each on one thread:
//!
//! - `proxy`: [`Agent::proxy`](rtmcp::Agent::proxy) with the tools of the sample shop;
//! - `copy`: what comes on one socket is written to the other, 64 KiB at a time.
//!
//! Both take turns, block by block, so that whatever else the machine does hits both.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark speaks to its user on stdout"
)]

mod between;
#[path = "../common/figures.rs"]
mod figures;
mod line;
mod load;
mod measure;
mod report;
#[path = "../common/usage.rs"]
mod usage;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["--between", kind, endpoint, shop] = words.as_slice() {
        return between::run(kind, endpoint, shop);
    }
    let size = if words.contains(&"--quick") {
        measure::QUICK
    } else {
        measure::FULL
    };
    println!("{}", measure::run(&size)?);
    Ok(())
}
