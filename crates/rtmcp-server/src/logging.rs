//! Logs: to stderr, warnings by default, and never what is private.

use std::io::{self, IsTerminal};

use rtmcp_mcp::QUIET_RMCP;
use tracing_subscriber::EnvFilter;

/// Starts to log. `RUST_LOG` decides; without it warnings are logged, and with `verbose` also what
/// rtmcp does.
pub(crate) fn start(verbose: bool) {
    let filter = filter(std::env::var("RUST_LOG").ok(), verbose);
    // Fails only where something logs already, as in a test: then that stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
}

fn filter(wanted: Option<String>, verbose: bool) -> String {
    let wanted = wanted.filter(|it| !it.trim().is_empty());
    let default = if verbose { VERBOSE } else { "warn" };
    let wanted = wanted.as_deref().unwrap_or(default);
    // Its logs hold whole messages, arguments and results: only who names it gets them.
    let mut named = wanted.split(',').map(str::trim);
    if named.any(|it| it.starts_with("rmcp")) {
        wanted.to_owned()
    } else {
        format!("{wanted},{QUIET_RMCP}")
    }
}

/// All crates of rtmcp, as their names begin so.
const VERBOSE: &str = "warn,rtmcp=debug";

#[cfg(test)]
mod tests {
    use super::{VERBOSE, filter};

    #[test]
    fn messages_are_logged_only_for_who_names_them() {
        assert_eq!(filter(None, false), "warn,rmcp=off");
        assert_eq!(filter(None, true), format!("{VERBOSE},rmcp=off"));
        let debug = filter(Some("debug,rtmcp=trace".to_owned()), true);
        assert_eq!(debug, "debug,rtmcp=trace,rmcp=off");
        let named = filter(Some("warn, rmcp=debug".to_owned()), false);
        assert_eq!(named, "warn, rmcp=debug");
    }
}
