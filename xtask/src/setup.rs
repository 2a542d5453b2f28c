//! `setup`: installs what the demo and the tests need and a Rust toolchain doesn't bring.
//!
//! Every step looks first whether its work is already done, so that a second run takes no time.

mod browser;
mod fuzz;
mod hear;
mod leptos;
mod node;
mod page;
mod system;
mod tools;
mod tools_file;
mod voice;
mod wasm;

use std::time::Instant;

use anyhow::Context as _;

use crate::cache::Cache;
use crate::report;

/// Installs all that the demo and the tests need; can be run again at any time
///
/// System packages come from apt-get (as root) or brew; without root it prints the command to run.
/// Everything else goes into ${XDG_CACHE_HOME:-~/.cache}/rtmcp, which can be deleted at any time.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Do one part and leave the others
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
}

/// What can be installed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Speech synthesizers
    Voice,
    /// A speech recognizer that runs on this machine
    Hear,
    /// The reference MCP server
    Node,
    /// What builds for wasm32-unknown-unknown
    Wasm,
    /// What makes a page of the built WASM: wasm-bindgen, wasm-opt
    Page,
    /// cargo-nextest, cargo-deny
    Tools,
    /// A browser that tests can drive
    Browser,
    /// cargo-leptos, for `cargo leptos serve`
    Leptos,
    /// cargo-fuzz
    Fuzz,
}

/// One thing to install.
struct Step {
    part: Part,
    what: &'static str,
    why: &'static str,
    /// Whether there is nothing to do. Takes milliseconds.
    done: fn(&Cache) -> anyhow::Result<bool>,
    install: fn(&Cache) -> anyhow::Result<()>,
}

const STEPS: [Step; 9] = [
    voice::STEP,
    hear::STEP,
    node::STEP,
    wasm::STEP,
    page::STEP,
    tools::STEP,
    browser::STEP,
    leptos::STEP,
    fuzz::STEP,
];

/// What `ci` needs.
pub(crate) const CHECKS: [Part; 6] = [
    Part::Voice,
    Part::Hear,
    Part::Node,
    Part::Wasm,
    Part::Page,
    Part::Tools,
];

/// # Errors
///
/// When a step can't be done; the message says what to do by hand. Later steps are not tried.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match args.only {
        Some(part) => prepare(&[part]),
        None => prepare(&STEPS.map(|step| step.part)),
    }
}

/// Installs some parts, in the order of [`STEPS`].
///
/// # Errors
///
/// As [`run`].
pub(crate) fn prepare(parts: &[Part]) -> anyhow::Result<()> {
    let cache = Cache::locate()?;
    std::fs::create_dir_all(cache.root())?;
    for step in STEPS.iter().filter(|step| parts.contains(&step.part)) {
        perform(step, &cache)?;
    }
    tools_file::write(&cache)
}

/// Makes an empty Python environment in a folder.
///
/// # Errors
///
/// When Python is missing, or can't.
pub(crate) fn python_environment(folder: &std::path::Path) -> anyhow::Result<()> {
    hear::python_environment(folder)
}

/// Installs cargo-fuzz where it isn't there, and returns where it is.
///
/// # Errors
///
/// When it can't be installed.
pub(crate) fn fuzz() -> anyhow::Result<std::path::PathBuf> {
    let cache = Cache::locate()?;
    perform(&fuzz::STEP, &cache)?;
    let program = cache.program(fuzz::NAME);
    program.context("cargo-fuzz was installed, and isn't there")
}

/// The browser that tests drive, if one is installed.
pub(crate) fn browser() -> Option<std::path::PathBuf> {
    browser::find()
}

/// The command that speaks the text on its stdin into a WAV on its stdout, if one is installed.
pub(crate) fn voice_command() -> Option<&'static [&'static str]> {
    tools_file::voice()
}

fn perform(step: &Step, cache: &Cache) -> anyhow::Result<()> {
    let name = format!("{:?}", step.part).to_lowercase();
    if (step.done)(cache)? {
        println!("{name}: there already ({})", step.what);
        return Ok(());
    }
    println!(
        "{name}: installing {}\n      because {}",
        step.what, step.why
    );
    let start = Instant::now();
    (step.install)(cache)?;
    println!("{name}: installed in {}", report::seconds(start.elapsed()));
    Ok(())
}
