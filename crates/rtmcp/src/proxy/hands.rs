//! [`Hands`]: what a proxy's outputs act on.

use std::{
    collections::VecDeque,
    fmt,
    task::{Context, Poll},
    time::Duration,
};

use rtmcp_core::{CallId, CallPolicy, Private, ToolCall};
use rtmcp_session::{
    ToolNews,
    proxy::{ProxyClose, ProxyEvent, ProxyOutput},
};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tracing::debug;

use super::{
    counted::Line,
    leg::{Leg, Received},
    natives::{self, Natives},
    parting::Parting,
};
use crate::{
    ToolFinish,
    connect::Dialed,
    tools::{self, Begun, Tools},
};

/// Both sides, and what is to be done.
#[derive(Debug)]
pub(super) struct Hands<C> {
    pub(super) client: Side<C>,
    pub(super) endpoint: Side<Dialed>,
    /// What the proxy must hear of at once.
    pub(super) at_once: VecDeque<(CallId, ToolNews)>,
    pub(super) wants_connection: bool,
    pub(super) closed: Option<ProxyClose>,
    pub(super) calls: u64,
    pub(super) watch: Watch,
}

/// Who is told of what happens, if anybody.
#[derive(Default)]
pub(super) struct Watch(pub(super) Option<Watcher>);

type Watcher = Box<dyn Fn(&ProxyEvent) + Send>;

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.0.is_some()).finish()
    }
}

/// What runs the model's calls.
#[derive(Debug)]
pub(super) struct Workers {
    pub(super) tools: Tools,
    pub(super) natives: Natives,
}

/// One side, as long as it is there.
#[derive(Debug)]
pub(super) struct Side<S> {
    pub(super) leg: Option<Leg<S>>,
    /// How it ended.
    pub(super) parted: Option<Parting>,
    /// It was read when it was last looked: the other side had room.
    pub(super) is_read: bool,
    /// Bytes of the proxy's own that it was told since it last had room.
    told: usize,
}

/// When a call of a client's own server counts as lost: its own end has better words.
const DEADLINE: Duration = natives::CALL.saturating_add(Duration::from_secs(2));

/// Bytes of the proxy's own that may wait for a side. A client that has the proxy answer it, and reads
/// none of the answers, isn't listened to beyond that.
const TOLD: usize = 1024 * 1024;

/// Why a call that somebody must approve doesn't run here.
const NOBODY: &str = "the owner's rules let this tool run only when somebody approves, and in this \
                      conversation nobody can be asked";

impl<C: Line> Hands<C> {
    pub(super) fn new(client: Leg<C>, endpoint: Leg<Dialed>) -> Self {
        Self {
            client: Side::new(client),
            endpoint: Side::new(endpoint),
            at_once: VecDeque::new(),
            wants_connection: false,
            closed: None,
            calls: 0,
            watch: Watch::default(),
        }
    }

    /// Performs what was decided about something that isn't a text.
    pub(super) fn perform(&mut self, workers: &mut Workers, output: ProxyOutput) {
        match output {
            // Only texts are forwarded.
            ProxyOutput::Forward => {}
            ProxyOutput::ToEndpoint(text) => self.endpoint.say(text),
            ProxyOutput::ToClient(text) => self.client.say(text),
            ProxyOutput::CallTool(call) => self.call(&mut workers.tools, &call),
            ProxyOutput::CancelTool(call_id) => {
                workers.tools.cancel(&call_id);
                workers.natives.cancel(&call_id);
            }
            ProxyOutput::Connect => self.wants_connection = true,
            ProxyOutput::Notify(event) => {
                note(&event);
                if let Some(watch) = &self.watch.0 {
                    watch(&event);
                }
            }
            ProxyOutput::Close(reason) => self.closed = Some(reason),
            ProxyOutput::Import(wanted) => workers.natives.import(wanted.import, &wanted.server),
            ProxyOutput::CallNative(call) => {
                self.calls += 1;
                let running = ToolNews::Running {
                    deadline: DEADLINE,
                    policy: CallPolicy::default(),
                };
                self.at_once.push_back((call.call.call_id.clone(), running));
                workers.natives.call(call);
            }
            ProxyOutput::Forget { import } => workers.natives.forget(import),
        }
    }

    /// Runs a call, in the background.
    fn call(&mut self, tools: &mut Tools, call: &ToolCall) {
        self.calls += 1;
        let begun = match tools.begin(call) {
            Begun::Asking(..) => tools.refuse(&call.call_id, NOBODY),
            begun => Some(begun),
        };
        let news = match begun {
            Some(Begun::Running(_, deadline, policy)) => ToolNews::Running { deadline, policy },
            Some(Begun::Over(finish)) => finished(*finish).1,
            // Neither is left by the above.
            Some(Begun::Asking(..)) | None => return,
        };
        self.at_once.push_back((call.call_id.clone(), news));
    }
}

/// Returns what the proxy hears of a call that is over.
pub(super) fn finished(finish: ToolFinish) -> (CallId, ToolNews) {
    debug!(function = finish.function, end = ?finish.end, "tool over");
    let news = tools::over(&finish);
    (finish.call_id, news)
}

fn note(event: &ProxyEvent) {
    match event {
        ProxyEvent::Trouble(trouble) => debug!(?trouble, "trouble in a proxied session"),
        event => debug!(?event, "in a proxied session"),
    }
}

impl<S: Line> Side<S> {
    pub(super) fn new(leg: Leg<S>) -> Self {
        Self {
            leg: Some(leg),
            parted: None,
            is_read: true,
            told: 0,
        }
    }

    /// Passes a message on.
    pub(super) fn send(&mut self, message: Message) {
        if let Some(leg) = &mut self.leg {
            leg.send(message);
        }
    }

    /// Passes a text on.
    pub(super) fn forward(&mut self, text: Utf8Bytes) {
        self.send(Message::Text(text));
    }

    /// Says something of the proxy's own.
    fn say(&mut self, text: Private<String>) {
        self.told += text.expose().len();
        self.send(Message::text(text.into_exposed()));
    }

    /// Tells whether it takes more now. One that isn't there takes nothing.
    pub(super) fn has_room(&mut self, context: &mut Context<'_>) -> bool {
        let leg = self.leg.as_mut().filter(|_| self.parted.is_none());
        let has_room = leg.is_some_and(|leg| leg.has_room(context));
        if has_room {
            self.told = 0;
        }
        has_room
    }

    /// Tells whether it may have the proxy answer it: it takes what it is told.
    pub(super) fn takes_answers(&mut self, context: &mut Context<'_>) -> bool {
        self.told < TOLD || self.has_room(context)
    }

    pub(super) fn flush(&mut self, context: &mut Context<'_>) {
        if let Some(leg) = &mut self.leg {
            leg.flush(context);
        }
    }

    pub(super) fn receive(&mut self, now: Instant, context: &mut Context<'_>) -> Poll<Received> {
        match &mut self.leg {
            Some(leg) if self.parted.is_none() => leg.receive(now, context),
            _ => Poll::Pending,
        }
    }

    /// Returns when it must be looked after.
    pub(super) fn due(&self) -> Option<Instant> {
        self.leg.as_ref().and_then(Leg::due)
    }

    /// Returns why it is given up, if it is now.
    pub(super) fn look_after(&mut self, now: Instant) -> Option<Parting> {
        let leg = self.leg.as_mut().filter(|_| self.parted.is_none())?;
        leg.look_after(now, self.is_read)
    }
}
