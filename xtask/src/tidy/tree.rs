//! All that the rules look at, read once.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Package};

use super::verbs;
use crate::{shell, workspace};

/// The repository as data, so that a rule can be tried on a made-up one.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Every file that git tracks or would, by its path in the repository.
    pub(super) paths: BTreeSet<String>,
    /// Those of them that are text.
    pub(super) files: Vec<File>,
    pub(super) crates: Vec<Crate>,
    /// The verbs of `cargo xtask` and of `rtmcp`.
    pub(super) verbs: verbs::Known,
}

#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

/// A package of the workspace.
#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Debug)]
pub(super) struct Dependency {
    pub(super) name: String,
    /// Lies in this workspace.
    pub(super) internal: bool,
    /// Only tests, examples and benches use it.
    pub(super) dev: bool,
}

impl Tree {
    pub(super) fn read() -> anyhow::Result<Self> {
        let root = workspace::root()?;
        let mut list = Command::new("git");
        list.args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listed = shell::output(list.current_dir(&root))
            .context("tidy looks at the files that git knows of")?;
        let mut tree = Self::default();
        for path in listed.split_terminator('\0') {
            // A file that git tracks can have been deleted; one that isn't text has no lines.
            let Ok(bytes) = std::fs::read(root.join(path)) else {
                continue;
            };
            tree.paths.insert(path.to_owned());
            if let Ok(text) = String::from_utf8(bytes) {
                tree.files.push(File {
                    path: path.to_owned(),
                    text,
                });
            }
        }
        tree.crates = workspace::metadata()?
            .packages
            .iter()
            .map(Crate::from)
            .collect();
        tree.verbs = verbs::Known::read(&tree.files);
        Ok(tree)
    }

    /// The files whose name ends so.
    pub(super) fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = &'a File> {
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(end))
    }

    #[cfg(test)]
    pub(super) fn of_files(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.into(),
            text: text.into(),
        };
        Self {
            paths: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
            files: files.iter().map(file).collect(),
            ..Self::default()
        }
    }
}

impl From<&Package> for Crate {
    fn from(package: &Package) -> Self {
        let dependencies = package.dependencies.iter().map(|dependency| Dependency {
            name: dependency.name.clone(),
            internal: dependency.path.is_some(),
            dev: dependency.kind == DependencyKind::Development,
        });
        Self {
            name: package.name.to_string(),
            dependencies: dependencies.collect(),
        }
    }
}
