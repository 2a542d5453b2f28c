//! All tools of all servers under their names, rebuilt whole whenever one server's tools change.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use rtmcp_core::{CallPolicy, FunctionName, ServerName, ToolSpec, limits};

use crate::{
    config::{RouterConfig, ServerRules, StaticRoute},
    name::{self, ToolRef},
    nearest,
    offer::OfferRules,
    pin::ToolHash,
    policy::{Approval, Rules},
    read_more,
    redact::Redaction,
    report::{Function, ToolReport, Verdict},
    schema::Schema,
    shape::{Promise, Shaping},
};

/// A tool as its server offers it, compiled once.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) spec: ToolSpec,
    pub(crate) schema: Result<Schema, String>,
    /// Names all that the server says of it.
    pub(crate) hash: ToolHash,
    /// What a structured result is held against, where the server promises a form.
    pub(crate) promise: Option<Result<Schema, String>>,
}

impl Tool {
    pub(crate) fn compile(spec: ToolSpec, offer: &OfferRules) -> Self {
        let schema = if spec.name.is_empty() {
            Err("it has no name".to_owned())
        } else {
            Schema::compile(&spec.input_schema, offer.description_budget)
        };
        let promise = spec.output_schema.as_ref();
        Self {
            promise: promise.map(|it| Schema::compile(it, offer.description_budget)),
            hash: ToolHash::of(&spec),
            spec,
            schema,
        }
    }
}

/// The tools that servers offer at the moment; a server that isn't there hasn't said yet.
pub(crate) type Offered = BTreeMap<ServerName, Vec<Arc<Tool>>>;

/// All tools under their names. A pure function of the configuration and what is offered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    entries: Vec<Entry>,
    /// Every name, also of tools that the configuration names but nobody offers (yet).
    names: BTreeMap<FunctionName, ToolRef>,
    /// Where the entry of a name is.
    places: BTreeMap<FunctionName, usize>,
    reports: Vec<ToolReport>,
    rules: Rules,
    redaction: Redaction,
}

/// A function that the model sees.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) function: FunctionName,
    pub(crate) at: ToolRef,
    pub(crate) tool: Arc<Tool>,
    pub(crate) description: Option<String>,
    /// What the short form says of it; a rule may say otherwise.
    pub(crate) approval: Approval,
    pub(crate) timeout: Duration,
    pub(crate) approval_expires: Duration,
    pub(crate) shaping: Arc<Shaping>,
    pub(crate) policy: CallPolicy,
    pub(crate) repeatable: bool,
}

impl Catalog {
    pub(crate) fn build(config: &RouterConfig, offered: &Offered) -> Self {
        let mut catalog = Self {
            names: names(config, offered),
            // The configuration was checked when it came.
            rules: Rules::new(&config.approvals).unwrap_or_default(),
            redaction: Redaction::new(&config.redact).unwrap_or_default(),
            ..Self::default()
        };
        let mut functions: BTreeMap<&ToolRef, Vec<&FunctionName>> = BTreeMap::new();
        let names = catalog.names.clone();
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
        catalog
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn reports(&self) -> &[ToolReport] {
        &self.reports
    }

    /// Returns when a person is asked.
    /// Returns what is hidden, on all tools together.
    pub(crate) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

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
        self.entries.iter().find(|entry| entry.at == *tool)
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
        let unfit = if !first {
            Some("the server lists this name twice; the first one counts".to_owned())
        } else if rules.allows(&at.tool) {
            tool.schema.as_ref().err().cloned()
        } else {
            Some("not on the allow-list".to_owned())
        };
        let Some(functions) = functions.get(&at).filter(|_| unfit.is_none()) else {
            let why = unfit.unwrap_or_else(|| "no name is left for it".to_owned());
            return self.leave_out(rules, tool, at, why);
        };
        for function in functions {
            if self.entries.len() >= TOOLS {
                let why = format!(
                    "a session holds at most {} tools: narrow the allow-lists",
                    TOOLS
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
        let repairs = entry.tool.schema.as_ref().map_or(&[][..], |s| &s.repairs);
        self.reports.push(ToolReport {
            server: entry.at.server.clone(),
            tool: entry.at.tool.clone(),
            function: Some(entry.function.clone()),
            verdict: match repairs {
                [] => Verdict::Ok,
                repairs => Verdict::Repaired(repairs.to_vec()),
            },
            approval: self.rules.of_tool(
                &entry.at,
                entry.tool.spec.annotations,
                entry.approval.clone(),
            ),
            tokens: 0,
            listed: true,
            warnings: Vec::new(),
        });
        self.places
            .insert(entry.function.clone(), self.entries.len());
        self.entries.push(entry);
    }

    fn leave_out(&mut self, rules: &ServerRules, tool: &Tool, at: ToolRef, why: String) {
        self.reports.push(ToolReport {
            approval: Approval::decide(rules, &at.tool, tool.spec.annotations),
            server: at.server,
            tool: at.tool,
            function: None,
            verdict: Verdict::LeftOut(why),
            tokens: 0,
            listed: false,
            warnings: Vec::new(),
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
            self.reports.push(ToolReport {
                server: rules.name.clone(),
                tool: tool.to_owned(),
                function: None,
                verdict: Verdict::LeftOut(format!(
                    "configured, but the server has no such tool{hint}"
                )),
                approval: Approval::decide(rules, tool, rtmcp_core::ToolAnnotations::default()),
                tokens: 0,
                listed: false,
                warnings: Vec::new(),
            });
        }
    }
}

impl Entry {
    fn new(
        rules: &ServerRules,
        tool: &Arc<Tool>,
        at: ToolRef,
        function: FunctionName,
        route: Option<&StaticRoute>,
        redaction: &Redaction,
    ) -> Self {
        let own = rules.tools.get(&at.tool).cloned().unwrap_or_default();
        let shaping = Shaping {
            image_bytes: rules.image_bytes,
            stranger: (!rules.trusted).then(|| rules.name.clone()),
            redaction: redaction.of_tool(&at.server, &at.tool),
            promise: Promise::of(tool),
            ..Shaping::new(own.output_tokens.unwrap_or(rules.output_tokens))
        };
        let (calls, annotations) = (own.calls.or(rules.calls), tool.spec.annotations);
        Self {
            function,
            description: route.and_then(|r| r.description.clone()),
            approval: Approval::decide(rules, &at.tool, tool.spec.annotations),
            timeout: own.timeout.unwrap_or(rules.timeout),
            approval_expires: own.approval_expires.unwrap_or(rules.approval_expires),
            shaping: Arc::new(shaping),
            policy: calls.policy(annotations),
            repeatable: calls.repeatable(annotations),
            at,
            tool: Arc::clone(tool),
        }
    }

    /// Returns the function for the session's tool list.
    pub(crate) fn function(&self) -> Option<Function<'_>> {
        let schema = self.tool.schema.as_ref().ok()?;
        let spec = &self.tool.spec;
        Some(Function {
            name: &self.function,
            description: [&self.description, &spec.description, &spec.title]
                .into_iter()
                .find_map(Option::as_deref),
            parameters: &schema.parameters,
        })
    }
}

/// Names every tool that the configuration names or an allow-list lets through, so that a name
/// doesn't change when a server that is configured in full comes up late.
fn names(config: &RouterConfig, offered: &Offered) -> BTreeMap<FunctionName, ToolRef> {
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
        .chain(read_more::NAME.clone())
        .collect();
    let assigned = name::assign(&tools, &reserved);
    names.extend(assigned.into_iter().map(|(tool, name)| (name, tool)));
    names
}

/// Tools that a session can be offered: one function of its list is our own, for reading on in results.
const TOOLS: usize = limits::TOOLS_PER_SESSION - 1;
