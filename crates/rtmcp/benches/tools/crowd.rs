//! What 1,000 tools of 20 servers cost.

use std::{fmt::Write as _, time::Instant};

use anyhow::{Context as _, ensure};
use rtmcp_core::{ServerName, ToolSpec};
use rtmcp_mcp::{Pool, ServerConfig, ServerState};
use rtmcp_mock::{
    many::Many,
    serve::{Running, Server},
};
use rtmcp_router::{Approve, Discover, OfferRules, Route, Router, RouterConfig, ServerRules};
use serde_json::json;

use crate::{
    fixture,
    time::{Effort, Times},
};

const TOOLS: usize = 50;
const TOPICS: [&str; 20] = [
    "sales", "stock", "staff", "legal", "travel", "press", "repairs", "energy", "fleet", "food",
    "health", "schools", "parks", "water", "taxes", "housing", "police", "fire", "culture",
    "sports",
];

type Offer = (ServerName, Vec<ToolSpec>);

/// Measures, and says it as Markdown.
pub(crate) async fn measure(effort: Effort) -> anyhow::Result<String> {
    let mut servers = Vec::new();
    for topic in TOPICS {
        let server = Server::new(Many::new(topic, TOOLS));
        servers.push(server.bind(([127, 0, 0, 1], 0).into()).await?);
    }
    let mut listed = Vec::new();
    let mut offers = Vec::new();
    for _ in 0..effort.rounds() {
        let begun = Instant::now();
        offers = list(&servers).await?;
        listed.push(begun.elapsed());
    }
    for server in servers {
        server.shutdown().await;
    }
    let tools: usize = offers.iter().map(|(_, tools)| tools.len()).sum();
    ensure!(tools == TOPICS.len() * TOOLS, "{tools} tools were listed");
    let mut table =
        String::from("| 1,000 tools of 20 servers | p50 | p99 | |\n|---|---|---|---|\n");
    let connect = "connect 20 servers at once and list their tools";
    row(
        &mut table,
        connect,
        &Times::new(listed),
        "the servers' own time included",
    )?;
    compiling(&mut table, &offers, effort)?;
    routing(&mut table, &offers, effort)?;
    Ok(table)
}

/// Connects to all and waits for their tools.
async fn list(servers: &[Running]) -> anyhow::Result<Vec<Offer>> {
    let configs = TOPICS.iter().zip(servers).map(|(topic, server)| {
        let url = server.url_mcp().parse()?;
        Ok(ServerConfig::http(*topic, url))
    });
    let pool = Pool::new(configs.collect::<anyhow::Result<_>>()?);
    let mut changes = pool.changes();
    let mut offers = Vec::new();
    while offers.len() < servers.len() {
        let change = changes.next().await.context("the pool ended")?;
        if let ServerState::Ready { tools } = change.what {
            offers.push((change.server, tools.to_vec()));
        }
    }
    drop(changes);
    pool.shutdown().await;
    Ok(offers)
}

/// What it costs until a session has functions.
fn compiling(table: &mut String, offers: &[Offer], effort: Effort) -> anyhow::Result<()> {
    let empty = router(Discover::Auto)?;
    let all = effort.times(
        || (empty.clone(), offers.to_vec()),
        |(router, offers)| filled(router, offers),
    );
    row(
        table,
        "compile all: schemas, names, verdicts, costs",
        &all,
        "once a program",
    )?;
    let (last, others) = offers.split_last().context("there are servers")?;
    let rest = filled(empty, others.to_vec());
    let one = effort.times(
        || (rest.clone(), vec![last.clone()]),
        |(router, offers)| filled(router, offers),
    );
    row(
        table,
        "… of which the last server, 50 tools",
        &one,
        "also what a changed list costs",
    )?;
    for (discover, what) in [
        (Discover::Off, "hand out the functions that a session holds"),
        (Discover::Auto, "hand out what finds them (*discover mode*)"),
    ] {
        let full = filled(router(discover)?, offers.to_vec());
        let functions = full.functions().count();
        let listed: Vec<_> = full.report().iter().filter(|it| it.listed).collect();
        let tokens: usize = listed.iter().map(|it| it.tokens).sum();
        let times = effort.times(|| full.clone(), |mut router| router.hand_out().count());
        let note = match discover {
            Discover::Off => format!("{functions} functions, {tokens} tokens"),
            _ => format!("{functions} functions"),
        };
        row(table, what, &times, &note)?;
    }
    Ok(())
}

/// What a call costs then.
fn routing(table: &mut String, offers: &[Offer], effort: Effort) -> anyhow::Result<()> {
    let mut router = filled(router(Discover::Auto)?, offers.to_vec());
    router.hand_out().for_each(drop);
    let own = function_of(&router, "parks", "find_parks_contact")?;
    let common = function_of(&router, "fire", "delete_item")?;
    let arguments =
        json!({ "words": "Lindqvist", "status": "late", "from": "2027-01-01", "limit": 5 });
    let call = |name: &str| json!({ "name": name, "arguments": arguments });
    let (found, shared) = (call(&own), call(&common));
    let query = json!({ "query": "which contacts of the parks department are late" });
    let cases = [
        ("route a call of one of them", own.as_str(), &arguments),
        ("… through `call_tool`", "call_tool", &found),
        ("… of which each server has one", "call_tool", &shared),
        ("answer `find_tool`", "find_tool", &query),
        (
            "refuse a name that isn't there, with the nearest",
            "find_park_contacts",
            &arguments,
        ),
    ];
    for (what, function, arguments) in cases {
        let call = fixture::call(function, arguments);
        let note = match router.route(&call) {
            Route::To(target) => format!("to `{}` of {}", target.tool, target.server),
            Route::Answer(shaped) => format!("{} bytes", shaped.text.expose().len()),
            Route::Refuse(refusal) => format!("`{}`", refusal.kind()),
            Route::Ask(_) => "asks".to_owned(),
        };
        let times = effort.times(|| (), |()| router.route(&call));
        row(table, what, &times, &note)?;
    }
    Ok(())
}

/// The name that a tool got.
fn function_of(router: &Router, server: &str, tool: &str) -> anyhow::Result<String> {
    let mut reports = router.report().iter();
    let report = reports.find(|it| it.server.as_str() == server && it.tool == tool);
    let function = report.and_then(|it| it.function.as_ref());
    Ok(function.context("it has a name")?.to_string())
}

fn router(discover: Discover) -> anyhow::Result<Router> {
    let rules = |topic: &&str| ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new(*topic)
    };
    let config = RouterConfig {
        servers: TOPICS.iter().map(rules).collect(),
        offer: OfferRules {
            discover,
            ..OfferRules::default()
        },
        ..RouterConfig::default()
    };
    Ok(Router::new(config)?)
}

fn filled(mut router: Router, offers: Vec<Offer>) -> Router {
    for (server, tools) in offers {
        // It fails only where the server isn't known.
        let _ = router.set_tools(&server, tools);
    }
    router
}

fn row(table: &mut String, what: &str, times: &Times, note: &str) -> anyhow::Result<()> {
    let (p50, p99) = (times.p50(), times.p99());
    Ok(writeln!(table, "| {what} | {p50} | {p99} | {note} |")?)
}
