//! [`Client`]: OpenAI's clients, and how they are installed and run.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use serde_json::Value;

use crate::{cache::Cache, setup, shell, workspace};

/// A client that OpenAI publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// `openai` of PyPI
    OpenaiPython,
    /// `openai` of npm
    OpenaiJs,
    /// `@openai/agents-realtime` of npm
    AgentsJs,
}

/// Which versions are tried.
#[derive(Debug)]
pub(super) struct Versions {
    python: String,
    js: Value,
}

/// What the clients run, beside what their package managers install.
const SCRIPTS: [&str; 5] = [
    "agents.mjs",
    "openai.mjs",
    "openai_client.py",
    "trial.mjs",
    "trials.json",
];

const REQUIREMENTS: &str = "requirements.txt";
const PACKAGE: &str = "package.json";
const LOCK: &str = "package-lock.json";

impl Client {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    /// What it is called here.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OpenaiPython => "openai-python",
            Self::OpenaiJs => "openai-js",
            Self::AgentsJs => "agents-js",
        }
    }

    /// What it is called where it is published.
    pub(super) const fn package(self) -> &'static str {
        match self {
            Self::OpenaiPython | Self::OpenaiJs => "openai",
            Self::AgentsJs => "@openai/agents-realtime",
        }
    }

    /// What runs one trial with it.
    pub(super) fn command(self, cache: &Cache) -> Command {
        let (program, script) = match self {
            Self::OpenaiPython => (python(cache), "openai_client.py"),
            Self::OpenaiJs => ("node".into(), "openai.mjs"),
            Self::AgentsJs => ("node".into(), "agents.mjs"),
        };
        let mut command = Command::new(program);
        command.arg(cache.interop().join(script));
        command
    }
}

impl Versions {
    pub(super) fn of(&self, client: Client) -> &str {
        match client {
            Client::OpenaiPython => &self.python,
            Client::OpenaiJs | Client::AgentsJs => {
                self.js[client.package()].as_str().unwrap_or_default()
            }
        }
    }
}

/// Installs the clients, where they aren't there already, and says which versions they are.
///
/// # Errors
///
/// When something can't be installed.
pub(super) fn install(cache: &Cache, clients: &[Client]) -> anyhow::Result<Versions> {
    let sources = workspace::root()?.join("xtask/interop");
    let folder = cache.interop();
    fs::create_dir_all(&folder)?;
    for script in SCRIPTS {
        let copied = fs::copy(sources.join(script), folder.join(script));
        copied.with_context(|| format!("{script} could not be copied"))?;
    }
    let requirements = fs::read_to_string(sources.join(REQUIREMENTS))?;
    let package: Value = serde_json::from_str(&fs::read_to_string(sources.join(PACKAGE))?)?;
    if clients.contains(&Client::OpenaiPython) {
        install_python(cache, &sources.join(REQUIREMENTS), &requirements)?;
    }
    if clients.iter().any(|it| *it != Client::OpenaiPython) {
        install_js(&folder, &sources)?;
    }
    let version = requirements
        .lines()
        .find_map(|it| it.strip_prefix("openai=="));
    Ok(Versions {
        python: version.context("openai isn't pinned")?.to_owned(),
        js: package["dependencies"].clone(),
    })
}

fn install_python(cache: &Cache, file: &Path, wanted: &str) -> anyhow::Result<()> {
    let stamp = cache.interop().join("python/installed");
    if fs::read_to_string(&stamp).is_ok_and(|held| held == wanted) {
        return Ok(());
    }
    println!("installing the client for Python");
    setup::python_environment(&cache.interop().join("python"))?;
    let mut pip = Command::new(python(cache));
    pip.args(["-m", "pip", "install", "--quiet"]).args([
        "--disable-pip-version-check",
        "--no-deps",
        "--requirement",
    ]);
    shell::run(pip.arg(file)).context("pip could not install the client for Python")?;
    fs::write(stamp, wanted).context("could not note what was installed")
}

fn install_js(folder: &Path, sources: &Path) -> anyhow::Result<()> {
    let lock = fs::read(sources.join(LOCK))?;
    let stamp = folder.join("node_modules/installed-from");
    if fs::read(&stamp).is_ok_and(|held| held == lock) {
        return Ok(());
    }
    ensure!(
        shell::on_path("npm").is_some(),
        "node and npm are missing: install Node.js 20 or newer, then run this again"
    );
    println!("installing the clients for JavaScript");
    for file in [PACKAGE, LOCK] {
        fs::copy(sources.join(file), folder.join(file))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    shell::run(npm.current_dir(folder)).context("npm could not install the clients")?;
    fs::write(stamp, lock).context("could not note what was installed")
}

fn python(cache: &Cache) -> std::path::PathBuf {
    cache.interop().join("python/bin/python")
}
