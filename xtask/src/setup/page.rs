//! What makes a page of the WASM that the compiler writes.

use super::tools::{self, Tool};
use super::{Part, Step, node};
use crate::cache::Cache;
use crate::shell;
use crate::wasm::bindgen;

pub(super) const STEP: Step = Step {
    part: Part::Page,
    what: "wasm-bindgen, as old as the library, and wasm-opt",
    why: "they make a page of what is compiled for a browser, run its tests, and make it small",
    done: |cache| Ok(has_bindgen(cache)? && (has_opt(cache) || shell::on_path("npm").is_none())),
    install,
};

/// Brings wasm-opt. The distributions' own are often too old for what the compiler writes.
const BINARYEN: &str = "binaryen";
const VERSION: &str = "132.0.0";

fn has_bindgen(cache: &Cache) -> anyhow::Result<bool> {
    let version = bindgen::version()?;
    let programs = [bindgen::CLI, bindgen::RUNNER];
    Ok(programs
        .iter()
        .all(|program| bindgen::find(cache, program, &version).is_some()))
}

fn has_opt(cache: &Cache) -> bool {
    node::installed(cache, BINARYEN).as_deref() == Some(VERSION)
}

fn install(cache: &Cache) -> anyhow::Result<()> {
    if !has_bindgen(cache)? {
        let tool = Tool {
            krate: "wasm-bindgen-cli",
            version: bindgen::version()?,
            features: &[],
        };
        tools::compile(cache, &[tool])?;
    }
    if shell::on_path("npm").is_none() {
        println!("      without wasm-opt, which comes by npm: the page is some percent larger");
        return Ok(());
    }
    if has_opt(cache) {
        return Ok(());
    }
    node::npm_install(cache, BINARYEN, VERSION)
}
