//! Rules for source files, each on its text alone.

use super::Finding;
use super::tree::{File, Tree};

const LONGEST: usize = 600;

/// Ends of the names of files that people write and read.
const TEXT: [&str; 8] = [".rs", ".md", ".toml", ".py", ".sh", ".js", ".mjs", ".css"];

const TOP_FOLDER: [&str; 15] = [
    ".cargo",
    ".ci",
    ".config",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "crates",
    "demo",
    "deny.toml",
    "docs",
    "rustfmt.toml",
    "xtask",
];

/// Words that put something off, and what to do instead. Spelled in parts, or this file would
/// find itself.
const PUT_OFF: [(&str, &str); 6] = [
    (
        concat!("#[", "ignore"),
        "make the test run everywhere, or delete it",
    ),
    (
        concat!("#[", "should_panic"),
        "assert on the error that is returned",
    ),
    (concat!("todo", "!("), "write it, or leave it out"),
    (concat!("unimplemented", "!("), "write it, or leave it out"),
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "fix it, or open an issue"),
];

pub(super) fn header(tree: &Tree) -> Vec<Finding> {
    let silent = tree
        .ending(".rs")
        .filter(|file| !file.text.starts_with("//! "));
    let message = "open the file with a `//!` line that says what it is for";
    silent
        .map(|file| Finding::at(&file.path, 1, message))
        .collect()
}

pub(super) fn length(tree: &Tree) -> Vec<Finding> {
    let long = tree
        .ending(".rs")
        .filter(|file| file.text.lines().count() > LONGEST);
    long.map(|file| {
        let count = file.text.lines().count();
        let message = format!("{count} lines of {LONGEST} allowed: give each concept its own file");
        Finding::new(&file.path, message)
    })
    .collect()
}

pub(super) fn trailing_space(tree: &Tree) -> Vec<Finding> {
    let text = tree
        .files
        .iter()
        .filter(|file| TEXT.iter().any(|end| file.path.ends_with(end)));
    text.flat_map(|file| {
        let lines = numbered(file).filter(|(_, line)| line.ends_with([' ', '\t']));
        lines.map(|(number, _)| Finding::at(&file.path, number, "delete the space at the end"))
    })
    .collect()
}

pub(super) fn mod_rs(tree: &Tree) -> Vec<Finding> {
    let named_mod = tree.ending("/mod.rs");
    named_mod
        .map(|file| {
            let folder = file.path.trim_end_matches("/mod.rs");
            Finding::new(&file.path, format!("name it {folder}.rs"))
        })
        .collect()
}

pub(super) fn put_off(tree: &Tree) -> Vec<Finding> {
    let text = tree
        .files
        .iter()
        .filter(|file| TEXT.iter().any(|end| file.path.ends_with(end)));
    let lines =
        text.flat_map(|file| numbered(file).map(move |(number, line)| (file, number, line)));
    lines
        .flat_map(|(file, number, line)| {
            let found = PUT_OFF.iter().filter(move |(word, _)| line.contains(word));
            found.map(move |(word, remedy)| {
                Finding::at(&file.path, number, format!("`{word}`: {remedy}"))
            })
        })
        .collect()
}

/// Whether a public item of rtmcp-mcp names rmcp. Looks at the lines that open one, which is where
/// signatures, fields and re-exports stand.
pub(super) fn rmcp_behind_its_wall(tree: &Tree) -> Vec<Finding> {
    let sources = tree
        .ending(".rs")
        .filter(|file| file.path.starts_with("crates/rtmcp-mcp/src/"));
    let lines =
        sources.flat_map(|file| numbered(file).map(move |(number, line)| (file, number, line)));
    lines
        .filter(|(_, _, line)| {
            let line = line.trim_start();
            line.starts_with("pub ") && names_rmcp(line)
        })
        .map(|(file, number, _)| {
            let message = "rmcp in a public item: say it in words of our own, and convert in \
                           convert.rs";
            Finding::at(&file.path, number, message)
        })
        .collect()
}

/// Whether code, not text in quotes, has the word.
fn names_rmcp(line: &str) -> bool {
    let code = line.split('"').step_by(2);
    let mut words =
        code.flat_map(|code| code.split(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    words.any(|word| word == "rmcp")
}

pub(super) fn top_folder(tree: &Tree) -> Vec<Finding> {
    let mut tops: Vec<&str> = tree
        .paths
        .iter()
        .filter_map(|path| path.split('/').next())
        .collect();
    tops.dedup();
    let unknown = tops.into_iter().filter(|top| !TOP_FOLDER.contains(top));
    unknown
        .map(|top| Finding::new(top, "doesn't belong in the top folder: move it"))
        .collect()
}

fn numbered(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.text
        .split('\n')
        .enumerate()
        .map(|(nth, line)| (nth + 1, line))
}

#[cfg(test)]
mod tests;
