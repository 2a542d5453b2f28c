//! A call as it runs: from the press of the button to its end, whatever happens.

use std::time::Duration;

use rtmcp_api::{CallRequest, CallSource, Diagnostic, Happening};
use rtmcp_core::{ClientEvent, ServerEvent, Timestamp};
use rtmcp_session::{CloseReason, Command, Event, Input as SessionInput, Output};

use super::{
    Call, Effect, Model,
    call::{Microphone, Stage, Step},
    console::{Direction, Source},
    input::{News, NoMicrophone, Peer},
    trouble::{self, Trouble},
};

/// How long the browser and the endpoint may look for a way to each other. Browsers themselves give
/// up after some 15 s, but not where the way is found and nothing comes of it.
const JOINING: Duration = Duration::from_secs(20);

/// How long the backend gets to say why the endpoint has gone: it knows more than the browser.
const EXPLAINING: Duration = Duration::from_millis(800);

impl Model {
    /// Does what time has made due.
    pub(super) fn tick(&mut self) {
        let now = self.now;
        if let Some((_, trouble)) = self.call.failing.take_if(|(due, _)| *due <= now) {
            self.fail(trouble);
        } else if self.call.is_given_up(now) {
            self.fail(trouble::backend_away());
        } else if self.call.deadline().is_some_and(|due| due <= self.now) {
            self.session_input(SessionInput::Tick);
        }
    }

    /// Begins a call. Returns whether it could.
    pub(super) fn dial(&mut self, microphone: bool) -> bool {
        if self.setup.settings().is_none() {
            self.call.trouble = Some(Trouble::new(
                "The backend hasn't said yet whom you can talk to.",
                "Wait a moment; if nothing changes, try again in the setup.",
            ));
            return false;
        }
        if self.setup.key_missing() {
            self.call.trouble = Some(trouble::key_missing());
            return false;
        }
        let number = self.call.number + 1;
        let endpoint = self.setup.endpoint.clone();
        *self.call = Call::begin(number, self.now, endpoint, microphone);
        *self.conversation = super::Conversation::default();
        *self.clock = self.now;
        self.effect(Effect::Dial { number, microphone });
        true
    }

    /// The person ends the call.
    pub(super) fn end(&mut self) {
        if self.call.state().is_running() {
            self.finish(Stage::Ended, None);
        }
    }

    /// Ends the call on this side, and tells the backend, which may have ended it already.
    fn finish(&mut self, stage: Stage, trouble: Option<Trouble>) {
        let took = self.now - self.call.began;
        let call = &mut *self.call;
        let was_live = call.stage == Stage::Live;
        call.stage = stage;
        call.took_ms = u64::try_from(took.as_millis()).ok().filter(|_| was_live);
        call.trouble = trouble;
        call.microphone = Microphone::Off;
        call.muted = false;
        call.backend_lost = None;
        call.voice_blocked = false;
        call.hushed = false;
        call.peer = None;
        call.session = None;
        call.working = false;
        call.failing = None;
        let session = call.session_id.take();
        self.conversation.close();
        self.effect(Effect::HangUp);
        self.effects
            .extend(session.map(|session| Effect::End { session }));
    }

    fn fail(&mut self, trouble: Trouble) {
        self.finish(Stage::Failed, Some(trouble));
    }

    /// Something happened to a call: this one, or one that is over.
    pub(super) fn news(&mut self, number: u64, news: News) {
        if number != self.call.number || !self.call.state().is_running() {
            if let News::Answer(Ok(call)) = news {
                // The person left before the backend had answered.
                self.effect(Effect::End { session: call.id });
            }
            return;
        }
        let now = self.now;
        match news {
            News::Microphone(answer) => self.microphone(answer),
            News::MicrophoneGone => {
                self.call.microphone = Microphone::Off;
                self.call.microphone_trouble = Some(trouble::microphone_gone());
            }
            News::Offer(Ok(sdp)) => self.ask(sdp),
            News::Offer(Err(_)) | News::BadAnswer(_) => self.fail(trouble::no_connection()),
            News::Answer(Ok(call)) => self.answered(call),
            News::Answer(Err(failure)) => self.fail(failure.into()),
            News::Peer(peer) => self.peer(peer),
            News::ChannelOpen => self.channel_open(),
            News::Channel(text) => self.received(&text),
            News::ChannelClosed => self.fail_unless_told(trouble::endpoint_left()),
            News::BackendOpen => self.call.backend_lost = None,
            News::Backend(text) => self.told(&text),
            News::BackendLost => self.call.lost_backend(now),
            News::BackendGone => self.fail(trouble::backend_gone()),
            News::Decided { call_id, answer } => self.conversation.decided(&call_id, answer),
            News::Answered { id, answer } => self.conversation.elicitation_answered(&id, answer),
            News::SignIn { server, answer } => {
                self.conversation.sign_in_answered(now, &server, answer);
            }
            News::VoiceBlocked => self.call.voice_blocked = true,
            News::VoiceHeard => self.call.voice_blocked = false,
        }
    }

    fn microphone(&mut self, answer: Result<(), NoMicrophone>) {
        let call = &mut *self.call;
        match answer {
            Ok(()) => {
                call.microphone = Microphone::On;
                call.muted = false;
                call.microphone_trouble = None;
            }
            Err(why) => {
                call.microphone = Microphone::Off;
                call.microphone_trouble = Some(trouble::of_microphone(why));
            }
        }
        if call.stage == Stage::Connecting(Step::Microphone) {
            call.stage = Stage::Connecting(Step::Asking);
        }
    }

    fn ask(&mut self, sdp: String) {
        self.call.stage = Stage::Connecting(Step::Asking);
        let request = CallRequest {
            source: CallSource::Sdp(sdp),
            setup: self.setup.request(),
        };
        let number = self.call.number;
        self.effect(Effect::PostCall {
            number,
            request: Box::new(request),
        });
    }

    fn answered(&mut self, call: rtmcp_api::Call) {
        let number = self.call.number;
        self.call.session_id = Some(call.id.clone());
        let Some(sdp) = call.sdp else {
            self.fail(trouble::no_connection());
            return;
        };
        self.call.stage = Stage::Connecting(Step::Joining);
        self.call.failing = Some((self.now + JOINING, trouble::no_connection()));
        self.effect(Effect::Accept { number, sdp });
        self.effect(Effect::Follow {
            number,
            session: call.id,
        });
    }

    fn peer(&mut self, peer: Peer) {
        self.call.peer = Some(peer);
        if peer == Peer::Lost {
            let joining = matches!(self.call.stage, Stage::Connecting(_));
            self.fail_unless_told(if joining {
                trouble::no_connection()
            } else {
                trouble::connection_lost()
            });
        }
    }

    /// The endpoint has gone: ends the call, with the backend's words if they come in time.
    fn fail_unless_told(&mut self, trouble: Trouble) {
        self.call.failing = Some((self.now + EXPLAINING, trouble));
    }

    /// Events can flow.
    fn channel_open(&mut self) {
        self.call.channel_open = true;
        self.call.failing = None;
        self.call.stage = Stage::Live;
        // It starts the session's clock: an endpoint that never greets is given up.
        self.session_input(SessionInput::Tick);
        self.send_held();
    }

    /// Sends what was typed before anybody could take it.
    fn send_held(&mut self) {
        if self.call.takes_text() && !self.call.held.is_empty() {
            self.conversation.release();
            for text in std::mem::take(&mut self.call.held) {
                self.session_input(Command::SendText(text).into());
            }
        }
    }

    /// The endpoint sent an event.
    fn received(&mut self, text: &str) {
        let at = self.since_began();
        self.console
            .record(at, Source::Browser, Direction::Received, text);
        let event = ServerEvent::decode(text);
        match &event {
            ServerEvent::OutputAudioBufferCleared(_) => self.hush(true),
            ServerEvent::ResponseCreated(_) | ServerEvent::OutputAudioBufferStarted(_) => {
                self.hush(false);
            }
            _ => {}
        }
        self.conversation.endpoint(&event);
        self.session_input(event.into());
    }

    /// Of speech that was cut off the browser still has some, which nobody wants to hear.
    fn hush(&mut self, hushed: bool) {
        if std::mem::replace(&mut self.call.hushed, hushed) != hushed {
            self.effect(Effect::Hush(hushed));
        }
    }

    /// Gives the session an input, and does what it wants.
    pub(super) fn session_input(&mut self, input: SessionInput) {
        let now = self.now;
        let Some(session) = &mut self.call.session else {
            return;
        };
        let outputs: Vec<Output> = session.handle(now, input).collect();
        for output in outputs {
            self.perform(output);
        }
        self.note_work();
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Send(event) => self.send(&event),
            Output::Notify(event) => {
                if let Event::Ready { model, .. } = &event {
                    self.call.model.clone_from(model);
                }
                self.conversation.session(&event);
            }
            Output::Close(reason) => self.closed_by_endpoint(&reason),
            // A companion runs no tools, and the endpoint plays; the session ends with its connection.
            Output::Connect
            | Output::CallTool(_)
            | Output::CancelTool(_)
            | Output::Play { .. }
            | Output::PlayEnd { .. }
            | Output::StopPlayback => {}
        }
    }

    fn send(&mut self, event: &ClientEvent) {
        let (at, text) = (self.since_began(), event.encode());
        self.console
            .record(at, Source::Browser, Direction::Sent, &text);
        self.conversation.sent(event);
        self.effect(Effect::Send(text));
    }

    fn closed_by_endpoint(&mut self, reason: &CloseReason) {
        match reason {
            CloseReason::Asked => self.finish(Stage::Ended, None),
            CloseReason::Disconnected => self.fail(trouble::connection_lost()),
            CloseReason::Silent => self.fail(trouble::endpoint_silent()),
            CloseReason::ConfigRefused { message } | CloseReason::Fatal { message, .. } => {
                self.fail(trouble::endpoint_says(message));
            }
        }
    }

    /// The backend told something.
    fn told(&mut self, text: &str) {
        self.call.backend_lost = None;
        let Ok(diagnostic) = serde_json::from_str::<Diagnostic>(text) else {
            let at = self.since_began();
            self.console
                .record(at, Source::Tools, Direction::Happened, text);
            return;
        };
        self.show(&diagnostic.what, text);
        self.conversation.happening(self.now, &diagnostic.what);
        if let Happening::Approval { .. }
        | Happening::Elicitation { .. }
        | Happening::ToolStarted { .. } = &diagnostic.what
        {
            // What counts from now on begins with a whole second.
            *self.clock = self.now;
        }
        if let Happening::Ready { .. } = &diagnostic.what {
            self.call.led = true;
            self.send_held();
        }
        if let Happening::Closed { reason, message } = &diagnostic.what {
            // The backend knows that it is over.
            self.call.session_id = None;
            let told = trouble::session_over(reason, message);
            match reason.as_str() {
                "asked" => self.finish(Stage::Ended, None),
                "ended" => self.finish(Stage::Ended, Some(told)),
                _ => self.fail(told),
            }
        }
        self.note_work();
    }

    fn show(&mut self, what: &Happening, text: &str) {
        let at = self.since_began();
        let console = &mut *self.console;
        match what {
            Happening::Sent { event } => {
                let event = event.expose().to_string();
                console.record(at, Source::Backend, Direction::Sent, &event);
            }
            Happening::Received { event } => {
                let event = event.expose().to_string();
                console.record(at, Source::Backend, Direction::Received, &event);
            }
            _ => console.record(at, Source::Tools, Direction::Happened, text),
        }
    }

    fn since_began(&self) -> Timestamp {
        Timestamp::ZERO + (self.now - self.call.began)
    }

    fn note_work(&mut self) {
        let working = self.conversation.is_working();
        // Also where nothing changed here: whose turn it is may have.
        self.call.working = working && self.call.session.is_some();
    }
}
