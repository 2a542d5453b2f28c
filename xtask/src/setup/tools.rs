//! Cargo's helpers, compiled once into the cache.

use std::process::Command;

use super::{Part, Step};
use crate::cache::Cache;
use crate::shell;

pub(super) const STEP: Step = Step {
    part: Part::Tools,
    what: "cargo-nextest and cargo-deny",
    why: "they run the tests and check dependencies",
    done: |cache| Ok(missing(cache).is_empty()),
    install: |cache| compile(cache, &missing(cache)),
};

/// A program that cargo compiles.
pub(super) struct Tool {
    pub(super) krate: &'static str,
    pub(super) version: String,
    pub(super) features: &'static [&'static str],
}

/// What is to be installed. Any version on `PATH` does.
fn missing(cache: &Cache) -> Vec<Tool> {
    let mut missing = Vec::new();
    for (krate, version) in [("cargo-nextest", "0.9.143"), ("cargo-deny", "0.20.2")] {
        if cache.program(krate).is_none() {
            missing.push(Tool {
                krate,
                version: version.to_owned(),
                features: &[],
            });
        }
    }
    missing
}

/// Compiles programs into the cache.
///
/// # Errors
///
/// When one doesn't compile.
pub(super) fn compile(cache: &Cache, tools: &[Tool]) -> anyhow::Result<()> {
    let count = tools.len();
    for (nth, tool) in tools.iter().enumerate() {
        let Tool { krate, version, .. } = tool;
        println!(
            "      {} of {count}: compiling {krate} {version}, some minutes",
            nth + 1
        );
        let mut install = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        install.args([
            "install",
            "--locked",
            "--quiet",
            "--force",
            krate,
            "--version",
            version,
        ]);
        install.args(tool.features.iter().flat_map(|it| ["--features", it]));
        install.arg("--root").arg(cache.tools());
        // Not into the workspace's target folder: these are built once and never again.
        install.arg("--target-dir").arg(cache.tools().join("build"));
        shell::run(&mut install)?;
    }
    std::fs::remove_dir_all(cache.tools().join("build")).or_else(|problem| {
        let gone = problem.kind() == std::io::ErrorKind::NotFound;
        if gone { Ok(()) } else { Err(problem.into()) }
    })
}
