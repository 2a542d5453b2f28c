//! `conformance`: MCP's own conformance suite against the client of rtmcp-mcp.

mod exceptions;
mod outcome;
mod page;
mod suite;

use std::fs;

use anyhow::ensure;

use crate::{cache::Cache, workspace};
use exceptions::Exceptions;
use outcome::Outcome;
use suite::Suite;

/// Puts our MCP client through the conformance suite of the MCP project
///
/// The suite is installed from npm in the version that xtask/conformance pins, with a Node of its
/// own. What may fail is listed with its reason in crates/rtmcp-mcp/tests/conformance.toml: a failure
/// that isn't listed fails this command, and so does one that is listed and passes. What each
/// scenario saw is left in target/conformance.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run only the scenarios whose name contains this; nothing is compared with the list
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Write the results to docs/conformance.md
    #[arg(long, conflicts_with = "only")]
    update: bool,
}

/// The revisions and the suites that are tried, in the order of the table's columns.
const RUNS: [(&str, &str); 4] = [
    ("2025-11-25", "all"),
    ("2026-07-28", "all"),
    ("2025-03-26", "backcompat"),
    ("extensions", "extensions"),
];

/// # Errors
///
/// When something can't be set up or built, a check fails that may not, or one passes that is
/// listed as failing.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let cache = Cache::locate()?;
    let suite = Suite::install(&cache)?;
    let client = suite::build_client()?;
    let left = workspace::target()?.join("conformance");
    if left.exists() {
        fs::remove_dir_all(&left)?;
    }
    let mut outcomes = Vec::new();
    for (column, name) in RUNS {
        println!("running the scenarios of {column}");
        let folder = left.join(column);
        fs::create_dir_all(&folder)?;
        match &args.only {
            Some(part) => suite.some(&client, column, name, part, &folder)?,
            None => suite.all(&client, column, name, &folder)?,
        }
        outcomes.extend(outcome::read(column, &folder)?);
    }
    println!("\n{}", outcome::table(&outcomes));
    if args.only.is_some() {
        return Ok(());
    }
    let exceptions = Exceptions::read()?;
    if args.update {
        page::write(&suite, &outcomes, &exceptions)?;
    }
    judge(&suite, &outcomes, &exceptions, &left)
}

/// Compares what failed with what may fail, and what ran with what there is.
fn judge(
    suite: &Suite,
    outcomes: &[Outcome],
    exceptions: &Exceptions,
    left: &std::path::Path,
) -> anyhow::Result<()> {
    let mut surprises = exceptions.surprises(outcomes);
    surprises.extend(exceptions.forgotten(&suite.every_scenario()?, outcomes));
    for surprise in &surprises {
        println!("{surprise}");
    }
    ensure!(
        surprises.is_empty(),
        "{} findings are not as {} says; what each scenario saw is in {}",
        surprises.len(),
        exceptions::FILE,
        left.display()
    );
    Ok(())
}
