//! [`Driver`]: the one async loop of a session.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use rtmcp_core::{CallId, Dialect, ServerName, Timestamp};
use rtmcp_media::webrtc::ConnectionHandle;
use rtmcp_router::Decision;
use rtmcp_session::{CloseReason, Command, Handover, Input, Output, Session, ToolNews, Turn};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tracing::debug;

use super::{
    Call,
    asking::Asking,
    guest::Guest,
    link::Link,
    questions::{Asked, Questions},
    sources::{Happened, Sources},
    speech::Speech,
};
use crate::{
    Event, Observer, ToolFinish,
    approval::Outside,
    handle::Wish,
    logs::Logs,
    microphone::Microphone,
    record::Tape,
    tools::{self, Begun, News, Tools},
};

/// The session, and everything that its outputs act on.
pub(super) struct Driver {
    pub(super) session: Session,
    pub(super) link: Link,
    /// What a connection that takes over is to this one.
    pub(super) handover: Handover,
    pub(super) dialect: Dialect,
    pub(super) call: Option<Call>,
    /// A page whose call ends here.
    pub(super) guest: Option<Guest>,
    pub(super) tools: Tools,
    /// What the person in the call says and presses about calls that wait for a decision.
    pub(super) asking: Asking,
    /// Who else decides, and what is written down of it.
    pub(super) outside: Outside,
    /// What the person decided, until the session has heard what they said.
    pub(super) decided: Vec<Decision>,
    pub(super) speech: Speech,
    /// What the person says on the track of a call.
    pub(super) microphone: Option<Microphone>,
    /// Bytes of the person's sound that came between the tracks of two calls.
    pub(super) unsaid: u64,
    /// The end of a call that is here, as applications see it.
    pub(super) track: watch::Sender<Option<ConnectionHandle>>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    pub(super) observers: Vec<Arc<dyn Observer>>,
    pub(super) tape: Option<Tape>,
    pub(super) start: Instant,
    /// The turn is over but for what is still heard here.
    pub(super) is_idle_due: bool,
    /// The call is to end with the session.
    pub(super) hangs_up: bool,
    pub(super) closed: Option<CloseReason>,
    /// What servers ask the person.
    pub(super) questions: Questions,
    /// The servers that are known to be there.
    pub(super) there: HashSet<ServerName>,
    /// The servers of which people were told that somebody must sign in.
    pub(super) signed_out: HashSet<ServerName>,
}

impl Driver {
    /// Waits for one thing, gives it to the session, performs what comes back; until the end.
    pub(super) async fn run(mut self, mut sources: Sources) {
        self.connected();
        while self.closed.is_none() {
            let due = self.due();
            match sources.next(&mut self.link, self.guest.as_mut(), due).await {
                Happened::Link(news) => self.link_news(news),
                Happened::Guest(happened) => self.visit(happened),
                Happened::Wish(wish) => self.obey(wish),
                Happened::News(news) => self.hear(news),
                Happened::Server(change) => self.server(change),
                Happened::Notice(notice) => self.server_notice(notice),
                Happened::Roster(router) => {
                    self.tools.router.renew(router);
                    let tools = self.offered();
                    self.tell(Command::SetTools(tools).into());
                }
                Happened::Due => self.wake(),
            }
        }
        // Nobody is heard any more.
        drop(sources);
        Box::pin(self.finish()).await;
    }

    async fn finish(mut self) {
        let at = self.now();
        let closed = self.link.closed(self.closed.take());
        let closed = self
            .guest
            .as_ref()
            .map_or(closed.clone(), |it| it.closed(closed));
        self.link.close().await;
        if let Some(guest) = self.guest.take() {
            guest.close().await;
        }
        if let Some(call) = &self.call
            && self.hangs_up
        {
            let ended = call.rest.hang_up(call.attachment.call_id()).await;
            if let Err(error) = ended {
                debug!(%error, "the call was not ended");
            }
        }
        self.outside.end().await;
        if let Some(tape) = self.tape {
            let event = Event::Recorded(tape.end().await);
            self.observers.iter().for_each(|it| it.event(at, &event));
            let _ = self.events.send(event);
        }
        // Whoever hears that it is over may attach to the call.
        drop(self.call);
        debug!(%closed, "session over");
        let event = Event::Closed(closed.clone());
        for observer in &self.observers {
            observer.event(at, &event);
            if closed.is_failure() {
                observer.failed(at, &closed);
            }
        }
        // An application that is gone needs no news.
        let _ = self.events.send(event);
    }

    /// Gives the session one thing, and performs what comes back; what that leads to at once is
    /// given to it next.
    pub(super) fn tell(&mut self, input: Input) {
        let mut inputs = VecDeque::new();
        let mut next = Some(input);
        while let Some(input) = next {
            let outputs = self.handle(input);
            for output in outputs {
                inputs.extend(self.perform(output));
            }
            next = inputs.pop_front();
        }
        let decided = std::mem::take(&mut self.decided);
        self.decide_all(decided);
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        let at = self.now();
        if let Input::Command(Command::SendText(_) | Command::CommitAudio) = &input {
            self.questions.hear_person();
        }
        if let Input::Event(event) = &input {
            self.questions.hear(event);
            let answers = matches!(self.session.turn(), Turn::Responding { .. });
            let decisions = self.asking.hear(event, answers || self.speech.is_busy());
            self.decided.extend(decisions);
        }
        if let Some(tape) = &self.tape {
            tape.input(at, &input);
        }
        let outputs: Vec<Output> = self.session.handle(at, input).collect();
        if let Some(tape) = &self.tape {
            tape.outputs(&outputs);
        }
        outputs
    }

    /// Performs an output. Returns what the session must hear of it at once.
    fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Send(event) => {
                let text = self.dialect.encode(&event);
                let at = self.now();
                if !self.observers.is_empty() {
                    let seen = Logs::new(self.tools.router.redaction()).wire(&text);
                    self.observers.iter().for_each(|it| it.sent(at, &seen));
                }
                self.asking.sent(&event);
                self.link.send(&event, text);
            }
            Output::CallTool(call) => return Some(self.call_tool(&call)),
            Output::CancelTool(call_id) => self.cancel(&call_id),
            Output::Play { item_id, audio } => self.play(item_id, &audio),
            Output::PlayEnd { item_id } => self.play_end(item_id),
            Output::StopPlayback => return self.stop_playback(),
            Output::Connect => return self.connect(),
            Output::Notify(rtmcp_session::Event::Idle) if self.speech.is_busy() => {
                self.is_idle_due = true;
            }
            Output::Notify(event) => {
                self.asking.see(&event);
                if let rtmcp_session::Event::Ready {
                    session_id: Some(id),
                    ..
                } = &event
                {
                    self.outside.name_session(id);
                }
                if let rtmcp_session::Event::HandingOver { .. } = &event {
                    self.tell_guest_of_a_gap();
                }
                self.notify(Event::Session(event));
            }
            Output::Close(reason) => self.closed = Some(reason),
        }
        None
    }

    pub(super) fn receive(&mut self, text: &str) {
        let at = self.now();
        if !self.observers.is_empty() {
            let seen = Logs::new(self.tools.router.redaction()).wire(text);
            self.observers.iter().for_each(|it| it.received(at, &seen));
        }
        let event = self.dialect.decode(text);
        self.link.look_at(&event);
        self.show(text, &event);
        self.follow(&event);
        self.tell(event.into());
        self.catch_guest_up();
    }

    fn obey(&mut self, wish: Wish) {
        match wish {
            Wish::Command(command) => self.command(command),
            Wish::Audio(bytes) => self.speak(bytes.expose()),
            Wish::Answer(question, answer, taken) => {
                // Who answered may be gone.
                let _ = taken.send(self.questions.answer(&question, answer));
            }
            Wish::HangUp => {
                // Whoever leaves a call of its own has ended it.
                self.hangs_up = self.microphone.is_none();
                self.tell(Command::Close.into());
            }
            Wish::Played(playback) => self.tell(Input::Playback(playback)),
            Wish::Decide(decision, answer) => {
                // Who asked may be gone.
                let _ = answer.send(self.decide(*decision));
            }
        }
    }

    /// A call runs, waits for a decision, or is over at once. Returns what the session must hear.
    pub(super) fn begun(&mut self, call_id: &CallId, begun: Begun) -> Input {
        let news = match begun {
            Begun::Running(start, deadline, policy) => {
                self.notify(Event::ToolStarted(start));
                ToolNews::Running { deadline, policy }
            }
            Begun::Asking(call, request) => return self.ask(call, request),
            Begun::Over(finish) => return self.finished(*finish),
        };
        Input::Tool(call_id.clone(), news)
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Progress(call_id, progress) => self.progressed(call_id, progress),
            News::Asked(id, call_id, elicitation) => self.asked(Asked {
                id,
                call_id,
                elicitation,
            }),
            News::AnswerOver(id) => self.answer_over(id),
            News::Decided(decision) => self.decided_outside(*decision),
            News::NotAsked {
                call_id,
                channel,
                message,
            } => self.notify(Event::ApprovalNotAsked {
                call_id,
                channel,
                message,
            }),
            News::Finished(finish, kept) => {
                if self.tools.finished(&finish.call_id, kept) {
                    let news = self.finished(*finish);
                    self.tell(news);
                }
            }
        }
    }

    /// A call is over. Returns what the session must hear.
    pub(super) fn finished(&self, finish: ToolFinish) -> Input {
        let (call_id, news) = (finish.call_id.clone(), tools::over(&finish));
        self.notify(Event::ToolFinished(finish));
        Input::Tool(call_id, news)
    }

    /// Does what is due: speech that is to be heard now, and what the session waits for.
    fn wake(&mut self) {
        let at = self.now();
        self.wake_speech(at);
        if self.session.deadline().is_some_and(|(due, _)| due <= at) {
            self.tell(Input::Tick);
        }
    }

    /// Returns when the loop must wake, if nothing else happens.
    fn due(&self) -> Option<Instant> {
        let timer = self.session.deadline().map(|(due, _)| due);
        let due = timer.into_iter().chain(self.speech_due()).min()?;
        Some(self.start + Duration::from_micros(due.as_micros()))
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::ZERO + self.start.elapsed()
    }

    pub(super) fn notify(&self, event: Event) {
        let at = self.now();
        let Some(event) = Logs::new(self.tools.router.redaction()).event(event) else {
            return;
        };
        self.observers.iter().for_each(|it| it.event(at, &event));
        if let Some(tape) = &self.tape {
            tape.event(at, &event);
        }
        // An application that is gone has closed the session already.
        let _ = self.events.send(event);
    }
}
