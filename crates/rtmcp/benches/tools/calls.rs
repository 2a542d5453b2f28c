//! What it costs to read, check and route a call.

use std::fmt::Write as _;

use anyhow::ensure;
use rtmcp_router::Route;
use serde_json::{Value, json};

use crate::{
    fixture::{self, Server},
    time::Effort,
};

/// Calls of real tools: what they are, the function, the arguments, and whether they fit.
fn wanted() -> [(&'static str, &'static str, Value, bool); 5] {
    let entity = |nth: usize| json!({ "name": format!("n{nth}"), "entityType": "thing", "observations": ["a", "b"] });
    let entities: Vec<Value> = (0..50).map(entity).collect();
    let mut plan = json!({ "title": "leaf", "hours": 1 });
    for _ in 0..20 {
        let leaf = json!({ "title": "leaf", "hours": 2 });
        plan = json!({ "title": "branch", "hours": 0.5, "steps": [leaf, plan] });
    }
    [
        (
            "one text",
            "git_status",
            json!({ "repo_path": "shop" }),
            true,
        ),
        (
            "texts and a date",
            "add_note",
            json!({ "text": "Order boxes", "kind": "task", "due": "2027-01-15" }),
            true,
        ),
        (
            "50 objects in an array, 2.9 KB",
            "create_entities",
            json!({ "entities": entities }),
            true,
        ),
        (
            "a schema that refers to itself, 20 deep",
            "total_hours",
            json!({ "plan": plan }),
            true,
        ),
        (
            "refused: a wrong type, two missing",
            "convert_time",
            json!({ "time": 1830 }),
            false,
        ),
    ]
}

/// Measures, and says it as Markdown.
pub(crate) fn measure(servers: &[Server], effort: Effort) -> anyhow::Result<String> {
    let mut router = fixture::router(servers.iter().map(|it| &it.name))?;
    for server in servers {
        router.set_tools(&server.name, server.tools.clone())?;
    }
    router.hand_out().for_each(drop);
    let mut table = String::from("| a call's arguments | bytes | p50 | p99 |\n|---|---|---|---|\n");
    for (what, function, arguments, fits) in wanted() {
        let call = fixture::call(function, &arguments);
        let route = router.route(&call);
        ensure!(
            matches!(route, Route::To(_)) == fits,
            "{function}: {route:?}"
        );
        let times = effort.times(|| (), |()| router.route(&call));
        let bytes = arguments.to_string().len();
        writeln!(
            table,
            "| {what} | {bytes} | {} | {} |",
            times.p50(),
            times.p99()
        )?;
    }
    Ok(table)
}
