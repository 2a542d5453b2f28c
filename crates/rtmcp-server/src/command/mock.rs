//! `rtmcp mock`: a sample MCP server, well-behaved or not.

use std::{io, net::SocketAddr};

use clap::ValueEnum;
use rtmcp_mock::{
    Sample,
    oauth::OAuth,
    serve::{Server, stdio},
    shop::Shop,
    talker::Talker,
    trouble::Trouble,
};

use crate::{
    console,
    failure::{ExitStatus, Failure, Outcome},
    signals::Stop,
};

/// Serve a sample MCP server.
///
/// `shop` is a small furniture shop: weather, customers, prices, tickets, refunds. `trouble` does
/// what servers do wrong: it is slow, hangs, floods, lies, and drops connections. `talker` asks the
/// person something, logs, and learns new tools. When it is ready it prints one line with its
/// address.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Which one.
    pub(crate) sample: Which,

    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8091", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,

    /// Serve this process's stdin and stdout instead.
    #[arg(long, conflicts_with_all = ["listen", "bearer"])]
    pub(crate) stdio: bool,

    /// Let in only clients with this token.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) bearer: Option<String>,

    /// Let in only whom a person let in, on a page of this server: OAuth 2.1, with tokens that last
    /// an hour.
    #[arg(long, conflicts_with_all = ["stdio", "bearer"])]
    pub(crate) sign_in: bool,
}

/// A sample server.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Which {
    /// A small furniture shop.
    Shop,
    /// A server that goes wrong.
    Trouble,
    /// A server that asks, logs, and changes its tools.
    Talker,
}

/// Serves until it is told to stop.
pub(crate) async fn run(args: Args) -> Outcome {
    match args.sample {
        Which::Shop => serve(Shop::new(), args).await,
        Which::Trouble => serve(Trouble::new(), args).await,
        Which::Talker => serve(Talker::new(), args).await,
    }
}

async fn serve(sample: impl Sample, args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    if args.stdio {
        return tokio::select! {
            served = stdio(sample) => {
                served.map_err(|error| Failure::new(ExitStatus::Failed, error.to_string()))
            }
            () = stop.asked() => Ok(()),
        };
    }
    let mut server = Server::new(sample);
    if let Some(token) = args.bearer {
        server = server.bearer(token);
    }
    if args.sign_in {
        server = server.oauth(OAuth::new());
    }
    let running = server.bind(args.listen).await;
    let running = running.map_err(|error| cannot_listen(args.listen, &error))?;
    console::out(format!("listening on {} (and /sse)", running.url_mcp()));
    stop.asked().await;
    running.shutdown().await;
    Ok(())
}

/// An address that can't be listened on.
pub(super) fn cannot_listen(place: SocketAddr, error: &io::Error) -> Failure {
    let line = match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{place} is taken by another program: end it, or listen elsewhere with `--listen` \
             (port 0 takes a free one)"
        ),
        _ => format!("can't listen on {place}: {error} (choose another with `--listen`)"),
    };
    Failure::new(ExitStatus::Failed, line)
}

const EXAMPLES: &str = "\
Examples:
  rtmcp mock shop
  rtmcp mock shop --listen 127.0.0.1:0 --bearer secret
  rtmcp mock shop --sign-in
  rtmcp mock trouble --stdio";
