//! `rtmcp call`: one tool call, as in a session.

use std::time::{Duration, Instant};

use rtmcp::{
    Agent, Config,
    mcp::CallOptions,
    router::{
        Channel, Ending, Reader, Redaction, Refusal, Remember, Route, Router, RouterConfig, Target,
    },
    tools::{self, Ran},
};
use rtmcp_core::{Private, ServerName, ToolCall};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    approval::{Approve, Approver, Decision, Question},
    console,
    failure::{ExitStatus, Failure, Outcome},
    outcome,
    reach::{self, Reach},
    signals::Stop,
};

/// Call one tool as in a session: checked, approved, shaped.
///
/// Prints what the model would read. A call that needs approval is asked about on the terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The address of an MCP server, or with `--config` the name of one.
    #[arg(value_name = "URL")]
    pub(crate) server: String,

    /// The function as the model would call it, or the tool's own name.
    pub(crate) tool: String,

    /// The arguments as a JSON object.
    #[arg(value_name = "JSON", default_value = "{}")]
    pub(crate) arguments: String,

    /// How to get to the server.
    #[command(flatten)]
    pub(crate) reach: Reach,

    /// How to decide about a call that needs approval.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) approve: Approve,

    /// How long the call may take; otherwise as configured, or 30 s.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,

    /// Print the whole result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Calls the tool.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    let config = config(&args)?;
    let rules = config.router.clone();
    let agent = tokio::select! {
        agent = reach::connect(config, args.reach.config.as_ref()) => agent?,
        () = stop.asked() => return Err(Failure::stopped()),
    };
    let outcome = match reach::missing(&agent).into_iter().next() {
        Some(trouble) => Err(Failure::new(ExitStatus::Server, trouble)),
        None => call(&agent, &rules, &args, &mut stop).await,
    };
    agent.shutdown().await;
    outcome
}

/// Reads which server is meant: others need not be there.
fn config(args: &Args) -> Outcome<Config> {
    if let Ok(url) = reach::parse_url(&args.server) {
        let mut config = args.reach.config(&[url])?;
        let named = config.servers.pop();
        config.servers = named.into_iter().collect();
        return Ok(only(config));
    }
    let Some(path) = &args.reach.config else {
        let line = format!(
            "`{}` is no URL of an MCP server: write it like `http://127.0.0.1:8091/mcp`, or name \
             the configuration that it is in with `--config`",
            args.server
        );
        return Err(Failure::new(ExitStatus::Usage, line));
    };
    let mut config = args.reach.config(&[])?;
    let names: Vec<_> = config
        .servers
        .iter()
        .map(|it| it.name.to_string())
        .collect();
    config.servers.retain(|it| it.name.as_str() == args.server);
    if config.servers.is_empty() {
        let line = format!(
            "{} has no MCP server `{}`: it has `{}`",
            path.display(),
            args.server,
            names.join("`, `")
        );
        return Err(Failure::new(ExitStatus::Config, line));
    }
    Ok(only(config))
}

/// Drops the rules of servers that aren't there.
fn only(mut config: Config) -> Config {
    let servers = &config.servers;
    let is_there = |name: &ServerName| servers.iter().any(|it| it.name == *name);
    config.router.servers.retain(|it| is_there(&it.name));
    config.router.routes.retain(|it| is_there(&it.server));
    config
}

async fn call(agent: &Agent, rules: &RouterConfig, args: &Args, stop: &mut Stop) -> Outcome {
    let mut router = agent.router();
    let call = ToolCall {
        call_id: "call_1".into(),
        response_id: "resp_1".into(),
        item_id: "item_1".into(),
        name: args.tool.clone(),
        arguments: Private::from(args.arguments.as_str()),
    };
    let mut target = match router.route(&call) {
        Route::To(target) => target,
        Route::Ask(target) => approved(target, args, stop).await?,
        Route::Refuse(refusal) if is_left_out(&router, rules, args) => {
            said(&refusal.output(), refusal.kind(), args.json);
            let (server, tool) = (&args.server, &args.tool);
            let line = format!(
                "`allow` leaves `{tool}` of `{server}` out: name it there, if the model may call it"
            );
            return Err(Failure::new(ExitStatus::Tool, line));
        }
        Route::Answer(shaped) => {
            said(shaped.text.expose(), "answered", args.json);
            return Ok(());
        }
        Route::Refuse(refusal) => return Err(refused(&refusal, args)),
    };
    target.timeout = args.timeout.unwrap_or(target.timeout);
    let cancel = CancellationToken::new();
    let options = CallOptions {
        timeout: target.timeout,
        cancel: cancel.clone(),
        ..CallOptions::default()
    };
    let begun = Instant::now();
    let running = tools::run(agent.pool(), &router, &target, options);
    tokio::pin!(running);
    let ran = tokio::select! {
        ran = &mut running => ran,
        () = stop.asked() => {
            cancel.cancel();
            running.await;
            return Err(Failure::stopped());
        }
    };
    report(
        router.redaction(),
        &target,
        &ran,
        begun.elapsed(),
        args.json,
    )
}

/// Tells whether the server has the tool, and the owner's rules don't let the model see it.
fn is_left_out(router: &Router, rules: &RouterConfig, args: &Args) -> bool {
    let mut reports = router.report().iter();
    let has_tool = reports.any(|it| it.tool == args.tool && !it.verdict.is_offered());
    has_tool && rules.servers.iter().any(|it| !it.allows(&args.tool))
}

/// Asks somebody, as the owner's rules want it.
async fn approved(target: Target, args: &Args, stop: &mut Stop) -> Outcome<Target> {
    let why = target.approval.to_string();
    let question = Question {
        function: target.function.as_str(),
        server: target.server.as_str(),
        arguments: target.arguments.expose(),
        why: &why,
        expires: target.approval_expires,
        // There is one call, and no session to remember a yes for.
        may_remember: Remember::No,
        may_answer: target.asking.channels.contains(&Channel::Terminal),
    };
    let mut approver = Approver::new(args.approve);
    let decision = tokio::select! {
        decision = approver.decide(question) => decision,
        () = stop.asked() => return Err(Failure::stopped()),
    };
    let (ending, why) = match decision {
        Decision::Approved(_) => return Ok(target),
        Decision::Elsewhere => {
            let why = "the owner's rules don't let it be decided on a terminal";
            (Ending::Denied { reason: None }, why)
        }
        Decision::Denied(why) => (Ending::Denied { reason: None }, why),
        Decision::Expired => {
            let after = target.approval_expires;
            (Ending::ApprovalExpired { after }, "nobody answered in time")
        }
    };
    said(&ending.output(&target), ending.kind(), args.json);
    let function = &target.function;
    let line = format!("`{function}` was not called, as it needs approval: {why}");
    Err(Failure::new(ExitStatus::Tool, line))
}

/// Shows a refusal, and says what to do about it.
fn refused(refusal: &Refusal, args: &Args) -> Failure {
    said(&refusal.output(), refusal.kind(), args.json);
    let (tool, server) = (&args.tool, &args.server);
    let listing = match &args.reach.config {
        Some(path) => format!("rtmcp tools --config {}", path.display()),
        None => format!("rtmcp tools {server}"),
    };
    let line = match refusal {
        Refusal::UnknownFunction { .. } | Refusal::Ambiguous { .. } => {
            format!("`{server}` has no tool that `{tool}` names: see `{listing}`")
        }
        Refusal::ServerNotReady { .. } => format!("`{server}` has not listed its tools: try again"),
        Refusal::BadJson { .. } | Refusal::NotAnObject { .. } => format!(
            "the arguments of `{tool}` are no JSON object: write them like '{{\"city\":\"Paris\"}}'"
        ),
        _ => format!(
            "the arguments of `{tool}` don't fit, as printed: `{listing} --json` shows what it takes"
        ),
    };
    Failure::new(ExitStatus::Tool, line)
}

/// Shows what a call without a result means to the model.
fn said(output: &str, kind: &str, json: bool) {
    if json {
        console::out(json!({ "ended": kind, "output": output }));
    } else {
        console::out(output);
    }
}

fn report(
    redaction: &Redaction,
    target: &Target,
    ran: &Ran,
    took: Duration,
    as_json: bool,
) -> Outcome {
    // A terminal is no model.
    let output = redaction.text(Reader::Logs, ran.shaped.text.expose());
    if as_json {
        let cut = ran.shaped.cut.as_ref();
        console::out(json!({
            "function": target.function,
            "server": target.server,
            "tool": target.tool,
            "ended": ran.kind,
            "output": output,
            "cut": cut.map(|it| json!({ "shown": it.shown, "total": it.total, "notice": it.notice })),
            "images": ran.shaped.images.iter().map(|it| &it.mime).collect::<Vec<_>>(),
            "warnings": ran.shaped.warnings,
            "result": ran.shaped.result.as_ref().map(outcome::whole),
            "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }));
    } else {
        console::out(output);
        for image in &ran.shaped.images {
            console::note(format!("the model is shown the picture ({})", image.mime));
        }
        for warning in &ran.shaped.warnings {
            console::note(console::plain(warning.expose()));
        }
    }
    let advice = match (ran.kind, ran.advice.as_deref()) {
        ("protocol_error", Some(advice)) => format!("{advice}, with the words that are printed"),
        (_, advice) => advice.unwrap_or("as printed").to_owned(),
    };
    let failed = |status| {
        Err(Failure::new(
            status,
            format!("`{}` failed: {advice}", target.tool),
        ))
    };
    match ran.kind {
        "answered" => Ok(()),
        "server_down" | "connection_lost" => failed(ExitStatus::Server),
        "tool_error" => {
            let line = format!("`{}` reported an error, as printed", target.tool);
            Err(Failure::new(ExitStatus::Tool, line))
        }
        _ => failed(ExitStatus::Tool),
    }
}

const EXAMPLES: &str = "\
Examples:
  rtmcp call http://127.0.0.1:8091/mcp get_weather '{\"city\":\"Paris\"}'
  rtmcp call http://127.0.0.1:8091/mcp issue_refund '{\"order\":1042,\"amount\":20}' --approve all
  rtmcp call shop find_client '{\"name\":\"Ada\"}' --config rtmcp.toml --timeout 5s --json";
