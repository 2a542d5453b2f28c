//! Logs: to stderr, warnings by default, and never what is private.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Starts to log. `RUST_LOG` decides; without it warnings are logged, and with `verbose` also what
/// rtmcp does. What `serves` calls of others also logs when they begin and end.
pub(crate) fn start(verbose: bool, serves: bool) {
    let default = match (verbose, serves) {
        (true, _) => VERBOSE,
        (false, true) => CALLS,
        (false, false) => "warn",
    };
    let filter = filter(std::env::var("RUST_LOG").ok(), default);
    // Fails only where something logs already, as in a test: then that stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
}

/// Starts to log to stderr for a program that serves calls: a line for the beginning and the end of
/// each, and warnings; `RUST_LOG` may say otherwise. Speech, arguments, results and keys are in none.
pub fn log_calls() {
    start(false, true);
}

fn filter(wanted: Option<String>, default: &str) -> String {
    let wanted = wanted.filter(|it| !it.trim().is_empty());
    let mut filter = wanted.unwrap_or_else(|| default.to_owned());
    // Their logs hold whole messages and the key: only who names one of them gets them.
    for quiet in rtmcp::QUIET_LOGS.split(',') {
        let name = quiet.trim_end_matches("=off");
        let named = |it: &str| it.trim().split(['=', ':', '[']).next() == Some(name);
        if !filter.split(',').any(named) {
            filter.push(',');
            filter.push_str(quiet);
        }
    }
    filter
}

/// All crates of rtmcp, as their names begin so.
const VERBOSE: &str = "warn,rtmcp=debug";

/// One line for the beginning and the end of each call.
const CALLS: &str = "warn,rtmcp_server::serve=info";

#[cfg(test)]
mod tests {
    use super::{VERBOSE, filter};

    #[test]
    fn messages_are_logged_only_for_who_names_them() {
        let quiet = rtmcp::QUIET_LOGS;
        assert_eq!(filter(None, "warn"), format!("warn,{quiet}"));
        assert_eq!(filter(None, VERBOSE), format!("{VERBOSE},{quiet}"));
        let debug = filter(Some("debug,rtmcp=trace".to_owned()), VERBOSE);
        assert_eq!(debug, format!("debug,rtmcp=trace,{quiet}"));
        let named = filter(Some("warn, rmcp::service=debug".to_owned()), "warn");
        let rest = "tungstenite=off,tokio_tungstenite=off";
        assert_eq!(named, format!("warn, rmcp::service=debug,{rest}"));
    }
}
