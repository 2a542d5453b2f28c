//! Serves the page, and the backend that it talks to, from one address.

mod document;
mod headers;
mod stage;

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use axum::{Router, middleware, routing::get};
use rtmcp_server::{
    Stop,
    serve::{Backend, BackendConfig},
};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use tower_http::services::ServeDir;

use stage::Stage;

/// Serve a page to speak with a Realtime model and watch it use MCP tools.
///
/// Without a configuration a simulator and a sample MCP server run in this process. OpenAI can be
/// chosen on the page: with the key in OPENAI_API_KEY it comes first, without one the page asks for
/// a key. When everything is ready, one line with the address is printed.
#[derive(Debug, clap::Parser)]
#[command(version)]
pub struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "LEPTOS_SITE_ADDR",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: SocketAddr,

    /// The endpoint, its key, the MCP servers and their rules.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Where the page's module and style are, in the folder `pkg`.
    #[arg(
        long,
        value_name = "FOLDER",
        env = "LEPTOS_SITE_ROOT",
        default_value = "target/site"
    )]
    pub site: PathBuf,
}

/// Serves until it is told to stop.
///
/// # Errors
///
/// When the page isn't built, the configuration can't be used, or the address is taken.
pub async fn run(args: Args) -> anyhow::Result<()> {
    rtmcp_server::log_calls();
    // Leptos spawns on it what it draws; a second start of it changes nothing.
    let _ = any_spawner::Executor::init_tokio();
    let package = package(&args.site)?;
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("can't listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    let mut stop = Stop::listen().context("can't listen for signals")?;
    let stage = tokio::select! {
        stage = Stage::set(args.config.as_deref()) => stage?,
        () = stop.asked() => return Ok(()),
    };
    let backend = Backend::new(BackendConfig {
        // From elsewhere anybody could make this process connect to others.
        own_servers: address.ip().is_loopback(),
        own_key: true,
        ..stage.config.clone().listening(address)
    })?;
    let app = backend
        .router()
        .merge(backend.pages(pages(&package)))
        .layer(middleware::map_response(headers::add));
    say(&format!("listening on http://{address}"));
    let stopped = CancellationToken::new();
    let serving = {
        let (backend, stopped) = (backend.clone(), stopped.clone());
        tokio::spawn(async move { backend.serve(listener, app, stopped).await })
    };
    stop.asked().await;
    backend.shutdown().await;
    stopped.cancel();
    // Answers on their way get a moment.
    let _ = timeout(Duration::from_secs(2), serving).await;
    stage.strike().await;
    Ok(())
}

/// The document, and what it loads.
fn pages(package: &Path) -> Router {
    let files = ServeDir::new(package).precompressed_br();
    Router::new()
        .route("/", get(document::draw))
        .nest_service("/pkg", files)
}

/// Returns the folder of what the page loads.
fn package(site: &Path) -> anyhow::Result<PathBuf> {
    let package = site.join("pkg");
    for file in ["demo.js", "demo.wasm", "demo.css"] {
        let file = package.join(file);
        anyhow::ensure!(
            file.is_file(),
            "{} is missing: build the page with `cargo xtask demo` or `cargo leptos build`",
            file.display(),
        );
    }
    Ok(package)
}

/// Says something to the person or program that started this.
fn say(line: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Says something to the person only.
pub fn note(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", line.as_ref());
}
