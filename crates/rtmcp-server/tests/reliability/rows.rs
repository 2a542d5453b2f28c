//! The table: each fault, and what an application sees of it over each way.
//!
//! A question takes a tool, and a second one takes none. Where nothing is said of it, the tool ran
//! once, and its call had one output in each conversation.

use crate::scene::Way;

/// Faults of one sort.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [Row],
}

/// A fault, and what is seen of it.
#[derive(Debug)]
pub(crate) struct Row {
    /// As the simulator reads it.
    pub(crate) fault: &'static str,
    pub(crate) what: &'static str,
    pub(crate) ask: Ask,
    /// Over each way; nothing where it can't happen, or is none of its own.
    seen: [Option<&'static str>; Way::ALL.len()],
}

/// What is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Something that takes a quick tool.
    Quick,
    /// Something that takes a slow one.
    Slow,
}

impl Row {
    pub(crate) fn kind(&self) -> &str {
        self.fault.split(['=', '@']).next().unwrap_or_default()
    }

    pub(crate) const fn said(&self, way: Way) -> Option<&'static str> {
        self.seen[way as usize]
    }
}

const fn row(
    fault: &'static str,
    what: &'static str,
    seen: [Option<&'static str>; Way::ALL.len()],
) -> Row {
    let ask = Ask::Quick;
    Row {
        fault,
        what,
        ask,
        seen,
    }
}

/// One in which the tool takes a while.
const fn slow(
    fault: &'static str,
    what: &'static str,
    seen: [Option<&'static str>; Way::ALL.len()],
) -> Row {
    Row {
        ask: Ask::Slow,
        ..row(fault, what, seen)
    }
}

/// The same over every way.
const fn all(seen: &'static str) -> [Option<&'static str>; Way::ALL.len()] {
    [Some(seen); Way::ALL.len()]
}

/// All faults.
pub(crate) const SECTIONS: &[Section] = &[
    Section {
        title: "What becomes of a response",
        rows: &[
            row(
                "slow=20",
                "Each delta takes longer than it should.",
                all("one reply; goes on"),
            ),
            row(
                "stall=300",
                "It falls silent for a while.",
                all("one reply; goes on"),
            ),
            row(
                "hang",
                "It begins and doesn't go on; the person interrupts it.",
                all(
                    "no reply; told that a response was cancelled (`client_cancelled`); the tool doesn't run; goes on",
                ),
            ),
            row(
                "cancel",
                "The endpoint cancels it while it calls a function.",
                all(
                    "no reply; told that a response was cancelled (`turn_detected`); the tool doesn't run; goes on",
                ),
            ),
            row(
                "cancel@response=2",
                "The endpoint cancels the reply to an output.",
                all(
                    "a reply cut short; told that a response was cancelled (`turn_detected`); goes on",
                ),
            ),
            row(
                "incomplete",
                "It ends at its most tokens, in a function call.",
                all(
                    "no reply; told that a response is incomplete (`max_output_tokens`); the tool doesn't run; goes on",
                ),
            ),
            row(
                "incomplete@response=2",
                "The same in the reply to an output.",
                all(
                    "a reply cut short; told that a response is incomplete (`max_output_tokens`); goes on",
                ),
            ),
            row(
                "incomplete=content_filter@response=2",
                "A filter stops the reply.",
                all(
                    "a reply cut short; told that a response is incomplete (`content_filter`); goes on",
                ),
            ),
            row(
                "fail",
                "It fails before it calls a function.",
                all("one reply; told of a failed response (`server_error`); goes on"),
            ),
            row(
                "fail@response=2",
                "The reply to an output fails.",
                [
                    Some("one reply; told of a failed response (`server_error`); goes on"),
                    Some("one reply; told of a failed response (`server_error`); goes on"),
                    Some("one reply; told of a failed response (`server_error`); goes on"),
                    Some("one reply; goes on"),
                ],
            ),
            row(
                "fail=rate_limit_exceeded@response=2",
                "The same, as too much was asked for.",
                [
                    Some("one reply; told of a failed response (`rate_limit_exceeded`); goes on"),
                    Some("one reply; told of a failed response (`rate_limit_exceeded`); goes on"),
                    Some("one reply; told of a failed response (`rate_limit_exceeded`); goes on"),
                    Some("one reply; goes on"),
                ],
            ),
            row(
                "fail=insufficient_quota@response=2",
                "The same, as the account has nothing left.",
                all("no reply; told of a failed response (`insufficient_quota`); goes on"),
            ),
            row(
                "used-up",
                "The rate limits have nothing left.",
                all("one reply; goes on"),
            ),
        ],
    },
    Section {
        title: "What becomes of a function call",
        rows: &[
            row(
                "duplicate-call",
                "It comes twice, with one id.",
                all("one reply; goes on"),
            ),
            row(
                "late-call=100",
                "It comes after the end of its response.",
                all("one reply; goes on"),
            ),
            row(
                "vad-race",
                "The endpoint answers a sound just as the output arrives.",
                all("one reply; goes on"),
            ),
            row(
                "active-response",
                "The first request for a response is refused.",
                all("one reply; goes on"),
            ),
            row(
                "active-response@create=2",
                "The request for the reply to an output is refused.",
                all("one reply; goes on"),
            ),
        ],
    },
    Section {
        title: "What comes over the connection",
        rows: &[
            row(
                "unknown-event",
                "An event that isn't published.",
                all("one reply; goes on"),
            ),
            row(
                "malformed",
                "Half an event, in a function call.",
                all("one reply; told of a frame that can't be read; goes on"),
            ),
            row(
                "malformed@response=2",
                "Half an event, in the reply to an output.",
                all("one reply; told of a frame that can't be read; goes on"),
            ),
            row(
                "oversized=70000",
                "An event of an unusual size.",
                all("one reply; goes on"),
            ),
            row(
                "oversized",
                "An event of 32 MiB, more than any can be.",
                [
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                    Some("one reply; told of an error (`event_too_long`); goes on"),
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                ],
            ),
        ],
    },
    Section {
        title: "How a connection ends",
        rows: &[
            row(
                "close=1000",
                "Closed in order, in the middle of a function call.",
                [
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                ],
            ),
            row(
                "close=1001",
                "The endpoint goes away.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    None,
                    None,
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "close=1005",
                "Closed without a code.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    None,
                    None,
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "close=1006",
                "It breaks off.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    Some("one reply; handed over as the connection broke, nothing lost; goes on"),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "close=1008",
                "Closed for a breach of policy.",
                [
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                ],
            ),
            row(
                "close=1011",
                "The endpoint fails.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "close=1011@response=2",
                "The same in the middle of the reply to an output.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the end of the reply; goes on",
                    ),
                    Some("no reply; ends, as the call has"),
                    Some("no reply; ends, as the call has"),
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "close=1012",
                "The endpoint restarts.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    None,
                    None,
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "close=1013",
                "The endpoint has too much to do.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    None,
                    None,
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "close=4000",
                "Closed with a code of the endpoint's own.",
                [
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                    Some("no reply; the tool doesn't run; ends: the connection is lost"),
                ],
            ),
            slow(
                "close=1011@event=14",
                "The endpoint fails while a slow tool runs.",
                [
                    Some("one reply; handed over as the connection broke, nothing lost; goes on"),
                    None,
                    None,
                    Some("one reply; goes on"),
                ],
            ),
            row(
                "half-open",
                "It falls silent in a function call, and stays.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    Some(
                        "one reply; handed over as the connection broke, lost: the call that wasn't whole; goes on",
                    ),
                    Some("no reply; the tool doesn't run; ends, as the call has"),
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "half-open@response=2",
                "The same in the reply to an output.",
                [
                    Some(
                        "one reply; handed over as the connection broke, lost: the end of the reply; goes on",
                    ),
                    Some(
                        "one reply; handed over as the connection broke, lost: the end of the reply; goes on",
                    ),
                    Some("no reply; ends, as the call has"),
                    Some("one reply; told of a failed response (`connection_lost`); goes on"),
                ],
            ),
            row(
                "detach=1012",
                "The sideband alone is closed in a function call, and the call goes on.",
                [
                    None,
                    None,
                    Some(
                        "no reply; handed over as the connection broke, lost: what came meanwhile; the tool doesn't run; goes on",
                    ),
                    None,
                ],
            ),
            slow(
                "detach=1012@event=15",
                "The same while a slow tool runs.",
                [
                    None,
                    None,
                    Some(
                        "one reply; handed over as the connection broke, lost: what came meanwhile; goes on",
                    ),
                    None,
                ],
            ),
            row(
                "detach=1012@response=2",
                "The same in the reply to an output.",
                [
                    None,
                    None,
                    Some(
                        "no reply; handed over as the connection broke, lost: what came meanwhile; goes on",
                    ),
                    None,
                ],
            ),
            row(
                "expire=10@session=1",
                "The session reaches its longest time.",
                [
                    Some(
                        "one reply; handed over before the end of the session, nothing lost; goes on",
                    ),
                    Some(
                        "one reply; handed over before the end of the session, nothing lost; goes on",
                    ),
                    Some("one reply; ends: `session_expired`"),
                    Some("one reply; goes on"),
                ],
            ),
        ],
    },
    Section {
        title: "What keeps a session from opening",
        rows: &[
            row(
                "refuse",
                "Too many requests.",
                all("no session: too many requests"),
            ),
            row(
                "refuse=insufficient_quota",
                "The account has nothing left.",
                all("no session: no quota is left"),
            ),
            row(
                "refuse=invalid_api_key",
                "The key isn't one.",
                [
                    Some("no session: the key is refused"),
                    Some("no session: the key is refused"),
                    Some("no session: the key is refused"),
                    Some("no session: status 502"),
                ],
            ),
            row(
                "refuse=server_error",
                "The endpoint is broken.",
                all("no session: status 500"),
            ),
            row(
                "turn-away",
                "Let in, and told that the account has nothing left.",
                all("no session: no quota is left"),
            ),
            row(
                "turn-away=server_error",
                "Let in, and told that the endpoint is broken.",
                [
                    Some("no session: `server_error`"),
                    Some("no session: status 500"),
                    Some("no session: status 500"),
                    Some("no session: `server_error`"),
                ],
            ),
        ],
    },
    Section {
        title: "What a network does to a call",
        rows: &[
            row(
                "loss=5",
                "5 of 100 datagrams are lost, both ways.",
                [
                    None,
                    Some("one reply; goes on"),
                    Some("one reply; goes on"),
                    None,
                ],
            ),
            row(
                "delay=100",
                "Datagrams take 100 ms longer.",
                [
                    None,
                    Some("one reply; goes on"),
                    Some("one reply; goes on"),
                    None,
                ],
            ),
            row(
                "jitter=40",
                "Datagrams take up to 40 ms longer, each its own time.",
                [
                    None,
                    Some("one reply; goes on"),
                    Some("one reply; goes on"),
                    None,
                ],
            ),
        ],
    },
];
