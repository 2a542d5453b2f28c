//! The page of the demo: compiled, made fit for browsers, and laid out where its server looks.
//!
//! The same files as `cargo leptos` makes, without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail};

use crate::cache::Cache;
use crate::wasm::bindgen;
use crate::wasm::toolchain::{TARGET, Toolchain};
use crate::{shell, workspace};

/// The demo, built.
#[derive(Debug)]
pub(crate) struct Page {
    /// Serves the page.
    pub(crate) server: PathBuf,
    /// What it serves beside the page itself.
    site: PathBuf,
}

/// The package, its server, and what its files are called.
const NAME: &str = "demo";

/// The folder of the files that the page loads, below the site.
const FOLDER: &str = "pkg";

impl Page {
    /// Builds what isn't up to date.
    ///
    /// # Errors
    ///
    /// When it doesn't compile, or a tool is missing that `cargo xtask setup` installs.
    pub(crate) fn build() -> anyhow::Result<Self> {
        println!("building the page (the first time takes some minutes)");
        let target = workspace::target()?;
        let site = target.join("site");
        let front = target.join("front");
        let module = compile(&front)?;
        let finished = front.join("page");
        finish(&module, &finished)?;
        copy_folder(&finished, &site.join(FOLDER))?;
        copy_style(&site.join(FOLDER))?;
        println!("building the server of the page");
        Ok(Self {
            server: server()?,
            site,
        })
    }

    /// What its server has to be told by its environment.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("LEPTOS_OUTPUT_NAME", NAME.to_owned()),
            ("LEPTOS_SITE_ROOT", self.site.display().to_string()),
            ("LEPTOS_SITE_PKG_DIR", FOLDER.to_owned()),
        ]
    }
}

/// Compiles the library for browsers, and returns where the module is.
fn compile(front: &Path) -> anyhow::Result<PathBuf> {
    let Some(toolchain) = Toolchain::find()? else {
        bail!("nothing here builds for {TARGET}: run `cargo xtask setup --only wasm`");
    };
    let mut build = toolchain.cargo("build")?;
    build
        .args(["--package", NAME, "--lib", "--profile", "wasm-release"])
        .args(["--no-default-features", "--features", "hydrate"])
        .arg("--target-dir")
        .arg(front);
    let artifacts = workspace::artifacts(&mut build)?;
    let own = artifacts.iter().filter(|it| it.target.name == NAME);
    let mut files = own.flat_map(|artifact| &artifact.filenames);
    let module = files.find(|file| file.extension() == Some("wasm"));
    Ok(module.context("the library builds no module")?.into())
}

/// Makes the module and its JavaScript fit for browsers, unless that is done already.
fn finish(module: &Path, folder: &Path) -> anyhow::Result<()> {
    let cache = Cache::locate()?;
    let bindgen = bindgen::program(&cache, bindgen::CLI)?;
    let optimizer = cache.optimizer();
    let stamp = folder.with_extension("stamp");
    let made_of = made_of(module, &bindgen, optimizer.as_deref())?;
    if fs::read_to_string(&stamp).is_ok_and(|held| held == made_of) {
        return Ok(());
    }
    // What an earlier one was made of must not pass for what this one is made of.
    let _ = fs::remove_file(&stamp);
    let _ = fs::remove_dir_all(folder);
    let mut bind = Command::new(bindgen);
    bind.args(["--target", "web", "--no-typescript", "--out-name", NAME])
        .args(["--remove-name-section", "--remove-producers-section"])
        .arg("--out-dir")
        .arg(folder)
        .arg(module);
    shell::run(&mut bind)?;
    // Leptos' page loads it under the name that `cargo leptos` gives it.
    let bound = folder.join(format!("{NAME}_bg.wasm"));
    let finished = folder.join(format!("{NAME}.wasm"));
    let before = fs::metadata(&bound)?.len();
    match optimizer {
        Some(optimizer) => {
            let mut optimize = Command::new(optimizer);
            optimize.arg("-Oz").arg(&bound).arg("-o").arg(&finished);
            shell::run(&mut optimize)?;
            fs::remove_file(&bound)?;
        }
        None => fs::rename(&bound, &finished)?,
    }
    let after = fs::metadata(&finished)?.len();
    println!(
        "the page's module: {} kB, before wasm-opt {} kB",
        after / 1000,
        before / 1000
    );
    fs::write(&stamp, made_of).context("could not note what the page was made of")
}

/// Tells one build from another.
fn made_of(module: &Path, bindgen: &Path, optimizer: Option<&Path>) -> anyhow::Result<String> {
    let about = fs::metadata(module).with_context(|| module.display().to_string())?;
    let written = about.modified()?.duration_since(UNIX_EPOCH)?;
    Ok(format!(
        "{} {written:?} {} {} {optimizer:?}",
        about.len(),
        bindgen.display(),
        bindgen::version()?,
    ))
}

/// The style, as the package's manifest names it for `cargo leptos`.
fn copy_style(folder: &Path) -> anyhow::Result<()> {
    let metadata = workspace::metadata()?;
    let package = metadata.packages.iter().find(|it| it.name == NAME);
    let package = package.context("the workspace has no demo")?;
    let Some(style) = package.metadata["leptos"]["style-file"].as_str() else {
        bail!("{} names no style-file", package.manifest_path);
    };
    let style = package.manifest_path.with_file_name(style);
    copy(style.as_std_path(), &folder.join(format!("{NAME}.css")))
}

/// Compiles what serves the page.
fn server() -> anyhow::Result<PathBuf> {
    let mut build = workspace::cargo()?;
    build
        .args(["build", "--package", NAME, "--bin", NAME])
        .args(["--no-default-features", "--features", "ssr"]);
    let artifacts = workspace::artifacts(&mut build)?;
    let server = artifacts.into_iter().find_map(|it| it.executable);
    Ok(server.context("the demo builds no program")?.into())
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            copy(&entry.path(), &to)?;
        }
    }
    Ok(())
}

/// Copies a file unless it is there already, so that a server that runs isn't disturbed.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let content = fs::read(from).with_context(|| from.display().to_string())?;
    if fs::read(to).is_ok_and(|held| held == content) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(to, content).with_context(|| to.display().to_string())
}
