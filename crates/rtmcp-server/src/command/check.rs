//! `rtmcp check`: a configuration, its MCP servers and its Realtime endpoint.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rtmcp::{
    Agent, Config, ConnectError, Event, ProxyConfig, ProxyKeys,
    mcp::Status,
    router::{RouterConfig, ToolReport, Verdict},
    session,
};
use rtmcp_core::ServerName;
use tokio::time::timeout;

use crate::{
    console,
    failure::{ExitStatus, Failure, Outcome},
    reach,
    signals::Stop,
};

/// Check a configuration, its MCP servers and its Realtime endpoint.
///
/// Reads the file, looks the secrets up (and never shows them), connects to each MCP server, and
/// opens a Realtime session with their tools, without a word in it. Prints one line for each.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The configuration.
    #[arg(default_value = "rtmcp.toml")]
    pub(crate) file: PathBuf,

    /// Check only the file and its secrets: connect to nothing.
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Checks everything, and says what is wrong with each.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    tokio::select! {
        checked = check(&args) => checked,
        () = stop.asked() => Err(Failure::stopped()),
    }
}

async fn check(args: &Args) -> Outcome {
    let config = Config::from_file(&args.file);
    let config = config.map_err(|error| Failure::config(&args.file, &error))?;
    let mut sheet = Sheet::new(&config.router);
    ok("config", &summary(&args.file, &config));
    if let Some(proxy) = &config.proxy {
        ok("proxy", lets_in(proxy));
    }
    if args.offline {
        return Ok(());
    }
    let shows_no_key = passes_keys(&config) && config.realtime.api_key.is_none();
    let agent = reach::connect(config, Some(&args.file)).await?;
    let servers: Vec<_> = agent.pool().servers().cloned().collect();
    for server in &servers {
        sheet.server(&agent, server);
    }
    sheet.endpoint(&agent, shows_no_key).await;
    agent.shutdown().await;
    match sheet.first {
        None => Ok(()),
        Some(status) => Err(Failure::said(status)),
    }
}

/// The lines of the report, and the first thing that is wrong.
#[derive(Debug)]
struct Sheet {
    rules: RouterConfig,
    first: Option<ExitStatus>,
}

impl Sheet {
    fn new(rules: &RouterConfig) -> Self {
        Self {
            rules: rules.clone(),
            first: None,
        }
    }

    fn wrong(&mut self, status: ExitStatus, what: &str, words: &str) {
        console::out(format!("wrong  {what}: {words}"));
        self.first.get_or_insert(status);
    }

    fn server(&mut self, agent: &Agent, server: &ServerName) {
        let what = format!("mcp {}", console::plain(server.as_str()));
        match agent.pool().status(server) {
            Some(Status::Ready(info)) => ok(
                &what,
                &format!(
                    "MCP {}, tools: {}, in {}",
                    info.revision,
                    info.tools,
                    span(info.connect_time)
                ),
            ),
            Some(Status::Down(error) | Status::NeedsSignIn(error)) => {
                return self.wrong(ExitStatus::Server, &what, &error.to_string());
            }
            _ => return self.wrong(ExitStatus::Server, &what, "still not ready: try again"),
        }
        self.tools(agent, server, &what);
    }

    /// Says which tools the model won't see, unless the owner wants it so.
    fn tools(&mut self, agent: &Agent, server: &ServerName, what: &str) {
        let router = agent.router();
        let reports = router.report().iter().filter(|it| it.server == *server);
        for ToolReport { tool, verdict, .. } in reports {
            let Verdict::LeftOut(why) = verdict else {
                continue;
            };
            let words = format!("`{}` is left out: {why}", console::plain(tool));
            match wants(&self.rules, server, tool) {
                Some(true) => self.wrong(ExitStatus::Config, what, &words),
                Some(false) => {}
                None => console::out(format!("note   {what}: {words}")),
            }
        }
    }

    /// Opens a session, up to the moment when somebody could speak.
    /// Where clients bring the keys and there is none here, that it wants one is as it should be.
    async fn endpoint(&mut self, agent: &Agent, shows_no_key: bool) {
        let begun = Instant::now();
        let ready = match timeout(READY, open(agent)).await {
            Ok(ready) => ready,
            Err(_) => Err(Trouble::Other(format!(
                "no session within {}: try again",
                span(READY)
            ))),
        };
        match ready {
            Ok(model) => {
                let words = format!("{model} is ready, in {}", span(begun.elapsed()));
                ok("realtime", &words);
            }
            Err(Trouble::Key(_)) if shows_no_key => {
                console::out(format!("note   realtime: {NO_KEY}"))
            }
            Err(Trouble::Key(why) | Trouble::Other(why)) => {
                self.wrong(ExitStatus::Endpoint, "realtime", &why);
            }
        }
    }
}

fn ok(what: &str, words: &str) {
    console::out(format!("ok     {what}: {words}"));
}

/// Why there is no session.
#[derive(Debug)]
enum Trouble {
    /// The endpoint refuses the key, or that there is none.
    Key(String),
    Other(String),
}

/// What is said where the endpoint wants a key and the clients of the proxy are to bring it.
const NO_KEY: &str = "the endpoint answers, and wants a key: clients of the proxy bring theirs \
                      (`pass_keys`), and without `realtime.api_key` nothing more can be checked, \
                      nor can rtmcp hold sessions of its own";

fn passes_keys(config: &Config) -> bool {
    let proxy = config.proxy.as_ref();
    proxy.is_some_and(|it| matches!(it.keys, ProxyKeys::Pass))
}

/// Says who may be a client of the proxy.
fn lets_in(proxy: &ProxyConfig) -> &'static str {
    match proxy.keys {
        ProxyKeys::Own(_) => "`rtmcp serve` lets clients in with a key of `proxy.keys`",
        ProxyKeys::Pass => {
            "`rtmcp serve` passes the keys of its clients on to the endpoint (`pass_keys`)"
        }
    }
}

/// Opens a session and returns the model that answers.
async fn open(agent: &Agent) -> Result<String, Trouble> {
    let mut bridge = agent.connect().await.map_err(|error| match error {
        ConnectError::Unauthorized { .. } => Trouble::Key(error.to_string()),
        error => Trouble::Other(error.to_string()),
    })?;
    while let Some(event) = bridge.next().await {
        match event {
            Event::Session(session::Event::Ready { model, .. }) => {
                return Ok(model.map_or_else(|| "a model".to_owned(), |it| console::plain(&it)));
            }
            Event::Closed(why) => return Err(Trouble::Other(why.to_string())),
            _ => {}
        }
    }
    let why = "the session ended without a word: try again";
    Err(Trouble::Other(why.to_owned()))
}

fn summary(file: &Path, config: &Config) -> String {
    let servers: Vec<_> = config.servers.iter().map(|it| it.name.as_str()).collect();
    format!(
        "{}, model {}, MCP servers: {}",
        file.display(),
        config.realtime.model,
        if servers.is_empty() {
            "none".to_owned()
        } else {
            servers.join(", ")
        }
    )
}

/// Tells whether the owner names a tool, or leaves it out; `None` where they say nothing of it.
fn wants(rules: &RouterConfig, server: &ServerName, tool: &str) -> Option<bool> {
    let routes = rules.routes.iter();
    let routed = routes.filter(|it| it.server == *server && it.tool == tool);
    let rules = rules.servers.iter().find(|it| it.name == *server)?;
    match &rules.allow {
        _ if !rules.allows(tool) => Some(false),
        Some(_) => Some(true),
        None => (routed.count() > 0 || rules.tools.contains_key(tool)).then_some(true),
    }
}

fn span(span: Duration) -> String {
    format!("{} ms", span.as_millis())
}

/// How long an endpoint may take from the connection to a session.
const READY: Duration = Duration::from_secs(20);

const EXAMPLES: &str = "\
Examples:
  rtmcp check rtmcp.toml
  rtmcp check rtmcp.toml --offline";
