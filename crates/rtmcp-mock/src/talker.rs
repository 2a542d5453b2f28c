//! A server that speaks of its own accord: its tools change, it asks, logs, and has things to read.
//!
//! | tool | what it does |
//! |---|---|
//! | `learn {name}`, `forget {name}` | adds a tool of that name, or takes it away, and tells all clients |
//! | `ask {what}` | asks the person for a name and a number (a form), and says what came back |
//! | `visit {url}` | asks the person to open a page, and says what they did |
//! | `wait_and_ask {ms}` | takes that long, then asks as `ask` does |
//! | `log {text, times}` | sends log messages of level `error` |
//! | `roots`, `borrow_model` | asks the client for its roots, or for an answer of its model |
//!
//! A learned tool answers with its own name. There are two resources and a prompt to read. All
//! clients share the tools: over revisions with sessions each session is told of a change, and over
//! 2026-07-28 whoever listens.

#![expect(
    deprecated,
    reason = "log messages, roots and sampling are on their way out, and clients must know them until then"
)]

mod ask;
mod read;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::RoleServer;
use rmcp::handler::server::common::schema_for_empty_input;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    LoggingLevel, LoggingMessageNotificationParam, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;

use crate::answer::{Answer, introduction, reads, said, tool};
use crate::sample::{Reading, Sample};
use crate::stats::Stats;

/// The server that speaks up. Clones share what they learned, and their counters.
#[derive(Debug, Clone)]
pub struct Talker {
    tools: Arc<ToolRouter<Self>>,
    learned: Arc<Learned>,
    stats: Stats,
}

#[derive(Debug)]
struct Learned {
    names: Mutex<BTreeSet<String>>,
    changes: watch::Sender<u64>,
}

impl Learned {
    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }
}

impl Talker {
    /// A server that has learned nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tools: Arc::new(routes()),
            learned: Arc::new(Learned {
                names: Mutex::default(),
                changes: watch::Sender::new(0),
            }),
            stats: Stats::default(),
        }
    }

    /// Adds a tool, and tells all clients.
    pub fn learn(&self, name: impl Into<String>) {
        self.learned.names().insert(name.into());
        self.learned.changed();
    }

    /// Takes a tool away, and tells all clients.
    pub fn forget(&self, name: &str) {
        self.learned.names().remove(name);
        self.learned.changed();
    }

    /// Tells all clients that the tools have changed, though they have not.
    pub fn cry_wolf(&self) {
        self.learned.changed();
    }
}

impl Default for Talker {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for Talker {
    fn info(&self) -> ServerConfig {
        introduction(
            ServerCapabilities::builder()
                .enable_logging()
                .enable_prompts()
                .enable_resources()
                .enable_tools()
                .enable_tool_list_changed()
                .build(),
            "rtmcp-mock-talker",
            "Talker",
            "A server for tests that asks, logs, and changes its tools.",
        )
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn more_tools(&self) -> Vec<Tool> {
        let names = self.learned.names();
        let tools = names.iter().map(|name| {
            let tool = Tool::new(name.clone(), "Say its own name.", schema_for_empty_input());
            tool.with_annotations(reads())
        });
        tools.collect()
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.learned.changes.subscribe())
    }

    fn reading(&self) -> Option<&dyn Reading> {
        Some(&read::Library)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Name {
    /// The tool's name.
    name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Log {
    /// What to log.
    text: String,
    /// How often.
    times: u32,
}

fn routes() -> ToolRouter<Talker> {
    let plain = |name, description| Tool::new(name, description, schema_for_empty_input());
    ToolRouter::new()
        .with_route((tool::<Name>("learn", "Learn", "Learn a new tool."), learn))
        .with_route((
            tool::<Name>("forget", "Forget", "Forget a tool that was learned."),
            forget,
        ))
        .with_route((tool::<ask::What>("ask", "Ask", "Ask the person."), ask::ask))
        .with_route((
            tool::<ask::Where>("visit", "Visit", "Ask the person to open a page."),
            ask::visit,
        ))
        .with_route((
            tool::<ask::Late>("wait_and_ask", "Wait and ask", "Ask after a while."),
            ask::wait_and_ask,
        ))
        .with_route((tool::<Log>("log", "Log", "Send log messages."), log))
        .with_route((plain("roots", "Ask for the roots."), ask::roots))
        .with_route((
            plain("borrow_model", "Ask the client's model."),
            ask::borrow_model,
        ))
}

fn learn(talker: &Talker, Parameters(Name { name }): Parameters<Name>) -> Answer {
    talker.learn(&name);
    said(format!("Learned {name}."))
}

fn forget(talker: &Talker, Parameters(Name { name }): Parameters<Name>) -> Answer {
    talker.forget(&name);
    said(format!("Forgot {name}."))
}

async fn log(
    Parameters(Log { text, times }): Parameters<Log>,
    context: RequestContext<RoleServer>,
) -> Answer {
    for _ in 0..times {
        let message =
            LoggingMessageNotificationParam::new(LoggingLevel::Error, text.clone().into());
        // A client that has gone needs no messages.
        let _ = context.peer.notify_logging_message(message).await;
    }
    said(format!("Logged {times} times."))
}
