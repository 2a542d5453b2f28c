//! `servers`: real MCP servers, listed and called, and what came of it in `docs/servers.md`.

mod install;
mod lan;
mod page;
mod plan;
mod running;
mod stage;
mod trial;

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, ensure};

use crate::{cache::Cache, workspace};
use plan::Plan;
use stage::Stage;

/// Lists and calls real MCP servers of npm and PyPI, and tells how each did
///
/// They are installed as they are published, in versions that xtask/servers pins, into the cache
/// folder. Each is listed by `rtmcp tools`, alone and with all others, and its tools are called with
/// real arguments, over the transport that it offers; the answers are checked. Nothing but this
/// machine is asked for anything, once they are installed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write docs/servers.md, and the tools as they came for `cargo xtask bench --only tools`
    #[arg(long)]
    update: bool,
    /// Try only this server
    #[arg(long, value_name = "NAME", conflicts_with = "update")]
    only: Option<String>,
}

const PAGE: &str = "docs/servers.md";
/// What a benchmark compiles.
const TOOLS: &str = "crates/rtmcp/benches/tools/servers.json";

/// # Errors
///
/// When something can't be installed or built, or a server didn't do what it should.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let cache = Cache::locate()?;
    let sources = workspace::root()?.join("xtask/servers");
    let versions = install::install(&cache, &sources)?;
    let rtmcp = workspace::build_rtmcp()?;
    let trial = workspace::build_example("rtmcp", "trial")?;
    let stage = Stage::set(&cache, &sources, &workspace::target()?.join("servers"))?;
    let plan = Plan::read(&sources.join("servers.json"), &stage)?;
    let wanted = plan.servers.iter();
    let wanted = wanted.filter(|it| args.only.as_ref().is_none_or(|only| *only == it.name));
    let mut results = Vec::new();
    println!();
    for server in wanted {
        let version = versions.of(&server.package)?;
        let result = trial::of(server, version, &rtmcp, &trial, &stage)?;
        println!("{}", page::brief(&result));
        results.push(result);
    }
    ensure!(
        !results.is_empty(),
        "there is no such server in xtask/servers/servers.json"
    );
    let all = trial::together(&plan, &rtmcp, &stage)?;
    println!("{}", page::brief_of_all(&all));
    if args.update {
        update(&results, &all)?;
    }
    let wrong: Vec<String> = results.iter().flat_map(trial::Result::wrong).collect();
    ensure!(
        wrong.is_empty(),
        "what was not as it should be:\n  {}",
        wrong.join("\n  ")
    );
    Ok(())
}

fn update(results: &[trial::Result], all: &trial::Together) -> anyhow::Result<()> {
    let root = workspace::root()?;
    fs::write(root.join(PAGE), page::markdown(results, all)).context(PAGE)?;
    let mut tools = serde_json::Map::new();
    let mut packages = BTreeSet::new();
    for result in results {
        // The same server over another transport has the same tools.
        if packages.insert(&result.package) {
            tools.insert(result.name.clone(), result.described.clone());
        }
    }
    let text = serde_json::to_string_pretty(&tools)? + "\n";
    fs::write(root.join(TOOLS), text).context(TOOLS)?;
    println!("\nwritten: {PAGE}, {TOOLS}");
    Ok(())
}
