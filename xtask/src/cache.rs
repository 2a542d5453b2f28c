//! Where `setup` puts what isn't a system package, and how the rest finds it again.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::shell;

/// The folder that every clone on this machine shares: `${XDG_CACHE_HOME:-~/.cache}/rtmcp`.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// # Errors
    ///
    /// When neither `XDG_CACHE_HOME` nor `HOME` is set.
    pub(crate) fn locate() -> anyhow::Result<Self> {
        let base = env::var_os("XDG_CACHE_HOME")
            .filter(|folder| Path::new(folder).is_absolute())
            .map(PathBuf::from)
            .or_else(|| env::home_dir().map(|home| home.join(".cache")))
            .context("set XDG_CACHE_HOME or HOME: tools are kept in a folder below it")?;
        Ok(Self {
            root: base.join("rtmcp"),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The Python environment with the recognizer.
    pub(crate) fn hear(&self) -> PathBuf {
        self.root.join("hear")
    }

    /// The npm project with the reference MCP server.
    pub(crate) fn node(&self) -> PathBuf {
        self.root.join("node")
    }

    /// The official clients, with a Python environment and an npm project of their own.
    pub(crate) fn interop(&self) -> PathBuf {
        self.root.join("interop")
    }

    /// MCP's conformance suite, with a Node of its own.
    pub(crate) fn conformance(&self) -> PathBuf {
        self.root.join("conformance")
    }

    /// Real MCP servers, with Python environments of their own and an npm project.
    pub(crate) fn servers(&self) -> PathBuf {
        self.root.join("servers")
    }

    /// What `cargo install --root` is given.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// Where `setup` notes which commands hear, speak and serve.
    pub(crate) fn tools_toml(&self) -> PathBuf {
        self.root.join("tools.toml")
    }

    /// What the tests go by: that file, or one of the user's own.
    pub(crate) fn tools_in_use(&self) -> PathBuf {
        env::var_os("RTMCP_TOOLS").map_or_else(|| self.tools_toml(), PathBuf::from)
    }

    /// Makes modules for browsers small, if it is installed.
    pub(crate) fn optimizer(&self) -> Option<PathBuf> {
        let own = self.node().join("node_modules/.bin/wasm-opt");
        if own.is_file() {
            Some(own)
        } else {
            shell::on_path("wasm-opt")
        }
    }

    /// A program that `setup` installed, or else one of that name on `PATH`.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let own = self.tools().join("bin").join(name);
        if own.is_file() {
            Some(own)
        } else {
            shell::on_path(name)
        }
    }
}
