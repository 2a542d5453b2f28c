//! cargo-fuzz, and the C++ compiler that libFuzzer is built with.

use super::system::{self, Packages};
use super::tools::{self, Tool};
use super::{Part, Step};
use crate::cache::Cache;
use crate::shell;

pub(super) const STEP: Step = Step {
    part: Part::Fuzz,
    what: "cargo-fuzz and a C++ compiler",
    why: "`cargo xtask fuzz` feeds random bytes to what strangers feed",
    done: |cache| Ok(has_compiler() && cache.program(NAME).is_some()),
    install,
};

pub(super) const NAME: &str = "cargo-fuzz";

fn install(cache: &Cache) -> anyhow::Result<()> {
    if !has_compiler() {
        let (apt, brew) = (&["g++"][..], &["gcc"][..]);
        system::install(&Packages { apt, brew })?;
    }
    if cache.program(NAME).is_some() {
        return Ok(());
    }
    let tool = Tool {
        krate: NAME,
        version: "0.13.2".to_owned(),
        features: &[],
    };
    tools::compile(cache, &[tool])
}

fn has_compiler() -> bool {
    ["c++", "g++", "clang++"]
        .iter()
        .any(|it| shell::on_path(it).is_some())
}
