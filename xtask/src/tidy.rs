//! `tidy`: what the compiler doesn't check. Every rule is a row of [`RULES`].

mod docs;
mod edges;
mod limits;
mod markdown;
mod sources;
mod tree;
mod verbs;
mod why;

use anyhow::bail;

use tree::Tree;

/// Checks what the compiler doesn't: crate edges, source files, and that the docs tell the truth
///
/// Every finding is a line with the place and the remedy.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {}

/// Something to mend.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// A file, with `:line` where there is one.
    place: String,
    /// What is wrong, and what to do.
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }

    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), message)
    }
}

/// One thing that is always so.
struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: [Rule; 14] = [
    Rule {
        name: "crates depend only on what the design allows",
        check: edges::internal,
    },
    Rule {
        name: "pure crates use only the crates named for them",
        check: edges::external,
    },
    Rule {
        name: "the simulator's tests know nothing of the client side",
        check: edges::simulator,
    },
    Rule {
        name: "a source file says what it is for",
        check: sources::header,
    },
    Rule {
        name: "a file is short enough to hold in mind",
        check: sources::length,
    },
    Rule {
        name: "no line ends in a space",
        check: sources::trailing_space,
    },
    Rule {
        name: "modules are named after what is in them",
        check: sources::mod_rs,
    },
    Rule {
        name: "nothing is put off",
        check: sources::put_off,
    },
    Rule {
        name: "rmcp's types stay behind rtmcp-mcp",
        check: sources::rmcp_behind_its_wall,
    },
    Rule {
        name: "the top folder holds only what is listed",
        check: sources::top_folder,
    },
    Rule {
        name: "links in the docs lead somewhere",
        check: docs::links,
    },
    Rule {
        name: "commands named in the docs exist",
        check: docs::commands,
    },
    Rule {
        name: "each pain of docs/why.md has a test that proves it",
        check: why::proofs,
    },
    Rule {
        name: "docs/limits.md has the limits that the sources have",
        check: limits::table,
    },
];

/// # Errors
///
/// When a rule is broken.
pub(crate) fn run(_: &Args) -> anyhow::Result<()> {
    let tree = Tree::read()?;
    let mut count = 0;
    for rule in RULES {
        let findings = (rule.check)(&tree);
        println!(
            "{} {}",
            if findings.is_empty() { "ok  " } else { "FAIL" },
            rule.name
        );
        for finding in &findings {
            println!("     {}: {}", finding.place, finding.message);
        }
        count += findings.len();
    }
    match count {
        0 => Ok(()),
        1 => bail!("1 finding: mend it as its line says"),
        several => bail!("{several} findings: mend them as their lines say"),
    }
}
