//! A server that does on request what servers do wrong.
//!
//! | tool | what it does |
//! |---|---|
//! | `echo {text}` | says it back: the one that behaves |
//! | `slow {ms}` | answers after that long, with ten progress notifications if a token is given |
//! | `hang` | never answers |
//! | `huge {bytes}` | answers with a text of that length |
//! | `fail` | answers with an `isError` result |
//! | `protocol_error` | answers with a JSON-RPC error, -32603 |
//! | `wrong_type` | answers with `structuredContent` that its `outputSchema` forbids |
//! | `image`, `audio`, `resource` | answer with something that isn't text |
//! | `bad_schema` | has `{}` as its `inputSchema` |
//! | `odd_schema` | has an `inputSchema` without a type, with boolean and recursive parts |
//! | `announce {times}` | sends `notifications/tools/list_changed` that often |
//! | `drop_session` | answers, and the session's next request is answered with 404 |
//! | `close` | forgets the session, breaks the connection and never answers: a restart |
//!
//! Every tool ends at once when its call is cancelled, and is counted as cancelled.
//!
//! The last two act on what their call came over: over Streamable HTTP the connection of the POST,
//! over HTTP+SSE the event stream, over a pipe the pipe. Only sessions can be forgotten, so
//! `drop_session` refuses over a pipe and in revision 2026-07-28. `announce` reaches clients of
//! 2025-11-25 and before.

mod content;
mod faults;
mod timing;

use std::sync::Arc;

use rmcp::handler::server::common::schema_for_empty_input;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::model::{JsonObject, ServerCapabilities, ServerConfig, Tool};

pub use faults::{Faults, Pace};

use crate::answer::{introduction, reads, tool};
use crate::sample::Sample;
use crate::stats::Stats;

/// The misbehaving server. Clones share their counters.
#[derive(Debug, Clone)]
pub struct Trouble {
    tools: Arc<ToolRouter<Self>>,
    faults: Faults,
    stats: Stats,
}

impl Trouble {
    /// A server that misbehaves only in its tools.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Faults::default())
    }

    /// A server that also has `faults`.
    #[must_use]
    pub fn with(faults: Faults) -> Self {
        Self {
            tools: Arc::new(timing_routes() + content_routes()),
            faults,
            stats: Stats::default(),
        }
    }
}

impl Default for Trouble {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for Trouble {
    fn info(&self) -> ServerConfig {
        introduction(
            ServerCapabilities::builder()
                .enable_tools()
                .enable_tool_list_changed()
                .build(),
            "rtmcp-mock-trouble",
            "Trouble",
            "A server for tests, whose tools go wrong in the way that their names say.",
        )
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

fn timing_routes() -> ToolRouter<Trouble> {
    let slow = tool::<timing::Slow>("slow", "Slow", "Answer after a number of milliseconds.");
    let announce = tool::<timing::Announce>(
        "announce",
        "Announce",
        "Say a number of times that the tools have changed, though they have not.",
    );
    ToolRouter::new()
        .with_route((slow.with_annotations(reads()), timing::slow))
        .with_route((plain("hang", "Never answer."), timing::hang))
        .with_route((announce, timing::announce))
        .with_route((
            plain("drop_session", "Forget this session."),
            timing::drop_session,
        ))
        .with_route((
            plain("close", "Break the connection and forget the session."),
            timing::close,
        ))
}

fn content_routes() -> ToolRouter<Trouble> {
    let echo = tool::<content::Echo>("echo", "Echo", "Say a text back.");
    let huge = tool::<content::Huge>("huge", "Huge", "Answer with a very long text.");
    let wrong_type = plain("wrong_type", "Answer with data of the wrong type.")
        .with_raw_output_schema(Arc::new(content::promised()));
    let bad_schema = Tool::new("bad_schema", "Take anything.", JsonObject::new());
    let odd_schema = Tool::new("odd_schema", "Take odd things.", content::odd_schema());
    ToolRouter::new()
        .with_route((echo.with_annotations(reads()), content::echo))
        .with_route((huge.with_annotations(reads()), content::huge))
        .with_route((plain("fail", "Fail."), content::fail))
        .with_route((
            plain("protocol_error", "Fail with a JSON-RPC error."),
            content::protocol_error,
        ))
        .with_route((wrong_type, content::wrong_type))
        .with_route((bad_schema, content::arguments))
        .with_route((odd_schema, content::arguments))
        .with_route((plain("image", "Show a red pixel."), content::image))
        .with_route((plain("audio", "Play a click."), content::audio))
        .with_route((plain("resource", "Hand over a manual."), content::resource))
}

/// A tool without arguments and without hints, so that clients must assume the worst of it.
fn plain(name: &'static str, description: &'static str) -> Tool {
    Tool::new(name, description, schema_for_empty_input())
}
