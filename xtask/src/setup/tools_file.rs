//! `tools.toml`: which commands hear, speak and serve, for the tests and the demo.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::{hear, node, voice};
use crate::cache::Cache;
use crate::shell;

/// The voice to use, if one is installed.
pub(super) fn voice() -> Option<&'static [&'static str]> {
    if shell::on_path("flite").is_some() {
        Some(&voice::CLEAREST)
    } else if shell::on_path("espeak-ng").is_some() {
        Some(&voice::ESPEAK)
    } else {
        None
    }
}

/// Writes what is there, and only that.
///
/// # Errors
///
/// When the file can't be written.
pub(super) fn write(cache: &Cache) -> anyhow::Result<()> {
    let file = cache.tools_toml();
    fs::write(&file, content(cache)).with_context(|| file.display().to_string())?;
    println!("what hears and speaks is noted in {}", file.display());
    Ok(())
}

fn content(cache: &Cache) -> String {
    let mut text = String::from("# Written by `cargo xtask setup`.\n");
    if hear::program(cache).exists() {
        let (python, program) = (hear::python(cache), hear::program(cache));
        let _ = writeln!(
            text,
            "ear = [{}, {}]",
            quoted(path(&python)),
            quoted(path(&program))
        );
    }
    if let Some(command) = voice() {
        let _ = writeln!(text, "voice = {}", array(command));
    }
    if shell::on_path("espeak-ng").is_some() {
        let _ = writeln!(text, "espeak = {}", array(&voice::ESPEAK));
    }
    let everything = node::everything(cache);
    if everything.exists() {
        let _ = writeln!(text, "everything = {}", quoted(path(&everything)));
    }
    text
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

fn array(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn strings_are_quoted_for_toml() {
        assert_eq!(
            super::array(&["sh", r#"a "b" \c"#]),
            r#"["sh", "a \"b\" \\c"]"#
        );
    }
}
