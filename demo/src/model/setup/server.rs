//! [`Choice`]: a server that may be given to the model, and which of its tools.

use std::collections::BTreeSet;

use rtmcp_api::{ConfiguredServer, Server, Tool, Tools};

use crate::model::trouble::{Failure, Trouble};

/// A server that may be given to the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// Where it is, where that may be shown.
    pub url: Option<String>,
    /// How to reach it, where it is the person's own.
    pub own: Option<Server>,
    /// Whether the next call has it.
    pub used: bool,
    /// What it offers.
    pub listing: Listing,
}

/// What a server offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Listing {
    /// Nobody has asked.
    #[default]
    Unknown,
    /// The backend is asking; what was chosen before is kept.
    Loading {
        /// The tools that the model was denied.
        denied: BTreeSet<String>,
    },
    /// This.
    Known {
        /// The tools.
        tools: Vec<Tool>,
        /// The tools that the model is denied.
        denied: BTreeSet<String>,
        /// Which tools are shown: those that hold this text.
        filter: String,
        /// How long connecting and listing took, in milliseconds.
        took_ms: u64,
        /// What all functions of a session may cost, in tokens.
        budget: usize,
    },
    /// It can't be asked.
    Failed {
        /// Why.
        trouble: Trouble,
        /// The tools that the model was denied.
        denied: BTreeSet<String>,
    },
}

/// A change of what the model may call.
#[derive(Clone, Debug)]
pub enum ToolAct {
    /// Allow a tool, or deny it.
    Allow(String, bool),
    /// Allow all that are shown, or deny them.
    AllowShown(bool),
    /// Show only the tools that hold this text.
    Filter(String),
}

impl Choice {
    pub(super) fn configured(server: &ConfiguredServer) -> Self {
        Self {
            name: server.name.clone(),
            url: server.url.clone(),
            own: None,
            used: true,
            listing: Listing::Unknown,
        }
    }

    pub(super) fn own(server: Server) -> Self {
        Self {
            name: server.name.clone(),
            url: server.url.clone(),
            own: Some(server),
            used: true,
            listing: Listing::Unknown,
        }
    }

    /// Tells whether it is known what the server adds to a call: nothing, where it isn't used.
    pub const fn is_settled(&self) -> bool {
        !self.used || !matches!(self.listing, Listing::Unknown | Listing::Loading { .. })
    }

    /// Returns the server as the backend knows it, whatever is allowed.
    pub(super) fn server(&self) -> Server {
        self.own.clone().unwrap_or_else(|| Server {
            name: self.name.clone(),
            ..Server::default()
        })
    }

    /// Returns the server as a call is given it. All tools are allowed by saying nothing, so that
    /// one that the server gains later is allowed as well.
    pub(super) fn request(&self) -> Server {
        Server {
            allow: self.listing.allow(),
            ..self.server()
        }
    }
}

impl Listing {
    /// Returns how many tools the model may call, of those that are known.
    pub fn allowed(&self) -> usize {
        match self {
            Self::Known { tools, denied, .. } => {
                let offered = tools.iter().filter(|tool| tool.function.is_some());
                offered.filter(|tool| !denied.contains(&tool.name)).count()
            }
            Self::Unknown | Self::Loading { .. } | Self::Failed { .. } => 0,
        }
    }

    /// Returns what the functions of the tools that the model may call cost in a session's list, in
    /// tokens.
    pub fn tokens(&self) -> usize {
        match self {
            Self::Known { tools, denied, .. } => {
                let offered = tools.iter().filter(|tool| tool.function.is_some());
                let allowed = offered.filter(|tool| !denied.contains(&tool.name));
                allowed.map(|tool| tool.tokens).sum()
            }
            Self::Unknown | Self::Loading { .. } | Self::Failed { .. } => 0,
        }
    }

    /// Returns what all functions of a session may cost, in tokens, where that is known.
    pub const fn budget(&self) -> Option<usize> {
        match self {
            Self::Known { budget, .. } => Some(*budget),
            Self::Unknown | Self::Loading { .. } | Self::Failed { .. } => None,
        }
    }

    /// Returns how many tools are known.
    pub const fn len(&self) -> usize {
        match self {
            Self::Known { tools, .. } => tools.len(),
            Self::Unknown | Self::Loading { .. } | Self::Failed { .. } => 0,
        }
    }

    /// Tells whether no tool is known.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the tools that the filter shows.
    pub fn shown(&self) -> Vec<&Tool> {
        match self {
            Self::Known { tools, filter, .. } => {
                tools.iter().filter(|tool| matches(tool, filter)).collect()
            }
            Self::Unknown | Self::Loading { .. } | Self::Failed { .. } => Vec::new(),
        }
    }

    /// Tells whether the model may call a tool.
    pub fn allows(&self, tool: &str) -> bool {
        !self.denied().is_some_and(|denied| denied.contains(tool))
    }

    const fn denied(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Unknown => None,
            Self::Loading { denied } | Self::Known { denied, .. } | Self::Failed { denied, .. } => {
                Some(denied)
            }
        }
    }

    fn allow(&self) -> Option<Vec<String>> {
        let Self::Known { tools, denied, .. } = self else {
            return None;
        };
        if denied.is_empty() {
            return None;
        }
        let allowed = tools.iter().filter(|tool| !denied.contains(&tool.name));
        Some(allowed.map(|tool| tool.name.clone()).collect())
    }

    pub(super) fn begin(&mut self) {
        let denied = self.denied().cloned().unwrap_or_default();
        *self = Self::Loading { denied };
    }

    pub(super) fn end(&mut self, answer: Result<Tools, Failure>) {
        let mut denied = self.denied().cloned().unwrap_or_default();
        *self = match answer {
            Ok(Tools {
                tools,
                took_ms,
                budget,
                ..
            }) => {
                denied.retain(|name| tools.iter().any(|tool| tool.name == *name));
                Self::Known {
                    tools,
                    denied,
                    filter: String::new(),
                    took_ms,
                    budget,
                }
            }
            Err(failure) => Self::Failed {
                trouble: failure.into(),
                denied,
            },
        };
    }

    pub(super) fn change(&mut self, act: ToolAct) {
        let Self::Known {
            tools,
            denied,
            filter,
            ..
        } = self
        else {
            return;
        };
        match act {
            ToolAct::Filter(text) => *filter = text,
            ToolAct::Allow(name, true) => {
                denied.remove(&name);
            }
            ToolAct::Allow(name, false) => {
                denied.insert(name);
            }
            ToolAct::AllowShown(on) => {
                let shown = tools.iter().filter(|tool| matches(tool, filter));
                for tool in shown {
                    if on {
                        denied.remove(&tool.name);
                    } else {
                        denied.insert(tool.name.clone());
                    }
                }
            }
        }
    }
}

fn matches(tool: &Tool, filter: &str) -> bool {
    let filter = filter.trim().to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&filter);
    filter.is_empty() || holds(&tool.name) || tool.description.as_deref().is_some_and(holds)
}
