//! `demo`: speak with a model and watch it use tools; from nothing, with one command.

mod headless;

use std::{
    net::{SocketAddr, TcpListener},
    process::Command,
};

use anyhow::Context as _;

use crate::{
    cache::Cache,
    page::Page,
    setup::{self, Part},
};

/// Serves a page to speak with a model that uses tools, and sets up what that needs
///
/// A sample MCP server runs beside it. With OPENAI_API_KEY set the page talks to OpenAI, without
/// one to a simulator on this machine; it says which. Ctrl-C ends everything.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the page is served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Do the main job once without a page: speak a question into a session, and print what happens
    #[arg(long)]
    headless: bool,
    /// What is asked; the sample shop knows the weather, customers, prices, tickets and refunds
    #[arg(
        long,
        requires = "headless",
        default_value = "What is the weather in Paris?"
    )]
    ask: String,
}

/// What hears and speaks.
const SPEECH: [Part; 2] = [Part::Voice, Part::Hear];

/// # Errors
///
/// When something can't be set up or built, when the address is taken, or when the headless turn
/// doesn't succeed.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if args.headless {
        headless::run(&args.ask)
    } else {
        serve(args.listen)
    }
}

fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    is_free(listen)?;
    setup::prepare(&[SPEECH[0], SPEECH[1], Part::Wasm, Part::Page])?;
    let page = Page::build()?;
    let mut server = Command::new(&page.server);
    server
        .arg("--listen")
        .arg(listen.to_string())
        .envs(page.environment())
        .env("LEPTOS_SITE_ADDR", listen.to_string())
        .env("RTMCP_TOOLS", Cache::locate()?.tools_in_use());
    println!();
    become_it(&mut server)
}

/// Building takes minutes: better to know before.
fn is_free(listen: SocketAddr) -> anyhow::Result<()> {
    let port = listen.port();
    let tried = TcpListener::bind(listen);
    tried.map(drop).with_context(|| {
        format!(
            "can't serve at {listen}: end what is there, or serve elsewhere, such as with \
             `--listen {}:{}`",
            listen.ip(),
            port.wrapping_add(1).max(1024)
        )
    })
}

/// Runs the server in our place, so that whatever ends us ends it.
#[cfg(unix)]
fn become_it(server: &mut Command) -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;
    let problem = server.exec();
    Err(problem).context("could not start the server of the page")
}

#[cfg(not(unix))]
fn become_it(server: &mut Command) -> anyhow::Result<()> {
    let status = server
        .status()
        .context("could not start the server of the page")?;
    anyhow::ensure!(
        status.success(),
        "the server of the page ended with {status}"
    );
    Ok(())
}
