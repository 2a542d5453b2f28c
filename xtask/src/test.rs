//! `test`: the workspace's tests under nextest, then the doctests.

use crate::cache::Cache;
use crate::{shell, workspace};

/// Runs the tests: nextest for the workspace, then the doctests
///
/// With a FILTER only tests whose name contains it run, and no doctests.
/// What hears and speaks is named in the file that `cargo xtask setup` writes, or in the one that
/// RTMCP_TOOLS names.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Part of the names of the tests to run
    filter: Option<String>,
}

/// What random tests are made from. Set it to look for what this seed doesn't find; the tests by
/// themselves, without this command, take another one each time.
const SEED: &str = "PROPTEST_RNG_SEED";

/// # Errors
///
/// When a test fails, or nextest isn't there.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let cache = Cache::locate()?;
    let Some(nextest) = cache.program("cargo-nextest") else {
        anyhow::bail!("cargo-nextest is missing: run `cargo xtask setup --only tools`");
    };
    let mut tests = std::process::Command::new(nextest);
    tests
        .args(["nextest", "run", "--workspace", "--all-features"])
        .args(&args.filter);
    tests
        .current_dir(workspace::root()?)
        .env("RTMCP_TOOLS", cache.tools_in_use());
    if std::env::var_os(SEED).is_none() {
        // The same answer twice: a change must not fail for another's luck.
        tests.env(SEED, "20260728");
    }
    shell::run(&mut tests)?;
    if args.filter.is_some() {
        return Ok(());
    }
    let mut doctests = workspace::cargo()?;
    doctests
        .args(["test", "--workspace", "--all-features", "--doc"])
        .env("RTMCP_TOOLS", cache.tools_in_use());
    shell::run(&mut doctests)
}
