//! Logs: to stderr, warnings by default, and never what is private.

use std::io::{self, IsTerminal};

use tracing_subscriber::{
    EnvFilter,
    field::MakeExt as _,
    fmt::{FormatFields, format},
};

use crate::console;

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
        .fmt_fields(fields())
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

/// How fields are written: what others wrote can't fool a terminal. By itself the formatter takes the
/// words of a field as they are.
fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    let fields = format::debug_fn(|writer, field, value| {
        let value = console::harmless(&format!("{value:?}"));
        match field.name() {
            "message" => write!(writer, "{value}"),
            name => write!(writer, "{name}={value}"),
        }
    });
    fields.delimited(" ")
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
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::{VERBOSE, fields, filter};

    /// What is logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// As servers, models and peers name things, and their words are in errors.
    #[test]
    fn what_others_write_cannot_fool_a_terminal() {
        for ansi in [true, false] {
            let log = Log::default();
            let writer = log.clone();
            let subscriber = tracing_subscriber::fmt()
                .fmt_fields(fields())
                .with_ansi(ansi)
                .with_writer(move || writer.clone())
                .finish();
            let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}2J";
            tracing::subscriber::with_default(subscriber, || {
                tracing::warn!(name = evil, shown = %evil, "a server is called {evil}");
            });
            let bytes = log.0.lock().unwrap().clone();
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("owned"), "{text:?}");
            for code in ["\u{1b}]0", "\u{1b}[2J", "\u{9b}", "\u{7}"] {
                assert!(!text.contains(code), "{text:?}");
            }
        }
    }

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
