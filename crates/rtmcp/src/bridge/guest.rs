//! [`Guest`]: a page whose call ends here, as a second party to a session that is led here.

mod allowance;
mod unanswered;
mod words;

use std::time::{SystemTime, UNIX_EPOCH};

use rtmcp_core::{
    AudioFormat, ClientEvent, Dialect, Private, ResponseId, ServerEvent, SessionConfig,
    event::server::{
        InputAudioBufferDtmfEventReceived, OutputAudioBufferCleared, OutputAudioBufferStarted,
        OutputAudioBufferStopped,
    },
    session::AudioConfig,
};
use rtmcp_media::{pcm, webrtc::PeerEvent};
use rtmcp_session::{Command, Input, Phase, Playback as Played};
use tracing::debug;

use super::{driver::Driver, speech::Speech};
use crate::{
    Closed,
    line::ChannelLine,
    loudspeaker::{Loudspeaker, Spoke},
};
use unanswered::Unanswered;
use words::{Said, Words};

/// A page: its data channel, and the track on which it speaks and hears.
///
/// It sees what the endpoint says but the sound, which it hears, and what it says goes on to the
/// endpoint but the end of its playback, which is here. So to a page it is as if the endpoint had
/// taken the call itself.
pub(super) struct Guest {
    line: ChannelLine,
    words: Words,
    /// What the person says, until it is worth an event.
    sound: Vec<i16>,
    /// What the page said while the endpoint wasn't ready for it.
    held: Vec<String>,
    /// What the page asked for and the endpoint hasn't answered.
    unanswered: Unanswered,
    /// Why the page is gone, once it is.
    left: Option<String>,
}

/// Samples of the person's sound in one event: 40 ms, two of what the track brings.
const PIECE: usize = 960;

/// How many events of a page wait for the endpoint to be ready.
const MOST_HELD: usize = 256;

impl Guest {
    /// A page, in a session whose ids begin so.
    pub(super) fn new(line: ChannelLine, prefix: &str) -> Self {
        let words = Words::new(prefix, line.handle());
        Self {
            line,
            words,
            sound: Vec::with_capacity(PIECE),
            held: Vec::new(),
            unanswered: Unanswered::new(prefix),
            left: None,
        }
    }

    /// Returns what plays the model's speech to it.
    pub(super) fn loudspeaker(&self) -> Loudspeaker {
        Loudspeaker::new(self.line.handle())
    }

    /// Waits for what comes of it next; forever once it is gone. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<PeerEvent, String> {
        if self.left.is_some() {
            return std::future::pending().await;
        }
        self.line.next().await
    }

    /// Says why a session is over: whose page is gone has ended.
    pub(super) fn closed(&self, closed: Closed) -> Closed {
        match (closed, &self.left) {
            (Closed::Asked, Some(why)) => Closed::Ended {
                detail: why.clone(),
            },
            (closed, _) => closed,
        }
    }

    /// Sends what waits, and hangs up.
    pub(super) async fn close(self) {
        self.line.close().await;
    }

    fn tell(&mut self, event: impl Into<ServerEvent>) {
        let text = self.words.own(&event.into());
        self.line.send(text);
    }
}

/// Has the endpoint speak and hear as the track is written, where the owner says anything of it.
pub(super) fn as_tracks_sound(config: &mut SessionConfig) {
    let Some(AudioConfig { input, output, .. }) = &mut config.audio else {
        return;
    };
    let input = input.as_mut().map(|it| &mut it.format);
    let output = output.as_mut().map(|it| &mut it.format);
    for format in input.into_iter().chain(output) {
        if format.is_some() {
            *format = Some(AudioFormat::PCM_24K);
        }
    }
}

/// What a page says and does.
impl Driver {
    /// Takes what came of the page.
    pub(super) fn visit(&mut self, happened: Result<PeerEvent, String>) {
        match happened {
            Ok(PeerEvent::Message(text)) => self.guest_says(text.expose()),
            Ok(PeerEvent::Audio(frame)) => self.guest_speaks(&frame.samples),
            Ok(PeerEvent::Key(key)) => self.guest_presses(&key),
            Ok(PeerEvent::PlaybackStarted { position }) => {
                let began = self.loudspeaker().and_then(|it| it.began(position));
                self.tell_of_speech(began);
            }
            Ok(PeerEvent::PlaybackStopped { position }) => {
                let ended = self.loudspeaker().and_then(|it| it.ended(position));
                self.tell_of_speech(ended);
            }
            Ok(PeerEvent::Closed(reason)) => self.guest_leaves(reason.to_string()),
            Ok(_) => {}
            Err(why) => self.guest_leaves(why),
        }
    }

    /// Shows the page what the endpoint says.
    pub(super) fn show(&mut self, text: &str, event: &ServerEvent) {
        let (phase, dialect) = (self.session.phase(), self.dialect);
        let Some(guest) = &mut self.guest else { return };
        guest.unanswered.answered(event);
        // Another connection tells again what the page knows.
        let again = phase == Phase::HandingOver;
        if let Some(shown) = guest.words.shown(event, again) {
            let text = match (shown, dialect) {
                (Some(changed), _) => changed,
                (None, Dialect::Legacy) => event.encode(),
                (None, Dialect::Openai | Dialect::Azure) => text.to_owned(),
            };
            let text = guest.words.fitting(text);
            guest.line.send(text);
        }
    }

    /// The endpoint may be ready for what the page wanted before.
    pub(super) fn catch_guest_up(&mut self) {
        let is_ready = self.session.phase() == Phase::Ready;
        let Some(guest) = self.guest.as_mut().filter(|_| is_ready) else {
            return;
        };
        for event in guest.words.arrived() {
            guest.tell(event);
        }
        for text in std::mem::take(&mut guest.held) {
            self.pass_on(text);
        }
    }

    /// The connection to the endpoint is being replaced: what it had begun is over for the page.
    pub(super) fn tell_guest_of_a_gap(&mut self) {
        if let Some(loudspeaker) = self.loudspeaker() {
            loudspeaker.finish();
        }
        if let Some(guest) = &mut self.guest {
            for event in guest.words.gap() {
                guest.tell(event);
            }
            // The next connection is asked before what the page wants from now on.
            let again = guest.unanswered.take();
            guest.held.splice(0..0, again);
        }
    }

    /// Stops what the page hears. Returns what the session must hear of it at once.
    pub(super) fn stop_guest(&mut self) -> Option<Input> {
        let (became, account) = self.loudspeaker()?.stop();
        self.tell_of_speech(became);
        let heard = account.last().cloned();
        for (item_id, played) in account {
            self.tell(Input::Playback(Played::Progress { item_id, played }));
        }
        Some(Input::Playback(Played::Stopped { heard }))
    }

    fn guest_says(&mut self, text: &str) {
        let now = self.now();
        let Some(guest) = &mut self.guest else { return };
        match guest.words.said(now, text) {
            Said::Pass(text) if self.session.phase() == Phase::Ready => self.pass_on(text),
            Said::Pass(text) if guest.held.len() < MOST_HELD => guest.held.push(text),
            Said::Pass(_) => debug!("an event of the page is left out: too many wait"),
            Said::Clear => self.tell(Command::ClearPlayback.into()),
            Said::Refused(error) => guest.tell(*error),
            Said::Ignored => {}
        }
    }

    fn pass_on(&mut self, text: String) {
        if let Some(guest) = &mut self.guest {
            guest.unanswered.asked(&text);
        }
        let event = ClientEvent::decode(&text);
        let text = match self.dialect {
            Dialect::Legacy => self.dialect.encode(&event),
            Dialect::Openai | Dialect::Azure => text,
        };
        let at = self.now();
        self.observers.iter().for_each(|it| it.sent(at, &text));
        self.link.send(&event, text);
    }

    fn guest_speaks(&mut self, samples: &[i16]) {
        let Some(guest) = &mut self.guest else { return };
        guest.sound.extend(samples);
        if guest.sound.len() >= PIECE {
            let sound = std::mem::take(&mut guest.sound);
            self.speak(&pcm::to_bytes(&sound));
        }
    }

    /// A socket carries no keys: the page and the application are told of them as by an endpoint,
    /// and the model hears of none.
    fn guest_presses(&mut self, key: &Private<char>) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let event = ServerEvent::from(InputAudioBufferDtmfEventReceived {
            event: Private::new(key.expose().to_string()),
            received_at: since.unwrap_or_default().as_secs(),
            ..Default::default()
        });
        if let Some(guest) = &mut self.guest {
            // The one event without an id.
            guest.line.send(event.encode());
        }
        self.tell(event.into());
    }

    /// The page is gone, and nobody speaks any more.
    fn guest_leaves(&mut self, why: String) {
        debug!(why, "the page is gone");
        if let Some(guest) = &mut self.guest {
            guest.left = Some(why);
        }
        self.tell(Command::Close.into());
    }

    fn tell_of_speech(&mut self, became: impl IntoIterator<Item = Spoke>) {
        for became in became {
            let (event, messages) = match became {
                Spoke::Began(response) => (started(response), Vec::new()),
                Spoke::Ended(response, messages) => (stopped(response), messages),
                Spoke::Cut(response) => (cleared(response), Vec::new()),
            };
            if let Some(guest) = &mut self.guest {
                guest.tell(event);
            }
            for item_id in messages {
                self.tell(Input::Playback(Played::Finished { item_id }));
            }
        }
    }

    fn loudspeaker(&mut self) -> Option<&mut Loudspeaker> {
        match &mut self.speech {
            Speech::Guest(loudspeaker) => Some(loudspeaker),
            _ => None,
        }
    }
}

fn started(response_id: ResponseId) -> ServerEvent {
    OutputAudioBufferStarted {
        response_id,
        ..Default::default()
    }
    .into()
}

fn stopped(response_id: ResponseId) -> ServerEvent {
    OutputAudioBufferStopped {
        response_id,
        ..Default::default()
    }
    .into()
}

fn cleared(response_id: ResponseId) -> ServerEvent {
    OutputAudioBufferCleared {
        response_id,
        ..Default::default()
    }
    .into()
}
