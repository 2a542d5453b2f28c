//! A Realtime server for laptops and CI: hears, thinks and speaks with pluggable engines.
//!
//! Existing Realtime clients connect to it as they do to the real one and can't tell the
//! difference, but for the price: no key, no network, the same answer each time where a test
//! wants that. It shares no code with the client side of rtmcp, so that it can't share its
//! mistakes.
//!
//! - [`Sim`] serves sessions; [`SimConfig`] says to whom, for how long and how fast.
//! - [`Engines`] are the three senses: an ear, a brain and a voice (see [`engine`]).
//!
//! ```text
//!  client ──WebSocket──▶ socket ──text──▶ driver ──Input──▶ session   (no IO, no clock)
//!         ◀── events ──  outlet ◀──────── driver ◀─Output──
//!                                          ▲ │ ▲
//!  caller ══WebRTC══▶ call ──text, sound───┘ │ │ answers
//!         ◀══ events, speech ══ player ◀─────┤ │
//!                                  questions ▼ │
//!                                      ear, brain, voice
//! ```
//!
//! # What is simulated
//!
//! All 11 events of a client, with the published checks, answers and error codes; turns found by
//! voice activity or ended by hand; transcripts; responses in and beside the conversation, with
//! interruption, truncation, usage and limits that move; pacing ([`Pacing`]); expiry.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /v1/realtime?model=` | a WebSocket with a session of its own |
//! | `POST /v1/realtime/calls` | answers a WebRTC offer, as a form with the session or as `application/sdp` |
//! | `GET /v1/realtime?call_id=` | a WebSocket beside a call: a *sideband* |
//! | `POST /v1/realtime/calls/{id}/hangup` | ends a call |
//! | `POST /v1/realtime/client_secrets` | makes a key for a browser (`ek_…`), with a session bound to it |
//!
//! On a call the server plays: the person's sound comes on the track and the model's leaves on it,
//! at the pace of speech and not as events; the data channel `oai-events` and any number of
//! sidebands carry the rest. `output_audio_buffer.started`, `.stopped` and `.cleared` are said when
//! it is so. Speech that interrupts clears what is being played, and the item is cut to what had
//! left by then. Telephone keys on the track are told of. Calls are served over UDP at the server's own address, each at a port of its own.
//!
//! What isn't is refused by name rather than ignored: MCP tools run by the endpoint, G.711,
//! transcription sessions, and SIP. A few settings are taken and have no effect: noise reduction,
//! stored prompts, reasoning effort, truncation of the context, and log probabilities.
//!
//! # What goes wrong on request
//!
//! [`SimConfig::faults`] is a plan of [`faults`]: slow and stalled deltas, calls that come twice or
//! late, responses that are cancelled or fail, races, frames that can't be, refusals, closes,
//! half-open connections, lossy networks. Each says in which session and when it strikes, and the
//! same seed brings the same again.
//!
//! # Example
//!
//! ```
//! use rtmcp_sim::{Engines, Sim, SimConfig};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let engines = Engines::found(None).engines;
//! let sim = Sim::bind(([127, 0, 0, 1], 0).into(), SimConfig::new(engines)).await?;
//! assert!(sim.url().starts_with("ws://127.0.0.1:"));
//! // … any Realtime client, at `sim.url()` with `?model=` …
//! sim.shutdown().await;
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod driver;
pub mod engine;
pub mod faults;
mod outlet;
mod session;
mod sim;

pub use config::{Pacing, Rates, SimConfig};
pub use engine::Engines;
pub use sim::{Running, Sim};
