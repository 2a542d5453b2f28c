//! What a session does when its connection ends, or another one takes over.

use std::time::{SystemTime, UNIX_EPOCH};

use rtmcp_core::AudioFormat;
use rtmcp_media::webrtc::ConnectionHandle;
use rtmcp_session::{Handover, Input};

use super::{dialer::Opened, driver::Driver, link::LinkNews, speech::Speech};
use crate::{
    ConnectError, Event,
    attachment::Attachment,
    connect::abandon,
    line::{End, EndKind, Line, Received},
    microphone::Microphone,
    track::Track,
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
                self.take_over(opened.line, opened.attachment);
                self.connected();
                self.receive(&opened.first);
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

    /// Puts a connection in the place of the one that there was, which is ended in order if it still
    /// is one.
    fn take_over(&mut self, line: Line, attachment: Option<Attachment>) {
        if let Some(track) = line.track() {
            self.change_track(track);
        }
        let old = self.link.replace(line);
        let left = attachment.zip(self.call.as_mut());
        let left = left.map(|(attachment, call)| {
            let old = std::mem::replace(&mut call.attachment, attachment);
            (old, call.rest.clone())
        });
        tokio::spawn(async move {
            if let Some(old) = old {
                old.close().await;
            }
            if let Some((call, rest)) = left {
                // Mostly it is over already.
                abandon(&rest, call.call_id()).await;
            }
        });
    }

    /// Speaks and hears on another call's track.
    fn change_track(&mut self, track: ConnectionHandle) {
        if let Speech::Track(sounding) = &mut self.speech
            && sounding.is_busy()
        {
            let cut = sounding.cut();
            self.hand_out(cut);
        }
        self.speech = Speech::Track(Track::default());
        self.microphone = Some(Microphone::new(track.clone()));
        self.track.send_replace(Some(track));
        let unsaid = std::mem::take(&mut self.unsaid);
        if unsaid > 0 {
            let span = AudioFormat::PCM_24K.duration_of(unsaid);
            self.notify(Event::SoundDropped { span });
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
