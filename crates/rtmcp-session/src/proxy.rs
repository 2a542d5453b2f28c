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
//! on byte for byte, and what is nobody's business isn't even decoded: after a look at the kind in
//! its first bytes it is [`Forward`](ProxyOutput::Forward), without an allocation.
//!
//! # What the endpoint is told
//!
//! - Our tools, once it has greeted, and behind the client's wherever the client names tools: in
//!   `session.update` and in `response.create`. A function that the client offers under the same
//!   name is the client's. Where the client forces a call (`tool_choice: "required"`) of one of the
//!   tools that it names for a response, it is left to those.
//! - The outputs of our calls, and requests for replies to them.
//! - No request of the client that would come too early: one reply is asked for once the calls of
//!   both parties in a response have their outputs. A request that the client makes while calls of
//!   ours from a response with calls of the client are open, or while a response that the proxy asked
//!   for is on its way or being written, is kept back until then. Where the client has no call in the
//!   response, or asks for nothing for a second after the last output, the proxy asks, with the
//!   parameters of the client's own request for that response.
//! - Our tools are kept out of responses outside the conversation (`conversation: "none"`), as nobody
//!   could answer their calls: such a response is told the client's own tools. A call of ours that
//!   comes in one all the same is hidden, and not run.
//!
//! # What the client sees
//!
//! - No call of ours, no output, nothing of our tools in `session.created` and `session.updated`, and
//!   no error that answers an event of ours. `previous_item_id` never names what is hidden, and
//!   `response.done` doesn't list it. A response that only calls our tools isn't told: the one that
//!   follows it is the answer. Whether it is such a one shows at its end, so that
//!   `response.created` comes with the first that the client sees of a response. Gaps in `output_index` stay: clients find items by their ids.
//! - What is hidden can't be retrieved, deleted, truncated or answered: it isn't found.
//! - A `response.cancel` goes on, and means what is being written. One that comes while nothing is
//!   written drops what was kept back, which the client sees as a response that was cancelled, and
//!   the replies that are waited for.
//!
//! Where the endpoint can't run MCP tools itself, the proxy can play that part: [`Native::Emulate`].
//! With [`Handover::Replay`](crate::Handover) the client keeps its connection when the endpoint's
//! ends.
//!
//! # Example
//!
//! ```
//! use rtmcp_core::{Timestamp, session::FunctionTool};
//! use rtmcp_session::proxy::{Proxy, ProxyInput, ProxyOptions, ProxyOutput};
//!
//! let tool = FunctionTool { name: "ours".to_owned(), ..FunctionTool::default() };
//! let options = ProxyOptions { tools: vec![tool], ..ProxyOptions::default() };
//! let mut proxy = Proxy::new(options);
//! let mut step = |input: ProxyInput<'_>| -> Vec<ProxyOutput> {
//!     proxy.handle(Timestamp::ZERO, input).collect()
//! };
//!
//! let greeting = r#"{"type":"session.created","session":{"type":"realtime"}}"#;
//! let out = step(ProxyInput::Endpoint(greeting));
//! let [ProxyOutput::Notify(_), ProxyOutput::Forward, ProxyOutput::ToEndpoint(update)] = &out[..]
//! else {
//!     panic!("{out:?}")
//! };
//! assert!(update.expose().contains(r#""tools":[{"type":"function","name":"ours"}]"#));
//!
//! let sound = r#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#;
//! assert_eq!(step(ProxyInput::Client(sound)), [ProxyOutput::Forward]);
//!
//! let call = r#"{"type":"response.output_item.done","response_id":"r1","item":
//!     {"type":"function_call","call_id":"c1","name":"ours","arguments":"{}"}}"#;
//! let out = step(ProxyInput::Endpoint(call));
//! assert!(matches!(&out[..], [ProxyOutput::Notify(_), ProxyOutput::CallTool(_)]), "{out:?}");
//! ```

mod calls;
mod client;
mod endpoint;
mod handover;
mod input;
mod items;
mod native;
mod options;
mod output;
mod replies;
mod requests;
mod response;
mod session;
mod text;
mod timer;
mod toolbox;
mod watch;
mod withheld;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rtmcp_core::{CallId, EventId, ItemId, Private, SessionConfig, Timestamp};

use crate::{
    CallState, HandOverReason, Part,
    arbiter::Arbiter,
    handover::{Passage, Settings},
    history::History,
    ledger::Ledger,
    reply::Nulls,
    responses::Responses,
    scope::Scope,
    texts,
    timer::Timers,
};
use items::Items;
use native::Natives;
use requests::{Request, Requests, Rounds};
use session::Update;
use toolbox::Toolbox;
use withheld::Withheld;

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
    /// The session as the endpoint last reported it.
    remote: SessionConfig,
    /// The endpoint has greeted, and its session can have tools.
    greeted: bool,
    /// The endpoint was told of our tools, or is about to be.
    offered: bool,
    /// The endpoint must be told what the model may call.
    changed: bool,
    toolbox: Toolbox,
    updates: VecDeque<Update>,
    items: Items,
    responses: Responses,
    nulls: Nulls,
    rounds: Rounds,
    requests: Requests,
    /// Outputs that wait for a client to ask for the reply.
    unasked: BTreeSet<ItemId>,
    withheld: Withheld,
    /// What the next reply of ours is asked with.
    carried: Option<Request>,
    /// What the one on its way was asked with.
    asked_with: Option<Request>,
    /// Our events that the endpoint hasn't answered.
    sent: BTreeMap<EventId, Purpose>,
    ledger: Ledger,
    /// Calls of our tools.
    ours: BTreeSet<CallId>,
    /// Calls that the client itself put into the conversation.
    theirs: BTreeSet<CallId>,
    natives: Natives,
    passage: Passage,
    history: History,
    settings: Settings,
    /// What the client said while there was no conversation.
    kept: VecDeque<Private<String>>,
    kept_sound: usize,
    /// Items that are given again, and that the client hasn't seen yet.
    unseen: BTreeSet<ItemId>,
    /// The conversation has just gone over.
    has_arrived: bool,
    arbiter: Arbiter,
    /// When something last came of the response that is being written.
    last_sign: Timestamp,
    /// The person can hear or read something of it.
    bears: bool,
    /// The item that speech will be which ended by silence, until it is one.
    ended_speech: Option<ItemId>,
    /// Calls that the endpoint itself makes: item, server, tool.
    watched: Vec<(ItemId, String, String)>,
    timers: Timers<ProxyTimer>,
    outbox: VecDeque<ProxyOutput>,
    made_ids: u64,
    closed: bool,
}

/// What an event of ours was for.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    /// It carried the output of a call.
    CallOutput,
    /// It asked for a reply.
    Reply {
        /// With what the client asked of the response before.
        carried: bool,
    },
    /// It named tools.
    Tools,
    /// It set a new connection up.
    Setup,
    /// It gave a new connection what was said before.
    Replay,
    /// Nothing depends on it.
    Other,
}

impl Proxy {
    /// A proxy that waits for the endpoint's greeting.
    pub fn new(options: ProxyOptions) -> Self {
        let mut toolbox = Toolbox::default();
        toolbox.set(&options.tools);
        let history = History::new(options.replay_bytes);
        Self {
            options,
            now: Timestamp::ZERO,
            remote: SessionConfig::default(),
            greeted: false,
            offered: false,
            changed: false,
            toolbox,
            updates: VecDeque::new(),
            items: Items::default(),
            responses: Responses::default(),
            nulls: Nulls::default(),
            rounds: Rounds::default(),
            requests: Requests::default(),
            unasked: BTreeSet::new(),
            withheld: Withheld::default(),
            carried: None,
            asked_with: None,
            sent: BTreeMap::new(),
            ledger: Ledger::default(),
            ours: BTreeSet::new(),
            theirs: BTreeSet::new(),
            natives: Natives::default(),
            passage: Passage::default(),
            history,
            settings: Settings::default(),
            kept: VecDeque::new(),
            kept_sound: 0,
            unseen: BTreeSet::new(),
            has_arrived: false,
            arbiter: Arbiter::new(Part::Lead),
            last_sign: Timestamp::ZERO,
            bears: false,
            ended_speech: None,
            watched: Vec::new(),
            timers: Timers::default(),
            outbox: VecDeque::new(),
            made_ids: 0,
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
            self.expire();
        }
        if !self.closed {
            self.settle();
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
            ProxyInput::Client(text) => self.client(text),
            ProxyInput::Endpoint(text) => self.endpoint(text),
            ProxyInput::Tool(call_id, news) => self.tool_news(&call_id, news),
            ProxyInput::Tools(tools) => self.changed |= self.toolbox.set(&tools),
            ProxyInput::ClientGone => self.close(ProxyClose::ClientGone, CallState::Cancelled),
            ProxyInput::EndpointGone => self.endpoint_gone(),
            ProxyInput::EndpointEnded => self.endpoint_ended(),
            ProxyInput::Connected { at } => self.connected(at),
            ProxyInput::NotConnected => self.not_connected(),
            ProxyInput::Native(news) => self.native_news(news),
            ProxyInput::Tick => {}
        }
    }

    fn native_news(&mut self, news: NativeNews) {
        match news {
            NativeNews::Imported { import, tools } => self.imported(import, Some(tools)),
            NativeNews::NotImported { import } => self.imported(import, None),
            NativeNews::Finished { call_id, result } => self.native_finished(&call_id, result),
        }
    }

    /// Does what time has made due.
    fn expire(&mut self) {
        while let Some(timer) = self.timers.expire(self.now) {
            match timer {
                ProxyTimer::Setup => self.lose(HandOverReason::Dropped),
                ProxyTimer::HandOver => self.hand_over_due(),
                ProxyTimer::ReplayUnanswered => self.replay_unanswered(),
                ProxyTimer::Approval(call_id) => {
                    self.expire_call(&call_id, texts::APPROVAL_EXPIRED);
                }
                ProxyTimer::ToolDeadline(call_id) => {
                    self.expire_call(&call_id, texts::TOOL_TIMED_OUT);
                }
                ProxyTimer::ClientCall(call_id) => self.client_call_unanswered(&call_id),
                ProxyTimer::Unasked => self.nobody_asked(),
                ProxyTimer::ResponseSilent => self.response_silent(),
                ProxyTimer::Withheld => self.reveal(),
                ProxyTimer::OwnReply => self.arbiter.own_reply_missing(),
                ProxyTimer::SpeechUnended => self.arbiter.person_stopped(false),
                ProxyTimer::ReplyRetry => self.arbiter.retry(),
                ProxyTimer::ReplyUnanswered => self.unanswered(),
            }
        }
    }

    fn close(&mut self, reason: ProxyClose, calls: CallState) {
        self.end_calls(calls);
        self.timers.clear();
        self.closed = true;
        self.outbox.push_back(ProxyOutput::Close(reason));
    }

    fn notify(&mut self, event: ProxyEvent) {
        self.outbox.push_back(ProxyOutput::Notify(event));
    }

    fn event_id(&mut self) -> EventId {
        EventId::from(self.next_id(Scope::General.kind()))
    }

    fn item_id(&mut self) -> ItemId {
        ItemId::from(self.next_id("it"))
    }

    fn next_id(&mut self, kind: &str) -> String {
        self.made_ids += 1;
        format!("{}_{kind}_{}", self.options.id_prefix, self.made_ids)
    }

    /// Tells whether this proxy made an id of an event.
    fn is_our_id(&self, id: &EventId) -> bool {
        let number = id.as_str().strip_prefix(self.options.id_prefix.as_str());
        let number = number.and_then(|rest| rest.strip_prefix('_'));
        let number = number.and_then(|rest| rest.strip_prefix(Scope::General.kind()));
        let number = number.and_then(|rest| rest.strip_prefix('_'));
        let number = number.and_then(|number| number.parse::<u64>().ok());
        number.is_some_and(|number| number <= self.made_ids)
    }
}
