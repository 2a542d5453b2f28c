//! [`Suite`]: the conformance suite, installed from npm, and how it is run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{cache::Cache, shell, workspace};

/// The installed suite.
pub(super) struct Suite {
    folder: PathBuf,
    /// The versions of what is installed, as `package.json` pins them.
    pub(super) versions: Value,
}

const PACKAGE: &str = "@modelcontextprotocol/conformance";
const PINNED: [&str; 2] = ["package.json", "package-lock.json"];

impl Suite {
    /// Installs the suite, where it isn't there already.
    ///
    /// # Errors
    ///
    /// When npm is missing or can't install it.
    pub(super) fn install(cache: &Cache) -> anyhow::Result<Self> {
        let sources = workspace::root()?.join("xtask/conformance");
        let folder = cache.conformance();
        let manifest: Value =
            serde_json::from_str(&fs::read_to_string(sources.join("package.json"))?)?;
        let lock = fs::read(sources.join("package-lock.json"))?;
        let stamp = folder.join("node_modules/installed-from");
        if !fs::read(&stamp).is_ok_and(|held| held == lock) {
            ensure!(
                shell::on_path("npm").is_some(),
                "npm is missing: install Node.js 20 or newer, then run this again"
            );
            println!("installing the conformance suite");
            fs::create_dir_all(&folder)?;
            for file in PINNED {
                fs::copy(sources.join(file), folder.join(file))?;
            }
            let mut npm = Command::new("npm");
            npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
            shell::run(npm.current_dir(&folder)).context("npm could not install the suite")?;
            fs::write(stamp, lock).context("could not note what was installed")?;
        }
        Ok(Self {
            folder,
            versions: manifest["dependencies"].clone(),
        })
    }

    /// The version of the suite.
    pub(super) fn version(&self) -> &str {
        self.versions[PACKAGE].as_str().unwrap_or_default()
    }

    /// Runs all scenarios of a suite; each leaves what it saw in `left`.
    ///
    /// # Errors
    ///
    /// When it can't be started.
    pub(super) fn all(
        &self,
        client: &Path,
        revision: &str,
        suite: &str,
        left: &Path,
    ) -> anyhow::Result<()> {
        let mut run = self.command(client, left)?;
        run.args(["--suite", suite]);
        if suite == "all" {
            run.args(["--spec-version", revision]);
        }
        finish(&mut run, &left.join("suite.log"))
    }

    /// Runs the scenarios of a suite whose name contains `part`, one by one.
    ///
    /// # Errors
    ///
    /// When one can't be started.
    pub(super) fn some(
        &self,
        client: &Path,
        revision: &str,
        suite: &str,
        part: &str,
        left: &Path,
    ) -> anyhow::Result<()> {
        for scenario in self.scenarios(revision, suite)? {
            if !scenario.contains(part) {
                continue;
            }
            let mut run = self.command(client, left)?;
            run.args(["--scenario", &scenario]);
            if suite == "all" {
                run.args(["--spec-version", revision]);
            }
            let log = format!("{}.log", scenario.replace('/', "-"));
            finish(&mut run, &left.join(log))?;
        }
        Ok(())
    }

    /// All scenarios that the suite has for clients.
    ///
    /// # Errors
    ///
    /// When it can't be asked.
    pub(super) fn every_scenario(&self) -> anyhow::Result<Vec<String>> {
        self.scenarios_labeled("")
    }

    fn scenarios(&self, revision: &str, suite: &str) -> anyhow::Result<Vec<String>> {
        self.scenarios_labeled(match suite {
            "extensions" => "[extension",
            _ => revision,
        })
    }

    /// The scenarios that the suite lists with a label: `  - name [revision,revision]`.
    fn scenarios_labeled(&self, label: &str) -> anyhow::Result<Vec<String>> {
        let listed = shell::output(self.node()?.args(["list", "--client"]))?;
        let lines = listed
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- ")?.split_once(' '));
        Ok(lines
            .filter(|(_, labels)| labels.contains(label))
            .map(|(name, _)| name.to_owned())
            .collect())
    }

    fn command(&self, client: &Path, left: &Path) -> anyhow::Result<Command> {
        let mut node = self.node()?;
        node.args(["client", "--command"]).arg(client);
        node.arg("--output-dir").arg(left);
        Ok(node)
    }

    /// The suite's program, on the Node that came with it.
    fn node(&self) -> anyhow::Result<Command> {
        let bin = self.folder.join("node_modules/.bin");
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(std::iter::once(bin.clone()).chain(env::split_paths(&path)))?;
        let mut node = Command::new(bin.join("node"));
        node.env("PATH", path);
        node.arg(
            self.folder
                .join("node_modules")
                .join(PACKAGE)
                .join("dist/index.js"),
        );
        Ok(node)
    }
}

/// Builds the client that is tried, and returns where it is.
///
/// # Errors
///
/// When it doesn't build.
pub(super) fn build_client() -> anyhow::Result<PathBuf> {
    let mut build = workspace::cargo()?;
    build.args([
        "build",
        "--package",
        "rtmcp-mcp",
        "--example",
        "conformance",
    ]);
    let built = workspace::artifacts(&mut build)?;
    let client = built.into_iter().find_map(|it| it.executable);
    Ok(client.context("rtmcp-mcp builds no such client")?.into())
}

/// The suite ends with an error when a check fails: what failed is read from what it left.
fn finish(run: &mut Command, log: &Path) -> anyhow::Result<()> {
    let said = fs::File::create(log)?;
    run.stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said)
        .status()
        .with_context(|| format!("could not start `{}`", shell::describe(run)))?;
    Ok(())
}
