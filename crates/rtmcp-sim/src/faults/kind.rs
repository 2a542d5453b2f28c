//! [`FaultKind`]: all that can go wrong, and what each is called.

use std::{str::FromStr, time::Duration};

use super::{BadFault, Occasion, Trouble};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// `slow`: each delta of a response takes so much longer, and what follows waits for it.
    Slow(Duration),
    /// `stall`: after the first delta of a response nothing is said for so long.
    Stall(Duration),
    /// `hang`: a response begins and doesn't go on; it can be cancelled.
    Hang,
    /// `cancel`: the server cancels a response after so many deltas, as for a turn that it heard.
    Cancel(u32),
    /// `incomplete`: a response ends after its first delta.
    Incomplete(Incompletion),
    /// `fail`: a response fails before it says anything.
    Fail(Trouble),
    /// `used-up`: the rate limits that follow a response have nothing left.
    UsedUp,
    /// `duplicate-call`: the events that complete a function call come twice, with one `call_id`.
    DuplicateCall,
    /// `late-call`: a function call comes so long after the end of its response, which doesn't
    /// list it.
    LateCall(Duration),
    /// `vad-race`: while a function's output arrives, somebody makes a sound that is taken for a
    /// turn, and the server begins to answer before the client can ask for it.
    VadRace,
    /// `active-response`: a `response.create` is refused with
    /// `conversation_already_has_active_response`, though no response is being written.
    ActiveResponse,
    /// `unknown-event`: an event of a type that isn't published.
    UnknownEvent,
    /// `malformed`: a frame with the first half of an event.
    Malformed,
    /// `oversized`: an event of so many bytes.
    Oversized(usize),
    /// `close`: the connection is closed with this code. 1005 is a close frame without a code, and
    /// with 1006 and 1015 the connection just breaks. On a call there are no codes: the call ends,
    /// and with these two without a word.
    Close(u16),
    /// `detach`: the sidebands of a call are closed with this code; the call goes on.
    Detach(u16),
    /// `half-open`: the connection stays, but nothing is said or heard on it any more.
    HalfOpen,
    /// `expire`: the session lasts so many seconds.
    Expire(u64),
    /// `refuse`: the HTTP request for a session is refused.
    Refuse(Trouble),
    /// `turn-away`: the WebSocket opens, says this and closes; a request for a call is refused.
    TurnAway(Trouble),
    /// `loss`: so many of 100 datagrams of a call are lost, both ways.
    Loss(f64),
    /// `delay`: datagrams of a call take so much longer, both ways.
    Delay(Duration),
    /// `jitter`: datagrams of a call take up to so much longer, each its own time.
    Jitter(Duration),
}

/// Why a response is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incompletion {
    /// `max_output_tokens`.
    Tokens,
    /// `content_filter`.
    Filter,
}

impl Incompletion {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Tokens => "max_output_tokens",
            Self::Filter => "content_filter",
        }
    }
}

/// What a kind is called, and what it takes.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) what: &'static str,
    /// When it can strike; the first is meant where nothing else is said.
    pub(super) occasions: &'static [Occasion],
    /// It strikes always, unless something else is said.
    pub(super) always: bool,
}

const RESPONSE: &[Occasion] = &[Occasion::Response];
const CALL: &[Occasion] = &[Occasion::Call];
const EVENT: &[Occasion] = &[Occasion::Response, Occasion::Event];
const SESSION: &[Occasion] = &[Occasion::Session];

const fn row(
    name: &'static str,
    value: &'static str,
    occasions: &'static [Occasion],
    what: &'static str,
) -> Row {
    Row {
        name,
        value,
        what,
        occasions,
        always: false,
    }
}

const fn always(row: Row) -> Row {
    Row {
        always: true,
        ..row
    }
}

/// All kinds, in the order of [`FaultKind`].
pub(super) const ROWS: &[Row] = &[
    always(row(
        "slow",
        "MS",
        RESPONSE,
        "each delta of a response takes so much longer (100)",
    )),
    row(
        "stall",
        "MS",
        RESPONSE,
        "after the first delta of a response nothing is said for so long (5000)",
    ),
    row(
        "hang",
        "",
        RESPONSE,
        "a response begins and doesn't go on; it can be cancelled",
    ),
    row(
        "cancel",
        "DELTAS",
        RESPONSE,
        "the server cancels a response after so many deltas (1)",
    ),
    row(
        "incomplete",
        "REASON",
        RESPONSE,
        "a response ends early: max_output_tokens (if none is given) or content_filter",
    ),
    row(
        "fail",
        "CODE",
        RESPONSE,
        "a response fails: server_error (if none is given), rate_limit_exceeded, insufficient_quota, …",
    ),
    row(
        "used-up",
        "",
        RESPONSE,
        "the rate limits that follow a response have nothing left",
    ),
    row(
        "duplicate-call",
        "",
        CALL,
        "a function call comes twice, with one call_id",
    ),
    row(
        "late-call",
        "MS",
        CALL,
        "a function call comes so long after the end of its response (1000)",
    ),
    row(
        "vad-race",
        "",
        &[Occasion::Output],
        "a turn by voice is answered just before the client asks for a reply to a tool's output",
    ),
    row(
        "active-response",
        "",
        &[Occasion::Create],
        "response.create is refused: conversation_already_has_active_response",
    ),
    row(
        "unknown-event",
        "",
        EVENT,
        "an event of a type that isn't published",
    ),
    row(
        "malformed",
        "",
        EVENT,
        "a frame with the first half of an event, which isn't JSON",
    ),
    row(
        "oversized",
        "BYTES",
        EVENT,
        "an event of so many bytes (33554432)",
    ),
    row(
        "close",
        "CODE",
        EVENT,
        "the connection closes with this code (1011); 1006 breaks it",
    ),
    row(
        "detach",
        "CODE",
        EVENT,
        "the sidebands of a call close with this code (1011), and the call goes on",
    ),
    row(
        "half-open",
        "",
        EVENT,
        "the connection stays, but nothing is said or heard on it",
    ),
    always(row(
        "expire",
        "SECONDS",
        SESSION,
        "a session lasts so long (60)",
    )),
    row(
        "refuse",
        "CODE",
        SESSION,
        "the HTTP request is refused: rate_limit_exceeded (if none is given), invalid_api_key, …",
    ),
    row(
        "turn-away",
        "CODE",
        SESSION,
        "a WebSocket opens, says why not, and closes: insufficient_quota (if none is given), …",
    ),
    always(row(
        "loss",
        "PERCENT",
        SESSION,
        "a call loses so many of its datagrams, both ways (5)",
    )),
    always(row(
        "delay",
        "MS",
        SESSION,
        "a call's datagrams take so much longer, both ways (100)",
    )),
    always(row(
        "jitter",
        "MS",
        SESSION,
        "a call's datagrams take up to so much longer, each its own time (40)",
    )),
];

impl FaultKind {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Slow(_) => "slow",
            Self::Stall(_) => "stall",
            Self::Hang => "hang",
            Self::Cancel(_) => "cancel",
            Self::Incomplete(_) => "incomplete",
            Self::Fail(_) => "fail",
            Self::UsedUp => "used-up",
            Self::DuplicateCall => "duplicate-call",
            Self::LateCall(_) => "late-call",
            Self::VadRace => "vad-race",
            Self::ActiveResponse => "active-response",
            Self::UnknownEvent => "unknown-event",
            Self::Malformed => "malformed",
            Self::Oversized(_) => "oversized",
            Self::Close(_) => "close",
            Self::Detach(_) => "detach",
            Self::HalfOpen => "half-open",
            Self::Expire(_) => "expire",
            Self::Refuse(_) => "refuse",
            Self::TurnAway(_) => "turn-away",
            Self::Loss(_) => "loss",
            Self::Delay(_) => "delay",
            Self::Jitter(_) => "jitter",
        }
    }

    /// What is said of it. All kinds have a row, as a test sees to.
    pub(super) fn row(&self) -> Option<&'static Row> {
        ROWS.iter().find(|it| it.name == self.name())
    }

    /// When it can strike; the first is meant where nothing else is said.
    pub(super) fn occasions(&self) -> &'static [Occasion] {
        self.row().map_or(&[], |it| it.occasions)
    }
}

impl FromStr for FaultKind {
    type Err = BadFault;

    fn from_str(text: &str) -> Result<Self, BadFault> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let value = Given { name, value };
        Ok(match name {
            "slow" => Self::Slow(value.time(100)?),
            "stall" => Self::Stall(value.time(5_000)?),
            "hang" => value.none(Self::Hang)?,
            "cancel" => Self::Cancel(value.number(1, DELTAS)?),
            "incomplete" => Self::Incomplete(value.reason()?),
            "fail" => Self::Fail(value.trouble(Trouble::ServerError)?),
            "used-up" => value.none(Self::UsedUp)?,
            "duplicate-call" => value.none(Self::DuplicateCall)?,
            "late-call" => Self::LateCall(value.time(1_000)?),
            "vad-race" => value.none(Self::VadRace)?,
            "active-response" => value.none(Self::ActiveResponse)?,
            "unknown-event" => value.none(Self::UnknownEvent)?,
            "malformed" => value.none(Self::Malformed)?,
            "oversized" => Self::Oversized(value.number(32 << 20, "a number of bytes")?),
            "close" => Self::Close(value.close_code()?),
            "detach" => Self::Detach(value.close_code()?),
            "half-open" => value.none(Self::HalfOpen)?,
            "expire" => Self::Expire(value.number(60, "a number of seconds")?),
            "refuse" => Self::Refuse(value.trouble(Trouble::RateLimit)?),
            "turn-away" => Self::TurnAway(value.trouble(Trouble::Quota)?),
            "loss" => Self::Loss(value.percent()?),
            "delay" => Self::Delay(value.time(100)?),
            "jitter" => Self::Jitter(value.time(40)?),
            _ => return Err(BadFault::unknown(name)),
        })
    }
}

const DELTAS: &str = "a number of deltas";

/// The value that a kind was given, if it was.
struct Given<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl Given<'_> {
    fn none(&self, kind: FaultKind) -> Result<FaultKind, BadFault> {
        match self.value {
            None => Ok(kind),
            Some(value) => Err(BadFault::value(self.name, value, "no value")),
        }
    }

    fn read<T>(
        &self,
        default: T,
        takes: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, BadFault> {
        match self.value {
            None => Ok(default),
            Some(value) => read(value).ok_or_else(|| BadFault::value(self.name, value, takes)),
        }
    }

    fn number<T: FromStr>(&self, default: T, takes: &str) -> Result<T, BadFault> {
        self.read(default, takes, |it| it.parse().ok())
    }

    fn time(&self, default_ms: u64) -> Result<Duration, BadFault> {
        let ms = self.number(default_ms, "a number of milliseconds")?;
        Ok(Duration::from_millis(ms))
    }

    fn percent(&self) -> Result<f64, BadFault> {
        self.read(5.0, "a percentage from 0 to 100", |it| {
            let percent = it.parse().ok()?;
            (0.0..=100.0).contains(&percent).then_some(percent)
        })
    }

    fn close_code(&self) -> Result<u16, BadFault> {
        self.read(1011, "a close code from 1000 to 4999", |it| {
            let code = it.parse().ok()?;
            (1000..=4999).contains(&code).then_some(code)
        })
    }

    fn reason(&self) -> Result<Incompletion, BadFault> {
        let reasons = [Incompletion::Tokens, Incompletion::Filter];
        let takes = "`max_output_tokens` or `content_filter`";
        self.read(Incompletion::Tokens, takes, |value| {
            reasons.into_iter().find(|it| it.reason() == value)
        })
    }

    fn trouble(&self, default: Trouble) -> Result<Trouble, BadFault> {
        let codes = Trouble::ALL.map(|it| format!("`{}`", it.code())).join(", ");
        self.read(default, &format!("one of {codes}"), |value| {
            Trouble::ALL.into_iter().find(|it| it.code() == value)
        })
    }
}
