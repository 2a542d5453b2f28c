//! [`Bridge`]: the one async loop that joins session, router and MCP.

use std::{collections::VecDeque, ops::Deref, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use rtmcp_core::{AudioFormat, CallId, ItemId, Private, ServerEvent, SessionConfig, Timestamp};
use rtmcp_mcp::{Changes, Pool, ServerChange, ServerState};
use rtmcp_router::Router;
use rtmcp_session::{
    CloseReason, Command, Input, Options, Output, Playback as Played, Session, ToolNews,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tracing::{Instrument, debug, debug_span};

use crate::{
    CallSetup, Closed, Config, Event, Handle, Observer, Playback,
    alarm::Alarm,
    connect::{Socket, Stream},
    handle::Wish,
    line::{Line, Received},
    player::{Heard, Player},
    tools::{Begun, News, Tools},
};

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
    pub(crate) socket: Socket,
    pub(crate) config: Arc<Config>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) roster: watch::Receiver<Router>,
    pub(crate) setup: CallSetup,
}

/// Starts the loop.
pub(crate) fn start(mut parts: Parts) -> Bridge {
    let (wishes, wanted) = mpsc::unbounded_channel();
    let (events, receiver) = mpsc::unbounded_channel();
    let changes = parts.pool.changes();
    // Seen: only later tools are news, and a second update of the session.
    let router = parts.roster.borrow_and_update().clone();
    let (tools, news) = Tools::new(parts.pool, router);
    let options = Options {
        config: parts.config.realtime.session.clone(),
        tools: functions(&tools.router),
        ..Options::default()
    };
    let format = output_format(&options.config);
    let driver = Driver {
        session: Session::new(options),
        line: Line::new(parts.socket),
        tools,
        player: (parts.setup.playback == Playback::Paced).then(|| Player::new(format)),
        events,
        observers: parts.setup.observers,
        start: Instant::now(),
        detail: String::new(),
        closed: None,
    };
    let sources = Sources {
        wanted,
        news,
        changes: Some(changes),
        roster: Some(parts.roster),
        alarm: Alarm::new(),
    };
    tokio::spawn(driver.run(sources).instrument(debug_span!("session")));
    Bridge {
        handle: Handle { wishes },
        events: receiver,
    }
}

/// Where things come from, besides the line and the clock.
struct Sources {
    wanted: mpsc::UnboundedReceiver<Wish>,
    news: mpsc::UnboundedReceiver<News>,
    changes: Option<Changes>,
    roster: Option<watch::Receiver<Router>>,
    alarm: Alarm,
}

/// One thing that happened.
enum Happened {
    Received(Received),
    Wish(Wish),
    News(News),
    Server(ServerChange),
    Roster(Router),
    Due,
}

impl Sources {
    /// Waits for the next thing.
    async fn next(&mut self, line: &mut Line<Stream>, due: Option<Instant>) -> Happened {
        tokio::select! {
            received = line.receive() => Happened::Received(received),
            Some(wish) = self.wanted.recv() => Happened::Wish(wish),
            Some(news) = self.news.recv() => Happened::News(news),
            Some(change) = next_change(&mut self.changes) => Happened::Server(change),
            Some(router) = next_router(&mut self.roster) => Happened::Roster(router),
            () = self.alarm.ring(due) => Happened::Due,
        }
    }
}

/// Waits for a change, and forever once there can be none.
async fn next_change(changes: &mut Option<Changes>) -> Option<ServerChange> {
    if let Some(open) = changes {
        if let Some(change) = open.next().await {
            return Some(change);
        }
        *changes = None;
    }
    std::future::pending().await
}

/// Waits for new tools, and forever once there can be none.
async fn next_router(roster: &mut Option<watch::Receiver<Router>>) -> Option<Router> {
    if let Some(open) = roster {
        if open.changed().await.is_ok() {
            return Some(open.borrow_and_update().clone());
        }
        *roster = None;
    }
    std::future::pending().await
}

/// The session, and everything that its outputs act on.
struct Driver {
    session: Session,
    line: Line<Stream>,
    tools: Tools,
    player: Option<Player>,
    events: mpsc::UnboundedSender<Event>,
    observers: Vec<Arc<dyn Observer>>,
    start: Instant,
    /// What was seen of the end of the line.
    detail: String,
    closed: Option<CloseReason>,
}

impl Driver {
    /// Waits for one thing, gives it to the session, performs what comes back; until the end.
    async fn run(mut self, mut sources: Sources) {
        // The session's clock starts: an endpoint may never say a word.
        self.tell(Input::Tick);
        while self.closed.is_none() {
            let due = self.due();
            match sources.next(&mut self.line, due).await {
                Happened::Received(Received::Text(text)) => self.receive(&text),
                Happened::Received(Received::Gone(detail)) => {
                    self.detail = detail;
                    self.tell(Input::Disconnected);
                }
                Happened::Wish(wish) => self.obey(wish),
                Happened::News(news) => self.hear(news),
                Happened::Server(change) => self.server(change),
                Happened::Roster(router) => {
                    let tools = functions(&router);
                    self.tools.router = router;
                    self.tell(Command::SetTools(tools).into());
                }
                Happened::Due => self.wake(),
            }
        }
        self.finish().await;
    }

    async fn finish(self) {
        let closed = match self.closed {
            Some(CloseReason::Asked) | None => Closed::Asked,
            Some(CloseReason::Disconnected) => Closed::Lost {
                detail: self.detail,
            },
            Some(CloseReason::Silent) => Closed::Silent,
            Some(CloseReason::ConfigRefused { message }) => Closed::Refused { message },
            Some(CloseReason::Fatal { code, message }) => Closed::Fatal { code, message },
        };
        let at = now(self.start);
        self.line.close().await;
        debug!(%closed, "session over");
        let event = Event::Closed(closed.clone());
        for observer in &self.observers {
            observer.event(at, &event);
            if closed != Closed::Asked {
                observer.failed(at, &closed);
            }
        }
        // An application that is gone needs no news.
        let _ = self.events.send(event);
    }

    /// Gives the session one thing, and performs what comes back; what that leads to at once is
    /// given to it next.
    fn tell(&mut self, input: Input) {
        let mut inputs = VecDeque::new();
        let mut next = Some(input);
        while let Some(input) = next {
            let outputs: Vec<Output> = self.session.handle(now(self.start), input).collect();
            for output in outputs {
                inputs.extend(self.perform(output));
            }
            next = inputs.pop_front();
        }
    }

    /// Performs an output. Returns what the session must hear of it at once.
    fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Send(event) => {
                let text = event.encode();
                let at = now(self.start);
                self.observers.iter().for_each(|it| it.sent(at, &text));
                self.line.send(text);
            }
            Output::CallTool(call) => {
                let begun = self.tools.begin(&call);
                return Some(self.begun(&call.call_id, begun));
            }
            Output::CancelTool(call_id) => self.tools.cancel(&call_id),
            Output::Play { item_id, audio } => self.play(item_id, &audio),
            Output::PlayEnd { item_id } => match &mut self.player {
                Some(player) => player.end(now(self.start), &item_id),
                None => self.notify(Event::AudioEnd { item_id }),
            },
            Output::StopPlayback => {
                self.notify(Event::AudioStop);
                let player = self.player.as_mut()?;
                let heard = player.stop();
                return Some(Input::Playback(Played::Stopped { heard }));
            }
            Output::Notify(event) => self.notify(Event::Session(event)),
            Output::Close(reason) => self.closed = Some(reason),
        }
        None
    }

    fn receive(&mut self, text: &str) {
        let at = now(self.start);
        self.observers.iter().for_each(|it| it.received(at, text));
        self.tell(ServerEvent::decode(text).into());
    }

    fn obey(&mut self, wish: Wish) {
        match wish {
            Wish::Command(command) => self.tell(command.into()),
            Wish::Played(playback) => self.tell(Input::Playback(playback)),
            Wish::Approve(call_id) => {
                if let Some(begun) = self.tools.approve(&call_id) {
                    let news = self.begun(&call_id, begun);
                    self.tell(news);
                }
            }
            Wish::Deny(call_id, reason) => {
                if let Some(begun) = self.tools.deny(&call_id, reason) {
                    let news = self.begun(&call_id, begun);
                    self.tell(news);
                }
            }
        }
    }

    /// A call runs, waits for a decision, or is over at once. Returns what the session must hear.
    fn begun(&self, call_id: &CallId, begun: Begun) -> Input {
        let news = match begun {
            Begun::Running(start, deadline) => {
                self.notify(Event::ToolStarted(start));
                ToolNews::Running { deadline }
            }
            Begun::Asking { call, why, expires } => {
                self.notify(Event::Approval { call, why, expires });
                ToolNews::AwaitingApproval { expires }
            }
            Begun::Over(finish) => return self.finished(*finish),
        };
        Input::Tool(call_id.clone(), news)
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Progress(call_id, progress) => {
                self.notify(Event::ToolProgress { call_id, progress });
            }
            News::Finished(finish) => {
                if self.tools.finished(&finish.call_id) {
                    let news = self.finished(*finish);
                    self.tell(news);
                }
            }
        }
    }

    /// A call is over. Returns what the session must hear.
    fn finished(&self, finish: crate::ToolFinish) -> Input {
        let (call_id, output) = (finish.call_id.clone(), finish.output.clone());
        let end = finish.end;
        self.notify(Event::ToolFinished(finish));
        Input::Tool(call_id, ToolNews::Finished { end, output })
    }

    fn server(&self, change: ServerChange) {
        let server = change.server;
        self.notify(match change.what {
            ServerState::Ready { tools } => Event::ServerReady {
                server,
                tools: tools.len(),
            },
            ServerState::Down { error } => Event::ServerDown { server, error },
        });
    }

    fn play(&mut self, item_id: ItemId, audio: &Private<String>) {
        let bytes = STANDARD.decode(audio.expose()).unwrap_or_else(|_| {
            debug!(item = %item_id, "audio that isn't base64 passed over");
            Vec::new()
        });
        let Some(player) = &mut self.player else {
            let bytes = Private::new(bytes);
            return self.notify(Event::Audio { item_id, bytes });
        };
        // Also of nothing: the player says when the item is over.
        let output = self.session.config().audio_output();
        if let Some(format) = output.and_then(|output| output.format.as_ref()) {
            player.set_format(format);
        }
        player.play(now(self.start), &item_id, &bytes);
    }

    /// Does what is due: speech that is to be heard now, and what the session waits for.
    fn wake(&mut self) {
        let at = now(self.start);
        while let Some(heard) = self.player.as_mut().and_then(|player| player.next(at)) {
            match heard {
                Heard::Frame {
                    item_id,
                    bytes,
                    played,
                } => {
                    let id = item_id.clone();
                    self.notify(Event::Audio {
                        item_id,
                        bytes: Private::new(bytes),
                    });
                    let item_id = id;
                    self.tell(Input::Playback(Played::Progress { item_id, played }));
                }
                Heard::End { item_id } => {
                    let id = item_id.clone();
                    self.notify(Event::AudioEnd { item_id });
                    self.tell(Input::Playback(Played::Finished { item_id: id }));
                }
            }
        }
        if self.session.deadline().is_some_and(|(due, _)| due <= at) {
            self.tell(Input::Tick);
        }
    }

    /// Returns when the loop must wake, if nothing else happens.
    fn due(&self) -> Option<Instant> {
        let timer = self.session.deadline().map(|(due, _)| due);
        let speech = self.player.as_ref().and_then(Player::due);
        let due = timer.into_iter().chain(speech).min()?;
        Some(self.start + Duration::from_micros(due.as_micros()))
    }

    fn notify(&self, event: Event) {
        let at = now(self.start);
        self.observers.iter().for_each(|it| it.event(at, &event));
        // An application that is gone has closed the session already.
        let _ = self.events.send(event);
    }
}

fn now(start: Instant) -> Timestamp {
    Timestamp::ZERO + start.elapsed()
}

/// Returns the tools of a router as the session offers them.
fn functions(router: &Router) -> Vec<rtmcp_core::session::FunctionTool> {
    let functions = router
        .functions()
        .map(|function| rtmcp_core::session::FunctionTool {
            name: function.name.to_string(),
            description: function.description.map(str::to_owned),
            parameters: Some(function.parameters.clone()),
            ..Default::default()
        });
    functions.collect()
}

/// Returns the format in which the model speaks.
fn output_format(config: &SessionConfig) -> AudioFormat {
    let output = config.audio_output();
    let format = output.and_then(|output| output.format.clone());
    format.unwrap_or(AudioFormat::PCM_24K)
}
