//! What it costs to compile the schemas of real servers.

use std::fmt::Write as _;

use rtmcp_core::ToolSpec;

use crate::{
    fixture::{self, Server},
    time::{Effort, Times},
};

/// Measures, and says it as Markdown.
pub(crate) fn measure(servers: &[Server], effort: Effort) -> anyhow::Result<String> {
    let mut table = String::from(
        "| a server's tools | tools | all | each, p50 | the slowest |\n|---|---|---|---|---|\n",
    );
    for server in servers {
        let all = compiled(server, &server.tools, effort)?;
        let mut each = Vec::new();
        for tool in &server.tools {
            let times = compiled(server, std::slice::from_ref(tool), effort.short())?;
            each.push((times.middle(), &tool.name));
        }
        each.sort();
        let slowest = each.last().map(|(_, name)| name.as_str());
        let times = Times::new(each.iter().map(|(time, _)| *time).collect());
        writeln!(
            table,
            "| {} | {} | {} | {} | `{}`, {} |",
            server.name,
            server.tools.len(),
            all.p50(),
            times.p50(),
            slowest.unwrap_or_default(),
            times.p99(),
        )?;
    }
    Ok(table)
}

fn compiled(server: &Server, tools: &[ToolSpec], effort: Effort) -> anyhow::Result<Times> {
    let empty = fixture::router([&server.name].into_iter())?;
    // It fails only where the server isn't known.
    Ok(effort.times(
        || (empty.clone(), tools.to_vec()),
        |(mut router, tools)| {
            let _ = router.set_tools(&server.name, tools);
            router
        },
    ))
}
