//! All tools of all servers under their names, rebuilt whole whenever one server's tools change.

mod entry;
mod naming;
mod tool;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rtmcp_core::{FunctionName, ServerName, ToolAnnotations, limits};

pub(crate) use self::{entry::Entry, tool::Tool};
use crate::{
    config::{RouterConfig, ServerRules, StaticRoute},
    discover::{self, OwnFunctions},
    name::ToolRef,
    nearest,
    offer::{Discover, Suspicious},
    policy::{Approval, Rules},
    redact::Redaction,
    report::{Function, ToolReport, Verdict},
    scan,
};

/// The tools that servers offer at the moment; a server that isn't there hasn't said yet.
pub(crate) type Offered = BTreeMap<ServerName, Vec<Arc<Tool>>>;

/// All tools under their names: a function of the configuration, of what is offered, and of whether
/// tools were found instead of listed before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    entries: Vec<Entry>,
    /// Every name, also of tools that the configuration names but nobody offers (yet).
    names: BTreeMap<FunctionName, ToolRef>,
    /// Where the entry of a name is.
    places: BTreeMap<FunctionName, usize>,
    /// Where the first entry of a tool is.
    tools: BTreeMap<ToolRef, usize>,
    /// The entries that a session lists.
    listed: Vec<usize>,
    /// The functions to find and call the others with, where not all are listed.
    own: Option<OwnFunctions>,
    reports: Vec<ToolReport>,
    rules: Rules,
    redaction: Redaction,
}

impl Catalog {
    pub(crate) fn build(config: &RouterConfig, offered: &Offered, before: &Self) -> Self {
        let names = naming::names(config, offered);
        let mut catalog = Self {
            // The configuration was checked when it came.
            rules: Rules::new(&config.approvals).unwrap_or_default(),
            redaction: match before.redaction.is_of(&config.redact) {
                true => before.redaction.clone(),
                false => Redaction::new(&config.redact).unwrap_or_default(),
            },
            ..Self::default()
        };
        let mut functions: BTreeMap<&ToolRef, Vec<&FunctionName>> = BTreeMap::new();
        for (function, tool) in &names {
            functions.entry(tool).or_default().push(function);
        }
        for rules in &config.servers {
            let Some(tools) = offered.get(&rules.name) else {
                continue;
            };
            let mut seen = BTreeSet::new();
            for tool in tools {
                let first = seen.insert(tool.spec.name.as_str());
                catalog.add(config, rules, tool, first, &functions);
            }
            catalog.report_missing(rules, &config.routes, tools, &seen);
        }
        catalog.names = names;
        catalog.warn_of_mentions();
        catalog.choose(config, before.own.is_some());
        catalog
    }

    /// Returns all functions that can be called.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Returns the functions that a session lists.
    pub(crate) fn listed(&self) -> impl Iterator<Item = Function<'_>> {
        let listed = self.listed.iter().filter_map(|at| self.entries.get(*at));
        let own = self.own.iter().flat_map(OwnFunctions::functions);
        listed.filter_map(Entry::function).chain(own)
    }

    /// Tells whether tools are found when they are needed, instead of being listed all.
    pub(crate) fn is_discovering(&self) -> bool {
        self.own.is_some()
    }

    pub(crate) fn reports(&self) -> &[ToolReport] {
        &self.reports
    }

    /// Returns what is hidden, on all tools together.
    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Returns when a person is asked.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns every name that is spoken for, and the tool that it stands for.
    pub(crate) fn names(&self) -> &BTreeMap<FunctionName, ToolRef> {
        &self.names
    }

    pub(crate) fn entry(&self, function: &FunctionName) -> Option<&Entry> {
        self.places
            .get(function)
            .and_then(|at| self.entries.get(*at))
    }

    /// Returns the function that a tool has; the first one where there are several.
    pub(crate) fn entry_of(&self, tool: &ToolRef) -> Option<&Entry> {
        self.tools.get(tool).and_then(|at| self.entries.get(*at))
    }

    /// Adds one tool under each of its names, or reports why not.
    fn add(
        &mut self,
        config: &RouterConfig,
        rules: &ServerRules,
        tool: &Arc<Tool>,
        first: bool,
        functions: &BTreeMap<&ToolRef, Vec<&FunctionName>>,
    ) {
        let at = ToolRef {
            server: rules.name.clone(),
            tool: tool.spec.name.clone(),
        };
        let unfit = unfit(config, rules, tool, first);
        let Some(functions) = functions.get(&at).filter(|_| unfit.is_none()) else {
            let why = unfit.unwrap_or_else(|| "no name is left for it".to_owned());
            return self.leave_out(rules, tool, at, why);
        };
        for function in functions {
            if config.offer.discover == Discover::Off && self.entries.len() >= MOST {
                let why = format!(
                    "a session lists at most {MOST} tools: narrow the allow-lists, or let tools be \
                     found with `discover`"
                );
                self.leave_out(rules, tool, at.clone(), why);
                continue;
            }
            let route = config.routes.iter().find(|r| r.function == **function);
            let redaction = &self.redaction;
            let entry = Entry::new(
                rules,
                tool,
                at.clone(),
                (*function).clone(),
                route,
                redaction,
            );
            self.offer(entry);
        }
    }

    fn offer(&mut self, entry: Entry) {
        let tool = &entry.tool;
        self.reports.push(ToolReport {
            server: entry.at.server.clone(),
            tool: entry.at.tool.clone(),
            function: Some(entry.function.clone()),
            verdict: match tool.repairs.as_slice() {
                [] => Verdict::Ok,
                repairs => Verdict::Repaired(repairs.to_vec()),
            },
            approval: self
                .rules
                .of_tool(&entry.at, tool.spec.annotations, entry.approval.clone()),
            tokens: entry.tokens(),
            listed: false,
            warnings: tool.warnings.clone(),
        });
        let at = self.entries.len();
        self.places.insert(entry.function.clone(), at);
        self.tools.entry(entry.at.clone()).or_insert(at);
        self.entries.push(entry);
    }

    fn leave_out(&mut self, rules: &ServerRules, tool: &Tool, at: ToolRef, why: String) {
        let approval = Approval::decide(rules, &at.tool, tool.spec.annotations);
        self.reports.push(ToolReport {
            warnings: tool.warnings.clone(),
            ..ToolReport::left_out(at, why, approval)
        });
    }

    /// Reports the tools that the configuration names and the server doesn't have.
    fn report_missing(
        &mut self,
        rules: &ServerRules,
        routes: &[StaticRoute],
        tools: &[Arc<Tool>],
        seen: &BTreeSet<&str>,
    ) {
        let routed = routes.iter().filter(|r| r.server == rules.name);
        let named = rules.named().chain(routed.map(|r| r.tool.as_str()));
        let missing: BTreeSet<&str> = named.filter(|tool| !seen.contains(tool)).collect();
        for tool in missing {
            let near = nearest::names(tool, tools.iter().map(|t| t.spec.name.as_str()));
            let hint = near
                .first()
                .map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            let at = ToolRef {
                server: rules.name.clone(),
                tool: tool.to_owned(),
            };
            let why = format!("configured, but the server has no such tool{hint}");
            let approval = Approval::decide(rules, tool, ToolAnnotations::default());
            self.reports.push(ToolReport::left_out(at, why, approval));
        }
    }

    /// Warns of tools whose words name those of other servers.
    fn warn_of_mentions(&mut self) {
        let others: BTreeMap<&str, Vec<&ServerName>> =
            self.entries.iter().fold(BTreeMap::new(), |mut all, entry| {
                let servers: &mut Vec<_> = all.entry(entry.at.tool.as_str()).or_default();
                servers.push(&entry.at.server);
                all
            });
        let found = self.entries.iter().filter_map(|entry| {
            let mentions = scan::mentions(&entry.tool.spec, &entry.at.server, &others);
            (!mentions.is_empty()).then(|| (entry.function.clone(), mentions))
        });
        let found: Vec<_> = found.collect();
        for (function, mentions) in found {
            let report = self
                .reports
                .iter_mut()
                .find(|it| it.function.as_ref() == Some(&function));
            if let Some(report) = report {
                report.warnings.extend(mentions);
            }
        }
    }

    /// Chooses what a session lists: everything, or what it finds the rest with.
    fn choose(&mut self, config: &RouterConfig, before: bool) {
        let costs: Vec<usize> = self.entries.iter().map(Entry::tokens).collect();
        let (tokens, count) = (costs.iter().sum(), costs.len());
        let discovers = discover::is_needed(&config.offer, tokens, count, before);
        let chosen =
            self.entries.iter().enumerate().filter(|(_, entry)| {
                !discovers || config.offer.is_always(&entry.function, &entry.at)
            });
        self.listed = chosen
            .map(|(at, _)| at)
            .take(if discovers { MOST - 2 } else { MOST })
            .collect();
        let listed: BTreeSet<&FunctionName> = self
            .listed
            .iter()
            .map(|at| &self.entries[*at].function)
            .collect();
        for report in &mut self.reports {
            let function = report.function.as_ref();
            report.listed = function.is_some_and(|it| listed.contains(it));
        }
        if discovers {
            self.own = Some(OwnFunctions::over(&self.entries));
        }
    }
}

/// Says why a tool isn't offered, if it isn't.
fn unfit(config: &RouterConfig, rules: &ServerRules, tool: &Tool, first: bool) -> Option<String> {
    if !first {
        return Some("the server lists this name twice; the first one counts".to_owned());
    }
    if !rules.allows(&tool.spec.name) {
        return Some("not on the allow-list".to_owned());
    }
    if let Err(why) = &tool.schema {
        return Some(why.clone());
    }
    let pins = config.offer.pins.as_ref();
    if let Some(change) = pins.and_then(|it| it.change(&rules.name, &tool.spec)) {
        return Some(format!(
            "changed since it was approved: {}",
            change.what.join("; ")
        ));
    }
    let suspicious = config.offer.suspicious == Suspicious::LeaveOut;
    let warning = tool.warnings.first().filter(|_| suspicious)?;
    Some(format!("its words are suspicious: {warning}"))
}

/// Tools that a session lists: what it holds, less the function that reads on in results.
const MOST: usize = limits::TOOLS_PER_SESSION - 1;
