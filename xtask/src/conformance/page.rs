//! `docs/conformance.md`, written from a run.

use std::{fmt::Write as _, fs};

use super::{
    exceptions::{Exceptions, FILE},
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
    page.push_str("\n## What fails, and why\n\n");
    if exceptions.0.is_empty() {
        page.push_str("Nothing.\n");
        return page;
    }
    let _ = writeln!(page, "The list is checked: it stands in `{FILE}`.\n");
    page.push_str("| scenario | check | why |\n|---|---|---|\n");
    for exception in &exceptions.0 {
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            exception.scenario, exception.check, exception.reason
        );
    }
    page
}
