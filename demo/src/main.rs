//! Serves the page, and the backend that it talks to.

use std::process::ExitCode;

use clap::Parser as _;
use demo::serve::{Args, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            demo::serve::note(format!("{problem:#}"));
            ExitCode::FAILURE
        }
    }
}
