//! Sessions written down and run again: the format of recordings, how they are kept private, and
//! how the session of today is compared with that of the day.
//!
//! A recording is a text of JSON Lines. First a header, then what the session was told and what it
//! did, in order:
//!
//! ```json
//! {"rtmcp":"recording","format":1,"kind":"session","version":"0.1.0","began":"2026-03-01T12:00:00Z","words":false,"sound":false,"options":{}}
//! {"at":0,"in":"tick"}
//! {"at":41337,"in":{"event":{"type":"session.created","event_id":"event_1","session":{}}}}
//! {"out":[{"send":{"type":"session.update","event_id":"rtmcp_ev_1","session":{}}}]}
//! {"end":{"inputs":2}}
//! ```
//!
//! Times are microseconds since the session's start. A line `out` belongs to the line `in` before
//! it; without one, nothing came out. A line `note` is for people, and a line `lost` says that so
//! many lines before it are missing.
//!
//! Whoever drives a session gives a [`Scribe`] what it gives the session, and what comes back, and
//! keeps the lines. [`Recording::read`] reads them, and [`Replay`] runs a fresh session over the
//! inputs at their times: as the same inputs give the same outputs, a difference is a change of the
//! session.
//!
//! # What is hidden
//!
//! Unless [`Keep`] says otherwise, everything is hidden that isn't known to be harmless: not what
//! is known to be private. Each character of a text becomes one `x` (or a sign of as many bytes), so
//! that pieces and wholes still agree; white space stays, as speech is cut between words. Sound is
//! kept as its length. Keys and addresses are hidden in any case. What stays: ids, kinds, states,
//! codes, names of functions and their descriptions, and numbers that the protocol defines. So a
//! recording still tells how long each word was and when it came: it is discreet, not anonymous.
//!
//! # Example
//!
//! ```
//! use rtmcp_core::Timestamp;
//! use rtmcp_session::{
//!     Command, Input, Options, Output, Session,
//!     record::{Keep, Recording, Scribe},
//! };
//!
//! let options = Options::default();
//! let mut scribe = Scribe::new(Keep::default());
//! let mut recording = scribe.header("2026-03-01T12:00:00Z", &options);
//! let mut session = Session::new(options);
//! for input in [Input::Tick, Command::SendText("my card is 4242".into()).into(), Input::Disconnected] {
//!     recording += &scribe.input(Timestamp::ZERO, &input);
//!     let outputs: Vec<Output> = session.handle(Timestamp::ZERO, input).collect();
//!     recording += &scribe.outputs(&outputs);
//! }
//! recording += &scribe.end();
//! assert!(recording.contains(r#"{"command":{"send_text":"xx xxxx xx xxxx"}}"#));
//!
//! for step in Recording::read(&recording)?.replay() {
//!     assert_eq!(step?.difference, None);
//! }
//! # Ok::<(), rtmcp_session::record::Unreadable>(())
//! ```

mod hide;
mod read;
mod replay;
mod scribe;
mod told;

pub use read::{Recording, Unreadable};
pub use replay::{Difference, End, Replay, Replayed};
pub use scribe::{Header, Keep, Scribe};

/// The version of the format that is written, and the newest one that is read.
pub const FORMAT: u32 = 1;
