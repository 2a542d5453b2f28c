//! Rules for `README.md` and `docs/`: what they point at is there.

use std::collections::BTreeSet;

use super::Finding;
use super::markdown::Page;
use super::tree::{File, Tree};

pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in pages(tree) {
        for (line, target) in Page::parse(&file.text).links {
            if let Some(message) = broken(tree, file, &target) {
                findings.push(Finding::at(&file.path, line, message));
            }
        }
    }
    findings
}

pub(super) fn commands(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in pages(tree) {
        for (line, code) in Page::parse(&file.text).code {
            if let Some(message) = unknown_verb(tree, &code) {
                findings.push(Finding::at(&file.path, line, message));
            }
        }
    }
    findings
}

fn pages(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.ending(".md")
        .filter(|file| file.path == "README.md" || file.path.starts_with("docs/"))
}

/// What is wrong with a link, if it leads into this repository.
fn broken(tree: &Tree, from: &File, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        from.path.clone()
    } else {
        resolve(&from.path, path)
    };
    let folder = format!("{path}/");
    if !tree.paths.contains(&path) && !tree.paths.iter().any(|file| file.starts_with(&folder)) {
        return Some(format!(
            "links to {target}, but there is no {path}: mend the link"
        ));
    }
    let page = tree
        .files
        .iter()
        .find(|file| file.path == path && path.ends_with(".md"))?;
    let anchors = Page::parse(&page.text).anchors;
    if anchor.is_empty() || anchors.iter().any(|known| known == anchor) {
        return None;
    }
    let anchors = anchors.join(", ");
    Some(format!(
        "links to {target}, but {path} has no such heading (it has {anchors})"
    ))
}

/// A link's path, seen from the top of the repository.
fn resolve(from: &str, link: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(folders.pop()),
            name => folders.push(name),
        }
    }
    folders.join("/")
}

/// What is wrong with a command line, if it calls one of our commands.
fn unknown_verb(tree: &Tree, code: &str) -> Option<String> {
    let known = &tree.verbs;
    let (command, verbs, verb) = if let Some((_, rest)) = code.split_once("cargo xtask ") {
        ("cargo xtask", &known.xtask, first_word(rest))
    } else {
        let rest = code
            .strip_prefix("$ ")
            .unwrap_or(code)
            .strip_prefix("rtmcp ")?;
        ("rtmcp", &known.rtmcp, first_word(rest))
    };
    if !is_verb(verb) || verbs.contains(verb) {
        return None;
    }
    let exist = verbs.iter().map(String::as_str).collect::<BTreeSet<_>>();
    let exist = exist.into_iter().collect::<Vec<_>>().join(", ");
    Some(format!(
        "names `{command} {verb}`, which doesn't exist (there are {exist})"
    ))
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// Placeholders and options are no verbs.
fn is_verb(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_lowercase())
        && word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter == '-')
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::super::verbs::Known;
    use super::{commands, links};

    fn messages(tree: &Tree) -> Vec<String> {
        links(tree)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let tree = Tree::of_files(&[
            (
                "README.md",
                "# A b\n[1](docs/a.md) [2](docs/a.md#c-d) [3](#a-b) [4](https://x.y/z)",
            ),
            (
                "docs/a.md",
                "## C d\n[up](../README.md) [folder](../crates/) [file](../crates/a.rs)",
            ),
            ("crates/a.rs", "//! Not a page: [x](nowhere.md)"),
        ]);
        assert_eq!(messages(&tree), [""; 0]);
    }

    #[test]
    fn links_into_nothing_are_found() {
        let tree = Tree::of_files(&[
            ("README.md", "[1](docs/b.md)"),
            ("docs/a.md", "# C\n\n[2](#d)\n[3](../../out.md)"),
        ]);
        let messages = messages(&tree);
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(messages[0].contains("there is no docs/b.md"));
        assert!(messages[1].contains("no such heading (it has c)"));
    }

    #[test]
    fn commands_are_checked_by_their_verbs() {
        let mut tree = Tree::of_files(&[(
            "docs/a.md",
            "`cargo xtask go` `cargo xtask <verb>` `rtmcp fly --fast` `rtmcp.toml` `rtmcp --help`\n\
             ```\ncargo xtask stop --now\nrtmcp land\n$ rtmcp sink\nuse rtmcp swim\n```\n",
        )]);
        let one = |verb: &str| [verb.to_owned()].into();
        tree.verbs = Known {
            xtask: one("go"),
            rtmcp: one("fly"),
        };
        let places: Vec<String> = commands(&tree)
            .into_iter()
            .map(|finding| finding.place)
            .collect();
        assert_eq!(places, ["docs/a.md:3", "docs/a.md:4", "docs/a.md:5"]);
    }
}
