//! cargo-leptos, which builds the page again whenever a source of it changes.
//!
//! It looks for wasm-bindgen and wasm-opt on `PATH`, and calls `cargo` for both sides of the page.
//! What `cargo leptos` starts is therefore a script that puts our tools first; where only the
//! distribution's toolchain builds for the browser, so does a `cargo` that hands such builds on.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::tools::{self, Tool};
use super::{Part, Step};
use crate::cache::Cache;
use crate::shell;
use crate::wasm::toolchain::Toolchain;

pub(super) const STEP: Step = Step {
    part: Part::Leptos,
    what: "cargo-leptos 0.3.10",
    why: "`cargo leptos serve` builds the page again while you work on it",
    done,
    install,
};

const NAME: &str = "cargo-leptos";
const VERSION: &str = "0.3.10";

/// By which we know our scripts again.
const SIGNATURE: &str = "# Written by `cargo xtask setup` of rtmcp.";

fn done(cache: &Cache) -> anyhow::Result<bool> {
    if foreign()?.is_some() {
        return Ok(true);
    }
    let written = scripts(cache)?.into_iter().all(|(file, wanted)| {
        let held = fs::read_to_string(file).ok();
        held == wanted
    });
    Ok(written && is_compiled(cache))
}

fn install(cache: &Cache) -> anyhow::Result<()> {
    if !is_compiled(cache) {
        let tool = Tool {
            krate: NAME,
            version: VERSION.to_owned(),
            // It would download other versions of what we have installed.
            features: &["no_downloads"],
        };
        tools::compile(cache, &[tool])?;
    }
    for (file, text) in scripts(cache)? {
        match text {
            Some(text) => write(&file, &text)?,
            None => drop(fs::remove_file(&file)),
        }
    }
    Ok(())
}

fn compiled(cache: &Cache) -> PathBuf {
    cache.tools().join("bin").join(NAME)
}

fn is_compiled(cache: &Cache) -> bool {
    let said = shell::output(Command::new(compiled(cache)).arg("--version"));
    said.is_ok_and(|said| said.split_whitespace().nth(1) == Some(VERSION))
}

/// A cargo-leptos that somebody else installed: it stays, and brings along what it needs.
fn foreign() -> anyhow::Result<Option<PathBuf>> {
    let own = command()?;
    let mut found = shell::on_path(NAME).into_iter().chain([own]);
    Ok(found.find(|file| file.is_file() && !ours(file)))
}

fn ours(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains(SIGNATURE))
}

/// What `cargo leptos` starts: cargo looks there for its subcommands.
fn command() -> anyhow::Result<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let home = home.context("set CARGO_HOME or HOME: cargo's commands are kept below it")?;
    Ok(home.join("bin").join(NAME))
}

/// The scripts and what is in them; nothing, where one isn't wanted.
fn scripts(cache: &Cache) -> anyhow::Result<[(PathBuf, Option<String>); 2]> {
    let folder = cache.root().join("leptos");
    let cargo = match Toolchain::find()? {
        Some(Toolchain::Distribution { linker }) => Some(hand_on(&folder, &linker)),
        Some(Toolchain::InUse) | None => None,
    };
    Ok([
        (command()?, Some(start(cache, &folder))),
        (folder.join("cargo"), cargo),
    ])
}

/// Starts cargo-leptos, with our tools first on `PATH`.
fn start(cache: &Cache, folder: &Path) -> String {
    format!(
        "#!/bin/sh\n\
         {SIGNATURE}\n\
         PATH='{}':'{}':'{}':\"$PATH\" exec '{}' \"$@\"\n",
        folder.display(),
        cache.tools().join("bin").display(),
        cache.node().join("node_modules/.bin").display(),
        compiled(cache).display(),
    )
}

/// Hands builds for the browser to the distribution's cargo, all others to the one that came next.
fn hand_on(folder: &Path, linker: &Path) -> String {
    let mut exports = String::new();
    for (name, value) in Toolchain::distribution_environment(linker) {
        exports.push_str(&format!("export {name}='{value}'\n"));
    }
    let [cargo, flag] = Toolchain::DISTRIBUTION;
    format!(
        "#!/bin/sh\n\
         {SIGNATURE}\n\
         PATH=\"${{PATH#'{}':}}\"\n\
         case \" $* \" in\n\
         *' --target=wasm32-unknown-unknown '*) ;;\n\
         *) exec \"${{CARGO:-cargo}}\" \"$@\" ;;\n\
         esac\n\
         {exports}\
         verb=\"$1\"\n\
         shift\n\
         exec {cargo} \"$verb\" {flag} \"$@\"\n",
        folder.display(),
    )
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text).with_context(|| file.display().to_string())?;
    executable(file)
}

#[cfg(unix)]
fn executable(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(not(unix))]
fn executable(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
