//! `e2e`: the page of the demo in a real browser, spoken to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::cache::Cache;
use crate::page::Page;
use crate::setup::{self, Part};
use crate::{shell, workspace};

/// Speaks with the page of the demo in a real browser, and looks at what comes back
///
/// Chromium gets a spoken WAV as its microphone, tools run on real MCP servers, and what sounds is
/// recognized again. Screenshots and recordings are left in target/e2e.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run only the tests of one file, such as `spoken` of demo/e2e/spoken.test.mjs
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Show the browser
    #[arg(long)]
    headed: bool,
}

/// What the tests need.
const PARTS: [Part; 6] = [
    Part::Voice,
    Part::Hear,
    Part::Node,
    Part::Wasm,
    Part::Page,
    Part::Browser,
];

/// # Errors
///
/// When something can't be set up or built, or a test fails.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    setup::prepare(&PARTS)?;
    let left = workspace::target()?.join("e2e");
    fs::create_dir_all(&left)?;
    let folder = folder()?;
    let tests = tests(&folder, args.only.as_deref())?;
    let mut node = node()?;
    // One after the other: each has a browser, and measures.
    node.args(["--test", "--test-concurrency=1", "--test-reporter"])
        .arg(folder.join("reporter.mjs"))
        .args(tests)
        .env("E2E_HEADED", if args.headed { "1" } else { "" })
        .env("E2E_LEFT", &left);
    println!();
    let outcome = shell::run(&mut node);
    println!("screenshots and recordings: {}", left.display());
    outcome.context("the page doesn't do what it should; what is wrong is told above")
}

/// Measures what the page weighs, and how soon it can be used.
///
/// # Errors
///
/// When something can't be set up or built, or the page can't be loaded.
pub(crate) fn measure(quick: bool) -> anyhow::Result<()> {
    setup::prepare(&PARTS)?;
    let mut node = node()?;
    node.arg("measure.mjs");
    if quick {
        node.arg("--quick");
    }
    println!();
    shell::run(&mut node)
}

/// Node, where it finds what drives the page, once that is built and installed.
fn node() -> anyhow::Result<Command> {
    let folder = folder()?;
    install(&folder)?;
    let page = Page::build()?;
    let rtmcp = workspace::build_rtmcp()?;
    let browser = setup::browser().context("no browser: run `cargo xtask setup`")?;
    let mut node = Command::new("node");
    node.current_dir(&folder)
        .envs(page.environment())
        .env("RTMCP_TOOLS", Cache::locate()?.tools_in_use())
        .env("E2E_BROWSER", browser)
        .env("E2E_SERVER", &page.server)
        .env("E2E_RTMCP", rtmcp)
        // Only what a test itself sets up is talked to.
        .env_remove("OPENAI_API_KEY");
    Ok(node)
}

fn folder() -> anyhow::Result<PathBuf> {
    Ok(workspace::root()?.join("demo/e2e"))
}

/// Installs what the tests import, unless that is there already.
fn install(folder: &Path) -> anyhow::Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/installed-from");
    if fs::read(&stamp).is_ok_and(|held| held == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    shell::run(npm.current_dir(folder)).context("npm could not install what the tests import")?;
    fs::write(stamp, lock).context("could not note what was installed")
}

/// The files with tests, in the order of their names.
fn tests(folder: &Path, only: Option<&str>) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".test.mjs").map(str::to_owned);
        if name.is_some_and(|name| only.is_none_or(|only| only == name)) {
            files.push(file);
        }
    }
    files.sort();
    ensure!(
        !files.is_empty(),
        "no {}.test.mjs in {}",
        only.unwrap_or("*"),
        folder.display()
    );
    Ok(files)
}
