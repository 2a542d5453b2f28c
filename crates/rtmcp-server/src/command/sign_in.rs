//! `rtmcp sign-in`: signs the owner in to an MCP server, for all sessions of a configuration.

use std::{
    io::{self, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{Router, http::Uri, routing::get};
use rtmcp::{
    Config,
    mcp::{Auth, Grant, OAuthConfig, Pool, ServerConfig, SignInAnswer, Signer, Status},
};
use rtmcp_core::ServerName;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use crate::{
    command::mock::cannot_listen,
    console,
    failure::{ExitStatus, Failure, Outcome},
    signals::Stop,
};

/// Sign in to an MCP server, for all sessions of a configuration.
///
/// Prints an address for your browser, and waits until it comes back to this machine. What you grant
/// is kept, sealed, in the `store` of the server's `oauth`; a backend that runs with it has the
/// server's tools within half a minute.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The server, by its name in the configuration.
    pub(crate) server: String,

    /// The configuration.
    #[arg(long, default_value = "rtmcp.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// The port of this machine to which the browser comes back, where the authorization server
    /// knows only one; any free one otherwise.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub(crate) port: u16,
}

/// Signs in.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    let server = server(&args.config, &args.server)?;
    let name = server.name.clone();
    let pool = Pool::new(vec![server]);
    let done = tokio::select! {
        done = sign_in(&pool, &name, args.port) => done,
        () = stop.asked() => Err(Failure::stopped()),
    };
    pool.shutdown().await;
    done
}

/// Finds the server, and sees to it that signing in to it makes sense.
fn server(file: &Path, name: &str) -> Outcome<ServerConfig> {
    let config = Config::from_file(file).map_err(|error| Failure::config(file, &error))?;
    let bad = |line: String| Failure::new(ExitStatus::Config, line);
    let names: Vec<_> = config
        .servers
        .iter()
        .map(|it| format!("`{}`", it.name))
        .collect();
    let mut servers = config.servers.into_iter();
    let found = servers.find(|it| it.name.as_str() == name).ok_or_else(|| {
        let names = names.join(", ");
        bad(format!(
            "{} has no MCP server `{name}`: it has {names}",
            file.display()
        ))
    })?;
    let Auth::OAuth(oauth) = &found.auth else {
        let line = format!("server `{name}` isn't for signing in: set `oauth` there");
        return Err(bad(line));
    };
    check(name, oauth).map_err(bad)?;
    Ok(found)
}

fn check(name: &str, oauth: &OAuthConfig) -> Result<(), String> {
    if !matches!(oauth.grant, Grant::Person) {
        return Err(format!(
            "server `{name}` needs nobody to sign in: see its `grant`"
        ));
    }
    if oauth.signer == Signer::Person {
        return Err(format!(
            "each visitor signs in to server `{name}`, on the page"
        ));
    }
    if !oauth.store.is_lasting() {
        return Err(format!(
            "what you grant server `{name}` would be forgotten with the end of this command: set \
             `store` in its `oauth`, such as `store = {{ folder = \"tokens\", key = {{ file = \
             \"tokens/key\" }} }}`"
        ));
    }
    Ok(())
}

async fn sign_in(pool: &Pool, server: &ServerName, port: u16) -> Outcome {
    let refused =
        |error: &dyn std::fmt::Display| Failure::new(ExitStatus::Server, error.to_string());
    // What the server says to a request without a token tells where to go.
    pool.settled(SETTLED).await;
    let (back, mut answers, _listening) = listen(port).await?;
    let started = pool.sign_in(server, &back).await;
    let started = started.map_err(|error| refused(&error))?;
    console::out(format!("open this in your browser:\n\n  {}\n", started.url));
    if io::stdin().is_terminal() {
        console::note(
            "if it can't come back to this machine, paste the address here at which it ends",
        );
    }
    let answered = timeout(started.expires_in, answers.recv()).await;
    let Ok(Some(answer)) = answered else {
        return Err(Failure::new(
            ExitStatus::Failed,
            "nobody signed in in time: try again",
        ));
    };
    let finished = pool.finish_sign_in(&answer).await;
    finished.map_err(|error| refused(&error))?;
    pool.settled(SETTLED).await;
    match pool.status(server) {
        Some(Status::Ready(info)) => {
            console::out(format!(
                "signed in: server `{server}` offers {} tools",
                info.tools
            ));
            Ok(())
        }
        Some(Status::Down(error) | Status::NeedsSignIn(error)) => Err(refused(&error)),
        _ => Err(refused(&format!(
            "signed in, and server `{server}` isn't ready yet"
        ))),
    }
}

type Answers = mpsc::UnboundedReceiver<SignInAnswer>;

/// Waits for the browser on this machine, and for what is pasted.
async fn listen(port: u16) -> Outcome<(Url, Answers, AbortOnDropHandle<()>)> {
    let place = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(place).await;
    let listener = listener.map_err(|error| cannot_listen(place, &error))?;
    let place = listener.local_addr();
    let place = place.map_err(|error| Failure::new(ExitStatus::Failed, error.to_string()))?;
    let back = Url::parse(&format!("http://{place}/callback"));
    let back = back.map_err(|error| Failure::new(ExitStatus::Failed, error.to_string()))?;
    let (sender, answers) = mpsc::unbounded_channel();
    paste(sender.clone());
    let app = Router::new().route(
        "/callback",
        get(async move |uri: Uri| match answer(uri.query()) {
            Some(answer) => {
                // The command may have had another answer.
                let _ = sender.send(answer);
                "You can close this page: the command goes on."
            }
            None => "This is no answer to a sign-in.",
        }),
    );
    let serving = tokio::spawn(async move {
        // axum retries failed accepts itself: this future has no error to report.
        let _ = axum::serve(listener, app).await;
    });
    Ok((back, answers, AbortOnDropHandle::new(serving)))
}

/// Takes an address from the terminal, in a thread that nobody waits for.
fn paste(sender: mpsc::UnboundedSender<SignInAnswer>) {
    if !io::stdin().is_terminal() {
        return;
    }
    std::thread::spawn(move || {
        let mut line = String::new();
        while io::stdin()
            .read_line(&mut line)
            .is_ok_and(|bytes| bytes > 0)
        {
            let url = Url::parse(line.trim()).ok();
            match url.and_then(|url| answer(url.query())) {
                Some(answer) => {
                    let _ = sender.send(answer);
                    return;
                }
                None => console::note("that is no address with an answer: paste all of it"),
            }
            line.clear();
        }
    });
}

fn answer(query: Option<&str>) -> Option<SignInAnswer> {
    query.and_then(SignInAnswer::from_query)
}

/// Longer than a server may take to connect and list its tools.
const SETTLED: Duration = Duration::from_secs(45);

const EXAMPLES: &str = "\
Examples:
  rtmcp sign-in crm
  rtmcp sign-in crm --config agents/rtmcp.toml --port 8765";
