//! What compiles for `wasm32-unknown-unknown`.

use std::process::Command;

use super::system::{self, Packages};
use super::{Part, Step};
use crate::cache::Cache;
use crate::shell;
use crate::wasm::toolchain::{TARGET, Toolchain};

pub(super) const STEP: Step = Step {
    part: Part::Wasm,
    what: "the Rust standard library for wasm32-unknown-unknown",
    why: "the pure crates are built and tested for the browser",
    done: |_| Ok(Toolchain::find()?.is_some()),
    install,
};

/// Where rustup can't reach its server, the distribution's own wasm toolchain: a compiler, and the
/// sources of the standard library to build with it.
const DISTRIBUTION: Packages<'_> = Packages {
    apt: &["rustc-web", "cargo-web", "rust-web-src"],
    brew: &[],
};

fn install(_: &Cache) -> anyhow::Result<()> {
    match shell::run(Command::new("rustup").args(["target", "add", TARGET])) {
        Ok(()) => Ok(()),
        Err(problem) => {
            println!("      {problem}: taking the distribution's wasm toolchain instead");
            system::install(&DISTRIBUTION)
        }
    }
}
