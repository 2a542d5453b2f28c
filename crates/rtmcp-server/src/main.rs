//! The `rtmcp` command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    rtmcp_server::run(rtmcp_server::Cli::parse())
}
