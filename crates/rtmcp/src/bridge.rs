//! [`Bridge`]: a running session, joined from session, router, MCP and the line to the endpoint.

mod asking;
mod deciding;
mod dialer;
mod driver;
mod guest;
mod handover;
mod link;
mod progress;
mod questions;
mod servers;
mod sources;
mod speech;

use std::{
    collections::HashSet,
    ops::Deref,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use rtmcp_core::{AudioFormat, RealtimeCallId, SessionConfig, session::FunctionTool};
use rtmcp_mcp::Pool;
use rtmcp_media::webrtc::{Connection, ConnectionHandle};
use rtmcp_router::Router;
use rtmcp_session::{Handover, Options, Player as Plays, Session};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tracing::{Instrument, debug_span};

use crate::{
    CallSetup, Config, Event, Handle, Playback,
    alarm::Alarm,
    approval::Outside,
    attachment::Attachment,
    config::Target,
    connect::Rest,
    line::{ChannelLine, Line},
    logs::Logs,
    microphone::Microphone,
    player::Player,
    record::Tape,
    tools::Tools,
    track::Track,
};
use asking::Asking;
use dialer::Dials;
use driver::Driver;
use guest::{Guest, as_tracks_sound};
use link::Link;
use questions::Questions;
use sources::Sources;
use speech::Speech;

/// A running session.
///
/// It derefs to its [`Handle`]. Events wait until they are taken, however many: take them, as speech
/// alone is some 3 MB a minute. Dropping the bridge closes the session well, in the background.
#[derive(Debug)]
pub struct Bridge {
    handle: Handle,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Bridge {
    /// Waits for what happens next; `None` after [`Event::Closed`]. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Returns a handle for steering the session from elsewhere.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Deref for Bridge {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// What a session is made of.
pub(crate) struct Parts {
    pub(crate) line: Line,
    /// The call that it is, where the endpoint plays the model's speech.
    pub(crate) call: Option<Call>,
    /// The page whose call ends here.
    pub(crate) page: Option<Page>,
    pub(crate) config: Arc<Config>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) roster: watch::Receiver<Router>,
    pub(crate) setup: CallSetup,
}

/// A call that is led from here.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) attachment: Attachment,
    pub(crate) rest: Rest,
}

/// A page whose call is answered here.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) connection: Connection,
    /// The name that the call has here.
    pub(crate) call_id: RealtimeCallId,
}

/// Starts the loop.
pub(crate) fn start(mut parts: Parts) -> Bridge {
    let (wishes, wanted) = mpsc::unbounded_channel();
    let (events, receiver) = mpsc::unbounded_channel();
    let (changes, notices) = (parts.pool.changes(), parts.pool.notices());
    // Seen: only later tools are news, and a second update of the session.
    let router = parts.roster.borrow_and_update().clone();
    let (options, dials) = (options(&parts, &router), dials(&parts));
    let (call_id, tape) = (call_id(&parts), tape(&parts, &router, &options));
    let (tools, news) = Tools::new(parts.pool, router);
    let tools = tools.with_turns(parts.config.calls_per_session);
    let page = parts.page.map(|page| page.connection);
    let track = parts.line.track();
    let (end, seen) = watch::channel(own_end(track.as_ref(), page.as_ref()));
    let has_keypad = track.is_some();
    let guest = page.map(|page| Guest::new(ChannelLine::new(page), &options.id_prefix));
    let own = own_speech(parts.setup.playback, &options.config);
    let speech = speech(guest.as_ref(), track.as_ref(), parts.call.as_ref(), own);
    let handle = Handle {
        wishes,
        call_id,
        track: seen,
        has_keypad,
    };
    let driver = Driver {
        asking: Asking::new(&parts.config.approvals),
        outside: Outside::new(&parts.config, handle.clone(), tools.news()),
        decided: Vec::new(),
        handover: options.handover,
        session: Session::new(options),
        microphone: track.map(Microphone::new),
        unsaid: 0,
        track: end,
        link: Link::new(Arc::clone(&parts.config), dials, parts.line),
        dialect: parts.config.realtime.dialect,
        call: parts.call,
        guest,
        tools,
        speech,
        events,
        observers: parts.setup.observers,
        tape,
        start: Instant::now(),
        is_idle_due: false,
        hangs_up: false,
        closed: None,
        questions: Questions::default(),
        there: HashSet::new(),
        signed_out: HashSet::new(),
    };
    let sources = Sources {
        wanted,
        news,
        changes: Some(changes),
        notices: Some(notices),
        roster: Some(parts.roster),
        alarm: Alarm::new(),
    };
    tokio::spawn(driver.run(sources).instrument(debug_span!("session")));
    Bridge {
        handle,
        events: receiver,
    }
}

/// Returns the name of the call that the session is, at the endpoint or here.
fn call_id(parts: &Parts) -> Option<RealtimeCallId> {
    let led = parts.call.as_ref().map(|call| call.attachment.call_id());
    let answered = parts.page.as_ref().map(|page| &page.call_id);
    led.or(answered).cloned()
}

/// Begins the recording that the application wants.
fn tape(parts: &Parts, router: &Router, options: &Options) -> Option<Tape> {
    let record = parts.setup.record.clone()?;
    // What is hidden from logs might be in any word, and a recording must be of one piece.
    let record = match Logs::new(router.redaction()).hide() {
        true => record.without_words(),
        false => record,
    };
    Some(Tape::begin(&record, call_id(parts).as_ref(), options))
}

/// Returns the end of a call that is here: of the session's own, or of a page's.
fn own_end(
    track: Option<&ConnectionHandle>,
    page: Option<&Connection>,
) -> Option<ConnectionHandle> {
    track.cloned().or_else(|| page.map(Connection::handle))
}

/// Says how a conversation goes on when its connection ends.
fn handover(parts: &Parts) -> Handover {
    match dials(parts) {
        _ if !parts.config.realtime.reconnect => Handover::None,
        // The call lives on at the endpoint.
        Dials::Socket(Target::Call(_)) => Handover::Rejoin,
        Dials::Socket(Target::Model) | Dials::Call(_) => Handover::Replay,
    }
}

/// Says what another connection would be for.
fn dials(parts: &Parts) -> Dials {
    match (&parts.call, parts.line.track()) {
        (None, _) => Dials::Socket(Target::Model),
        (Some(call), None) => Dials::Socket(Target::Call(call.attachment.call_id().clone())),
        // The call is the connection.
        (Some(call), Some(_)) => Dials::Call(call.rest.clone()),
    }
}

/// Says how the session behaves.
fn options(parts: &Parts, router: &Router) -> Options {
    let mut config = parts.config.realtime.session.clone();
    if parts.call.is_some()
        && let Some(audio) = &mut config.audio
    {
        // A call speaks already, maybe: nobody may change its voice then, and its format never.
        audio.output = None;
    }
    if parts.page.is_some() {
        as_tracks_sound(&mut config);
    }
    let options = Options {
        config,
        tools: functions(router),
        handover: handover(parts),
        ..Options::default()
    };
    match (&parts.call, &parts.page) {
        (Some(_), _) => Options {
            player: Plays::Endpoint,
            id_prefix: own_prefix(),
            ..options
        },
        // The page makes ids of its own.
        (None, Some(_)) => Options {
            id_prefix: own_prefix(),
            ..options
        },
        (None, None) => options,
    }
}

/// Makes a prefix for ids, as a call may be led by one session after the other: no item of theirs
/// may have the name of another's.
fn own_prefix() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // As much as the session has room for; it comes again after twelve days.
    let micros = since.unwrap_or_default().as_micros() & 0xFF_FFFF_FFFF;
    format!("rtmcp{micros:010x}")
}

/// Returns the tools of a router as the session offers them.
pub(crate) fn functions(router: &Router) -> Vec<FunctionTool> {
    let functions = router.functions().map(|function| FunctionTool {
        name: function.name.to_string(),
        description: function.description.map(str::to_owned),
        parameters: Some(function.parameters.clone()),
        ..Default::default()
    });
    functions.collect()
}

/// Says where the model's speech goes; `own` where nothing else plays it.
fn speech(
    guest: Option<&Guest>,
    track: Option<&ConnectionHandle>,
    call: Option<&Call>,
    own: Speech,
) -> Speech {
    match (guest, track, call) {
        (Some(guest), ..) => Speech::Guest(guest.loudspeaker()),
        (None, Some(_), _) => Speech::Track(Track::default()),
        (None, None, Some(_)) => Speech::Elsewhere,
        (None, None, None) => own,
    }
}

/// Says how speech is played that comes as events.
fn own_speech(playback: Playback, config: &SessionConfig) -> Speech {
    match playback {
        Playback::Reported => Speech::Reported,
        Playback::Paced => Speech::Paced(Player::new(output_format(config))),
    }
}

/// Returns the format in which the model speaks.
fn output_format(config: &SessionConfig) -> AudioFormat {
    let output = config.audio_output();
    let format = output.and_then(|output| output.format.clone());
    format.unwrap_or(AudioFormat::PCM_24K)
}
