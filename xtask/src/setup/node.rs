//! The MCP project's own reference server, from npm.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{Part, Step};
use crate::cache::Cache;
use crate::shell;

pub(super) const STEP: Step = Step {
    part: Part::Node,
    what: "@modelcontextprotocol/server-everything 2026.8.31",
    why: "tests call a server that isn't ours, over each transport",
    done: |cache| Ok(installed(cache, PACKAGE).as_deref() == Some(VERSION)),
    install,
};

const PACKAGE: &str = "@modelcontextprotocol/server-everything";
const VERSION: &str = "2026.8.31";

/// The server's program, once it is installed.
pub(super) fn everything(cache: &Cache) -> PathBuf {
    cache.node().join("node_modules/.bin/mcp-server-everything")
}

/// The version of a package that is installed in the cache.
pub(super) fn installed(cache: &Cache, package: &str) -> Option<String> {
    let manifest = cache
        .node()
        .join("node_modules")
        .join(package)
        .join("package.json");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(manifest).ok()?).ok()?;
    Some(manifest["version"].as_str()?.to_owned())
}

fn install(cache: &Cache) -> anyhow::Result<()> {
    npm_install(cache, PACKAGE, VERSION)
}

/// Installs a package of npm into the cache.
///
/// # Errors
///
/// When Node is missing, or npm can't install it.
pub(super) fn npm_install(cache: &Cache, package: &str, version: &str) -> anyhow::Result<()> {
    ensure!(
        shell::on_path("node").is_some() && shell::on_path("npm").is_some(),
        "node and npm are missing: install Node.js 20 or newer, then run this again",
    );
    fs::create_dir_all(cache.node())?;
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--save-exact",
        "--loglevel=error",
    ]);
    npm.arg("--prefix")
        .arg(cache.node())
        .arg(format!("{package}@{version}"));
    shell::run(&mut npm).with_context(|| format!("npm could not install {package}"))
}
