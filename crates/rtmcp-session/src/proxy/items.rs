//! [`Items`]: the conversation as the endpoint has it, and as the client sees it.

use std::collections::BTreeSet;

use rtmcp_core::{ItemId, Nullable};

use crate::order::{self, Placed};

/// Who knows of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Both sides.
    Both,
    /// The endpoint alone: a call of ours, or its output.
    Endpoint,
    /// The client alone: the proxy made it up.
    Client,
}

/// An item in its place.
#[derive(Debug)]
struct Known {
    id: ItemId,
    seen: Seen,
}

impl Placed for Known {
    fn item_id(&self) -> &ItemId {
        &self.id
    }
}

/// The items in their order.
#[derive(Debug, Default)]
pub(super) struct Items {
    list: Vec<Known>,
    hidden: BTreeSet<ItemId>,
}

impl Items {
    /// Notes an item that must not be told of. Its place is known when the conversation has it.
    pub(super) fn hide(&mut self, id: &ItemId) {
        self.hidden.insert(id.clone());
        if let Some(at) = self.find(id) {
            self.list[at].seen = Seen::Endpoint;
        }
    }

    /// Tells whether the client must not hear of an item.
    pub(super) fn is_hidden(&self, id: &str) -> bool {
        self.hidden.contains(id)
    }

    /// Tells whether the endpoint knows nothing of an item.
    pub(super) fn is_made_up(&self, id: &ItemId) -> bool {
        self.find(id)
            .is_some_and(|at| self.list[at].seen == Seen::Client)
    }

    /// Notes the place of an item that the endpoint tells of. One that has its place keeps it.
    pub(super) fn place(&mut self, id: &ItemId, previous: &Nullable<ItemId>) {
        if self.find(id).is_some() {
            return;
        }
        let hidden = self.hidden.contains(id);
        let seen = if hidden { Seen::Endpoint } else { Seen::Both };
        let new = || Known {
            id: id.clone(),
            seen,
        };
        let mut at = order::place(&mut self.list, id, previous, new);
        // What the client alone sees stands right behind what it came after.
        while matches!(self.list.get(at + 1), Some(next) if next.seen == Seen::Client) {
            self.list.swap(at, at + 1);
            at += 1;
        }
    }

    /// Adds an item that the client alone sees, at the end. Returns the one before it that the
    /// client sees.
    pub(super) fn make_up(&mut self, id: &ItemId) -> Option<ItemId> {
        self.list.push(Known {
            id: id.clone(),
            seen: Seen::Client,
        });
        self.shown_before(self.list.len() - 1).cloned()
    }

    /// Forgets an item.
    pub(super) fn remove(&mut self, id: &ItemId) {
        self.list.retain(|known| known.id != *id);
    }

    /// Returns what the client is told instead of `previous` as the item before `id`, if that must
    /// be something else: an item that it sees, or none.
    pub(super) fn instead(
        &self,
        id: &ItemId,
        previous: &Nullable<ItemId>,
    ) -> Option<Option<&ItemId>> {
        let at = self.find(id)?;
        let hidden = previous.as_set().is_some_and(|it| self.hidden.contains(it));
        let shown = self.shown_before(at);
        let made_up = shown.is_some_and(|shown| self.is_made_up(shown));
        (hidden || made_up).then_some(shown)
    }

    /// Returns the item that an endpoint must be told instead of one that the client alone sees:
    /// the one before it that the endpoint has, or none at the front.
    pub(super) fn real(&self, made_up: &ItemId) -> Option<&ItemId> {
        let at = self.find(made_up)?;
        let before = self.list.iter().take(at).rev();
        let mut known = before.filter(|known| known.seen != Seen::Client);
        known.next().map(|known| &known.id)
    }

    /// Returns the item before another that the client sees.
    pub(super) fn before(&self, id: &ItemId) -> Option<&ItemId> {
        self.shown_before(self.find(id)?)
    }

    fn shown_before(&self, at: usize) -> Option<&ItemId> {
        let before = self.list.iter().take(at).rev();
        let mut shown = before.filter(|known| known.seen != Seen::Endpoint);
        shown.next().map(|known| &known.id)
    }

    fn find(&self, id: &ItemId) -> Option<usize> {
        order::position(&self.list, id)
    }
}

#[cfg(test)]
mod tests {
    use rtmcp_core::{ItemId, Nullable};

    use super::Items;

    fn id(id: &str) -> ItemId {
        ItemId::from(id)
    }

    fn conversation(of: &[&str]) -> Items {
        let mut items = Items::default();
        let mut previous = Nullable::Null;
        for it in of {
            if it.starts_with("our") {
                items.hide(&id(it));
            }
            items.place(&id(it), &previous);
            previous = Nullable::Set(id(it));
        }
        items
    }

    #[test]
    fn an_item_behind_hidden_ones_follows_the_last_that_is_seen() {
        let mut items = conversation(&["a", "our1", "our2", "b"]);
        assert_eq!(
            items.instead(&id("b"), &id("our2").into()),
            Some(Some(&id("a")))
        );
        items.remove(&id("a"));
        assert_eq!(items.instead(&id("b"), &id("our2").into()), Some(None));
        assert_eq!(
            items.instead(&id("b"), &id("x").into()),
            None,
            "nothing hidden is named"
        );
    }

    #[test]
    fn an_item_put_between_others_has_its_place() {
        let mut items = conversation(&["a", "our1", "b"]);
        items.place(&id("c"), &id("a").into());
        assert_eq!(items.instead(&id("c"), &id("a").into()), None);
        items.place(&id("d"), &id("our1").into());
        assert_eq!(
            items.instead(&id("d"), &id("our1").into()),
            Some(Some(&id("c")))
        );
    }

    #[test]
    fn what_the_client_alone_sees_has_a_place_too() {
        let mut items = conversation(&["a"]);
        assert_eq!(items.make_up(&id("list")), Some(id("a")));
        items.place(&id("b"), &id("a").into());
        assert_eq!(
            items.instead(&id("b"), &id("a").into()),
            Some(Some(&id("list")))
        );
        assert_eq!(items.real(&id("list")), Some(&id("a")));
        assert!(items.is_made_up(&id("list")));
    }
}
