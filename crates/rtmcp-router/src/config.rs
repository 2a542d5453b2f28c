//! What the owner decides: servers, allow-lists, approval rules, deadlines, function names.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rtmcp_core::{FunctionName, ServerName};
use serde::{Deserialize, Serialize};

use crate::{
    CallRules, OfferRules,
    policy::{self, ApprovalRules},
    redact::{RedactError, RedactRule, Redaction},
};

/// Everything the owner decides about tools, checked by [`Router::new`](crate::Router::new).
///
/// The order of `servers` is the order in which the model sees their tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouterConfig {
    /// The servers and the rules for each.
    pub servers: Vec<ServerRules>,
    /// Function names of the owner's own.
    pub routes: Vec<StaticRoute>,
    /// What neither the model nor logs may read.
    pub redact: Vec<RedactRule>,
    /// Which tools a session is given, and how.
    pub offer: OfferRules,
    /// When a person is asked, by server, tool, annotation and arguments, and who decides.
    pub approvals: ApprovalRules,
}

impl RouterConfig {
    /// Finds what contradicts itself.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let mut servers = BTreeSet::new();
        for rules in &self.servers {
            if rules.name.is_empty() {
                return Err(ConfigError::UnnamedServer);
            }
            if !servers.insert(&rules.name) {
                return Err(ConfigError::DuplicateServer {
                    server: rules.name.clone(),
                });
            }
            rules.check()?;
        }
        let mut functions = BTreeSet::new();
        for route in &self.routes {
            if !functions.insert(&route.function) {
                return Err(ConfigError::DuplicateFunction {
                    function: route.function.clone(),
                });
            }
            self.check_route(route)?;
        }
        self.check_offer()?;
        Redaction::new(&self.redact)?;
        policy::check(self)?;
        Ok(())
    }

    fn check_offer(&self) -> Result<(), ConfigError> {
        let budget = self.offer.description_budget;
        if budget < MIN_DESCRIPTION {
            return Err(ConfigError::SmallDescription { budget });
        }
        let is_of = |server: &ServerName, named: &str| {
            let rest = named.strip_prefix(server.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let unknown = self.offer.always.iter().find(|named| {
            let known = self.servers.iter().any(|it| is_of(&it.name, named));
            !known && FunctionName::new(named).is_err()
        });
        match unknown {
            Some(named) => Err(ConfigError::UnknownAlways {
                named: named.clone(),
            }),
            None => Ok(()),
        }
    }

    fn check_route(&self, route: &StaticRoute) -> Result<(), ConfigError> {
        let found = self.servers.iter().find(|s| s.name == route.server);
        match found {
            None => Err(ConfigError::UnknownServer {
                function: route.function.clone(),
                server: route.server.clone(),
            }),
            Some(rules) if !rules.allows(&route.tool) => Err(ConfigError::RouteNotAllowed {
                function: route.function.clone(),
                server: route.server.clone(),
                tool: route.tool.clone(),
            }),
            Some(_) => Ok(()),
        }
    }
}

/// The rules for one server's tools.
///
/// # Example
///
/// ```
/// use rtmcp_router::{Approve, ServerRules};
///
/// let shop = ServerRules {
///     allow: Some(vec!["get_weather".into()]),
///     approve: Some(Approve::Never),
///     ..ServerRules::new("shop")
/// };
/// assert_eq!(shop.timeout.as_secs(), 30);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRules {
    /// The server's name, unique among the servers.
    pub name: ServerName,
    /// The tools that may be used; `None` allows all that the server offers.
    pub allow: Option<Vec<String>>,
    /// When a person is asked; `None` is [`Approve::Writes`].
    pub approve: Option<Approve>,
    /// The hard deadline of a call: 30 s unless set.
    pub timeout: Duration,
    /// How long a question to a person stays open: 60 s unless set.
    pub approval_expires: Duration,
    /// The most that the model reads of one result, in [estimated](crate::estimate_tokens) tokens:
    /// [`OUTPUT_TOKENS`](crate::OUTPUT_TOKENS) unless set.
    pub output_tokens: usize,
    /// Bytes of the largest picture that the model is shown: [`IMAGE_BYTES`](crate::IMAGE_BYTES)
    /// unless set; none is where it is zero.
    pub image_bytes: usize,
    /// The server's results are the owner's own words: they aren't marked as a stranger's data.
    pub trusted: bool,
    /// How calls go together with the conversation.
    pub calls: CallRules,
    /// Exceptions for single tools, by the tool's name on the server.
    pub tools: BTreeMap<String, ToolRules>,
}

impl ServerRules {
    /// The default rules for the server of this name.
    pub fn new(name: impl Into<ServerName>) -> Self {
        Self {
            name: name.into(),
            allow: None,
            approve: None,
            timeout: Duration::from_secs(30),
            approval_expires: Duration::from_secs(60),
            output_tokens: crate::OUTPUT_TOKENS,
            image_bytes: crate::IMAGE_BYTES,
            trusted: false,
            calls: CallRules::default(),
            tools: BTreeMap::new(),
        }
    }

    /// Tells whether the owner lets the tool be used.
    pub fn allows(&self, tool: &str) -> bool {
        self.allow
            .as_ref()
            .is_none_or(|list| list.iter().any(|name| name == tool))
    }

    /// Returns the tools that the configuration names, whether the server offers them or not.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        let allowed = self.allow.iter().flatten();
        let ruled = self.tools.keys().filter(|tool| self.allows(tool));
        allowed.chain(ruled).map(String::as_str)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let overrides = self.tools.values();
        let times = overrides
            .clone()
            .flat_map(|t| [t.timeout, t.approval_expires]);
        let spans = [self.timeout, self.approval_expires];
        let mut spans = spans.into_iter().chain(times.flatten());
        let mut calls = overrides.clone().map(|t| t.calls).chain([self.calls]);
        if spans.any(|d| d.is_zero()) || calls.any(CallRules::has_zero_deadline) {
            return Err(ConfigError::ZeroDeadline {
                server: self.name.clone(),
            });
        }
        let budgets = overrides.filter_map(|t| t.output_tokens);
        match budgets.chain([self.output_tokens]).min() {
            Some(tokens) if tokens < crate::MIN_OUTPUT_TOKENS => Err(ConfigError::SmallBudget {
                server: self.name.clone(),
                tokens,
            }),
            _ => Ok(()),
        }
    }
}

/// Exceptions for one tool; what is `None` follows the server's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolRules {
    /// When a person is asked.
    pub approve: Option<Approve>,
    /// The hard deadline of a call.
    pub timeout: Option<Duration>,
    /// How long a question to a person stays open.
    pub approval_expires: Option<Duration>,
    /// The most that the model reads of one result, in tokens.
    pub output_tokens: Option<usize>,
    /// How calls go together with the conversation.
    pub calls: CallRules,
}

/// A function name of the owner's own for one tool of one server.
///
/// The tool then has this name instead of the one that it would have got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticRoute {
    /// The name that the model sees.
    pub function: FunctionName,
    /// The server that answers.
    pub server: ServerName,
    /// The tool's name on that server.
    pub tool: String,
    /// A description in place of the server's.
    pub description: Option<String>,
}

impl StaticRoute {
    /// A route that keeps the server's description.
    pub fn new(
        function: FunctionName,
        server: impl Into<ServerName>,
        tool: impl Into<String>,
    ) -> Self {
        Self {
            function,
            server: server.into(),
            tool: tool.into(),
            description: None,
        }
    }
}

/// When a person is asked before a tool runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approve {
    /// Never.
    Never,
    /// Before every tool that doesn't say `readOnlyHint: true`. A server that says nothing of its
    /// tools is therefore asked about each of them.
    #[default]
    Writes,
    /// Always.
    Always,
}

/// The configuration contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A server's name is empty.
    #[error("a server has an empty name: give each a short one, such as `shop`")]
    UnnamedServer,
    /// Two servers have one name.
    #[error("two servers are named `{server}`: rename one of them")]
    DuplicateServer {
        /// The name.
        server: ServerName,
    },
    /// A route leads to a server that isn't there.
    #[error(
        "function `{function}` leads to server `{server}`, which is not configured: add it or correct the name"
    )]
    UnknownServer {
        /// The function of the route.
        function: FunctionName,
        /// The server that it names.
        server: ServerName,
    },
    /// A server offers tools, but no rules exist for it.
    #[error("server `{server}` is not configured: add it before its tools")]
    UnlistedServer {
        /// The server.
        server: ServerName,
    },
    /// A description has no room for a sentence.
    #[error(
        "descriptions have a budget of {budget} characters: give them at least {MIN_DESCRIPTION}"
    )]
    SmallDescription {
        /// The budget.
        budget: usize,
    },
    /// What should always be listed is neither a function nor a tool of a server.
    #[error(
        "`{named}` should always be listed, and is neither a function's name nor `server.tool` of a configured server"
    )]
    UnknownAlways {
        /// What is named.
        named: String,
    },
    /// Two routes have one function name.
    #[error("two routes are named `{function}`: rename one of them")]
    DuplicateFunction {
        /// The name.
        function: FunctionName,
    },
    /// A route leads to a tool that the allow-list leaves out.
    #[error(
        "function `{function}` leads to `{tool}` of `{server}`, which its allow-list leaves out: add the tool to `allow` or remove the route"
    )]
    RouteNotAllowed {
        /// The function of the route.
        function: FunctionName,
        /// The server.
        server: ServerName,
        /// The tool.
        tool: String,
    },
    /// A rule of approvals, or the default for all, lets nobody decide.
    #[error("{} lets nobody decide: name at least one channel in `by`, such as \"page\"", whose(*rule))]
    NobodyDecides {
        /// The rule, from 1; `None` for the default.
        rule: Option<usize>,
    },
    /// A rule of approvals gives nobody time to decide.
    #[error("rule {rule} gives nobody time to decide: give `expires` some time, such as \"60s\"")]
    RuleWithoutTime {
        /// The rule, from 1.
        rule: usize,
    },
    /// A pattern of a rule can't be used.
    #[error("rule {rule} has a pattern that can't be used: {trouble}")]
    BadPattern {
        /// The rule, from 1.
        rule: usize,
        /// Why.
        trouble: String,
    },
    /// A deadline is zero, so that no call could ever succeed.
    #[error(
        "server `{server}` has a deadline of zero: give `timeout` and `approval_expires` some time"
    )]
    ZeroDeadline {
        /// The server, or the server of the tool.
        server: ServerName,
    },
    /// A rule for redaction can't be used.
    #[error(transparent)]
    Redact(#[from] RedactError),
    /// A budget has no room for a result and the notice that it was cut.
    #[error(
        "server `{server}` has `output_tokens = {tokens}`: give it at least {}",
        crate::MIN_OUTPUT_TOKENS
    )]
    SmallBudget {
        /// The server, or the server of the tool.
        server: ServerName,
        /// The budget.
        tokens: usize,
    },
}

fn whose(rule: Option<usize>) -> String {
    rule.map_or_else(
        || "the configuration of approvals".to_owned(),
        |rule| format!("rule {rule}"),
    )
}

/// The least budget of a description, in characters: room for a sentence.
pub const MIN_DESCRIPTION: usize = 40;
