//! Logs: to stderr, warnings by default, and never what is private.

use std::io;

use tracing_subscriber::EnvFilter;

/// Starts to log, as `RUST_LOG` says.
pub(super) fn start() {
    let wanted = std::env::var("RUST_LOG").ok();
    let wanted = wanted.filter(|it| !it.trim().is_empty());
    let wanted = wanted.unwrap_or_else(|| "warn,rtmcp_server::serve=info".to_owned());
    // Their logs hold whole messages and the key.
    let filter = format!("{wanted},{}", rtmcp::QUIET_LOGS);
    // It fails only where something logs already: then that stays.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(io::stderr)
        .try_init();
}
