//! What a session does when the application wants something.

use rtmcp_core::{
    Message, Private, Role, SessionConfig,
    event::client::{
        ConversationItemCreate, InputAudioBufferAppend, InputAudioBufferClear,
        InputAudioBufferCommit,
    },
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
            Command::Audio(audio) => self.send(InputAudioBufferAppend {
                audio,
                ..InputAudioBufferAppend::default()
            }),
            Command::CommitAudio => self.commit(),
            Command::ClearAudio => self.send(InputAudioBufferClear::default()),
            Command::SendText(text) => self.send_text(text),
            Command::Respond(params) => self.arbiter.want_special(params),
            Command::Interrupt => self.interrupt_by_hand(),
            Command::ClearPlayback => self.silence(),
            Command::Configure(config) => self.configure(*config),
            Command::SetTools(tools) => self.new_tools = Some(tools),
            Command::Close => self.close(CloseReason::Asked),
        }
    }

    /// Ends the person's turn by hand. The reply is wanted once the endpoint has made an item of
    /// the sound: it may find that there is none.
    fn commit(&mut self) {
        let event_id = self.event_id();
        self.commits.push_back(event_id.clone());
        self.send(InputAudioBufferCommit {
            event_id: Some(event_id),
            ..InputAudioBufferCommit::default()
        });
    }

    fn send_text(&mut self, text: Private<String>) {
        let (event_id, item_id) = (self.event_id(), self.item_id());
        let mut message = Message::text(Role::User, text.into_exposed());
        message.id = Some(item_id.clone());
        self.send(ConversationItemCreate {
            event_id: Some(event_id),
            item: Box::new(message.into()),
            ..ConversationItemCreate::default()
        });
        self.arbiter.want([item_id]);
    }

    fn configure(&mut self, mut config: SessionConfig) {
        if config.tools.take().is_some() {
            debug!("tools are set by SetTools; those of Configure are passed over");
        }
        self.update(config);
    }

    fn set_early_tools(&mut self, tools: Vec<rtmcp_core::session::FunctionTool>) {
        if self.setup.is_some() {
            self.new_tools = Some(tools);
        } else {
            self.options.tools = tools;
        }
    }

    /// Keeps a wish until the session is ready; of too much sound the oldest goes.
    fn hold(&mut self, command: Command) {
        if let Command::Audio(audio) = &command {
            self.held_audio += audio.expose().len();
        }
        self.held.push_back(command);
        while self.held_audio > self.options.held_audio_bytes {
            let is_audio = |command: &Command| matches!(command, Command::Audio(_));
            let Some(oldest) = self.held.iter().position(is_audio) else {
                break;
            };
            if let Some(Command::Audio(audio)) = self.held.remove(oldest) {
                self.held_audio -= audio.expose().len();
                debug!("sound dropped: the session isn't ready");
            }
        }
    }
}
