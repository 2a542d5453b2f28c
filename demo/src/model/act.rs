//! [`Act`]: what a person can do on the page, and what follows from it.

use rtmcp_api::{Decision, ElicitationAction, Remember};
use rtmcp_core::Private;
use rtmcp_session::Command;

use super::{
    Effect, Model, State,
    console::Source,
    elicitation::Filled,
    setup::{Form, ToolAct},
};

/// What a person can do.
#[derive(Clone, Debug)]
pub enum Act {
    /// The page was opened, or is to try again to learn what there is.
    Open,
    /// Choose a Realtime endpoint.
    Endpoint(String),
    /// Type a key for it.
    Key(Private<String>),
    /// Say what the model is told about its part; empty for what is configured.
    Instructions(Private<String>),
    /// Fill in the form for a server of one's own.
    Form(Form),
    /// Load the tools of the server in the form, and so add it.
    LoadTools,
    /// Load the tools of a server again.
    Reload(String),
    /// Take a server into the call, or leave it out.
    Use(String, bool),
    /// Forget a server of one's own.
    Forget(String),
    /// Change what a server's tools are allowed to the model.
    Tools(String, ToolAct),
    /// Press the microphone button.
    Microphone,
    /// Mute the microphone, or let it through again.
    Mute,
    /// Type something to the model.
    Say(Private<String>),
    /// Stop the model's speech.
    Interrupt,
    /// End the call.
    End,
    /// Decide about a call of a tool.
    Decide {
        /// The call.
        call_id: String,
        /// Whether it may run.
        approve: bool,
        /// Why not.
        reason: Private<String>,
        /// For what else a yes counts.
        remember: Remember,
    },
    /// Answer what a server asks.
    Answer {
        /// The question.
        id: String,
        /// What to do with it.
        action: ElicitationAction,
        /// What was filled in.
        filled: Filled,
    },
    /// Sign in to a server.
    SignIn(String),
    /// Let the model's voice be heard.
    Hear,
    /// Close the message about what went wrong.
    Dismiss,
    /// Do something with the diagnostics.
    Console(ConsoleAct),
}

/// What a person can do with the diagnostics.
#[derive(Clone, Debug)]
pub enum ConsoleAct {
    /// Show only what holds this text.
    Filter(Private<String>),
    /// Show a source, or hide it.
    Show(Source, bool),
    /// Stand still, or follow again.
    Pause,
    /// Forget all.
    Clear,
    /// Show one whole, or close it.
    Expand(u64),
    /// Copy one.
    Copy(u64),
    /// Copy all that are shown.
    CopyAll,
    /// Save all that are shown as a file.
    Export,
}

impl Model {
    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Open => {
                self.setup.loading();
                self.effect(Effect::LoadSettings);
            }
            Act::Endpoint(name) => self.setup.choose(&name),
            Act::Key(key) => self.setup.set_key(key),
            Act::Instructions(text) => self.setup.instructions = text,
            Act::Form(form) => self.setup.form.fill(form),
            Act::LoadTools => {
                let loading = self.setup.add();
                self.effects.extend(loading);
            }
            Act::Reload(server) => {
                let loading = self.setup.load(&server);
                self.effects.extend(loading);
            }
            Act::Use(server, on) => {
                let loading = self.setup.use_server(&server, on);
                self.effects.extend(loading);
            }
            Act::Forget(server) => self.setup.forget(&server),
            Act::Tools(server, act) => self.setup.change_tools(&server, act),
            Act::Microphone => self.press_microphone(),
            Act::Mute => self.mute(),
            Act::Say(text) => self.say(text),
            Act::Interrupt => self.interrupt(),
            Act::End => self.end(),
            Act::Decide {
                call_id,
                approve,
                reason,
                remember,
            } => self.decide(call_id, approve, reason, remember),
            Act::Answer { id, action, filled } => self.answer(id, action, &filled),
            Act::SignIn(server) => self.sign_in(server),
            Act::Hear => self.effect(Effect::PlayVoice),
            Act::Dismiss => self.call.trouble = None,
            Act::Console(act) => self.console_act(act),
        }
    }

    /// The big button: begins a call, ends it, or adds the microphone to one that has none.
    fn press_microphone(&mut self) {
        if !self.call.state().is_running() {
            self.dial(true);
        } else if self.call.can_add_microphone() {
            self.call.microphone_asked();
            let number = self.call.number;
            self.effect(Effect::OpenMicrophone { number });
        } else {
            self.end();
        }
    }

    fn mute(&mut self) {
        if self.call.has_microphone() {
            let muted = !self.call.muted;
            self.call.muted = muted;
            self.effect(Effect::Mute(muted));
        }
    }

    /// What is typed before a call begins one, without the microphone.
    fn say(&mut self, text: Private<String>) {
        if text.expose().trim().is_empty() {
            return;
        }
        if !self.call.state().is_running() && !self.dial(false) {
            return;
        }
        if self.call.takes_text() {
            self.session_input(Command::SendText(text).into());
        } else {
            self.conversation.hold(&text);
            self.call.held.push(text);
        }
    }

    fn interrupt(&mut self) {
        if matches!(self.call.state(), State::Thinking | State::Speaking) {
            self.session_input(Command::Interrupt.into());
        }
    }

    fn decide(
        &mut self,
        call_id: String,
        approve: bool,
        reason: Private<String>,
        remember: Remember,
    ) {
        let Some(session) = self.call.session_id.clone() else {
            return;
        };
        let Some(hash) = self.conversation.deciding(&call_id) else {
            return;
        };
        let reason = Some(reason).filter(|it| !approve && !it.expose().trim().is_empty());
        let remember = if approve { remember } else { Remember::No };
        let number = self.call.number;
        self.effect(Effect::Decide {
            number,
            session,
            call_id,
            decision: Decision {
                approve,
                reason,
                hash: Some(hash),
                remember,
            },
        });
    }

    fn answer(&mut self, id: String, action: ElicitationAction, filled: &Filled) {
        let Some(session) = self.call.session_id.clone() else {
            return;
        };
        if let Some(answer) = self.conversation.answering(&id, action, filled) {
            let number = self.call.number;
            self.effect(Effect::Answer {
                number,
                session,
                id,
                answer: Box::new(answer),
            });
        }
    }

    fn sign_in(&mut self, server: String) {
        let Some(session) = self.call.session_id.clone() else {
            return;
        };
        if self.conversation.signing_in(&server) {
            let number = self.call.number;
            self.effect(Effect::SignIn {
                number,
                session,
                server,
            });
        }
    }

    fn console_act(&mut self, act: ConsoleAct) {
        match act {
            ConsoleAct::Filter(text) => self.console.set_filter(text),
            ConsoleAct::Show(source, on) => self.console.show(source, on),
            ConsoleAct::Pause => self.console.pause(),
            ConsoleAct::Clear => self.console.clear(),
            ConsoleAct::Expand(seq) => self.console.expand(seq),
            ConsoleAct::Copy(seq) => {
                let line = self.console.line(seq);
                self.effects.extend(line.map(Effect::Copy));
            }
            ConsoleAct::CopyAll => {
                let text = self.console.lines();
                self.effect(Effect::Copy(text));
            }
            ConsoleAct::Export => {
                let text = self.console.lines();
                let name = "rtmcp-events.jsonl".to_owned();
                self.effect(Effect::Download { name, text });
            }
        }
    }
}
