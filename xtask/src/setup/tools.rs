//! Cargo's helpers, compiled once into the cache.

use std::process::Command;

use super::{Part, Step};
use crate::cache::Cache;
use crate::wasm::runner;
use crate::{shell, workspace};

pub(super) const STEP: Step = Step {
    part: Part::Tools,
    what: "cargo-nextest, cargo-deny and wasm-bindgen's test runner",
    why: "they run the tests, check dependencies, and run tests on wasm32",
    done: |cache| Ok(missing(cache)?.is_empty()),
    install,
};

struct Tool {
    krate: &'static str,
    version: String,
}

/// What is to be installed. Of nextest and deny any version on `PATH` does; wasm-bindgen's runner
/// must be exactly the version of the library.
fn missing(cache: &Cache) -> anyhow::Result<Vec<Tool>> {
    let mut missing = Vec::new();
    for (krate, version) in [("cargo-nextest", "0.9.143"), ("cargo-deny", "0.20.2")] {
        if cache.program(krate).is_none() {
            missing.push(Tool {
                krate,
                version: version.to_owned(),
            });
        }
    }
    let version = workspace::locked_version("wasm-bindgen")?;
    if runner::find(cache, &version).is_none() {
        missing.push(Tool {
            krate: "wasm-bindgen-cli",
            version,
        });
    }
    Ok(missing)
}

fn install(cache: &Cache) -> anyhow::Result<()> {
    let missing = missing(cache)?;
    let count = missing.len();
    for (nth, Tool { krate, version }) in missing.iter().enumerate() {
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
