//! [`ApproveRule`]: when a person is asked, by server, tool, annotation and arguments.

use std::{collections::BTreeSet, time::Duration};

use rtmcp_core::{ServerName, ToolAnnotations};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Approval, ApprovalReason, Asking, Channel, Condition, Remember, condition::Compiled};
use crate::{
    config::{ConfigError, RouterConfig},
    name::ToolRef,
};

/// When a person is asked. The first rule whose every part fits a call decides about it; where none
/// does, [`ServerRules::approve`](crate::ServerRules::approve) does.
///
/// # Example
///
/// ```
/// use rtmcp_router::{ApproveRule, Ask, Condition, Test};
///
/// // Refunds above 100 are asked about.
/// let rule = ApproveRule {
///     tool: Some("*refund*".into()),
///     when: vec![Condition { path: "cents".into(), test: Test::Above(10_000.into()) }],
///     ..ApproveRule::new(Ask::Always)
/// };
/// assert_eq!(rule.when[0].to_string(), "cents above 10000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproveRule {
    /// The server; any, where `None`. One that isn't configured is none at all.
    pub server: Option<ServerName>,
    /// The tool's name on the server, in which `*` stands for any text and `?` for one character;
    /// any, where `None`.
    pub tool: Option<String>,
    /// What the server says of the tool; anything, where `None`.
    pub annotation: Option<Hint>,
    /// What the arguments are; all of it must hold.
    pub when: Vec<Condition>,
    /// Whether a person is asked.
    pub ask: Ask,
    /// Who may decide; as [`ApprovalRules::by`] says, where `None`.
    pub by: Option<BTreeSet<Channel>>,
    /// How long the question stays open; as the tool's rules say, where `None`.
    pub expires: Option<Duration>,
    /// Whether a yes may count for the session: `Some(true)` also for any arguments of a tool that
    /// may destroy something. Where `None`, for the same arguments, and for any of a tool that says
    /// that it destroys nothing.
    pub remember: Option<bool>,
}

impl ApproveRule {
    /// A rule for all calls.
    pub const fn new(ask: Ask) -> Self {
        Self {
            server: None,
            tool: None,
            annotation: None,
            when: Vec::new(),
            ask,
            by: None,
            expires: None,
            remember: None,
        }
    }
}

/// Whether a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// The call runs at once.
    Never,
    /// A person is asked.
    Always,
}

/// What a server says of a tool's effects, or doesn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// It may destroy something: it isn't read only, and `destructiveHint` isn't `false`. That is
    /// also so where the server says nothing.
    Destructive,
    /// It says `readOnlyHint: true`.
    ReadOnly,
    /// It reaches a world of unknown things: `openWorldHint` isn't `false`.
    OpenWorld,
    /// It says nothing of whether it only reads.
    Unsaid,
}

impl Hint {
    const fn fits(self, annotations: ToolAnnotations) -> bool {
        match self {
            Self::Destructive => is_destructive(annotations),
            Self::ReadOnly => matches!(annotations.read_only, Some(true)),
            Self::OpenWorld => !matches!(annotations.open_world, Some(false)),
            Self::Unsaid => annotations.read_only.is_none(),
        }
    }
}

/// When a person is asked and who decides, beside the short forms of servers and tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRules {
    /// The rules; the first that fits a call decides about it.
    pub rules: Vec<ApproveRule>,
    /// Who may decide where a rule doesn't say: [`Channel::DEFAULT`] unless set.
    pub by: BTreeSet<Channel>,
}

impl Default for ApprovalRules {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            by: BTreeSet::from(Channel::DEFAULT),
        }
    }
}

/// The rules of a configuration, ready to be tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<(ApproveRule, Vec<Compiled>)>,
    by: BTreeSet<Channel>,
}

/// What is known of a call before its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) at: &'a ToolRef,
    pub(crate) annotations: ToolAnnotations,
    /// What the short form says.
    pub(crate) fallback: &'a Approval,
    pub(crate) expires: Duration,
}

/// Finds what contradicts itself in the rules of a configuration.
pub(crate) fn check(config: &RouterConfig) -> Result<(), ConfigError> {
    if config.approvals.by.is_empty() {
        return Err(ConfigError::NobodyDecides { rule: None });
    }
    for (at, rule) in config.approvals.rules.iter().enumerate() {
        let number = at + 1;
        if rule.by.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(ConfigError::NobodyDecides { rule: Some(number) });
        }
        if rule.expires.is_some_and(|it| it.is_zero()) {
            return Err(ConfigError::RuleWithoutTime { rule: number });
        }
    }
    Rules::new(&config.approvals).map(drop)
}

impl Rules {
    pub(crate) fn new(config: &ApprovalRules) -> Result<Self, ConfigError> {
        let rules = config.rules.iter().enumerate().map(|(at, rule)| {
            let when = rule.when.iter().map(|it| Compiled::new(it, at + 1));
            Ok((rule.clone(), when.collect::<Result<_, _>>()?))
        });
        Ok(Self {
            rules: rules.collect::<Result<_, ConfigError>>()?,
            by: config.by.clone(),
        })
    }

    /// Says of a tool whether a person is asked, as far as that can be known without arguments.
    pub(crate) fn of_tool(
        &self,
        at: &ToolRef,
        annotations: ToolAnnotations,
        fallback: Approval,
    ) -> Approval {
        let (mut looking, mut asks) = (Vec::new(), false);
        let mut last = fallback;
        for (number, rule, _) in self.about(at, annotations) {
            let rule_asks = rule.ask == Ask::Always;
            if rule.when.is_empty() {
                last = Approval {
                    asks: rule_asks,
                    because: ApprovalReason::Rule { number, when: None },
                };
                break;
            }
            looking.push(number);
            asks |= rule_asks;
        }
        if looking.is_empty() {
            return last;
        }
        Approval {
            asks: asks || last.asks,
            because: ApprovalReason::Arguments { rules: looking },
        }
    }

    /// Decides about one call.
    pub(crate) fn of_call(
        &self,
        subject: Subject<'_>,
        arguments: &Map<String, Value>,
    ) -> (Approval, Asking) {
        let Subject {
            at,
            annotations,
            fallback,
            expires,
        } = subject;
        let mut rules = self.about(at, annotations);
        let found = rules.find(|(_, _, when)| when.iter().all(|it| it.holds(arguments)));
        let Some((number, rule, _)) = found else {
            let asking = Asking {
                channels: self.by.clone(),
                remember: most(None, annotations),
                expires,
            };
            return (fallback.clone(), asking);
        };
        let when: Vec<String> = rule.when.iter().map(ToString::to_string).collect();
        let approval = Approval {
            asks: rule.ask == Ask::Always,
            because: ApprovalReason::Rule {
                number,
                when: (!when.is_empty()).then(|| when.join(" and ")),
            },
        };
        let asking = Asking {
            channels: rule.by.as_ref().unwrap_or(&self.by).clone(),
            remember: most(rule.remember, annotations),
            expires: rule.expires.unwrap_or(expires),
        };
        (approval, asking)
    }

    /// Returns the rules for a tool, in order.
    fn about(
        &self,
        at: &ToolRef,
        annotations: ToolAnnotations,
    ) -> impl Iterator<Item = (usize, &ApproveRule, &[Compiled])> {
        let fits = move |rule: &ApproveRule| {
            rule.server.as_ref().is_none_or(|it| *it == at.server)
                && rule.tool.as_ref().is_none_or(|it| glob(it, &at.tool))
                && rule.annotation.is_none_or(|it| it.fits(annotations))
        };
        let rules = self.rules.iter().enumerate();
        rules
            .filter(move |(_, (rule, _))| fits(rule))
            .map(|(at, (rule, when))| (at + 1, rule, when.as_slice()))
    }
}

/// Says for what a yes may count at the most.
const fn most(configured: Option<bool>, annotations: ToolAnnotations) -> Remember {
    match configured {
        Some(false) => Remember::No,
        Some(true) => Remember::Tool,
        None if is_destructive(annotations) => Remember::Arguments,
        None => Remember::Tool,
    }
}

const fn is_destructive(annotations: ToolAnnotations) -> bool {
    !matches!(annotations.read_only, Some(true)) && !matches!(annotations.destructive, Some(false))
}

/// Tells whether a pattern with `*` and `?` fits a whole name; in a time that grows with their
/// product at the most.
pub(super) fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to go on when it doesn't fit: after the last star, with one more character in it.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match &mut star {
                Some((after, taken)) => {
                    *taken += 1;
                    (p, n) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}
