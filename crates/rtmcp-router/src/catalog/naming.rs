//! Which name each tool has, from the configuration and what is offered.

use std::collections::{BTreeMap, BTreeSet};

use rtmcp_core::FunctionName;

use super::Offered;
use crate::{
    config::RouterConfig,
    discover::{CALL_TOOL, FIND_TOOL},
    name::{self, ToolRef},
    read_more::READ_MORE,
};

/// Functions of our own: no server's tool has their names, whether they are offered or not, so that
/// a name doesn't change its meaning when they are.
const OWN: [&str; 3] = [READ_MORE, FIND_TOOL, CALL_TOOL];

/// Names every tool that the configuration names or an allow-list lets through, so that a name
/// doesn't change when a server that is configured in full comes up late.
pub(super) fn names(config: &RouterConfig, offered: &Offered) -> BTreeMap<FunctionName, ToolRef> {
    let mut names = BTreeMap::new();
    for route in &config.routes {
        let tool = ToolRef {
            server: route.server.clone(),
            tool: route.tool.clone(),
        };
        names.insert(route.function.clone(), tool);
    }
    let routed: BTreeSet<&ToolRef> = names.values().collect();
    let mut tools = BTreeSet::new();
    for rules in &config.servers {
        let present = offered.get(&rules.name).into_iter().flatten();
        let present = present
            .map(|t| t.spec.name.as_str())
            .filter(|t| rules.allows(t));
        tools.extend(rules.named().chain(present).map(|tool| ToolRef {
            server: rules.name.clone(),
            tool: tool.to_owned(),
        }));
    }
    tools.retain(|tool| !routed.contains(tool));
    let reserved = names
        .keys()
        .cloned()
        .chain(
            OWN.into_iter()
                .filter_map(|own| FunctionName::new(own).ok()),
        )
        .collect();
    let assigned = name::assign(&tools, &reserved);
    names.extend(assigned.into_iter().map(|(tool, name)| (name, tool)));
    names
}
