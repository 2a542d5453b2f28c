//! [`Turn`]: follows one turn, tells it, and knows when it is over and how it went.

use std::{collections::BTreeSet, path::Path, time::Duration};

use rtmcp::{
    Bridge, Event,
    record::Recorded,
    session::{self, Trouble},
};
use rtmcp_core::{ItemId, Private, Role};
use rtmcp_media::{Sound, pcm};
use tokio::time::Instant;

use super::{
    microphone::{Microphone, RATE, Speech},
    write_wav,
};
use crate::{
    approval::{Approver, Decision},
    command::{
        recording,
        session::{Calls, Steps, span, told},
    },
    console,
    failure::{ExitStatus, Failure, Outcome},
    handover::{self, dropped},
};

/// What the person says.
#[derive(Debug)]
pub(super) enum Words {
    Spoken(Speech),
    Typed(String),
}

/// One turn.
#[derive(Debug)]
pub(super) struct Turn {
    words: Words,
    /// The endpoint is asked to write down what it hears.
    transcribes: bool,
    timeout: Duration,
    /// When the turn must be over.
    deadline: Instant,
    steps: Steps,
    hearing: Hearing,
    reply: Reply,
    calls: Calls,
    /// The endpoint has nothing left to do.
    idle: bool,
    /// What went wrong last.
    trouble: Option<String>,
    recorded: Option<Recorded>,
}

/// How far the endpoint is with hearing.
#[derive(Debug, Default)]
struct Hearing {
    begun: bool,
    speaking: bool,
    /// Speech whose words aren't there yet.
    unwritten: BTreeSet<ItemId>,
    /// Some words are there.
    written: bool,
}

/// What the model said.
#[derive(Debug, Default)]
struct Reply {
    began: bool,
    said: BTreeSet<ItemId>,
    sounding: Option<ItemId>,
    sound: Vec<u8>,
}

impl Turn {
    pub(super) fn new(words: Words, transcribes: bool, timeout: Duration) -> Self {
        Self {
            words,
            transcribes,
            timeout,
            deadline: Instant::now() + OPENING.max(timeout),
            steps: Steps::from(Instant::now()),
            hearing: Hearing::default(),
            reply: Reply::default(),
            calls: Calls::default(),
            idle: false,
            trouble: None,
            recorded: None,
        }
    }

    /// Takes what happens.
    pub(super) fn take(
        &mut self,
        event: Event,
        bridge: &Bridge,
        microphone: &mut Microphone,
        approver: &mut Approver,
    ) -> Outcome {
        match event {
            Event::Session(session::Event::Ready { .. }) => self.begin(bridge, microphone),
            Event::Session(event) => self.session(event),
            Event::Audio { item_id, bytes } => self.sound(item_id, bytes.expose()),
            Event::AudioEnd { item_id } => self.end_of_sound(&item_id, "end"),
            Event::AudioStop => {
                if let Some(item_id) = self.reply.sounding.clone() {
                    self.end_of_sound(&item_id, "cut off");
                }
            }
            Event::Approval { call, request, .. } => {
                // The turn's time doesn't run while somebody decides.
                let expires = request.expires();
                self.deadline = self.deadline.max(Instant::now() + expires + self.timeout);
                self.calls
                    .ask(self.steps, (call, request), bridge, approver);
            }
            Event::ApprovalOver(line) => self.calls.approval_over(self.steps, &line),
            Event::ApprovalNotAsked { message, .. } => self.steps.tell("not asked", &message),
            Event::ToolStarted(call) => self.calls.started(self.steps, &call),
            Event::ToolFinished(call) => self.calls.finished(self.steps, &call),
            Event::ServerDown { server, error } => self.calls.server_down(server, &error),
            Event::ServerReady { server, .. } => self.calls.server_ready(server),
            Event::SoundDropped { span: lost } => self.steps.tell("dropped", &dropped(lost)),
            Event::Closed(closed) => return Err(self.calls.lost(closed)),
            Event::Elicitation(_) => told::decline(self.steps, &event, bridge),
            event => {
                if let Some(event) = told::tell(self.steps, event) {
                    self.keep_recording(event);
                }
            }
        }
        if !self.hearing.speaking && self.hearing.begun {
            microphone.off();
        }
        self.calls.ask_next(approver);
        Ok(())
    }

    /// Tells whether somebody is asked about a call.
    pub(super) fn is_asking(&self) -> bool {
        self.calls.is_asking()
    }

    /// Takes the answer to what was asked.
    pub(super) fn decide(&mut self, decision: Decision, bridge: &Bridge, approver: &mut Approver) {
        self.calls.decide(self.steps, decision, bridge);
        self.calls.ask_next(approver);
    }

    /// Tells whether the reply was heard to its end, or will not come.
    pub(super) fn is_over(&self, microphone: &Microphone) -> bool {
        let said = match self.words {
            Words::Typed(_) => true,
            Words::Spoken(_) => microphone.done().is_some() && self.hearing.begun,
        };
        let written = self.hearing.unwritten.is_empty();
        said && written && self.idle && (self.reply.began || self.trouble.is_some())
    }

    /// Returns when patience ends.
    pub(super) fn deadline(&self, microphone: &Microphone) -> Instant {
        match microphone.done() {
            Some(done) if !self.hearing.begun => self.deadline.min(done + NO_SPEECH),
            _ => self.deadline,
        }
    }

    /// Says why patience ended.
    pub(super) fn late(&self, microphone: &Microphone) -> Failure {
        if let (Words::Spoken(speech), Some(_)) = (&self.words, microphone.done())
            && !self.hearing.begun
        {
            let line = format!(
                "the endpoint heard no speech in {}: is it silent, too quiet or too short?",
                speech.path.display()
            );
            return Failure::new(ExitStatus::Failed, line);
        }
        let calls = self.calls.open();
        let missing = match (calls.is_empty(), self.reply.began) {
            (false, _) => format!("no answer of {} came", calls.join(", ")),
            (true, true) if self.idle => "what was said wasn't written down".to_owned(),
            (true, true) => "the reply didn't end".to_owned(),
            (true, false) => "no reply came".to_owned(),
        };
        let trouble = self.trouble.as_deref();
        let trouble = trouble.map_or_else(String::new, |it| format!("; the endpoint says: {it}"));
        let line = format!(
            "{missing} within {}: try again, or give it longer with `--timeout`{trouble}",
            span(self.timeout)
        );
        Failure::new(ExitStatus::Failed, line)
    }

    /// Says how a turn went that is over.
    pub(super) fn verdict(&self) -> Outcome {
        let failed = |line: String| Err(Failure::new(ExitStatus::Failed, line));
        let trouble = self.trouble.as_deref();
        if self.reply.said.is_empty() && self.reply.sound.is_empty() {
            return failed(match trouble {
                Some(trouble) => format!("no reply came; the endpoint says: {trouble}"),
                None => "the model said nothing, as is right after a tool with `reply = \
                         \"silent\"`: else tell it in `realtime.instructions` to answer aloud, or \
                         try again"
                    .to_owned(),
            });
        }
        let spoken = matches!(self.words, Words::Spoken(_));
        if spoken && self.transcribes && !self.hearing.written {
            return failed(match trouble {
                Some(trouble) => format!("the speech was not written down: {trouble}"),
                None => "no words were heard in the speech: is it in a language that the endpoint \
                         knows, and clear?"
                    .to_owned(),
            });
        }
        self.calls.verdict()
    }

    /// Writes what was heard of the reply to a file, where one is named, and says where it is.
    pub(super) fn keep_sound(&self, path: Option<&Path>) -> Outcome {
        let sound = Sound {
            rate: RATE,
            samples: pcm::from_bytes(&self.reply.sound),
        };
        if sound.samples.is_empty() {
            return Ok(());
        }
        let length = span(sound.duration());
        if let Some(path) = path {
            write_wav(path, &sound)?;
            let words = format!("{} ({length} of speech)", path.display());
            self.steps.tell("saved", &words);
        } else {
            let words = format!("{length} of speech, not kept (keep it with `--out reply.wav`)");
            self.steps.tell("done", &words);
        }
        Ok(())
    }

    /// Takes note of where the session was recorded.
    pub(super) fn keep_recording(&mut self, event: Event) {
        if let Event::Recorded(recorded) = event {
            self.recorded = Some(recorded);
        }
    }

    /// Says where the session was recorded, if it was.
    pub(super) fn recorded(&self) -> Outcome {
        let Some(recorded) = &self.recorded else {
            return Ok(());
        };
        recording::kept(recorded)?;
        let path = recorded.path.display().to_string();
        self.steps.tell("recorded", &path);
        Ok(())
    }

    /// The session is ready: speak, or send the text.
    fn begin(&mut self, bridge: &Bridge, microphone: &mut Microphone) {
        let now = Instant::now();
        match &self.words {
            Words::Typed(text) => {
                bridge.send_text(text.as_str());
                self.steps = Steps::from(now);
                self.deadline = now + self.timeout;
                self.steps.tell("typed", &console::plain(text));
            }
            Words::Spoken(speech) => {
                microphone.say(speech);
                self.steps = Steps::from(now + speech.end);
                self.deadline = now + speech.duration() + self.timeout;
                let words = format!("{} ({})", speech.path.display(), span(speech.duration()));
                self.steps.tell("speaks", &words);
            }
        }
    }

    fn session(&mut self, event: session::Event) {
        match event {
            session::Event::SpeechStarted { .. } => {
                self.idle = false;
                self.hearing.begun = true;
                self.hearing.speaking = true;
            }
            session::Event::SpeechStopped { item_id } => {
                self.hearing.speaking = false;
                if self.transcribes {
                    self.hearing.unwritten.insert(item_id);
                }
            }
            session::Event::Transcript {
                item_id,
                role,
                text,
                done: true,
            } => self.words(item_id, &role, &text),
            session::Event::TranscriptFailed { item_id, message } => {
                self.hearing.unwritten.remove(&item_id);
                self.trouble(&message);
            }
            session::Event::ResponseStarted { .. } => {
                self.idle = false;
                self.reply.began = true;
            }
            session::Event::Call {
                call_id,
                state,
                name,
            } => {
                self.calls.state(self.steps, &call_id, &name, state);
            }
            session::Event::Idle => self.idle = true,
            // The old connection writes nothing down any more.
            session::Event::HandingOver { .. } => self.hearing.unwritten.clear(),
            session::Event::HandedOver(over) => {
                self.steps.tell("hand-over", &handover::goes_on(&over));
            }
            session::Event::Trouble(Trouble::NotUnderstood { kind, trouble }) => {
                console::warn(format!("an event `{kind}` was not understood: {trouble}"));
            }
            session::Event::Trouble(
                Trouble::Endpoint { message, .. }
                | Trouble::ResponseFailed { message, .. }
                | Trouble::OutputRefused { message, .. },
            ) => self.trouble(&message),
            _ => {}
        }
    }

    /// Somebody's words are whole.
    fn words(&mut self, item_id: ItemId, role: &Role, text: &Private<String>) {
        let text = console::plain(text.expose().trim());
        match role {
            Role::User => {
                self.hearing.unwritten.remove(&item_id);
                self.hearing.written |= !text.is_empty();
                if matches!(self.words, Words::Spoken(_)) {
                    self.steps.tell("heard", &text);
                }
            }
            Role::Assistant if self.reply.said.insert(item_id) => {
                self.steps.tell("reply", &text);
            }
            _ => {}
        }
    }

    fn sound(&mut self, item_id: ItemId, bytes: &[u8]) {
        if self.reply.sounding.as_ref() != Some(&item_id) {
            self.steps.tell("sound", "the reply begins to sound");
            self.reply.sounding = Some(item_id);
        }
        self.reply.sound.extend(bytes);
    }

    fn end_of_sound(&mut self, item_id: &ItemId, how: &str) {
        if self.reply.sounding.take_if(|it| it == item_id).is_some() {
            self.steps.tell("silence", &format!("the reply's {how}"));
        }
    }

    fn trouble(&mut self, message: &str) {
        let message = console::plain(message);
        self.steps.tell("trouble", &message);
        self.trouble = Some(message);
    }
}

/// How long a session may take to open, where the turn's own time is shorter.
const OPENING: Duration = Duration::from_secs(15);

/// How long after its end a clip may stay unheard.
const NO_SPEECH: Duration = Duration::from_secs(3);
