//! The repository this command was built from.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use cargo_metadata::{Artifact, Message, Metadata, MetadataCommand};

use crate::shell;

/// The top folder of the repository.
///
/// # Errors
///
/// When this binary outlived the folder that it was built in.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent()
        .map(Path::to_path_buf)
        .context("xtask lies directly in the workspace")
}

/// A cargo command that runs in the repository, with the cargo that started us.
///
/// # Errors
///
/// As [`root`].
pub(crate) fn cargo() -> anyhow::Result<Command> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()?);
    Ok(cargo)
}

/// Where cargo puts what it builds.
///
/// # Errors
///
/// As [`metadata`].
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    Ok(metadata()?.target_directory.into_std_path_buf())
}

/// What cargo knows of the workspace's own packages.
///
/// # Errors
///
/// When a manifest doesn't parse.
pub(crate) fn metadata() -> anyhow::Result<Metadata> {
    MetadataCommand::new()
        .current_dir(root()?)
        .no_deps()
        .exec()
        .context("`cargo metadata` failed: mend the manifest that it names")
}

/// Runs a cargo command that builds, and returns what it built.
///
/// # Errors
///
/// When it doesn't build.
pub(crate) fn artifacts(build: &mut Command) -> anyhow::Result<Vec<Artifact>> {
    let output = build
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start `{}`", shell::describe(build)))?;
    ensure!(
        output.status.success(),
        "`{}` ended with {}",
        shell::describe(build),
        output.status
    );
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(output.stdout.as_slice()) {
        if let Message::CompilerArtifact(artifact) = message? {
            artifacts.push(artifact);
        }
    }
    Ok(artifacts)
}

/// Builds the `rtmcp` command, and returns where it is.
///
/// # Errors
///
/// When it doesn't build.
pub(crate) fn build_rtmcp() -> anyhow::Result<PathBuf> {
    println!("building the rtmcp command (the first time takes some minutes)");
    let mut build = cargo()?;
    build.args(["build", "--package", "rtmcp-server", "--bin", "rtmcp"]);
    let built = artifacts(&mut build)?;
    let command = built.into_iter().find_map(|it| it.executable);
    Ok(command.context("rtmcp-server builds no program")?.into())
}

/// Builds an example of a package, and returns where it is.
///
/// # Errors
///
/// When it doesn't build.
pub(crate) fn build_example(package: &str, example: &str) -> anyhow::Result<PathBuf> {
    let mut build = cargo()?;
    build.args(["build", "--package", package, "--example", example]);
    let built = artifacts(&mut build)?;
    let program = built.into_iter().find_map(|it| it.executable);
    Ok(program
        .with_context(|| format!("{package} has no example {example}"))?
        .into())
}

/// The version of a crate as locked in `Cargo.lock`.
///
/// # Errors
///
/// When the lock file can't be read or doesn't have the crate.
pub(crate) fn locked_version(name: &str) -> anyhow::Result<String> {
    let file = root()?.join("Cargo.lock");
    let lock = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    version_in(&lock, name).with_context(|| format!("Cargo.lock has no package {name}"))
}

fn version_in(lock: &str, name: &str) -> Option<String> {
    let heading = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != heading).skip(1);
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"9.9.9\"\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n";
        assert_eq!(super::version_in(lock, "a").as_deref(), Some("1.2.3"));
        assert_eq!(super::version_in(lock, "b"), None);
    }
}
