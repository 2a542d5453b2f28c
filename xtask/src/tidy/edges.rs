//! Which crate may depend on which: the table of `docs/architecture.md`, enforced.

use super::Finding;
use super::tree::{Crate, Dependency, Tree};

/// What one crate may depend on. Tests may use more.
struct Edges {
    krate: &'static str,
    internal: &'static [&'static str],
    /// Crates from outside; `None` where any will do.
    external: Option<&'static [&'static str]>,
}

const TABLE: [Edges; 12] = [
    Edges {
        krate: "rtmcp-core",
        internal: &[],
        external: Some(&["base64", "serde", "serde_json", "thiserror"]),
    },
    Edges {
        krate: "rtmcp-session",
        internal: &["rtmcp-core"],
        external: Some(&["serde", "serde_json", "thiserror", "tracing"]),
    },
    Edges {
        krate: "rtmcp-api",
        internal: &["rtmcp-core"],
        external: Some(&["serde", "serde_json"]),
    },
    Edges {
        krate: "rtmcp-router",
        internal: &["rtmcp-core"],
        external: Some(&[
            "base64",
            "jsonschema",
            "regex",
            "serde",
            "serde_json",
            "sha2",
            "strsim",
            "thiserror",
            "tracing",
        ]),
    },
    Edges {
        krate: "rtmcp-mcp",
        internal: &["rtmcp-core"],
        external: None,
    },
    Edges {
        krate: "rtmcp-media",
        internal: &["rtmcp-core"],
        external: None,
    },
    Edges {
        krate: "rtmcp",
        internal: &[
            "rtmcp-core",
            "rtmcp-mcp",
            "rtmcp-media",
            "rtmcp-router",
            "rtmcp-session",
        ],
        external: None,
    },
    Edges {
        krate: "rtmcp-sim",
        internal: &["rtmcp-core", "rtmcp-media"],
        external: None,
    },
    Edges {
        krate: "rtmcp-mock",
        internal: &[],
        external: None,
    },
    Edges {
        krate: "rtmcp-server",
        internal: &[
            "rtmcp",
            "rtmcp-api",
            "rtmcp-core",
            "rtmcp-mcp",
            "rtmcp-media",
            "rtmcp-mock",
            "rtmcp-router",
            "rtmcp-session",
            "rtmcp-sim",
        ],
        external: None,
    },
    Edges {
        krate: "demo",
        // The browser's half has the words and the session; the rest is for the program that serves it.
        internal: &[
            "rtmcp",
            "rtmcp-api",
            "rtmcp-core",
            "rtmcp-mock",
            "rtmcp-server",
            "rtmcp-session",
            "rtmcp-sim",
        ],
        external: None,
    },
    Edges {
        krate: "xtask",
        internal: &[],
        external: None,
    },
];

/// The only crates that may name rmcp: it moves fast, and nothing else should have to.
const MAY_USE_RMCP: [&str; 2] = ["rtmcp-mcp", "rtmcp-mock"];

/// What the simulator is to be tried against, and so must not be made of.
const CLIENT_SIDE: [&str; 5] = [
    "rtmcp",
    "rtmcp-mcp",
    "rtmcp-router",
    "rtmcp-server",
    "rtmcp-session",
];

pub(super) fn internal(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for krate in &tree.crates {
        let Some(edges) = row(krate) else {
            let message = "is not in the table of xtask/src/tidy/edges.rs: add it there and to \
                           docs/architecture.md with the crates it may depend on";
            findings.push(Finding::new(&krate.name, message));
            continue;
        };
        for dependency in used(krate).filter(|dependency| dependency.internal) {
            if !edges.internal.contains(&dependency.name.as_str()) {
                findings.push(forbidden(krate, dependency, edges.internal));
            }
        }
    }
    findings
}

pub(super) fn external(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for krate in &tree.crates {
        for dependency in used(krate).filter(|dependency| !dependency.internal) {
            let name = dependency.name.as_str();
            if let Some(allowed) = row(krate).and_then(|edges| edges.external)
                && !allowed.contains(&name)
            {
                findings.push(forbidden(krate, dependency, allowed));
            }
            if name == "rmcp" && !MAY_USE_RMCP.contains(&krate.name.as_str()) {
                findings.push(forbidden(
                    krate,
                    dependency,
                    &["rtmcp-mcp, which speaks MCP"],
                ));
            }
        }
    }
    findings
}

pub(super) fn simulator(tree: &Tree) -> Vec<Finding> {
    let simulators = tree.crates.iter().filter(|krate| krate.name == "rtmcp-sim");
    let dependencies = simulators.flat_map(|krate| &krate.dependencies);
    dependencies
        .filter(|dependency| CLIENT_SIDE.contains(&dependency.name.as_str()))
        .map(|dependency| {
            let message = format!(
                "uses {}, if only in tests: a simulator that shares code with the client shares \
                 its mistakes; move the test to the client's crate",
                dependency.name,
            );
            Finding::new("crates/rtmcp-sim/Cargo.toml", message)
        })
        .collect()
}

fn row(krate: &Crate) -> Option<&'static Edges> {
    TABLE.iter().find(|edges| edges.krate == krate.name)
}

fn used(krate: &Crate) -> impl Iterator<Item = &Dependency> {
    krate
        .dependencies
        .iter()
        .filter(|dependency| !dependency.dev)
}

fn forbidden(krate: &Crate, dependency: &Dependency, allowed: &[&str]) -> Finding {
    let allowed = if allowed.is_empty() {
        "none".to_owned()
    } else {
        allowed.join(", ")
    };
    let message = format!(
        "must not depend on {} (allowed: {allowed})",
        dependency.name
    );
    Finding::new(&krate.name, message)
}

#[cfg(test)]
mod tests {
    use super::{Crate, Dependency, Tree, external, internal, simulator};

    /// A workspace of one crate; `!` marks a dependency of its tests.
    fn tree(krate: &str, dependencies: &[&str]) -> Tree {
        let dependencies = dependencies.iter().map(|name| Dependency {
            name: name.trim_start_matches('!').to_owned(),
            internal: name.contains("rtmcp"),
            dev: name.starts_with('!'),
        });
        let krate = Crate {
            name: krate.to_owned(),
            dependencies: dependencies.collect(),
        };
        Tree {
            crates: vec![krate],
            ..Tree::default()
        }
    }

    #[test]
    fn allowed_edges_pass() {
        let tree = tree(
            "rtmcp-session",
            &["rtmcp-core", "tracing", "!rtmcp-sim", "!proptest"],
        );
        assert_eq!(internal(&tree), []);
        assert_eq!(external(&tree), []);
    }

    #[test]
    fn session_and_router_do_not_know_each_other() {
        let findings = internal(&tree("rtmcp-session", &["rtmcp-core", "rtmcp-router"]));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("rtmcp-router"), "{findings:?}");
    }

    #[test]
    fn an_unknown_crate_is_to_be_entered_in_the_table() {
        assert_eq!(internal(&tree("rtmcp-new", &[])).len(), 1);
    }

    #[test]
    fn a_pure_crate_takes_no_runtime() {
        let findings = external(&tree("rtmcp-core", &["serde", "tokio"]));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("tokio"), "{findings:?}");
    }

    #[test]
    fn rmcp_has_two_users() {
        assert_eq!(external(&tree("rtmcp-mcp", &["rmcp"])), []);
        assert_eq!(external(&tree("rtmcp-mock", &["rmcp"])), []);
        assert_eq!(external(&tree("rtmcp", &["rmcp"])).len(), 1);
    }

    #[test]
    fn not_even_the_simulators_tests_use_the_client() {
        assert_eq!(
            simulator(&tree("rtmcp-sim", &["rtmcp-core", "!tempfile"])),
            []
        );
        assert_eq!(simulator(&tree("rtmcp-sim", &["!rtmcp-session"])).len(), 1);
        assert_eq!(simulator(&tree("rtmcp", &["rtmcp-session"])), []);
    }
}
