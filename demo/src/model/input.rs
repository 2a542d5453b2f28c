//! [`Input`]: what can happen to the page, and [`Effect`]: what it can want done.

use rtmcp_api::{CallRequest, Decision, ElicitationAnswer, Settings, SignIn, Tools, ToolsRequest};
use rtmcp_core::Private;

use super::{Act, trouble::Failure};

/// One thing that happened.
#[derive(Debug)]
pub enum Input {
    /// The person did something.
    Act(Act),
    /// What there is to choose from.
    Settings(Result<Settings, Failure>),
    /// The tools of a server.
    Tools {
        /// The server's name.
        server: String,
        /// What the backend says.
        answer: Result<Tools, Failure>,
    },
    /// Something about a call; passed over unless that call still runs.
    News {
        /// The call's number.
        number: u64,
        /// What.
        news: News,
    },
    /// Time passed.
    Tick,
}

/// What can happen to a call.
#[derive(Debug)]
pub enum News {
    /// The microphone is open, or why it isn't.
    Microphone(Result<(), NoMicrophone>),
    /// The microphone was unplugged, or the permission taken back.
    MicrophoneGone,
    /// The browser's side of the connection, to be sent to the endpoint.
    Offer(Result<String, String>),
    /// The backend answered.
    Answer(Result<rtmcp_api::Call, Failure>),
    /// The endpoint's side of the connection can't be used.
    BadAnswer(String),
    /// How the connection to the endpoint is.
    Peer(Peer),
    /// The data channel is open.
    ChannelOpen,
    /// The endpoint sent an event.
    Channel(String),
    /// The endpoint closed the data channel.
    ChannelClosed,
    /// The backend's stream of happenings is open.
    BackendOpen,
    /// The backend told something.
    Backend(String),
    /// The stream broke; the browser tries again by itself.
    BackendLost,
    /// The backend doesn't know the session any more.
    BackendGone,
    /// A decision was passed on, or why not.
    Decided {
        /// The call of a tool that was decided about.
        call_id: String,
        /// Whether the backend took it.
        answer: Result<(), Failure>,
    },
    /// An answer to a server was passed on, or why not.
    Answered {
        /// The question.
        id: String,
        /// Whether the backend took it.
        answer: Result<(), Failure>,
    },
    /// Where to sign in to a server, or why that isn't to be had.
    SignIn {
        /// The server.
        server: String,
        /// What the backend says.
        answer: Result<SignIn, Failure>,
    },
    /// The browser lets no sound out before the person has touched the page.
    VoiceBlocked,
    /// The model's voice is heard.
    VoiceHeard,
}

/// Why there is no microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMicrophone {
    /// The person, or the browser's settings, said no.
    Refused,
    /// The machine has none.
    Missing,
    /// Another program holds it, or the system doesn't give it.
    Busy,
    /// The page isn't served from where browsers allow one.
    Insecure,
}

/// How the connection to the endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Sound and events flow.
    Connected,
    /// Nothing comes for the moment; the browser tries to find a way.
    Unsteady,
    /// It is lost for good.
    Lost,
}

/// One thing to do.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Ask the backend what there is.
    LoadSettings,
    /// Ask the backend for a server's tools.
    LoadTools {
        /// The server's name.
        server: String,
        /// What to ask.
        request: Box<ToolsRequest>,
    },
    /// Open the microphone where one is wanted, and make an offer.
    Dial {
        /// The call's number.
        number: u64,
        /// Whether to ask for the microphone.
        microphone: bool,
    },
    /// Ask for the microphone in the middle of a call.
    OpenMicrophone {
        /// The call's number.
        number: u64,
    },
    /// Ask the backend for a call.
    PostCall {
        /// The call's number.
        number: u64,
        /// What to ask.
        request: Box<CallRequest>,
    },
    /// Take the endpoint's side of the connection.
    Accept {
        /// The call's number.
        number: u64,
        /// Its description (SDP).
        sdp: String,
    },
    /// Follow what the backend tells of the session.
    Follow {
        /// The call's number.
        number: u64,
        /// The session.
        session: String,
    },
    /// Send an event to the endpoint.
    Send(String),
    /// Let the microphone through, or not.
    Mute(bool),
    /// Keep back what still sounds of the model's voice, or let it be heard.
    Hush(bool),
    /// Try again to let the model's voice out.
    PlayVoice,
    /// Let go of the connection, the stream and the microphone.
    HangUp,
    /// Tell the backend that a session is over.
    End {
        /// The session.
        session: String,
    },
    /// Tell the backend about a call of a tool.
    Decide {
        /// The call's number.
        number: u64,
        /// The session.
        session: String,
        /// The call of the tool.
        call_id: String,
        /// What was decided.
        decision: Decision,
    },
    /// Answer what a server asks.
    Answer {
        /// The call's number.
        number: u64,
        /// The session.
        session: String,
        /// The question.
        id: String,
        /// The answer.
        answer: Box<ElicitationAnswer>,
    },
    /// Ask the backend where to sign in to a server.
    SignIn {
        /// The call's number.
        number: u64,
        /// The session.
        session: String,
        /// The server.
        server: String,
    },
    /// Put a text on the clipboard.
    Copy(Private<String>),
    /// Save a text as a file.
    Download {
        /// The file's name.
        name: String,
        /// What is in it.
        text: Private<String>,
    },
}
