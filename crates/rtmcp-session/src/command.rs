//! What a session does when the application wants something.

use rtmcp_core::{
    Message, Private, ReplyMode, Role, SessionConfig,
    event::client::{InputAudioBufferAppend, InputAudioBufferClear, InputAudioBufferCommit},
};
use tracing::debug;

use crate::{CloseReason, Command, Phase, Session};

impl Session {
    pub(crate) fn command(&mut self, command: Command) {
        match (self.phase, command) {
            (_, Command::Close) => self.close(CloseReason::Asked),
            (Phase::Closed, _) => {}
            (_, Command::Configure(_) | Command::SetTools(_)) if !self.leads() => {
                debug!("a companion doesn't change the session: passed over");
            }
            (Phase::Connecting, Command::SetTools(tools)) => self.set_early_tools(tools),
            (Phase::HandingOver, Command::SetTools(tools)) => self.new_tools = Some(tools),
            (Phase::HandingOver, Command::Interrupt) => self.interrupt_between(),
            (Phase::Connecting | Phase::HandingOver, command) => self.hold(command),
            (Phase::Ready, command) => self.obey(command),
        }
    }

    /// Does what was wanted before the session was ready.
    pub(crate) fn catch_up(&mut self) {
        self.held_audio = 0;
        for command in std::mem::take(&mut self.held) {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Audio(audio) => self.send_sound(audio),
            Command::CommitAudio => self.commit(),
            Command::ClearAudio => {
                self.kept_sound.cleared();
                self.send(InputAudioBufferClear::default());
            }
            Command::SendText(text) => self.send_text(text),
            Command::Respond(params) => self.arbiter.want_special(params),
            Command::Interrupt => self.interrupt_by_hand(),
            Command::ClearPlayback => self.silence(),
            Command::Configure(config) => self.configure(*config),
            Command::SetTools(tools) => self.new_tools = Some(tools),
            Command::Tell { text, reply } => self.tell(text, reply),
            Command::Close => self.close(CloseReason::Asked),
        }
    }

    fn send_sound(&mut self, audio: Private<String>) {
        if self.replays() {
            self.kept_sound.sent(&audio, self.turn_detection_is_off());
        }
        self.send(InputAudioBufferAppend {
            audio,
            ..InputAudioBufferAppend::default()
        });
    }

    /// Ends the person's turn by hand. The reply is wanted once the endpoint has made an item of
    /// the sound: it may find that there is none.
    fn commit(&mut self) {
        let event_id = self.event_id();
        self.commits.push_back(event_id.clone());
        if self.replays() {
            self.kept_sound.ended_by_hand();
        }
        self.send(InputAudioBufferCommit {
            event_id: Some(event_id),
            ..InputAudioBufferCommit::default()
        });
    }

    fn send_text(&mut self, text: Private<String>) {
        let (event_id, item_id) = (self.event_id(), self.item_id());
        let mut message = Message::text(Role::User, text.into_exposed());
        message.id = Some(item_id.clone());
        self.give(event_id, message.into());
        self.arbiter.want([item_id]);
    }

    /// Tells the model something, as a message of the system.
    pub(crate) fn tell(&mut self, text: Private<String>, reply: ReplyMode) {
        let (event_id, item_id) = (self.event_id(), self.aside_id());
        let mut message = Message::text(Role::System, text.into_exposed());
        message.id = Some(item_id.clone());
        self.give(event_id, message.into());
        self.arbiter.want_as(reply, [item_id]);
    }

    fn configure(&mut self, mut config: SessionConfig) {
        if config.tools.take().is_some() {
            debug!("tools are set by SetTools; those of Configure are passed over");
        }
        let event_id = self.update(config.clone());
        self.settings.ask(event_id, config);
    }

    fn set_early_tools(&mut self, tools: Vec<rtmcp_core::session::FunctionTool>) {
        if self.setup.is_some() {
            self.new_tools = Some(tools);
        } else {
            self.options.tools = tools;
        }
    }

    /// Keeps a wish until the session is ready.
    fn hold(&mut self, command: Command) {
        self.held_audio += sound_in(&command);
        self.held.push_back(command);
        self.hold_so_much();
    }

    /// Keeps wishes that come before those that are kept.
    pub(crate) fn hold_first(&mut self, commands: impl DoubleEndedIterator<Item = Command>) {
        for command in commands.rev() {
            self.held_audio += sound_in(&command);
            self.held.push_front(command);
        }
        self.hold_so_much();
    }

    /// Of too much sound, lets the oldest go.
    fn hold_so_much(&mut self) {
        while self.held_audio > self.options.held_audio_bytes {
            let oldest = self.held.iter().position(|it| sound_in(it) > 0);
            let Some(oldest) = oldest.and_then(|at| self.held.remove(at)) else {
                break;
            };
            self.held_audio -= sound_in(&oldest);
            self.sound_lost(sound_in(&oldest));
            debug!("sound dropped: the session isn't ready");
        }
    }
}

/// Returns the bytes of base64 that are to be passed on.
fn sound_in(command: &Command) -> usize {
    match command {
        Command::Audio(audio) => audio.expose().len(),
        _ => 0,
    }
}
