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
    /// Over each way; nothing where it can't happen.
    seen: [Option<&'static str>; Way::ALL.len()],
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
    Row { fault, what, seen }
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
                all("?"),
            ),
            row("stall=300", "It falls silent for a while.", all("?")),
            row(
                "hang",
                "It begins and doesn't go on; the person interrupts it.",
                all("?"),
            ),
            row(
                "cancel",
                "The endpoint cancels it while it calls a function.",
                all("?"),
            ),
            row(
                "cancel@response=2",
                "The endpoint cancels the reply to an output.",
                all("?"),
            ),
            row(
                "incomplete",
                "It ends at its most tokens, in a function call.",
                all("?"),
            ),
            row(
                "incomplete@response=2",
                "The same in the reply to an output.",
                all("?"),
            ),
            row(
                "incomplete=content_filter@response=2",
                "A filter stops the reply.",
                all("?"),
            ),
            row("fail", "It fails before it calls a function.", all("?")),
            row("fail@response=2", "The reply to an output fails.", all("?")),
            row(
                "fail=rate_limit_exceeded@response=2",
                "The same, as too much was asked for.",
                all("?"),
            ),
            row(
                "fail=insufficient_quota@response=2",
                "The same, as the account has nothing left.",
                all("?"),
            ),
            row("used-up", "The rate limits have nothing left.", all("?")),
        ],
    },
    Section {
        title: "What becomes of a function call",
        rows: &[
            row("duplicate-call", "It comes twice, with one id.", all("?")),
            row(
                "late-call=100",
                "It comes after the end of its response.",
                all("?"),
            ),
            row(
                "vad-race",
                "The endpoint answers a sound just as the output arrives.",
                all("?"),
            ),
            row(
                "active-response",
                "The first request for a response is refused.",
                all("?"),
            ),
            row(
                "active-response@create=2",
                "The request for the reply to an output is refused.",
                all("?"),
            ),
        ],
    },
    Section {
        title: "What comes over the connection",
        rows: &[
            row("unknown-event", "An event that isn't published.", all("?")),
            row("malformed", "Half an event, in a function call.", all("?")),
            row(
                "malformed@response=2",
                "Half an event, in the reply to an output.",
                all("?"),
            ),
            row("oversized=70000", "An event of an unusual size.", all("?")),
            row(
                "oversized",
                "An event of 32 MiB, more than any can be.",
                all("?"),
            ),
        ],
    },
    Section {
        title: "How a connection ends",
        rows: &[
            row(
                "close=1000",
                "Closed in order, in the middle of a function call.",
                all("?"),
            ),
            row("close=1001", "The endpoint goes away.", all("?")),
            row("close=1005", "Closed without a code.", all("?")),
            row("close=1006", "It breaks off.", all("?")),
            row("close=1008", "Closed for a breach of policy.", all("?")),
            row("close=1011", "The endpoint fails.", all("?")),
            row(
                "close=1011@response=2",
                "The same in the middle of the reply to an output.",
                all("?"),
            ),
            row("close=1012", "The endpoint restarts.", all("?")),
            row("close=1013", "The endpoint has too much to do.", all("?")),
            row(
                "close=4000",
                "Closed with a code of the endpoint's own.",
                all("?"),
            ),
            row(
                "half-open",
                "It falls silent in a function call, and stays.",
                all("?"),
            ),
            row(
                "half-open@response=2",
                "The same in the reply to an output.",
                all("?"),
            ),
            row(
                "detach=1012",
                "The sideband alone is closed, and the call goes on.",
                [None, None, Some("?")],
            ),
            row(
                "expire=2",
                "The session reaches its longest time.",
                all("?"),
            ),
        ],
    },
    Section {
        title: "What keeps a session from opening",
        rows: &[
            row("refuse", "Too many requests.", all("?")),
            row(
                "refuse=insufficient_quota",
                "The account has nothing left.",
                all("?"),
            ),
            row("refuse=invalid_api_key", "The key isn't one.", all("?")),
            row("refuse=server_error", "The endpoint is broken.", all("?")),
            row(
                "turn-away",
                "Let in, and told that the account has nothing left.",
                all("?"),
            ),
            row(
                "turn-away=server_error",
                "Let in, and told that the endpoint is broken.",
                all("?"),
            ),
        ],
    },
    Section {
        title: "What a network does to a call",
        rows: &[
            row(
                "loss=5",
                "5 of 100 datagrams are lost, both ways.",
                [None, Some("?"), Some("?")],
            ),
            row(
                "delay=100",
                "Datagrams take 100 ms longer.",
                [None, Some("?"), Some("?")],
            ),
            row(
                "jitter=40",
                "Datagrams take up to 40 ms longer, each its own time.",
                [None, Some("?"), Some("?")],
            ),
        ],
    },
];
