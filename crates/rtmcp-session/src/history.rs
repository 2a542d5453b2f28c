//! [`History`]: what was said and done in a conversation, as far as another one can be given it.
//!
//! It differs from the [`Transcript`](crate::Transcript) in what it is for. The transcript shows all
//! that people said, as it comes, and is never cleared. The history has calls and their outputs as
//! well, only ever as much as is worth replaying, and can say exactly what it can't give back. Their
//! order is one and the same: [`order`].

mod message;
mod replay;

use std::{collections::BTreeSet, time::Duration};

use rtmcp_core::{
    CallId, Content, ContentKind, EventId, FunctionCall, FunctionCallOutput, Item, ItemId,
    ItemStatus, Message, Nullable, Role, ServerEvent, Unknown,
};

use crate::{
    Loss,
    order::{self, Placed},
};
use message::Said;

pub(crate) use replay::Replay;

/// How many items are kept, so that the smallest ones are bounded as well.
const MOST: usize = 4096;

/// How much more text is kept than is replayed: what is replayed is chosen when it is.
const SLACK: usize = 2;

/// A conversation's items, in its order, the newest ones.
#[derive(Debug)]
pub(crate) struct History {
    entries: Vec<Entry>,
    /// How much text is replayed.
    budget: usize,
    /// How many items were let go, as there are too many.
    older: usize,
}

#[derive(Debug)]
struct Entry {
    item_id: ItemId,
    what: What,
    /// The event that asked for the item, until the endpoint has acknowledged it.
    carried: Option<EventId>,
}

#[derive(Debug)]
enum What {
    Message(Said),
    /// A call, and whether its arguments are whole.
    Call(FunctionCall, bool),
    Output(FunctionCallOutput),
    /// An item that only the endpoint can make.
    Foreign(String),
}

impl History {
    /// An empty history of which `budget` bytes of text will be replayed.
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            entries: Vec::new(),
            budget,
            older: 0,
        }
    }

    /// Takes what an event says of the conversation. Those of responses outside it are not to be
    /// given. Sound costs nothing.
    pub(crate) fn feed(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::ConversationItemAdded(e) => self.item(&e.item, &e.previous_item_id, false),
            ServerEvent::ConversationItemCreated(e) => {
                self.item(&e.item, &e.previous_item_id, true);
            }
            ServerEvent::ConversationItemDone(e) => self.item(&e.item, &e.previous_item_id, true),
            ServerEvent::ConversationItemDeleted(e) => self.forget(&e.item_id),
            ServerEvent::ConversationItemTruncated(e) => self.cut(&e.item_id, None),
            ServerEvent::InputAudioBufferCommitted(e) => {
                let spoken = || What::Message(Said::new(Role::User));
                self.place(&e.item_id, &e.previous_item_id, spoken);
            }
            ServerEvent::InputAudioTranscriptionCompleted(e) => {
                self.words(&e.item_id, |it| it.set(e.content_index, &e.transcript));
            }
            ServerEvent::ResponseOutputItemAdded(e) => {
                self.item(&e.item, &Nullable::Absent, false);
            }
            ServerEvent::ResponseOutputItemDone(e) => self.item(&e.item, &Nullable::Absent, true),
            ServerEvent::ResponseOutputTextDelta(e) => {
                self.words(&e.item_id, |it| it.grow(e.content_index, &e.delta));
            }
            ServerEvent::ResponseOutputTextDone(e) => {
                self.words(&e.item_id, |it| it.set(e.content_index, &e.text));
            }
            ServerEvent::ResponseOutputAudioTranscriptDelta(e) => {
                self.words(&e.item_id, |it| it.grow(e.content_index, &e.delta));
            }
            ServerEvent::ResponseOutputAudioTranscriptDone(e) => {
                self.words(&e.item_id, |it| it.set(e.content_index, &e.transcript));
            }
            ServerEvent::ResponseDone(e) => {
                let known = |item: &&Item| item.id().is_some_and(|id| self.has(id));
                let known: Vec<&Item> = e.response.output.iter().filter(known).collect();
                for item in known {
                    self.item(item, &Nullable::Absent, true);
                }
            }
            _ => {}
        }
    }

    /// Notes an item that the endpoint is asked to take.
    pub(crate) fn sent(&mut self, event_id: &EventId, item: &Item) {
        let Some(item_id) = item_id(item) else { return };
        self.fill(&item_id, item, &Nullable::Absent, true);
        if let Some(entry) = self.entry(&item_id) {
            entry.carried = Some(event_id.clone());
        }
    }

    /// The endpoint refused the item of an event. Tells whether there is one.
    pub(crate) fn refused(&mut self, event_id: &EventId) -> bool {
        let count = self.entries.len();
        let carried = |entry: &Entry| entry.carried.as_ref() == Some(event_id);
        self.entries.retain(|entry| !carried(entry));
        self.entries.len() < count
    }

    /// The conversation has an item that it was asked for.
    pub(crate) fn found(&mut self, item: &Item) {
        self.item(item, &Nullable::Absent, true);
    }

    /// Returns the items that were sent and not acknowledged, in order.
    pub(crate) fn unacknowledged(&self) -> Vec<Item> {
        let sent = self.entries.iter().filter(|it| it.carried.is_some());
        let mut replay = Replay::default();
        sent.for_each(|entry| replay.add(entry));
        replay.items
    }

    /// Notes that a message of the model was cut, where `heard` is what was heard of all that was
    /// made of it, if that is known.
    pub(crate) fn cut(&mut self, item_id: &ItemId, heard: Option<(Duration, Duration)>) {
        self.words(item_id, |it| it.cut(heard));
    }

    /// Lets an item go.
    pub(crate) fn forget(&mut self, item_id: &ItemId) {
        self.entries.retain(|entry| entry.item_id != *item_id);
    }

    /// Returns what a new conversation is given: the newest items, and whatever call is open or has
    /// its output among them.
    pub(crate) fn replay(&self, is_open: impl Fn(&CallId) -> bool) -> Replay {
        let first = self.first_within_budget();
        let outputs = self.entries[first..].iter().filter_map(Entry::output);
        let outputs: BTreeSet<&CallId> = outputs.map(|it| &it.call_id).collect();
        let mut known = BTreeSet::new();
        let mut older = self.older;
        let mut replay = Replay::default();
        for (at, entry) in self.entries.iter().enumerate() {
            let call = entry.call();
            let needed = call.is_some_and(|id| is_open(id) || outputs.contains(id));
            // An output of a call that isn't there would be refused.
            let kept = entry.output().is_none_or(|it| known.contains(&it.call_id));
            if (at >= first || needed) && kept {
                known.extend(call);
                replay.add(entry);
            } else {
                older += 1;
            }
        }
        if older > 0 {
            replay.lost.insert(0, Loss::Older { items: older });
        }
        replay
    }

    /// The conversation is another one, which was given these items: what it wasn't given is no part
    /// of it, but for what was sent to it since, and what was cut short is whole as it is.
    pub(crate) fn replayed(&mut self, given: &BTreeSet<ItemId>) {
        let is_part = |it: &Entry| given.contains(&it.item_id) || it.carried.is_some();
        self.entries.retain(is_part);
        for entry in &mut self.entries {
            if let What::Message(said) = &mut entry.what {
                said.replayed();
            }
        }
        self.older = 0;
    }

    /// An item came, or became whole.
    fn item(&mut self, item: &Item, previous: &Nullable<ItemId>, done: bool) {
        let Some(item_id) = item_id(item) else { return };
        if let Some(ours) = self.ours(item, &item_id) {
            // An endpoint may name the item as it likes.
            self.entries[ours].item_id = item_id.clone();
        }
        self.fill(&item_id, item, previous, done);
    }

    fn fill(&mut self, item_id: &ItemId, item: &Item, previous: &Nullable<ItemId>, done: bool) {
        self.place(item_id, previous, || What::new(item));
        let Some(entry) = self.entry(item_id) else {
            return;
        };
        entry.carried = None;
        match (&mut entry.what, item) {
            (What::Message(said), Item::Message(message)) => said.fill(message, done),
            (What::Call(call, whole), Item::FunctionCall(news)) => {
                let is_whole = news.status.as_ref().map_or(done, is_completed);
                if is_whole || !*whole {
                    (*call, *whole) = (news.clone(), is_whole);
                }
            }
            _ => {}
        }
    }

    /// Returns the item that was asked for and is this one, though it is named otherwise.
    fn ours(&self, item: &Item, item_id: &ItemId) -> Option<usize> {
        if self.has(item_id) {
            return None;
        }
        let mut entries = self.entries.iter();
        match item {
            Item::FunctionCallOutput(output) => {
                let same = |it: &Entry| it.output().is_some_and(|it| it.call_id == output.call_id);
                entries.position(same)
            }
            Item::Message(message) if is_written(message) => {
                let same = |it: &Entry| match &it.what {
                    What::Message(said) => it.carried.is_some() && said.is_by(&message.role),
                    _ => false,
                };
                entries.position(same)
            }
            _ => None,
        }
    }

    /// Makes room for an item, unless it has its place.
    fn place(
        &mut self,
        item_id: &ItemId,
        previous: &Nullable<ItemId>,
        what: impl FnOnce() -> What,
    ) {
        let known = self.entries.len();
        order::place(&mut self.entries, item_id, previous, || Entry {
            item_id: item_id.clone(),
            what: what(),
            carried: None,
        });
        if self.entries.len() > known {
            self.let_go();
        }
    }

    /// Lets the oldest items go while there are too many; a call that has no output is kept.
    fn let_go(&mut self) {
        let mut size: usize = self.entries.iter().map(Entry::size).sum();
        let most = self.budget.saturating_mul(SLACK);
        if size <= most && self.entries.len() <= MOST {
            return;
        }
        let outputs = self.entries.iter().filter_map(Entry::output);
        let outputs: BTreeSet<CallId> = outputs.map(|it| it.call_id.clone()).collect();
        let (mut count, mut left) = (self.entries.len(), self.entries.len());
        let is_over = |entry: &Entry| entry.call().is_none_or(|id| outputs.contains(id));
        let older = &mut self.older;
        self.entries.retain(|entry| {
            left -= 1;
            let too_many = size > most || count > MOST;
            let goes = too_many && left > 0 && is_over(entry);
            if goes {
                count -= 1;
                size -= entry.size();
                *older += 1;
            }
            !goes
        });
    }

    fn first_within_budget(&self) -> usize {
        let mut left = self.budget;
        let mut first = self.entries.len();
        for entry in self.entries.iter().rev() {
            let Some(rest) = left.checked_sub(entry.size()) else {
                break;
            };
            left = rest;
            first -= 1;
        }
        first
    }

    fn words(&mut self, item_id: &ItemId, change: impl FnOnce(&mut Said)) {
        if let Some(Entry {
            what: What::Message(said),
            ..
        }) = self.entry(item_id)
        {
            change(said);
        }
    }

    fn has(&self, item_id: &ItemId) -> bool {
        order::position(&self.entries, item_id).is_some()
    }

    fn entry(&mut self, item_id: &ItemId) -> Option<&mut Entry> {
        let at = order::position(&self.entries, item_id)?;
        self.entries.get_mut(at)
    }
}

impl What {
    fn new(item: &Item) -> Self {
        match item {
            Item::Message(message) => Self::Message(Said::new(message.role.clone())),
            Item::FunctionCall(call) => Self::Call(call.clone(), false),
            Item::FunctionCallOutput(output) => Self::Output(output.clone()),
            Item::McpListTools(_) => Self::Foreign("mcp_list_tools".to_owned()),
            Item::McpCall(_) => Self::Foreign("mcp_call".to_owned()),
            Item::McpApprovalRequest(_) => Self::Foreign("mcp_approval_request".to_owned()),
            Item::McpApprovalResponse(_) => Self::Foreign("mcp_approval_response".to_owned()),
            Item::ItemReference(_) => Self::Foreign("item_reference".to_owned()),
            Item::Unknown(unknown) => Self::Foreign(unknown.kind.clone()),
        }
    }
}

impl Entry {
    fn call(&self) -> Option<&CallId> {
        match &self.what {
            What::Call(call, _) => call.call_id.as_ref(),
            _ => None,
        }
    }

    fn output(&self) -> Option<&FunctionCallOutput> {
        match &self.what {
            What::Output(output) => Some(output),
            _ => None,
        }
    }

    /// Bytes of text.
    fn size(&self) -> usize {
        match &self.what {
            What::Message(said) => said.size(),
            What::Call(call, _) => call.name.len() + call.arguments.expose().len(),
            What::Output(output) => output.output.expose().len(),
            What::Foreign(kind) => kind.len(),
        }
    }
}

impl Placed for Entry {
    fn item_id(&self) -> &ItemId {
        &self.item_id
    }
}

/// Returns the id of an item, of whatever kind.
fn item_id(item: &Item) -> Option<ItemId> {
    let id = match item {
        Item::Unknown(Unknown { value, .. }) => {
            let id = value.expose().get("id").and_then(|id| id.as_str());
            id.map(ItemId::from)
        }
        item => item.id().cloned(),
    };
    id.filter(|id| !id.is_empty())
}

fn is_written(message: &Message) -> bool {
    let is_text = |part: &Content| part.kind == ContentKind::InputText;
    message.content.iter().any(is_text)
}

fn is_completed(status: &ItemStatus) -> bool {
    *status == ItemStatus::Completed
}
