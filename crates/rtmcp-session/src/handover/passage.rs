//! [`Passage`]: where a session is between its connections, and when it needs the next one.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use rtmcp_core::{EventId, Item, ItemId, Timestamp};

use crate::{HandOverReason, Loss};

/// How many connections in a row may come to nothing before the session is given up: each one costs
/// a replay of the conversation.
const MOST_IN_VAIN: u32 = 8;

/// How long a connection must have served to count as good, where nothing was answered.
const SERVED: Duration = Duration::from_secs(60);

/// What a session knows of its connections.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    /// A connection was asked for, and there is no answer.
    pub(crate) is_asked: bool,
    /// There is no connection: what still comes is of one that counts as gone.
    pub(crate) is_cut_off: bool,
    pub(crate) due: Due,
    /// What the clock on the wall showed when the connection was opened.
    pub(crate) opened: Option<(Timestamp, u64)>,
    /// The end of the session that the timer is set for.
    pub(crate) planned: Option<u64>,
    pub(crate) moving: Option<Moving>,
    /// What the conversation was given as this connection began.
    pub(crate) given: BTreeSet<ItemId>,
    /// Connections in a row that came to nothing.
    in_vain: u32,
    /// Since when the connection serves, once it is ready.
    served_since: Option<Timestamp>,
}

/// Whether a new connection is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Due {
    #[default]
    Not,
    /// At the next idle moment.
    WhenIdle,
    Now,
}

/// A session that is handed over.
#[derive(Debug)]
pub(crate) struct Moving {
    pub(crate) why: HandOverReason,
    /// What was lost with the connection.
    pub(crate) lost: Vec<Loss>,
    /// What a new connection couldn't be given.
    pub(crate) not_given: Vec<Loss>,
    /// Sound that is lost.
    pub(crate) sound: Duration,
    /// Speech is among what the new connection will hear.
    pub(crate) speaks: bool,
    /// What the endpoint hasn't acknowledged, in order.
    pub(crate) awaited: VecDeque<Awaited>,
    /// How much it has acknowledged.
    pub(crate) replayed: usize,
    /// What was meant for a conversation that couldn't be reached.
    pub(crate) unsent: BTreeSet<ItemId>,
    /// The conversation was given what it is to know: it takes what comes now.
    pub(crate) is_open: bool,
}

/// An item that the new connection was asked about.
#[derive(Debug)]
pub(crate) struct Awaited {
    pub(crate) event_id: EventId,
    pub(crate) item_id: ItemId,
    /// Where it is only asked whether the conversation has it: what to give it if not.
    pub(crate) missing: Option<Item>,
}

impl Passage {
    /// Tells whether what comes is of a connection that counts as gone.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// Tells whether the conversation was given an item as the connection began.
    pub(crate) fn has_given(&self, item_id: &ItemId) -> bool {
        self.given.contains(item_id)
    }

    /// The connection has served: a response is over, well or not.
    pub(crate) fn proved_good(&mut self, well: bool) {
        if well {
            self.in_vain = 0;
        }
    }

    /// Returns when the next connection is needed at an idle moment, where that is news: `before` the
    /// end of the session.
    pub(crate) fn plan(&mut self, end: Option<u64>, before: Duration) -> Option<Timestamp> {
        let ((opened, at), end) = (self.opened?, end?);
        // A clock that is wrong by more than the session is long says nothing.
        if self.planned == Some(end) || end <= at {
            return None;
        }
        self.planned = Some(end);
        let before = before.min(lifetime(at, end) / 2);
        Some(opened + lifetime(at, end).saturating_sub(before))
    }

    /// The time before the end of the session has come, or is nearly over: then the next connection
    /// is needed at once. Returns when it will be.
    pub(crate) fn came_due(&mut self, now: Timestamp, latest: Duration) -> Option<Timestamp> {
        let ((opened, at), end) = (self.opened?, self.planned?);
        let latest = latest.min(lifetime(at, end) / 4);
        let latest = opened + lifetime(at, end).saturating_sub(latest);
        self.due = if now < latest {
            Due::WhenIdle
        } else {
            Due::Now
        };
        (now < latest).then_some(latest)
    }

    /// A connection is ready.
    pub(crate) fn serves(&mut self, now: Timestamp) {
        self.served_since = Some(now);
    }

    /// A connection is lost. Returns whether another one is worth a try.
    pub(crate) fn is_worth_another(&mut self, now: Timestamp) -> bool {
        let since = self.served_since.take();
        let served = since.is_some_and(|since| now - since >= SERVED);
        self.in_vain = if served { 0 } else { self.in_vain + 1 };
        self.in_vain <= MOST_IN_VAIN
    }
}

impl Moving {
    pub(crate) fn new(why: HandOverReason) -> Self {
        Self {
            why,
            lost: Vec::new(),
            not_given: Vec::new(),
            sound: Duration::ZERO,
            speaks: false,
            awaited: VecDeque::new(),
            replayed: 0,
            unsent: BTreeSet::new(),
            is_open: false,
        }
    }

    /// The new connection is lost as well: the next one begins with nothing.
    pub(crate) fn begin_again(&mut self) {
        self.not_given.clear();
        self.awaited.clear();
        self.replayed = 0;
        self.is_open = false;
    }
}

/// Returns how long a session is, from when its connection was opened.
fn lifetime(at: u64, end: u64) -> Duration {
    Duration::from_secs(end.saturating_sub(at))
}
