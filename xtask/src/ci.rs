//! `ci`: every check, in order, with a closing table.

use anyhow::Context as _;

use crate::cache::Cache;
use crate::report::Report;
use crate::{fuzz, setup, shell, test, tidy, wasm, workspace};

/// Runs every check and test: what must pass before a change lands
///
/// A failing step doesn't stop the next, so one run tells everything that is wrong. Uses
/// CARGO_TARGET_DIR if that is set.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// # Errors
///
/// When any step failed.
pub(crate) fn run(_: &Args) -> anyhow::Result<()> {
    let mut report = Report::default();
    report.step("setup", || setup::prepare(&setup::CHECKS));
    report.step("fmt", || {
        cargo(&["fmt", "--all", "--check"]).context("run `cargo fmt --all`")
    });
    report.step("tidy", || tidy::run(&tidy::Args {}));
    report.step("clippy", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-features",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
    });
    report.step("test", || test::run(&test::Args::default()));
    report.step("wasm", || wasm::run(&wasm::Args::default()));
    report.step("fuzz targets", fuzz::check);
    report.step("doc", doc);
    report.step("deny", deny);
    println!("{}", report.table());
    match report.failures() {
        0 => Ok(()),
        1 => anyhow::bail!("1 step failed"),
        several => anyhow::bail!("{several} steps failed"),
    }
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    shell::run(workspace::cargo()?.args(arguments))
}

fn doc() -> anyhow::Result<()> {
    let mut doc = workspace::cargo()?;
    doc.args([
        "doc",
        "--workspace",
        "--all-features",
        "--no-deps",
        "--document-private-items",
    ]);
    shell::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Licenses, bans and sources. Advisories change by the day and need the network, so they are not
/// part of a check that has to give the same answer twice: `cargo deny check advisories` tells.
fn deny() -> anyhow::Result<()> {
    let cache = Cache::locate()?;
    let Some(deny) = cache.program("cargo-deny") else {
        anyhow::bail!("cargo-deny is missing: run `cargo xtask setup --only tools`");
    };
    let mut check = std::process::Command::new(deny);
    check.args([
        "--workspace",
        "--all-features",
        "check",
        "licenses",
        "bans",
        "sources",
    ]);
    shell::run(check.current_dir(workspace::root()?))
}
