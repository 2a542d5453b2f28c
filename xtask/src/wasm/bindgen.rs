//! wasm-bindgen's programs, which have to be exactly as old as the library.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::cache::Cache;
use crate::{shell, workspace};

/// Makes a module and its JavaScript of what the compiler wrote.
pub(crate) const CLI: &str = "wasm-bindgen";

/// Runs tests that were built for wasm32.
pub(crate) const RUNNER: &str = "wasm-bindgen-test-runner";

/// The version of the library.
///
/// # Errors
///
/// When `Cargo.lock` doesn't tell.
pub(crate) fn version() -> anyhow::Result<String> {
    workspace::locked_version("wasm-bindgen")
}

/// One of the programs, in the version of the library.
///
/// # Errors
///
/// When it isn't there; the message says how it gets there.
pub(crate) fn program(cache: &Cache, name: &str) -> anyhow::Result<PathBuf> {
    let version = version()?;
    find(cache, name, &version).with_context(|| {
        format!("{name} {version} is missing: run `cargo xtask setup --only page`")
    })
}

/// The program of that version, ours or one on `PATH`.
pub(crate) fn find(cache: &Cache, name: &str, version: &str) -> Option<PathBuf> {
    let own = cache.tools().join("bin").join(name);
    let candidates = own
        .is_file()
        .then_some(own)
        .into_iter()
        .chain(shell::on_path(name));
    candidates.into_iter().find(|program| {
        let said = shell::output(Command::new(program).arg("--version")).unwrap_or_default();
        said.split_whitespace().nth(1) == Some(version)
    })
}
