//! Which toolchain builds for `wasm32-unknown-unknown` here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{shell, workspace};

/// The target of everything that runs in a browser.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A way to build for [`TARGET`].
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// The toolchain in use has the target's standard library.
    InUse,
    /// The distribution's own wasm toolchain, where rustup can't reach its server. It has the
    /// standard library as source and no linker for wasm, so that the linker of the toolchain in
    /// use serves.
    Distribution { linker: PathBuf },
}

const DISTRIBUTION_CARGO: &str = "/usr/bin/cargo";
const DISTRIBUTION_RUSTC: &str = "/usr/bin/rustc";
const DISTRIBUTION_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";

impl Toolchain {
    /// The distribution's cargo, and what it has to be told: to build the standard library too.
    pub(crate) const DISTRIBUTION: [&str; 2] = [DISTRIBUTION_CARGO, "-Zbuild-std=std,panic_abort"];

    /// The environment in which the distribution's cargo builds for [`TARGET`].
    pub(crate) fn distribution_environment(linker: &Path) -> [(&'static str, String); 3] {
        [
            // `-Z` is for nightly; this lets a stable compiler build its own standard library.
            ("RUSTC_BOOTSTRAP", "1".to_owned()),
            ("RUSTC", DISTRIBUTION_RUSTC.to_owned()),
            (
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
                linker.display().to_string(),
            ),
        ]
    }

    /// The best toolchain that is installed, if any is.
    ///
    /// # Errors
    ///
    /// When the compiler in use doesn't answer.
    pub(crate) fn find() -> anyhow::Result<Option<Self>> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let sysroot = shell::output(Command::new(rustc).args(["--print", "sysroot"]))?;
        let libraries = Path::new(sysroot.trim()).join("lib/rustlib");
        if has_std(&libraries.join(TARGET).join("lib")) {
            return Ok(Some(Self::InUse));
        }
        let host = libraries.join(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
        let linker = host.join("bin/rust-lld");
        let parts = [DISTRIBUTION_CARGO, DISTRIBUTION_RUSTC, DISTRIBUTION_SOURCES];
        let complete = linker.is_file() && parts.iter().all(|part| Path::new(part).is_file());
        Ok(complete.then_some(Self::Distribution { linker }))
    }

    /// A cargo command for [`TARGET`], in the repository.
    ///
    /// # Errors
    ///
    /// When the repository has moved.
    pub(crate) fn cargo(&self, verb: &str) -> anyhow::Result<Command> {
        let cargo = match self {
            Self::InUse => {
                let mut cargo = workspace::cargo()?;
                cargo.arg(verb);
                cargo
            }
            Self::Distribution { linker } => distribution(verb, linker)?,
        };
        Ok(with_target(cargo))
    }
}

fn with_target(mut cargo: Command) -> Command {
    cargo.args(["--target", TARGET]);
    cargo
}

fn distribution(verb: &str, linker: &Path) -> anyhow::Result<Command> {
    let [program, flag] = Toolchain::DISTRIBUTION;
    let mut cargo = Command::new(program);
    cargo.current_dir(workspace::root()?);
    cargo.args([verb, flag]);
    cargo.envs(Toolchain::distribution_environment(linker));
    Ok(cargo)
}

fn has_std(folder: &Path) -> bool {
    let Ok(files) = folder.read_dir() else {
        return false;
    };
    files
        .flatten()
        .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

#[cfg(test)]
mod tests {
    use super::has_std;

    #[test]
    fn a_standard_library_is_told_from_an_empty_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_std(&folder.path().join("missing")));
        assert!(!has_std(folder.path()));
        std::fs::write(folder.path().join("libstd-0123456789abcdef.rlib"), "").unwrap();
        assert!(has_std(folder.path()));
    }
}
