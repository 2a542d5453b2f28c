//! `docs/conformance.md`, written from a run.

use std::{fmt::Write as _, fs};

use super::{
    exceptions::{Exception, Exceptions, FILE, NotRun},
    outcome::{self, Outcome},
    suite::Suite,
};
use crate::workspace;

/// Writes the page.
///
/// # Errors
///
/// When it can't be written.
pub(super) fn write(
    suite: &Suite,
    outcomes: &[Outcome],
    exceptions: &Exceptions,
) -> anyhow::Result<()> {
    let file = workspace::root()?.join("docs/conformance.md");
    fs::write(&file, text(suite.version(), outcomes, exceptions))?;
    println!("wrote {}", file.display());
    Ok(())
}

fn text(version: &str, outcomes: &[Outcome], exceptions: &Exceptions) -> String {
    let mut page = format!(
        "# Conformance\n\n\
         The MCP project tests clients with a suite of its own: it plays servers and authorization \
         servers, and looks at what a client does. This page is what version {version} of it says of \
         the client in `rtmcp-mcp`, written by `cargo xtask conformance --update`. `cargo xtask \
         conformance` runs it again, and fails on anything that isn't said here. The client that is \
         tried is `crates/rtmcp-mcp/examples/conformance.rs`, made of the crate's public API.\n\n\
         Each number is how many checks passed, *n of m* where some failed; the other checks of a scenario \
         are for its information, or for what it doesn't try at that revision.\n\n{}",
        outcome::table(outcomes)
    );
    let _ = write!(
        page,
        "\n## What fails, and why\n\nThis list and the next are checked: they stand in `{FILE}`.\n\n\
         | scenario | check | why |\n|---|---|---|\n"
    );
    for Exception {
        scenario,
        check,
        reason,
    } in &exceptions.expected
    {
        let _ = writeln!(page, "| {scenario} | {check} | {reason} |");
    }
    page.push_str("\n## What isn't run, and why\n\n| scenario | why |\n|---|---|\n");
    for NotRun { scenario, reason } in &exceptions.not_run {
        let _ = writeln!(page, "| {scenario} | {reason} |");
    }
    page
}
