//! `POST /api/tools`: what a server offers, now.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use axum::{Json, extract::State};
use rtmcp::{
    Agent, Config,
    mcp::{ServerChange, ServerConfig, ServerState},
    router::{RouterConfig, ServerRules, ToolReport, Verdict},
};
use rtmcp_api::{ProblemCode, Server, Tool, ToolVerdict, Tools, ToolsRequest};
use rtmcp_core::{ServerName, ToolSpec};
use tokio::time::timeout;

use super::{Common, Shared, body::Body, choice, refusal::Refusal, scrub::Scrub, trouble};

/// Lists the tools of a server.
pub(super) async fn list(
    State(backend): State<Shared>,
    Body(request): Body<ToolsRequest>,
) -> Result<Json<Tools>, Refusal> {
    if backend.stop.is_cancelled() {
        return Err(Refusal::shutting_down());
    }
    let wanted = Server {
        allow: None,
        ..request.server
    };
    let (server, rules) = choice::server(&backend.config, &wanted)?;
    let scrub = Scrub::new(None, [&server]);
    // A configured server is connected already, unless it is in trouble: then it is tried anew.
    if wanted.url.is_none() && backend.agent.settled().await {
        let begun = Instant::now();
        if let Ok(listed) = offered(&backend.agent, &server.name, begun, &scrub).await {
            return Ok(Json(listed));
        }
    }
    let begun = Instant::now();
    let name = server.name.clone();
    let agent = alone(&backend, server, rules);
    let agent = agent.map_err(|error| Refusal::bad(scrub.clean(error.to_string())))?;
    agent.settled().await;
    let listed = offered(&agent, &name, begun, &scrub).await;
    agent.shutdown().await;
    listed.map(Json)
}

/// An agent that knows one server, for as long as listing takes.
fn alone(
    backend: &Common,
    server: ServerConfig,
    rules: ServerRules,
) -> Result<Agent, rtmcp::ConfigError> {
    let slowest = server.connect_timeout + server.list_timeout;
    Agent::new(Config {
        servers: vec![server],
        router: RouterConfig {
            servers: vec![rules],
            approvals: backend.config.router.approvals.clone(),
            offer: backend.config.router.offer.clone(),
            ..RouterConfig::default()
        },
        // A moment more, so that the server's own words about being late are heard.
        wait_for_tools: slowest + MOMENT,
        // Looking at a server approves nothing, least of all one that a page names.
        pins: None,
        ..backend.base.clone()
    })
}

/// Returns what a server offers, and what becomes of it.
async fn offered(
    agent: &Agent,
    server: &ServerName,
    begun: Instant,
    scrub: &Scrub,
) -> Result<Tools, Refusal> {
    let mut changes = agent.pool().changes();
    let found = async {
        while let Some(ServerChange {
            server: of, what, ..
        }) = changes.next().await
        {
            // What was kept says nothing of how the server is.
            if of == *server && !matches!(what, ServerState::Cached { .. }) {
                return Some(what);
            }
        }
        None
    };
    match timeout(MOMENT, found).await {
        Ok(Some(ServerState::Ready { tools })) => {
            let took = u64::try_from(begun.elapsed().as_millis());
            let tools = shown(agent, server, &tools, scrub);
            Ok(Tools {
                took_ms: took.unwrap_or(u64::MAX),
                tokens: tools.iter().map(|it| it.tokens).sum(),
                budget: agent.router().cost().budget,
                tools,
            })
        }
        Ok(Some(ServerState::Down { error })) => Err(trouble::server(&error, scrub)),
        Ok(Some(ServerState::Cached { .. }) | None) | Err(_) => Err(Refusal::new(
            ProblemCode::McpServer,
            "the server is still not ready: try again",
        )),
    }
}

/// What is known already comes at once.
const MOMENT: Duration = Duration::from_secs(1);

fn shown(agent: &Agent, server: &ServerName, specs: &[ToolSpec], scrub: &Scrub) -> Vec<Tool> {
    let router = agent.router();
    let reports = router.report().iter().filter(|it| it.server == *server);
    let reports: BTreeMap<_, _> = reports.map(|it| (it.tool.as_str(), it)).collect();
    // A server may repeat in its list what it was let in with.
    let clean = |text: Option<String>| text.map(|it| scrub.clean(it));
    let tool = |spec: &ToolSpec| {
        let report = reports.get(spec.name.as_str());
        let function = report.and_then(|it| it.function.as_ref());
        Tool {
            name: scrub.clean(spec.name.clone()),
            description: clean(spec.description.clone()),
            function: clean(function.map(ToString::to_string)),
            note: clean(report.and_then(|it| note(it))),
            read_only: !spec.annotations.writes(),
            asks: report.is_some_and(|it| it.approval.asks),
            verdict: report.map_or(ToolVerdict::LeftOut, |it| verdict(it)),
            tokens: report.map_or(0, |it| it.tokens),
            warnings: report.map_or_else(Vec::new, |it| {
                let warnings = it.warnings.iter();
                warnings.map(|it| scrub.clean(it.clone())).collect()
            }),
        }
    };
    specs.iter().map(tool).collect()
}

fn verdict(report: &ToolReport) -> ToolVerdict {
    match report.verdict {
        Verdict::Ok => ToolVerdict::Ok,
        Verdict::Repaired(_) => ToolVerdict::Repaired,
        Verdict::LeftOut(_) => ToolVerdict::LeftOut,
    }
}

fn note(report: &ToolReport) -> Option<String> {
    match &report.verdict {
        Verdict::Ok => None,
        Verdict::Repaired(repairs) => Some(repairs.join("; ")),
        Verdict::LeftOut(why) => Some(why.clone()),
    }
}
