//! What a session does when its connection ends, or another one takes over.

use std::time::{SystemTime, UNIX_EPOCH};

use rtmcp_core::AudioFormat;
use rtmcp_session::{Handover, Input};

use super::{dialer::Opened, driver::Driver, link::LinkNews};
use crate::{
    ConnectError, Event,
    line::{End, EndKind, Received},
};

impl Driver {
    /// Takes what happened to the connection.
    pub(super) fn link_news(&mut self, news: LinkNews) {
        match news {
            LinkNews::Received(Received::Text(text)) => self.receive(&text),
            LinkNews::Received(Received::Sound(frame)) => self.sound(frame.samples),
            LinkNews::Received(Received::Dropped(bytes)) => self.dropped(bytes),
            LinkNews::Received(Received::Over(end)) => self.over(end),
            LinkNews::Opened(opened) => self.opened(opened),
        }
    }

    /// The connection is there, and the clock of its session starts: an endpoint may never say a
    /// word.
    pub(super) fn connected(&mut self) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let at = since.ok().map(|since| since.as_secs());
        self.tell(Input::Connected { at });
    }

    /// The session wants a connection that takes over. Returns what it must hear of it at once.
    pub(super) fn connect(&mut self) -> Option<Input> {
        match self.handover {
            Handover::None => Some(Input::NotConnected),
            Handover::Replay | Handover::Rejoin => {
                self.link.dial();
                None
            }
        }
    }

    /// A connection that takes over is open, or won't be.
    fn opened(&mut self, opened: Result<Opened, ConnectError>) {
        match opened {
            Ok(opened) => {
                let first = self.link.replace(opened);
                self.connected();
                self.receive(&first);
            }
            Err(error) => {
                self.link.fail(error);
                let has_ended = self.link.has_ended;
                self.tell(if has_ended {
                    Input::Ended
                } else {
                    Input::NotConnected
                });
            }
        }
    }

    /// The connection is over.
    fn over(&mut self, end: End) {
        let kind = end.kind;
        self.link.lose(end);
        // Another one is on its way, however this one ended.
        let may_go_on = kind == EndKind::Broken || self.link.is_dialing();
        if !may_go_on && kind == EndKind::InOrder {
            self.link.has_ended = self.call.is_some();
        }
        self.tell(if may_go_on {
            Input::Disconnected
        } else {
            Input::Ended
        });
    }

    /// The endpoint takes too little, and so much of the person's sound will never reach it.
    fn dropped(&self, bytes: u64) {
        let input = self.session.config().audio_input();
        let format = input.and_then(|input| input.format.clone());
        let span = format.unwrap_or(AudioFormat::PCM_24K).duration_of(bytes);
        self.notify(Event::SoundDropped { span });
    }
}
