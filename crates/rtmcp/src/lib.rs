//! Give any Realtime voice model any MCP tools.
//!
//! A person speaks; a Realtime model decides to call a function; rtmcp runs it as a tool call on
//! an MCP server, under the owner's rules, and gives the result back into the conversation; the
//! model answers aloud.
//!
//! [`Agent`] holds the configuration and the connected MCP servers. [`Agent::connect`] opens a
//! session: a [`Bridge`], which tells what happens ([`Event`]) and takes what the person says
//! ([`Handle`]). A call that a browser or a phone speaks in is led the same way.
//!
//! # Example: a working agent
//!
//! ```
//! use rtmcp::{Agent, Config, Event, mcp::ServerConfig, session};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let place = "127.0.0.1:0".parse()?;
//! # let engines = rtmcp_sim::engine::Engines::found(None).engines;
//! # let sim = rtmcp_sim::Sim::bind(place, rtmcp_sim::SimConfig::new(engines)).await?;
//! # let shop = rtmcp_mock::serve::Server::new(rtmcp_mock::shop::Shop::new()).bind(place).await?;
//! # let (endpoint, shop_url) = (sim.url().parse()?, shop.url_mcp().parse()?);
//! // OpenAI's address is https://api.openai.com/v1, and it wants `.api_key(…)`.
//! let config = Config::new(endpoint)
//!     .instructions("You help the customers of a small shop.")
//!     .server(ServerConfig::http("shop", shop_url)); // "http://127.0.0.1:8091/mcp"
//! # let mut heard = String::new();
//! let agent = Agent::new(config)?;
//! let mut call = agent.connect().await?;
//! call.send_text("What is the weather in Paris?"); // or send_audio(…) from a microphone
//! while let Some(event) = call.next().await {
//!     match event {
//!         Event::ToolStarted(tool) => println!("calls {}", tool.tool),
//!         Event::ToolFinished(tool) => println!("got {}", tool.output.expose()),
//!         Event::Approval { call: tool, .. } => call.deny(&tool.call_id, None),
//!         Event::Audio { .. } => { /* to a loudspeaker */ }
//!         Event::Session(session::Event::Transcript { text, done: true, .. }) => {
//!             println!("said: {}", text.expose());
//! #           heard.push_str(text.expose());
//!         }
//!         Event::Session(session::Event::Idle) => call.close(),
//!         Event::Closed(why) => println!("{why}"),
//!         _ => {}
//!     }
//! }
//! # assert!(heard.contains("degrees"), "{heard}");
//! # sim.shutdown().await; shop.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Who connects, and over what
//!
//! | who speaks | how | what it gives |
//! |---|---|---|
//! | this program | [`Agent::connect`], over a WebSocket or over WebRTC ([`Transport`]) | a [`Bridge`] with speech both ways |
//! | a browser without a key | [`Agent::relay`] its offer | the answer for it, and a [`Bridge`] that leads the call |
//! | a browser without a key, where the endpoint has only WebSockets | [`Agent::answer`] its offer ([`Gateway`]) | the answer for it, and a [`Bridge`] that leads the call and carries it across |
//! | a browser with a key for a while | [`Agent::mint`] it, then [`Agent::attach`] to the call that it makes | a [`Bridge`] that leads the call |
//! | somebody on the phone | [`Agent::attach`] to the call | a [`Bridge`] that leads the call |
//!
//! A call has a name ([`core::RealtimeCallId`]) and can be ended by it ([`Agent::hang_up`],
//! [`Handle::hang_up`]). Exactly one party *leads* it: sets it up and answers its tools.
//!
//! # When a connection ends
//!
//! The session goes on over another one ([`Realtime::reconnect`]): before the endpoint ends it, at an
//! idle moment, and when it breaks. What was said, the tools and the calls in flight are given to the
//! new conversation, and [`session::Event::HandedOver`] says exactly what it lacks. An endpoint that
//! doesn't want another connection gets none, and the session is [`Closed`].
//!
//! # What it doesn't do
//!
//! It serves no HTTP (that is `rtmcp-server`), opens no microphone, and makes no decision that is
//! not in [`session`] or [`router`]: those are pure, and tested as such.

mod agent;
mod alarm;
pub mod approval;
mod attachment;
mod bridge;
mod call;
mod config;
mod connect;
mod event;
mod handle;
mod line;
mod logs;
mod loudspeaker;
mod microphone;
mod observer;
pub mod pins;
mod player;
mod proxy;
pub mod record;
pub mod tools;
mod track;

pub use agent::{Agent, CallSetup};
pub use bridge::Bridge;
pub use call::{ClientSecret, Relayed};
pub use config::{
    ApprovalSettings, Audit, AuditArguments, Auth, Config, ConfigError, DEFAULT_MODEL,
    DEFAULT_TRANSCRIPTION, DecisionKeys, Gateway, NativeTools, OPENAI_URL, ProxyConfig, ProxyKeys,
    ProxyOrigins, Realtime, Safety, SpokenWords, Transport, Webhook,
};
pub use connect::ConnectError;
pub use event::{Closed, Event, Question, ToolFinish, ToolStart};
pub use handle::Handle;
pub use observer::Observer;
pub use player::Playback;
pub use proxy::{
    ClientLine, Proxied, ProxiedCall, ProxyAnswer, ProxyBody, ProxyEnd, ProxyPart, ProxyPost,
    ProxyRefusal, ProxyRequest, ProxySide, ProxyTarget,
};
pub use rtmcp_media::webrtc::{KeyError, PeerStats, ReceivedStats, SentStats};
pub use {rtmcp_core as core, rtmcp_mcp as mcp, rtmcp_router as router, rtmcp_session as session};

/// A `tracing` filter directive that keeps speech, arguments, results and keys out of a program's
/// logs: the libraries that carry them log whole messages, and the key with the first.
pub const QUIET_LOGS: &str = "rmcp=off,tungstenite=off,tokio_tungstenite=off";

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
