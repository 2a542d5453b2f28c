//! How the servers are installed, and which versions they are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{cache::Cache, setup, shell};

/// The versions that are pinned.
pub(super) struct Versions {
    npm: Value,
    /// Lines of `name==version`.
    pypi: String,
}

const PACKAGE: &str = "package.json";
const LOCK: &str = "package-lock.json";
/// What is installed into an environment of its own, and that environment.
const PYTHON: (&str, &str) = ("requirements.txt", "python");
const PYTHON_1: (&str, &str) = ("requirements-mcp-1.txt", "python-mcp-1");

impl Versions {
    /// # Errors
    ///
    /// When the package isn't pinned.
    pub(super) fn of(&self, package: &str) -> anyhow::Result<&str> {
        let mut lines = self.pypi.lines();
        let pinned = lines.find_map(|it| it.strip_prefix(package)?.strip_prefix("=="));
        let pinned = pinned.or_else(|| self.npm[package].as_str());
        pinned.with_context(|| format!("{package} isn't pinned in xtask/servers"))
    }
}

/// Installs what isn't there already.
///
/// # Errors
///
/// When Node or Python is missing, or can't install something.
pub(super) fn install(cache: &Cache, sources: &Path) -> anyhow::Result<Versions> {
    let folder = cache.servers();
    fs::create_dir_all(&folder)?;
    npm(&folder, sources)?;
    let mut pypi = String::new();
    for (requirements, environment) in [PYTHON, PYTHON_1] {
        let file = sources.join(requirements);
        pypi += &fs::read_to_string(&file)?;
        python(&folder.join(environment), &file)?;
    }
    let package: Value = serde_json::from_str(&fs::read_to_string(sources.join(PACKAGE))?)?;
    Ok(Versions {
        npm: package["dependencies"].clone(),
        pypi,
    })
}

/// Where the programs of npm are.
pub(super) fn npm_programs(cache: &Cache) -> PathBuf {
    cache.servers().join("node_modules/.bin")
}

/// Where those of Python are.
pub(super) fn python_programs(cache: &Cache) -> PathBuf {
    cache.servers().join(PYTHON.1).join("bin")
}

/// Where those are that want the first version of Python's `mcp`.
pub(super) fn python_1_programs(cache: &Cache) -> PathBuf {
    cache.servers().join(PYTHON_1.1).join("bin")
}

fn npm(folder: &Path, sources: &Path) -> anyhow::Result<()> {
    let lock = fs::read(sources.join(LOCK))?;
    let stamp = folder.join("node_modules/installed-from");
    if fs::read(&stamp).is_ok_and(|held| held == lock) {
        return Ok(());
    }
    ensure!(
        shell::on_path("npm").is_some(),
        "node and npm are missing: install Node.js 20 or newer, then run this again"
    );
    println!("installing the servers of npm, about 90 MB");
    for file in [PACKAGE, LOCK] {
        fs::copy(sources.join(file), folder.join(file))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    shell::run(npm.current_dir(folder)).context("npm could not install the servers")?;
    fs::write(stamp, lock).context("could not note what was installed")
}

fn python(environment: &Path, file: &Path) -> anyhow::Result<()> {
    let wanted = fs::read(file)?;
    let stamp = environment.join("installed");
    if fs::read(&stamp).is_ok_and(|held| held == wanted) {
        return Ok(());
    }
    println!("installing the servers of PyPI, about 100 MB");
    setup::python_environment(environment)?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet"]);
    pip.args(["--disable-pip-version-check", "--requirement"]);
    shell::run(pip.arg(file)).context("pip could not install the servers")?;
    fs::write(stamp, wanted).context("could not note what was installed")
}
