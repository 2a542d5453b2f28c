//! [`Handle`]: what an application can do in a session.

use rtmcp_core::{CallId, Private, RealtimeCallId, ResponseParams, SessionConfig};
use rtmcp_mcp::{Answer, BadAnswer};
use rtmcp_media::webrtc::{ConnectionHandle, KeyError, PeerStats};
use rtmcp_router::{Channel, DecideError, Decision};
use rtmcp_session::Command;
use tokio::sync::{mpsc, oneshot, watch};

/// Steers a session, from anywhere. Cloning is cheap.
///
/// After the session is over its methods do nothing.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(crate) wishes: mpsc::UnboundedSender<Wish>,
    pub(crate) call_id: Option<RealtimeCallId>,
    /// The call's end that is here.
    pub(crate) track: watch::Receiver<Option<ConnectionHandle>>,
    /// Whether the endpoint is at its other end.
    pub(crate) has_keypad: bool,
}

/// Bytes of sound in one event: well under what an endpoint takes, whole samples, and little
/// enough for a slow line to show that it moves.
const PIECE: usize = 64 * 1024;

/// What an application wants.
#[derive(Debug)]
pub(crate) enum Wish {
    Command(Command),
    Audio(Private<Vec<u8>>),
    Played(rtmcp_session::Playback),
    Decide(Box<Decision>, oneshot::Sender<Result<(), DecideError>>),
    Answer(String, Answer, oneshot::Sender<Result<(), BadAnswer>>),
    HangUp,
}

impl Handle {
    /// Passes on sound of the person, in the session's input format: 16-bit little-endian mono PCM
    /// at 24 kHz, unless the configuration names another. Any length; 20 ms at a time is usual.
    ///
    /// Over WebRTC it is always PCM at 24 kHz, and leaves at the pace at which it sounds, also where
    /// it comes faster. In a call that somebody else speaks in
    /// ([`Agent::attach`](crate::Agent::attach)) it adds to what they say.
    pub fn send_audio(&self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            self.wish(Wish::Audio(Private::new(piece.to_vec())));
        }
    }

    /// Ends the person's turn by hand, where turn detection is off.
    pub fn commit_audio(&self) {
        self.command(Command::CommitAudio);
    }

    /// Says something in the person's place, in writing. The model answers.
    pub fn send_text(&self, text: impl Into<String>) {
        self.command(Command::SendText(Private::new(text.into())));
    }

    /// Asks for a reply of its own, such as a greeting. Its metadata may have 15 pairs.
    pub fn respond(&self, params: ResponseParams) {
        self.command(Command::Respond(Box::new(params)));
    }

    /// Stops the model's speech.
    pub fn interrupt(&self) {
        self.command(Command::Interrupt);
    }

    /// Changes the session; only the fields that are there. Tools stay rtmcp's own.
    pub fn configure(&self, config: SessionConfig) {
        self.command(Command::Configure(Box::new(config)));
    }

    /// Presses telephone keys (DTMF) over WebRTC, one after the other: `0` to `9`, `*`, `#`, `A` to
    /// `D`. They go at once, and what the person says waits for them.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when there is no such key, or nobody takes keys: over a WebSocket, in calls that
    /// somebody else speaks in, and at an endpoint that knows none.
    pub fn press(&self, keys: &str) -> Result<(), KeyError> {
        let track = self.track.borrow();
        let keypad = track.as_ref().filter(|_| self.has_keypad);
        keypad.ok_or(KeyError::NotTaken)?.press(keys)
    }

    /// Lets a call run that waits for a decision, as it was shown; the application decides, and no
    /// rule says that somebody else must. What becomes of it is an event;
    /// [`decide`](Self::decide) says it at once.
    pub fn approve(&self, call_id: &CallId) {
        drop(self.decide(Decision::yes(call_id.clone(), Channel::Api)));
    }

    /// Refuses a call that waits for a decision; the model is told why.
    pub fn deny(&self, call_id: &CallId, reason: Option<String>) {
        drop(self.decide(Decision {
            reason: reason.map(Private::new),
            ..Decision::no(call_id.clone(), Channel::Api)
        }));
    }

    /// Decides about a call that waits; with a hash, about exactly what was shown. The decision is
    /// on its way whether the answer is waited for or not.
    ///
    /// # Errors
    ///
    /// [`DecideError`], in words for whoever decided: it is decided already, its time is over, it is
    /// about other arguments, or this channel may not decide.
    pub fn decide(
        &self,
        decision: Decision,
    ) -> impl Future<Output = Result<(), DecideError>> + use<> {
        let (answer, answered) = oneshot::channel();
        self.wish(Wish::Decide(Box::new(decision), answer));
        async move {
            // A session that is over asks nobody.
            answered.await.unwrap_or(Err(DecideError::Unknown))
        }
    }

    /// Answers a question of a server, by the name that [`Event::Elicitation`](crate::Event) gives it.
    /// Fields that are absent get their defaults.
    ///
    /// # Errors
    ///
    /// [`BadAnswer`], in words for whoever answered: a field isn't what is asked for, and the
    /// question stays open; or it is over.
    pub async fn answer(&self, question: &str, answer: Answer) -> Result<(), BadAnswer> {
        let (taken, result) = oneshot::channel();
        self.wish(Wish::Answer(question.to_owned(), answer, taken));
        // A session that is over has no questions.
        result.await.unwrap_or(Err(BadAnswer::Over))
    }

    /// Reports what was heard, with [`Playback::Reported`](crate::Playback::Reported).
    pub fn played(&self, playback: rtmcp_session::Playback) {
        self.wish(Wish::Played(playback));
    }

    /// Ends the session: open calls are answered, and the connection is closed. A call that was
    /// made over WebRTC from here ends with it; one that somebody else made goes on without its
    /// tools, until they leave it or [`hang_up`](Self::hang_up) ends it.
    pub fn close(&self) {
        self.command(Command::Close);
    }

    /// Ends the session as [`close`](Self::close) does, and then the call itself, for everybody in
    /// it. [`Event::Closed`](crate::Event::Closed) comes when both are over.
    ///
    /// Needed when the other party is gone: an endpoint may keep a call, and the connection to it,
    /// for as long as somebody is attached.
    pub fn hang_up(&self) {
        self.wish(Wish::HangUp);
    }

    /// Returns how the network of the call does, where one of its ends is here: over WebRTC, and
    /// where a page's call was [answered](crate::Agent::answer). It can be asked at any time, and
    /// once more when the session is over.
    pub fn stats(&self) -> Option<PeerStats> {
        self.track.borrow().as_ref().map(ConnectionHandle::stats)
    }

    /// Returns the name of the call, where the session is one: over WebRTC, attached to, or answered.
    /// A session over WebRTC that goes on in another call keeps the name of its first.
    pub fn call_id(&self) -> Option<&RealtimeCallId> {
        self.call_id.as_ref()
    }

    fn command(&self, command: Command) {
        self.wish(Wish::Command(command));
    }

    fn wish(&self, wish: Wish) {
        // A session that is over has nobody to tell.
        let _ = self.wishes.send(wish);
    }
}
