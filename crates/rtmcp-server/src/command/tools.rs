//! `rtmcp tools`: the tools of MCP servers as a model sees them.

use std::path::Path;

use rtmcp::{
    Agent,
    mcp::Status,
    router::{Approval, CALL_TOOL, FIND_TOOL, PinChange, Router, ToolCost, ToolReport, Verdict},
};
use rtmcp_core::{FunctionName, ServerName};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    console,
    failure::{ExitStatus, Failure, Outcome},
    reach::{self, Reach},
};

/// List the tools of MCP servers as a model sees them.
///
/// For each tool: the function that the model calls, whether its schema is good (`ok`), had to be
/// repaired, or keeps the tool out, whether somebody is asked before it runs, and about how many
/// tokens it costs in each session. A server that can't be reached is named; the tools of the others
/// are listed all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Addresses of MCP servers.
    #[arg(value_name = "URL", value_parser = reach::parse_url, required_unless_present = "config")]
    pub(crate) urls: Vec<Url>,

    /// How to get to them.
    #[command(flatten)]
    pub(crate) reach: Reach,

    /// Print one JSON object, schemas included.
    #[arg(long)]
    pub(crate) json: bool,

    /// Approve the tools as they are now, where the configuration pins them (`[tools] pins`), and
    /// say what is different from what was approved before.
    #[arg(long, requires = "config")]
    pub(crate) approve: bool,
}

/// Lists the tools.
pub(crate) async fn run(args: Args) -> Outcome {
    let config = args.reach.config(&args.urls)?;
    let pins = config.pins.clone();
    let agent = reach::connect(config, args.reach.config.as_ref()).await?;
    let router = match args.approve {
        true => approve(&agent, pins.as_deref(), args.json)?,
        false => agent.router(),
    };
    let listing = Listing::of(&agent, &router);
    if args.json {
        let json = serde_json::to_string_pretty(&listing);
        console::out(json.map_err(|it| Failure::new(ExitStatus::Failed, it.to_string()))?);
    } else {
        listing.show();
    }
    let missing = reach::missing(&agent);
    agent.shutdown().await;
    let failure = Failure::said(ExitStatus::Server);
    match missing.is_empty() {
        true => Ok(()),
        false => Err(missing.into_iter().fold(failure, Failure::and)),
    }
}

/// Approves the tools of all servers that are there. Returns the tools as they are then.
fn approve(agent: &Agent, pins: Option<&Path>, quiet: bool) -> Outcome<Router> {
    let path = pins.ok_or_else(|| {
        let line = "the configuration pins no tools: name a file, such as `pins = \"tools.json\"` \
                    in `[tools]`";
        Failure::new(ExitStatus::Config, line.to_owned())
    })?;
    let mut router = agent.router();
    for server in agent.pool().servers() {
        if !matches!(agent.pool().status(server), Some(Status::Ready(_))) {
            continue;
        }
        let changes = router.pin_changes(server);
        router.approve_tools(server);
        rtmcp::pins::approve(path, server, &router)
            .map_err(|error| Failure::new(ExitStatus::Failed, error.to_string()))?;
        if !quiet {
            tell(server, &changes);
        }
    }
    Ok(router)
}

fn tell(server: &ServerName, changes: &[PinChange]) {
    let server = console::plain(server.as_str());
    if changes.is_empty() {
        return console::out(format!("approved {server}: its tools are as they were"));
    }
    for change in changes {
        let (tool, what) = (&change.tool, change.what.join("; "));
        console::out(console::plain(&format!(
            "approved {server}: `{tool}`: {what}"
        )));
    }
}

/// All servers and tools.
#[derive(Debug, Serialize)]
struct Listing {
    servers: Vec<Server>,
    tools: Vec<Tool>,
    /// What the functions of a session cost, in tokens; an estimate.
    cost: ToolCost,
}

/// A server.
#[derive(Debug, Serialize)]
struct Server {
    name: ServerName,
    status: &'static str,
    /// What is wrong and what to do, where it isn't there.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Its own name and version, and the revision of MCP in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<About>,
}

#[derive(Debug, Serialize)]
struct About {
    name: Option<String>,
    version: Option<String>,
    revision: String,
    tools: usize,
}

/// A tool.
#[derive(Debug, Serialize)]
struct Tool {
    server: ServerName,
    tool: String,
    /// The name that the model calls; none where the tool is left out.
    function: Option<FunctionName>,
    /// `ok`, `repaired` or `left_out`.
    verdict: &'static str,
    /// What was repaired, or why it is left out.
    because: Vec<String>,
    approval: Approval,
    /// What the function costs in a session's list, in tokens; an estimate.
    tokens: usize,
    /// Whether a session lists the function, instead of finding it when it is needed.
    listed: bool,
    /// What in the tool's words reads like instructions to the model.
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Map<String, Value>>,
}

impl Listing {
    fn of(agent: &Agent, router: &Router) -> Self {
        let tool = |report: &ToolReport| {
            let function = report.function.as_ref();
            let function = function.and_then(|it| router.function(it));
            let (verdict, because) = match &report.verdict {
                Verdict::Ok => ("ok", Vec::new()),
                Verdict::Repaired(repairs) => ("repaired", repairs.clone()),
                Verdict::LeftOut(why) => ("left_out", vec![why.clone()]),
            };
            Tool {
                server: report.server.clone(),
                tool: report.tool.clone(),
                function: report.function.clone(),
                verdict,
                because,
                tokens: report.tokens,
                listed: report.listed,
                warnings: report.warnings.clone(),
                approval: report.approval.clone(),
                description: function.and_then(|it| it.description.map(str::to_owned)),
                parameters: function.map(|it| it.parameters.clone()),
            }
        };
        Self {
            servers: agent.pool().servers().map(|it| server(agent, it)).collect(),
            tools: router.report().iter().map(tool).collect(),
            cost: router.cost(),
        }
    }

    fn show(&self) {
        for server in &self.servers {
            console::out(server.title());
            let tools = || self.tools.iter().filter(|it| it.server == server.name);
            let width = tools().map(|it| it.label().chars().count()).max();
            let width = width.unwrap_or_default().max(HEAD.len());
            if tools().next().is_some() {
                console::out(format!("  {HEAD:width$}  tokens  verdict"));
            }
            for tool in tools() {
                console::out(format!(
                    "  {:width$}  {:>6}  {}",
                    tool.label(),
                    tool.cost(),
                    tool.verdict_words(),
                ));
                for warning in &tool.warnings {
                    console::out(format!("      warning: {}", console::plain(warning)));
                }
            }
        }
        console::out(self.total());
    }

    fn total(&self) -> String {
        let count = |verdict: &str| self.tools.iter().filter(|it| it.verdict == verdict).count();
        let tools = format!(
            "{} tools: {} ok, {} repaired, {} left out",
            self.tools.len(),
            count("ok"),
            count("repaired"),
            count("left_out")
        );
        let ToolCost {
            listed,
            all,
            budget,
            discovering,
        } = self.cost;
        if !discovering {
            let theirs = self.tools.iter().filter(|it| it.listed);
            let theirs: usize = theirs.map(|it| it.tokens).sum();
            let own = match listed.saturating_sub(theirs) {
                0 => String::new(),
                own => format!(", {own} of them for rtmcp's own functions"),
            };
            return format!("{tools}; about {listed} of {budget} tokens in each session{own}");
        }
        let always = self.tools.iter().filter(|it| it.listed).count();
        format!(
            "{tools}; all would cost about {all} tokens in each session, of {budget}: it has \
             {FIND_TOOL}, {CALL_TOOL} and {always} of them instead, for about {listed}"
        )
    }
}

/// The head of the column of functions.
const HEAD: &str = "function";

impl Server {
    fn title(&self) -> String {
        let name = console::plain(self.name.as_str());
        let Some(about) = &self.about else {
            return format!("{name}  {}", self.status);
        };
        let own = [&about.name, &about.version].into_iter().flatten();
        let own: Vec<_> = own.map(|it| console::plain(it)).collect();
        format!(
            "{name}  {}, MCP {}, tools: {}",
            own.join(" "),
            about.revision,
            about.tools
        )
    }
}

impl Tool {
    /// The function, and the tool's own name where that is another.
    fn label(&self) -> String {
        let tool = console::plain(&self.tool);
        match &self.function {
            Some(function) if function.as_str() == self.tool => tool,
            Some(function) => format!("{function} ({tool})"),
            None => format!("- ({tool})"),
        }
    }

    fn cost(&self) -> String {
        match &self.function {
            Some(_) => self.tokens.to_string(),
            None => "-".to_owned(),
        }
    }

    fn verdict_words(&self) -> String {
        let because = console::plain(&self.because.join("; "));
        match self.verdict {
            "left_out" => format!("left out: {because}"),
            "repaired" => format!("repaired: {because}; {}", self.approval),
            verdict => format!("{verdict}; {}", self.approval),
        }
    }
}

fn server(agent: &Agent, name: &ServerName) -> Server {
    let (status, error, about) = match agent.pool().status(name) {
        Some(Status::Ready(info)) => {
            let about = About {
                name: info.server_name,
                version: info.server_version,
                revision: info.revision,
                tools: info.tools,
            };
            ("ready", None, Some(about))
        }
        Some(Status::Down(error)) => ("down", Some(error.to_string()), None),
        Some(Status::NeedsSignIn(error)) => ("sign-in", Some(error.to_string()), None),
        _ => ("connecting", None, None),
    };
    Server {
        name: name.clone(),
        status,
        error,
        about,
    }
}

const EXAMPLES: &str = "\
Examples:
  rtmcp tools http://127.0.0.1:8091/mcp
  rtmcp tools http://127.0.0.1:8091/sse https://mcp.example.com/mcp --bearer-env TOKEN
  rtmcp tools --config rtmcp.toml --json
  rtmcp tools --config rtmcp.toml --approve";
