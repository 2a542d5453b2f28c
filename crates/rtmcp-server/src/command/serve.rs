//! `rtmcp serve`: the HTTP API by which pages hold calls without a key.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use rtmcp::Config;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::recording::RecordArgs;
use crate::{
    console,
    failure::{ExitStatus, Failure, Outcome},
    serve::{Backend, BackendConfig, BackendError},
    signals::Stop,
};

/// Serve the HTTP API by which pages hold calls without a key.
///
/// A page makes a WebRTC offer; this posts it to the Realtime endpoint with the configured key, runs
/// the tools on the configured MCP servers, and tells the page what happens. `docs/api.md` has all
/// routes. With a `[proxy]` in the configuration it is a Realtime endpoint, too, by which any client
/// gains the tools: `docs/proxy.md`. When it is ready it prints a line with the address of each, and
/// logs a line for the beginning and the end of each call.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The endpoint, its key, the MCP servers and their rules.
    #[arg(long, default_value = "rtmcp.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,

    /// Where browsers see it, if a proxy stands between.
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<Url>,

    /// Believe `X-Forwarded-For`: only behind a proxy that sets it.
    #[arg(long)]
    pub(crate) behind_proxy: bool,

    /// Let pages bring a key of their own, which is kept in memory for one session.
    #[arg(long)]
    pub(crate) own_keys: bool,

    /// Give pages no keys (`POST /api/token`): who has one can begin calls that no limit here counts.
    #[arg(long)]
    pub(crate) no_tokens: bool,

    /// Let pages name MCP servers of their own, over https at public addresses, and where
    /// `[safety]` allows; on this machine too, where only this machine reaches the backend.
    #[arg(long)]
    pub(crate) own_servers: bool,

    #[command(flatten)]
    pub(crate) recording: RecordArgs,
}

/// Serves until it is told to stop.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    let config = Config::from_file(&args.config);
    let config = config.map_err(|error| Failure::config(&args.config, &error))?;
    let listener = TcpListener::bind(args.listen).await;
    let cannot_listen = |error| super::mock::cannot_listen(args.listen, &error);
    let listener = listener.map_err(cannot_listen)?;
    let addr = listener.local_addr().map_err(cannot_listen)?;
    let has_proxy = config.proxy.is_some();
    let backend = backend(&args, config, addr)?;
    let stopped = CancellationToken::new();
    let serving = {
        let (backend, stopped) = (backend.clone(), stopped.clone());
        let app = backend.router();
        tokio::spawn(async move { backend.serve(listener, app, stopped).await })
    };
    console::out(format!("listening on http://{addr}/api"));
    if has_proxy {
        console::out(format!("listening on http://{addr}/v1"));
    }
    stop.asked().await;
    backend.shutdown().await;
    stopped.cancel();
    // Answers on their way get a moment.
    let _ = timeout(GOODBYE, serving).await;
    Ok(())
}

const GOODBYE: Duration = Duration::from_secs(2);

fn backend(args: &Args, config: Config, addr: SocketAddr) -> Outcome<Backend> {
    let config = BackendConfig {
        own_key: args.own_keys,
        tokens: !args.no_tokens,
        own_servers: args.own_servers,
        public_url: args.public_url.clone(),
        behind_proxy: args.behind_proxy,
        record: args.recording.recorder()?,
        ..BackendConfig::new(config)
    };
    Backend::new(config.listening(addr)).map_err(|error| unusable(&args.config, &error))
}

fn unusable(path: &Path, error: &BackendError) -> Failure {
    match error {
        BackendError::Config(error) => Failure::config(path, error),
        error => Failure::new(ExitStatus::Config, error.to_string()),
    }
}

fn public_url(text: &str) -> Result<Url, String> {
    const EXAMPLE: &str = "it must be like `https://voice.example.com`";
    let url = Url::parse(text).map_err(|error| format!("{error}: {EXAMPLE}"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(EXAMPLE.to_owned()),
    }
}

const EXAMPLES: &str = "\
Examples:
  rtmcp serve --config rtmcp.toml
  rtmcp serve --config rtmcp.toml --listen 127.0.0.1:0 --own-keys
  rtmcp serve --config rtmcp.toml --record recordings --no-tokens
  rtmcp serve --listen 0.0.0.0:8080 --public-url https://voice.example.com --behind-proxy";
