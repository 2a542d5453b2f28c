//! `wasm`: the pure crates on wasm32, built, looked into, and tested.

pub(crate) mod bindgen;
mod imports;
mod runner;
pub(crate) mod toolchain;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::cache::Cache;
use crate::{shell, workspace};
use toolchain::{TARGET, Toolchain};

/// Builds the pure crates for wasm32-unknown-unknown and runs their tests there, under node
///
/// Checks the browser's side of the page too, which other builds leave out.
/// Also proves that what was built imports nothing from the module "env": no C, no hidden system.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {}

/// The crates that run in a browser as they run on a server.
pub(crate) const PURE: [&str; 3] = ["rtmcp-core", "rtmcp-session", "rtmcp-router"];

/// A test binary, and the crate that it tests.
struct Module {
    krate: String,
    folder: PathBuf,
    file: PathBuf,
}

/// # Errors
///
/// When a crate doesn't build, a test fails, a crate has no test there, or a module imports from
/// "env".
pub(crate) fn run(_: &Args) -> anyhow::Result<()> {
    let cache = Cache::locate()?;
    let Some(toolchain) = Toolchain::find()? else {
        bail!("nothing here builds for {TARGET}: run `cargo xtask setup --only wasm`");
    };
    let runner = bindgen::program(&cache, bindgen::RUNNER)?;
    ensure!(
        shell::on_path("node").is_some(),
        "node is missing: install Node.js 20 or newer"
    );

    shell::run(of_pure(toolchain.cargo("build")?).arg("--lib"))?;
    check_page(&toolchain)?;
    let modules = build_tests(&toolchain)?;
    for module in &modules {
        let bytes = std::fs::read(&module.file)?;
        let imports = imports::of(&bytes).with_context(|| module.file.display().to_string())?;
        if let Some(import) = imports.iter().find(|import| import.module == "env") {
            bail!(
                "{} imports `{}` from \"env\", which no browser has: find the dependency that \
                 calls C with `cargo tree -p {} --target {TARGET}`",
                module.krate,
                import.name,
                module.krate,
            );
        }
    }
    println!("no import from \"env\" in {} modules", modules.len());
    test(&runner, &modules)
}

/// Checks what only browsers compile of the page.
fn check_page(toolchain: &Toolchain) -> anyhow::Result<()> {
    // The distribution's wasm toolchain has no clippy.
    let (verb, strict): (_, &[&str]) = match toolchain {
        Toolchain::InUse => ("clippy", &["--", "-D", "warnings"]),
        Toolchain::Distribution { .. } => ("check", &[]),
    };
    let mut check = toolchain.cargo(verb)?;
    check
        .args(["--package", "demo", "--lib"])
        .args(["--no-default-features", "--features", "hydrate"])
        .args(strict);
    shell::run(&mut check)
}

fn of_pure(mut cargo: Command) -> Command {
    cargo.args(PURE.iter().flat_map(|krate| ["--package", krate]));
    cargo
}

/// Builds the tests and tells where cargo put them.
fn build_tests(toolchain: &Toolchain) -> anyhow::Result<Vec<Module>> {
    let mut build = of_pure(toolchain.cargo("test")?);
    build.args(["--lib", "--tests", "--no-run"]);
    let mut modules = Vec::new();
    for artifact in workspace::artifacts(&mut build)? {
        let Some(file) = artifact.executable else {
            continue;
        };
        let folder = artifact
            .manifest_path
            .parent()
            .context("a manifest lies in a folder")?;
        modules.push(Module {
            krate: folder.file_name().unwrap_or_default().to_owned(),
            folder: folder.into(),
            file: file.into(),
        });
    }
    Ok(modules)
}

fn test(runner: &PathBuf, modules: &[Module]) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for krate in PURE {
        let mut count = 0;
        for module in modules.iter().filter(|module| module.krate == krate) {
            let output = Command::new(runner)
                .arg(&module.file)
                .current_dir(&module.folder)
                .env("CARGO_MANIFEST_DIR", &module.folder)
                .stdin(Stdio::null())
                .output()
                .context("could not start wasm-bindgen's test runner")?;
            let said = String::from_utf8_lossy(&output.stdout);
            count += runner::tests_run(&said);
            if !output.status.success() {
                println!("{said}{}", String::from_utf8_lossy(&output.stderr));
                failed.push(krate);
            }
        }
        println!("{krate}: {count} tests ran on {TARGET}");
        ensure!(
            count > 0,
            "{krate} has no test that runs on {TARGET}: docs/testing.md says how to write one",
        );
    }
    ensure!(
        failed.is_empty(),
        "tests failed on {TARGET}: {}",
        failed.join(", ")
    );
    Ok(())
}
