//! What the tool engine costs where no server is waited for: checking and routing a call, shaping a
//! result, compiling a schema; and what 1,000 tools of 20 servers cost.
//!
//! Run by `cargo xtask bench --only tools`. The schemas are those of real servers, as
//! `cargo xtask servers --update` found them. The 20 servers are real ones on loopback, in this
//! process, and everything runs on one thread: the times are CPU times, theirs included.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark speaks to its user on stdout"
)]

mod calls;
mod crowd;
#[path = "../common/figures.rs"]
mod figures;
mod fixture;
mod results;
mod schemas;
mod time;

use time::Effort;

fn main() -> anyhow::Result<()> {
    let effort = if std::env::args().any(|word| word == "--quick") {
        Effort::QUICK
    } else {
        Effort::FULL
    };
    println!("Machine: {}.\n", figures::machine());
    let servers = fixture::servers()?;
    println!("{}", calls::measure(&servers, effort)?);
    println!("{}", results::measure(effort)?);
    println!("{}", schemas::measure(&servers, effort)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!("{}", runtime.block_on(crowd::measure(effort))?);
    Ok(())
}
