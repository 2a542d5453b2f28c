//! A Chromium that tests can drive.

use std::env;
use std::path::{Path, PathBuf};

use super::system::{self, Packages};
use super::{Part, Step};
use crate::shell;

pub(super) const STEP: Step = Step {
    part: Part::Browser,
    what: "Chromium",
    why: "tests speak to the page as people do, in a browser",
    done: |_| Ok(find().is_some()),
    install: |_| {
        println!("      (the variable CHROMIUM names one that lies elsewhere)");
        system::install(&Packages {
            apt: &["chromium"],
            brew: &[],
        })
    },
};

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

const APPLICATIONS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The one that the variable `CHROMIUM` names, or one on `PATH` or where macOS keeps it.
pub(super) fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|name| !name.is_empty()) {
        return Some(named.into()).filter(|path: &PathBuf| path.is_file());
    }
    let on_path = NAMES.iter().find_map(|name| shell::on_path(name));
    on_path.or_else(|| {
        let mut applications = APPLICATIONS.iter().map(Path::new);
        applications
            .find(|path| path.is_file())
            .map(Path::to_path_buf)
    })
}
