//! The verbs that exist, for `cargo xtask` and for `rtmcp`.

use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::tree::File;

/// What may be named in the docs.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) xtask: BTreeSet<String>,
    pub(super) rtmcp: BTreeSet<String>,
}

impl Known {
    pub(super) fn read(files: &[File]) -> Self {
        let command = crate::Cli::command();
        let mut xtask: BTreeSet<String> = command
            .get_subcommands()
            .map(|verb| verb.get_name().to_owned())
            .collect();
        xtask.insert("help".to_owned());
        let sources = files.iter().filter(|file| {
            file.path.starts_with("crates/rtmcp-server/src/") && file.path.ends_with(".rs")
        });
        let mut rtmcp: BTreeSet<String> = sources.flat_map(|file| declared(&file.text)).collect();
        rtmcp.insert("help".to_owned());
        Self { xtask, rtmcp }
    }
}

/// The verbs that a source file declares: the variants of an enum that derives clap's
/// `Subcommand`. Read from the source, since xtask must not depend on what it checks.
fn declared(source: &str) -> Vec<String> {
    let mut lines = source.lines();
    let mut verbs = Vec::new();
    while let Some(line) = lines.next() {
        if !(line.starts_with("#[derive(") && line.contains("Subcommand")) {
            continue;
        }
        let body = lines
            .by_ref()
            .skip_while(|line| !line.contains("enum "))
            .skip(1);
        let variants = body.take_while(|line| *line != "}").filter_map(variant);
        verbs.extend(variants.collect::<Vec<_>>());
    }
    verbs
}

/// The verb of a line that opens a variant: one indent, then a capital.
fn variant(line: &str) -> Option<String> {
    let line = line.strip_prefix("    ")?;
    let name: String = line
        .chars()
        .take_while(|letter| letter.is_alphanumeric())
        .collect();
    name.starts_with(char::is_uppercase).then(|| kebab(&name))
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (nth, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && nth > 0 {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::{Known, declared};

    #[test]
    fn verbs_are_read_from_the_source() {
        let source = "\
#[derive(Debug, Subcommand)]
enum Verb {
    /// Starts it.
    Sim(sim::Args),
    #[command(about)]
    DryRun {
        Fake: bool,
    },
    Check,
}

#[derive(Debug)]
enum Other {
    Nothing,
}
";
        assert_eq!(declared(source), ["sim", "dry-run", "check"]);
    }

    #[test]
    fn our_own_verbs_come_from_clap() {
        let known = Known::read(&[]);
        assert!(known.xtask.contains("tidy"));
        assert!(!known.xtask.contains("nonsense"));
    }
}
