//! [`Stage`]: the folder, the repository and the page that servers are tried on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use serde_json::Value;

use super::{install, lan::Lan};
use crate::{cache::Cache, shell};

/// What is there while servers are tried.
pub(super) struct Stage {
    /// Each name in braces in the plan, and what it stands for.
    places: Vec<(&'static str, String)>,
    folder: PathBuf,
    _lan: Lan,
}

impl Stage {
    /// Makes everything anew.
    ///
    /// # Errors
    ///
    /// When something can't be made or served.
    pub(super) fn set(cache: &Cache, sources: &Path, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join("files"))?;
        repository(&folder.join("repo"))?;
        let lan = Lan::serve()?;
        // A server that follows symlinks would know the folder by another name.
        let folder = folder.canonicalize()?;
        let place = |it: &Path| it.display().to_string();
        let places = vec![
            ("{npm}", place(&install::npm_programs(cache))),
            ("{python}", place(&install::python_programs(cache))),
            ("{python1}", place(&install::python_1_programs(cache))),
            ("{sources}", place(sources)),
            ("{folder}", place(&folder)),
            ("{web}", lan.address.clone()),
        ];
        Ok(Self {
            places,
            folder,
            _lan: lan,
        })
    }

    /// Where what belongs to a try is kept.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Puts in what names in braces stand for, everywhere in a value; `{port}` is left.
    pub(super) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill_text(text)),
            Value::Array(items) => items.iter().map(|it| self.fill(it)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter();
                fields
                    .map(|(name, it)| (name.clone(), self.fill(it)))
                    .collect()
            }
            other => other.clone(),
        }
    }

    fn fill_text(&self, text: &str) -> String {
        let places = self.places.iter();
        places.fold(text.to_owned(), |text, (name, place)| {
            text.replace(name, place)
        })
    }

    /// Puts names in braces back, so that what is shown is the same on every machine.
    pub(super) fn hide(&self, text: &str) -> String {
        let places = self.places.iter();
        places.fold(text.to_owned(), |text, (name, place)| {
            text.replace(place, name)
        })
    }
}

/// Makes a repository with one commit.
fn repository(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("README.md"), "# Shop\n")?;
    let steps: [&[&str]; 3] = [
        &["init", "--quiet"],
        &["add", "README.md"],
        &["commit", "--quiet", "--message", "Open the shop"],
    ];
    for step in steps {
        let mut git = Command::new("git");
        git.args([
            "-c",
            "user.name=Somebody",
            "-c",
            "user.email=somebody@example.com",
        ])
        .args(step)
        .current_dir(folder);
        shell::run(&mut git).context("git is needed: install it, then run this again")?;
    }
    Ok(())
}
