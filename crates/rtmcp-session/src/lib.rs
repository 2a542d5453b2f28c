//! One Realtime conversation as a state machine: events in, effects out, no IO and no clock.
//!
//! The primary type is [`Session`]. Whoever drives it owns the socket, the clock, the tools and
//! the loudspeaker:
//!
//! ```text
//!  endpoint ──ServerEvent──▶ ┌─────────┐ ──Send──────────▶ endpoint
//!  application ──Command───▶ │         │ ──CallTool──────▶ tools
//!  tools ──ToolNews────────▶ │ Session │ ──Play, Stop────▶ loudspeaker
//!  loudspeaker ──Playback──▶ │         │ ──Notify────────▶ application
//!  clock ──Tick────────────▶ └─────────┘ ◀─ deadline()
//! ```
//!
//! The loop has three steps: wait for one thing; give it to [`Session::handle`] with the time;
//! perform every [`Output`] that comes back, in order. The outputs borrow the session, so that
//! the second step can't be repeated before the third is done.
//!
//! What it guarantees, whatever the endpoint, the tools and the person do, in whatever order:
//!
//! - every call that was dispatched ([`Output::CallTool`]) gets exactly one
//!   `function_call_output`, or ends as [`CallState::Orphaned`] when nobody can be told any more;
//! - at most one `response.create` is in flight, a wanted reply is neither lost nor doubled, and
//!   the parallel calls of one response get one reply together;
//! - the model's speech is cut back to what was really heard;
//! - the same inputs give the same outputs.
//!
//! A conversation may have several connections, such as the data channel of a page and the sideband
//! of a server. Each runs a session of its own; [`Options::part`] says which one [leads](Part::Lead)
//! and which only [accompanies](Part::Companion). What is guaranteed above holds for both together.
//! Where the endpoint plays the model's speech itself, as over WebRTC, [`Options::player`] says so:
//! then nothing is to be played here, and the session follows what the endpoint says of it.
//!
//! A session may outlive its connections: [`Options::handover`] says how. It asks for the next one by
//! [`Output::Connect`], in good time before the endpoint ends the session or when the connection is
//! lost, and is told of it by [`Input::Connected`]. A new connection is a new, empty conversation: it
//! is set up as the old one was, and given what was said and done, with the same ids. Calls that run
//! go on, a reply that was cut short is asked for again, speech that nobody has written down is heard
//! again; and [`Event::HandedOver`] says what is [lost](Loss) all the same. Nothing is claimed that
//! the new endpoint didn't acknowledge. The driver's part is to open connections: how often, how long
//! and after which ends.
//!
//! Between a client that knows nothing of rtmcp and an endpoint, [`proxy::Proxy`] is a second machine
//! of the same kind, under the same rules.
//!
//! It knows no MCP, no WebSocket and no microphone, and has no locks, channels or futures.
//!
//! # Example: a tool turn by hand
//!
//! ```
//! use std::time::Duration;
//!
//! use rtmcp_core::{ClientEvent, Item, Private, ServerEvent, Timestamp};
//! use rtmcp_session::{Command, Input, Options, Output, Session, ToolEnd, ToolNews};
//!
//! let mut session = Session::new(Options::default());
//! let mut now = Timestamp::ZERO;
//! let mut step = |session: &mut Session, input: Input| -> Vec<Output> {
//!     now += Duration::from_millis(10);
//!     session.handle(now, input).collect()
//! };
//! let event = |text: &str| Input::from(ServerEvent::decode(text));
//!
//! // The endpoint greets, takes the configuration, and the person types.
//! step(&mut session, event(r#"{"type":"session.created","session":{"type":"realtime"}}"#));
//! step(&mut session, event(r#"{"type":"session.updated","session":{"type":"realtime"}}"#));
//! let question = Private::from("What is the weather in Paris?");
//! let out = step(&mut session, Command::SendText(question).into());
//! let [Output::Send(item), Output::Send(create)] = &out[..] else { panic!("{out:?}") };
//! assert_eq!((item.kind(), create.kind()), ("conversation.item.create", "response.create"));
//!
//! // The model calls a function.
//! step(&mut session, event(r#"{"type":"response.created","response":{"id":"r1"}}"#));
//! let out = step(&mut session, event(r#"{"type":"response.output_item.done","response_id":"r1",
//!     "item":{"type":"function_call","status":"completed","call_id":"c1","name":"get_weather",
//!     "arguments":"{\"city\":\"Paris\"}"}}"#));
//! let Some(Output::CallTool(call)) = out.last() else { panic!("{out:?}") };
//! assert_eq!(call.name, "get_weather");
//! step(&mut session, event(r#"{"type":"response.done","response":{"id":"r1","status":"completed"}}"#));
//!
//! // The tool answers: the model is given the output, and asked for one reply.
//! let news = ToolNews::finished(ToolEnd::Answered, "18 degrees".into());
//! let out = step(&mut session, Input::Tool(call.call_id.clone(), news));
//! let sent = out.iter().filter_map(|out| match out {
//!     Output::Send(event) => Some(&**event),
//!     _ => None,
//! });
//! let sent: Vec<&ClientEvent> = sent.collect();
//! let [ClientEvent::ConversationItemCreate(answer), ClientEvent::ResponseCreate(_)] = &sent[..]
//! else {
//!     panic!("{sent:?}")
//! };
//! let Item::FunctionCallOutput(answer) = &*answer.item else { panic!("an output") };
//! assert_eq!((answer.call_id.as_str(), answer.output.expose().as_str()), ("c1", "18 degrees"));
//! ```

mod arbiter;
mod barge_in;
mod calls;
mod command;
mod error;
mod event;
mod handover;
mod history;
mod input;
mod ledger;
mod options;
mod order;
mod output;
mod patience;
mod playback;
pub mod proxy;
mod receive;
pub mod record;
mod recorded;
mod reply;
mod responses;
mod scope;
mod session;
mod settle;
mod speech;
mod texts;
mod timer;
mod transcript;

pub use event::{Event, Trouble};
pub use handover::{HandOver, HandOverReason, Handover, Loss};
pub use input::{Command, Input, Playback, ToolEnd, ToolImage, ToolNews};
pub use ledger::CallState;
pub use options::{Options, Part, Player};
pub use output::{CloseReason, Drain, Output};
pub use session::{Phase, Session, Turn};
pub use timer::Timer;
pub use transcript::{Line, Transcript};
