//! Everything a contributor or CI runs, as `cargo xtask <verb>`.
//!
//! One file per verb. A verb prints what it does and ends with exit code 1 when something is wrong,
//! with a line that says what and what to do.

#![expect(
    clippy::print_stdout,
    reason = "a command speaks to its user on stdout"
)]

mod bench;
mod cache;
mod ci;
mod conformance;
mod demo;
mod e2e;
mod endure;
mod fuzz;
mod interop;
mod page;
mod report;
mod server;
mod servers;
mod setup;
mod shell;
mod soak;
mod speech;
mod test;
mod tidy;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What there is to run in this repository. Start with `cargo xtask ci`: it does everything.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Setup(setup::Args),
    Demo(demo::Args),
    Ci(ci::Args),
    Tidy(tidy::Args),
    Test(test::Args),
    Wasm(wasm::Args),
    #[command(name = "e2e")]
    E2e(e2e::Args),
    Interop(interop::Args),
    Servers(servers::Args),
    Conformance(conformance::Args),
    Bench(bench::Args),
    Endure(endure::Args),
    Soak(soak::Args),
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Setup(args) => setup::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Ci(args) => ci::run(&args),
        Verb::Tidy(args) => tidy::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Wasm(args) => wasm::run(&args),
        Verb::E2e(args) => e2e::run(&args),
        Verb::Interop(args) => interop::run(&args),
        Verb::Servers(args) => servers::run(&args),
        Verb::Conformance(args) => conformance::run(&args),
        Verb::Bench(args) => bench::run(&args),
        Verb::Endure(args) => endure::run(&args),
        Verb::Soak(args) => soak::run(&args),
        Verb::Fuzz(args) => fuzz::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("\nerror: {problem:#}");
            ExitCode::FAILURE
        }
    }
}
