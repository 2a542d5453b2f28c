//! [`Router`]: from a call of the model to a decision.

mod found;
mod target;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rtmcp_core::{FunctionName, ServerName, ToolCall, ToolOutcome, ToolSpec};

use crate::{
    catalog::{Catalog, Entry, Offered, Tool},
    config::{ConfigError, RouterConfig, ServerRules, StaticRoute},
    discover::{self, CALL_TOOL, FIND_TOOL},
    kept::{Kept, Results},
    name::ToolRef,
    pin::{PinChange, Pins},
    read_more::{self, READ_MORE},
    redact::Redaction,
    refusal::Refusal,
    report::{Function, ToolCost, ToolReport},
    route::{Route, Target},
    shape::{self, Shaped},
};
use found::Found;
use target::{arguments, target};

/// Knows which tool answers a function call, where, and under what rule.
///
/// Cloning shares the compiled tools and all that follows from them, so that each session can have
/// a router of its own.
#[derive(Clone, Debug, Default)]
pub struct Router {
    config: Arc<RouterConfig>,
    offered: Arc<Offered>,
    catalog: Arc<Catalog>,
    /// Names that sessions were given, for calls under a name that has changed since.
    handed_out: BTreeMap<FunctionName, BTreeSet<ToolRef>>,
    /// How many calls were routed: each result has a handle of its own.
    calls: u64,
    /// Results that were cut, of the session that has this router.
    results: Results,
}

impl Router {
    /// Checks a configuration. No server offers anything yet: see [`set_tools`](Self::set_tools).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the configuration contradicts itself.
    pub fn new(config: RouterConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let mut router = Self {
            config: Arc::new(config),
            ..Self::default()
        };
        router.rebuild();
        Ok(router)
    }

    /// Adds a server that was not configured from the start.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the name is taken or the rules contradict themselves; nothing is
    /// changed then.
    pub fn add_server(&mut self, rules: ServerRules) -> Result<(), ConfigError> {
        let mut config = RouterConfig::clone(&self.config);
        config.servers.push(rules);
        self.reconfigure(config)
    }

    /// Gives one tool of one server a function name of the caller's own.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the name is taken by another route, or the route leads to an unknown
    /// server or a tool that isn't allowed; nothing is changed then.
    pub fn add_route(&mut self, route: StaticRoute) -> Result<(), ConfigError> {
        let mut config = RouterConfig::clone(&self.config);
        config.routes.push(route);
        self.reconfigure(config)
    }

    /// Replaces what a server offers, and compiles it.
    ///
    /// Names can change: a tool keeps its bare name until a second server offers a tool of the
    /// same name, and then both get a qualified one. A call under a name that was
    /// [handed out](Self::hand_out) still finds its tool. A tool that can't be used is left out and reported; it never voids the rest.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnlistedServer`] when no rules exist for the server; tools of a server that
    /// nobody configured are not taken.
    pub fn set_tools(
        &mut self,
        server: &ServerName,
        tools: Vec<ToolSpec>,
    ) -> Result<(), ConfigError> {
        if !self
            .config
            .servers
            .iter()
            .any(|rules| rules.name == *server)
        {
            return Err(ConfigError::UnlistedServer {
                server: server.clone(),
            });
        }
        tracing::debug!(%server, tools = tools.len(), "compile tools");
        let offer = &self.config.offer;
        let tools = tools
            .into_iter()
            .map(|spec| Arc::new(Tool::compile(spec, offer)));
        Arc::make_mut(&mut self.offered).insert(server.clone(), tools.collect());
        self.rebuild();
        Ok(())
    }

    /// Forgets what a server offers: its functions are withdrawn, and calls to them are refused
    /// with [`Refusal::ServerNotReady`] until it says again what it has.
    ///
    /// This is for a server that is gone. While a connection is only being restored, keep its
    /// tools: the functions of the session then stay as they are.
    pub fn clear_tools(&mut self, server: &ServerName) {
        if Arc::make_mut(&mut self.offered).remove(server).is_some() {
            self.rebuild();
        }
    }

    /// Returns the functions for a session's tool list, and remembers that a model knows their
    /// names: a later call under one of them finds its tool even when the name has changed, while
    /// the name was given to one tool only.
    pub fn hand_out(&mut self) -> impl Iterator<Item = Function<'_>> {
        for entry in self.catalog.entries() {
            let tools = self.handed_out.entry(entry.function.clone()).or_default();
            tools.insert(entry.at.clone());
        }
        self.functions()
    }

    /// Returns the functions as [`hand_out`](Self::hand_out) does, for looking at them: at most
    /// [`TOOLS_PER_SESSION`](rtmcp_core::limits::TOOLS_PER_SESSION), in the order of the servers
    /// in the configuration and of the tools on each. Where they would cost more than the budget,
    /// these are the ones that the owner always wants, and two to [find](crate::FIND_TOOL) and
    /// [call](crate::CALL_TOOL) the others with.
    pub fn functions(&self) -> impl Iterator<Item = Function<'_>> {
        self.catalog.listed().chain(self.read_more())
    }

    /// Returns a function that can be called, whether a session lists it or not.
    pub fn function(&self, name: &FunctionName) -> Option<Function<'_>> {
        self.catalog.entry(name)?.function()
    }

    /// Returns what became of each tool, in the same order; also of the tools that are left out,
    /// and those that the configuration names and the server doesn't have.
    pub fn report(&self) -> &[ToolReport] {
        self.catalog.reports()
    }

    /// Returns what the functions cost that a session lists.
    pub fn cost(&self) -> ToolCost {
        let tools = self.report();
        let listed = tools.iter().filter(|it| it.listed).map(|it| it.tokens);
        let own = self.functions().filter(|it| self.is_own(it.name.as_str()));
        ToolCost {
            listed: listed.sum::<usize>() + own.map(|it| it.tokens()).sum::<usize>(),
            all: tools.iter().map(|it| it.tokens).sum(),
            budget: self.config.offer.budget,
            discovering: self.catalog.is_discovering(),
        }
    }

    /// Returns what was approved of each tool; none where tools need no approval.
    pub fn pins(&self) -> Option<&Pins> {
        self.config.offer.pins.as_ref()
    }

    /// Returns the tools of a server as it describes them.
    pub fn offered(&self, server: &ServerName) -> impl Iterator<Item = &ToolSpec> {
        let tools = self.offered.get(server).into_iter().flatten();
        tools.map(|tool| &tool.spec)
    }

    /// Says how the tools of a server differ from what was approved of them.
    pub fn pin_changes(&self, server: &ServerName) -> Vec<PinChange> {
        let specs: Vec<ToolSpec> = self.offered(server).cloned().collect();
        let pins = self.pins();
        pins.map_or_else(Vec::new, |pins| pins.changes(server, &specs))
    }

    /// Approves the tools of a server as they are now, so that none of them is left out for having
    /// changed. Returns whether anything is pinned at all.
    pub fn approve_tools(&mut self, server: &ServerName) -> bool {
        let specs: Vec<ToolSpec> = self.offered(server).cloned().collect();
        let mut config = RouterConfig::clone(&self.config);
        let Some(pins) = &mut config.offer.pins else {
            return false;
        };
        pins.approve(server, &specs);
        self.config = Arc::new(config);
        self.rebuild();
        true
    }

    /// Returns the tool that a name means: the inverse of the names in
    /// [`functions`](Self::functions).
    ///
    /// Also found are a former name, `server.tool` and the bare name of a tool, while only one
    /// tool can be meant.
    pub fn resolve(&self, name: &str) -> Option<&ToolRef> {
        match self.find(name) {
            Found::Entry(entry) => Some(&entry.at),
            _ => None,
        }
    }

    /// Decides about a call: whether it may run, where, and with which arguments.
    pub fn route(&mut self, call: &ToolCall) -> Route {
        if self.is_own(&call.name) {
            return self.route_own(call);
        }
        self.route_tool(call)
    }

    /// Decides about a call of a function of our own.
    fn route_own(&mut self, call: &ToolCall) -> Route {
        let arguments = call.arguments.expose();
        match call.name.trim() {
            READ_MORE => Route::Answer(Box::new(read_more::answer(&self.results, arguments))),
            FIND_TOOL => {
                let entries: Vec<&Entry> = self.catalog.entries().collect();
                Route::Answer(Box::new(discover::answer(arguments, &entries)))
            }
            _ => match discover::unwrap(call) {
                Ok(call) => self.route(&call),
                Err(refusal) => Route::Refuse(refusal),
            },
        }
    }

    fn route_tool(&mut self, call: &ToolCall) -> Route {
        let handle = format!("result-{}", self.calls + 1);
        let entry = match self.find(&call.name) {
            Found::Entry(entry) => entry,
            Found::Waiting(server) => {
                return Route::Refuse(Refusal::ServerNotReady {
                    name: call.name.clone(),
                    server: server.clone(),
                });
            }
            Found::Several(candidates) => {
                return Route::Refuse(Refusal::Ambiguous {
                    name: call.name.clone(),
                    candidates,
                });
            }
            Found::Nothing => return Route::Refuse(self.unknown(&call.name)),
        };
        let route = match arguments(entry, call.arguments.expose()) {
            Ok(arguments) => {
                let rules = self.catalog.rules();
                let target = target(entry, arguments, handle, rules);
                match target.approval.asks {
                    true => Route::Ask(target),
                    false => Route::To(target),
                }
            }
            Err(refusal) => {
                tracing::debug!(function = %entry.function, why = refusal.kind(), "refuse call");
                return Route::Refuse(refusal);
            }
        };
        self.calls += 1;
        route
    }

    /// Tells whether a tool is still described as it was when a call was routed to it; also of one
    /// that isn't offered at the moment.
    pub fn is_as_routed(&self, target: &Target) -> bool {
        // Also one that is left out counts, as it may be left out because it has changed.
        let tools = self.offered.get(&target.server).into_iter().flatten();
        let tool = { tools }.find(|it| it.spec.name == target.tool);
        tool.is_none_or(|tool| tool.hash == target.pin)
    }

    /// Turns what a tool answered into what the model reads.
    pub fn shape(&self, target: &Target, outcome: &ToolOutcome) -> Shaped {
        shape::shape(outcome, &target.shaping, &target.handle)
    }

    /// Keeps a result that was cut, so that the model can read more of it. The newest [`KEPT`](crate::KEPT) are
    /// kept, and [`KEPT_BYTES`](crate::KEPT_BYTES) of them.
    pub fn keep(&mut self, kept: Kept) {
        self.results.keep(kept);
    }

    /// Takes the tools of a newer router over, and keeps what belongs to the session that has this one.
    pub fn renew(&mut self, newer: Self) {
        self.config = newer.config;
        self.offered = newer.offered;
        self.catalog = newer.catalog;
        self.handed_out = newer.handed_out;
    }

    /// Returns what is hidden from the model and from logs, on all tools together.
    pub fn redaction(&self) -> &Redaction {
        self.catalog.redaction()
    }

    /// Returns the function with which the rest of a result is read, where there are results.
    fn read_more(&self) -> Option<Function<'static>> {
        let name = read_more::NAME.as_ref()?;
        let is_ours = self.is_own(name.as_str());
        let is_needed = is_ours && self.catalog.entries().next().is_some();
        is_needed.then(|| Function {
            name,
            description: Some(read_more::DESCRIPTION),
            parameters: &read_more::PARAMETERS,
        })
    }

    /// Tells whether a name is that of a function of our own: an owner may give it to a tool.
    fn is_own(&self, name: &str) -> bool {
        let name = name.trim();
        let is_ours = [READ_MORE, FIND_TOOL, CALL_TOOL].contains(&name);
        let function = FunctionName::new(name).ok().filter(|_| is_ours);
        function.is_some_and(|it| self.catalog.entry(&it).is_none())
    }

    fn reconfigure(&mut self, config: RouterConfig) -> Result<(), ConfigError> {
        config.check()?;
        self.config = Arc::new(config);
        self.rebuild();
        Ok(())
    }

    fn rebuild(&mut self) {
        self.catalog = Arc::new(Catalog::build(&self.config, &self.offered, &self.catalog));
        // Names of tools that a server has withdrawn go, so that the list can't grow without end.
        let known: BTreeSet<&ToolRef> = self.catalog.names().values().collect();
        self.handed_out.retain(|_, tools| {
            tools.retain(|tool| known.contains(tool) || !self.offered.contains_key(&tool.server));
            !tools.is_empty()
        });
    }
}
