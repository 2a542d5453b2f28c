//! One conversation through many connections, in real time: whether it stays one.
//!
//! Run by `cargo xtask endure`. Somebody talks with an agent, typing and speaking in turns, and has
//! it call tools, quick ones and slow ones. The endpoint is the simulator, whose sessions end after
//! three minutes; one of its connections breaks in the middle of an answer, and one falls silent.
//! After each turn it is looked at what the model was given to answer: all that was said so far, in
//! order, and every call with its one output. At the end it is asked for what it was told first.
//!
//! Everything runs in this process, and time passes as it does. It prints what it saw, and fails if
//! the conversation came apart.

#![expect(
    clippy::print_stdout,
    reason = "a measurement speaks to its user on stdout"
)]

mod model;
mod person;
mod report;
mod stage;

use std::time::Duration;

use anyhow::Context;

/// How long it takes, and how long a session of the endpoint lasts.
#[derive(Clone, Copy, Debug)]
struct Size {
    span: Duration,
    expiry: Duration,
}

fn main() -> anyhow::Result<()> {
    let size = size(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(person::talk(size))?;
    println!("{report}");
    report.verdict()
}

/// Reads the two numbers of seconds that may be given.
fn size(arguments: impl Iterator<Item = String>) -> anyhow::Result<Size> {
    let mut seconds = [600, 180];
    for (given, seconds) in arguments.zip(&mut seconds) {
        let number = given.parse();
        *seconds = number.with_context(|| format!("`{given}` is no number of seconds"))?;
    }
    let [span, expiry] = seconds.map(Duration::from_secs);
    Ok(Size { span, expiry })
}
