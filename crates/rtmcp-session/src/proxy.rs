//! [`Proxy`]: between a client that knows nothing of rtmcp, and an endpoint.
//!
//! ```text
//!  client ──text──▶ ┌───────┐ ──Forward, ToEndpoint──▶ endpoint
//!                   │ Proxy │
//!  client ◀──────── └───────┘ ◀──text──────────────── endpoint
//!       Forward, ToClient │ ▲
//!                CallTool ▼ │ ToolNews
//!                     our tools
//! ```
//!
//! Any Realtime client that is pointed at it gains our tools: they are merged into what the client
//! offers the model, their calls are run here, and the client sees nothing of them. All else goes
//! on byte for byte, and what is nobody's business isn't even decoded.

mod input;
mod options;
mod output;
mod timer;

use std::collections::VecDeque;

use rtmcp_core::Timestamp;

use crate::timer::Timers;

pub use input::{NativeNews, ProxyInput};
pub use options::{Native, ProxyOptions};
pub use output::{Import, NativeCall, ProxyClose, ProxyDrain, ProxyEvent, ProxyOutput};
pub use timer::ProxyTimer;

/// The conversation of one client, seen from the middle.
///
/// It changes only through [`handle`](Self::handle), which takes the time and one [`ProxyInput`],
/// and gives the [`ProxyOutput`]s to perform. It reads no clock: call `handle` with
/// [`ProxyInput::Tick`] when [`deadline`](Self::deadline) is reached.
#[derive(Debug)]
pub struct Proxy {
    options: ProxyOptions,
    now: Timestamp,
    timers: Timers<ProxyTimer>,
    outbox: VecDeque<ProxyOutput>,
    closed: bool,
}

impl Proxy {
    /// A proxy that waits for the endpoint's greeting.
    pub fn new(options: ProxyOptions) -> Self {
        Self {
            options,
            now: Timestamp::ZERO,
            timers: Timers::default(),
            outbox: VecDeque::new(),
            closed: false,
        }
    }

    /// Takes one input and gives the effects to perform, in order.
    ///
    /// `now` never goes back: an earlier time counts as the latest one seen.
    pub fn handle(&mut self, now: Timestamp, input: ProxyInput<'_>) -> ProxyDrain<'_> {
        self.now = self.now.max(now);
        if !self.closed {
            self.take(input);
        }
        ProxyDrain {
            outbox: self.outbox.drain(..),
        }
    }

    /// Returns when the proxy must be woken at the latest, and why.
    pub fn deadline(&self) -> Option<(Timestamp, &ProxyTimer)> {
        self.timers.next()
    }

    /// Tells whether the proxy is done: nothing more will happen.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn take(&mut self, input: ProxyInput<'_>) {
        match input {
            ProxyInput::Client(_) | ProxyInput::Endpoint(_) => {
                self.outbox.push_back(ProxyOutput::Forward);
            }
            ProxyInput::Tools(tools) => self.options.tools = tools,
            ProxyInput::ClientGone => self.close(ProxyClose::ClientGone),
            ProxyInput::EndpointGone | ProxyInput::NotConnected => {
                self.close(ProxyClose::EndpointGone);
            }
            ProxyInput::EndpointEnded => self.close(ProxyClose::EndpointEnded),
            ProxyInput::Tool(..)
            | ProxyInput::Native(_)
            | ProxyInput::Connected { .. }
            | ProxyInput::Tick => {}
        }
    }

    fn close(&mut self, reason: ProxyClose) {
        self.closed = true;
        self.outbox.push_back(ProxyOutput::Close(reason));
    }
}
