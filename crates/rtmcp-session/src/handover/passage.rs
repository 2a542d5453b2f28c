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
    pub(super) is_asked: bool,
    /// There is no connection: what still comes is of one that counts as gone.
    pub(super) is_cut_off: bool,
    pub(super) due: Due,
    /// What the clock on the wall showed when the connection was opened.
    pub(super) opened: Option<(Timestamp, u64)>,
    /// The end of the session that the timer is set for.
    pub(super) planned: Option<u64>,
    pub(super) moving: Option<Moving>,
    /// What the conversation was given as this connection began.
    pub(super) given: BTreeSet<ItemId>,
    /// Connections in a row that came to nothing.
    in_vain: u32,
    served_since: Timestamp,
}

/// Whether a new connection is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Due {
    #[default]
    Not,
    /// At the next idle moment.
    WhenIdle,
    Now,
}

/// A session that is handed over.
#[derive(Debug)]
pub(super) struct Moving {
    pub(super) why: HandOverReason,
    /// What was lost with the connection.
    pub(super) lost: Vec<Loss>,
    /// What a new connection couldn't be given.
    pub(super) not_given: Vec<Loss>,
    /// Sound that is lost.
    pub(super) sound: Duration,
    /// Speech is among what the new connection will hear.
    pub(super) speaks: bool,
    /// What the endpoint hasn't acknowledged, in order.
    pub(super) awaited: VecDeque<Awaited>,
    /// How much it has acknowledged.
    pub(super) replayed: usize,
    /// What was meant for a conversation that couldn't be reached.
    pub(super) unsent: BTreeSet<ItemId>,
    /// The conversation was given what it is to know: it takes what comes now.
    pub(super) is_open: bool,
}

/// An item that the new connection was asked about.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) event_id: EventId,
    pub(super) item_id: ItemId,
    /// Where it is only asked whether the conversation has it: what to give it if not.
    pub(super) missing: Option<Item>,
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

    /// A connection is ready.
    pub(super) fn serves(&mut self, now: Timestamp) {
        self.served_since = now;
    }

    /// A connection is lost. Returns whether another one is worth a try.
    pub(super) fn is_worth_another(&mut self, now: Timestamp) -> bool {
        let served = self.moving.is_none() && now - self.served_since >= SERVED;
        self.in_vain = if served { 0 } else { self.in_vain + 1 };
        self.in_vain <= MOST_IN_VAIN
    }
}

impl Moving {
    pub(super) fn new(why: HandOverReason) -> Self {
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
    pub(super) fn begin_again(&mut self) {
        self.not_given.clear();
        self.awaited.clear();
        self.replayed = 0;
        self.is_open = false;
    }
}
