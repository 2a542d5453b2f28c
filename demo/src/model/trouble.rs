//! [`Trouble`]: what went wrong, in words for the person, with what to do about it.

use rtmcp_api::{Problem, ProblemCode};

use super::input::NoMicrophone;

/// Why the backend didn't do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It doesn't answer.
    Unreachable,
    /// It says why.
    Problem {
        /// What it says.
        problem: Problem,
        /// In how many seconds to try again, where it says so.
        retry_after: Option<u32>,
    },
    /// It answers what this page doesn't understand.
    Strange {
        /// The HTTP status.
        status: u16,
    },
}

/// What went wrong, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub what: String,
    /// What to do.
    pub advice: String,
    /// Where on the page it is to be mended.
    pub place: Place,
}

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The call itself.
    Call,
    /// The key of the endpoint.
    Key,
    /// The MCP servers.
    Servers,
    /// The microphone.
    Microphone,
}

impl Trouble {
    /// Trouble of the call itself.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            advice: advice.into(),
            place: Place::Call,
        }
    }

    const fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable => Self::new(
                "The backend doesn't answer.",
                "See that it still runs where this page came from, then try again.",
            ),
            Failure::Strange { status } => Self::new(
                format!("The backend answered something unexpected (HTTP {status})."),
                "Reload the page: it may be older than the backend.",
            ),
            Failure::Problem {
                problem,
                retry_after,
            } => of_problem(&problem, retry_after),
        }
    }
}

fn of_problem(problem: &Problem, retry_after: Option<u32>) -> Trouble {
    let (advice, place) = match problem.code {
        ProblemCode::BadKey => (
            "Check the key in the setup; it is kept in memory for the call only.",
            Place::Key,
        ),
        ProblemCode::McpServer => (
            "See that the server runs, and that its address and headers are right.",
            Place::Servers,
        ),
        ProblemCode::Endpoint => (
            "See that the Realtime endpoint runs, or choose another one in the setup.",
            Place::Call,
        ),
        ProblemCode::TooMany => {
            return Trouble::new(sentence(&problem.message), later(retry_after));
        }
        ProblemCode::ShuttingDown => ("Wait until it is back, then call again.", Place::Call),
        ProblemCode::NotFound => (
            "The backend was started anew, or the session is over: begin a new call.",
            Place::Call,
        ),
        ProblemCode::Forbidden => (
            "Open this page at the address that the backend printed.",
            Place::Call,
        ),
        ProblemCode::Decided => (
            "Nothing is left to decide: it has expired, or was decided elsewhere.",
            Place::Call,
        ),
        _ => ("Change what was asked, then try again.", Place::Call),
    };
    Trouble::new(sentence(&problem.message), advice).at(place)
}

fn later(retry_after: Option<u32>) -> String {
    let when = match retry_after {
        Some(1) => "in a second".to_owned(),
        Some(seconds) => format!("in {seconds} seconds"),
        None => "in a moment".to_owned(),
    };
    format!("End a call that runs in another tab, or try again {when}.")
}

/// Why there is no microphone, and what to do.
pub(super) fn of_microphone(why: NoMicrophone) -> Trouble {
    let (what, advice) = match why {
        NoMicrophone::Refused => (
            "The browser didn't give this page the microphone.",
            "You can type instead. To speak, allow the microphone beside the page's address, then \
             press the microphone again.",
        ),
        NoMicrophone::Missing => (
            "There is no microphone.",
            "You can type instead. To speak, plug one in, then press the microphone again.",
        ),
        NoMicrophone::Busy => (
            "The microphone can't be opened.",
            "You can type instead. Another program may hold it: close that one, then press the \
             microphone again.",
        ),
        NoMicrophone::Insecure => (
            "Browsers give the microphone only to secure pages.",
            "You can type instead. To speak, open this page at http://127.0.0.1 or over https.",
        ),
    };
    Trouble::new(what, advice).at(Place::Microphone)
}

/// The microphone went away in the middle of a call.
pub(super) fn microphone_gone() -> Trouble {
    Trouble::new(
        "The microphone is gone.",
        "You can type on. To speak, plug it in again or allow it, then press the microphone.",
    )
    .at(Place::Microphone)
}

/// No key was typed where one is wanted.
pub(super) fn key_missing() -> Trouble {
    Trouble::new(
        "This endpoint wants a key.",
        "Type yours in the setup; it is kept in memory for the call only.",
    )
    .at(Place::Key)
}

/// The browser and the endpoint found no way to each other.
pub(super) fn no_connection() -> Trouble {
    Trouble::new(
        "The browser and the endpoint can't reach each other.",
        "Voice goes over UDP: see that no firewall or VPN blocks it, then call again.",
    )
}

/// The connection broke in the middle of a call.
pub(super) fn connection_lost() -> Trouble {
    Trouble::new(
        "The connection to the endpoint is lost.",
        "See that you are online, then press the microphone to begin a new call.",
    )
}

/// The endpoint closed the connection.
pub(super) fn endpoint_left() -> Trouble {
    Trouble::new(
        "The endpoint ended the call.",
        "Press the microphone to begin a new one.",
    )
}

/// The endpoint opened the connection, and then said nothing.
pub(super) fn endpoint_silent() -> Trouble {
    Trouble::new(
        "The endpoint doesn't say anything.",
        "See that it is well, or choose another one in the setup; then call again.",
    )
}

/// The endpoint won't go on.
pub(super) fn endpoint_says(message: &str) -> Trouble {
    Trouble::new(
        format!("The endpoint says: {}", sentence(message)),
        "Mend that, or choose another endpoint in the setup; then call again.",
    )
}

/// The backend doesn't know the session any more.
pub(super) fn backend_gone() -> Trouble {
    Trouble::new(
        "The backend doesn't know this call any more.",
        "It was started anew, or gave the call up: press the microphone to begin a new one.",
    )
}

/// The backend didn't come back.
pub(super) fn backend_away() -> Trouble {
    Trouble::new(
        "The backend doesn't answer any more.",
        "See that it still runs where this page came from, then begin a new call.",
    )
}

/// The backend says that the session is over.
pub(super) fn session_over(reason: &str, message: &str) -> Trouble {
    let what = match (reason, message.trim()) {
        ("lost", "") => "The backend lost the endpoint.".to_owned(),
        ("left", "") => "The backend gave the call up: it didn't hear of this page.".to_owned(),
        ("shutdown", "") => "The backend was stopped.".to_owned(),
        (_, "") => "The call is over.".to_owned(),
        (_, message) => sentence(message),
    };
    Trouble::new(what, "Press the microphone to begin a new call.")
}

/// Makes a message of the backend a sentence.
pub(super) fn sentence(message: &str) -> String {
    let message = message.trim();
    let mut letters = message.chars();
    let Some(first) = letters.next() else {
        return "Something went wrong.".to_owned();
    };
    let mut sentence: String = first.to_uppercase().collect();
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
