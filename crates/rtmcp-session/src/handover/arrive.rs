//! What a session does as a new connection takes over.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{
    EventId, Item, ItemId, Nullable,
    event::client::{ConversationItemCreate, ConversationItemRetrieve},
};
use tracing::debug;

use super::passage::{Awaited, Moving};
use crate::{Event, HandOver, Loss, Phase, Session, timer::Timer};

impl Session {
    /// The endpoint is set up: it is given what was said.
    pub(crate) fn go_on(&mut self) {
        self.timers.stop(&Timer::Setup);
        if !self.replays() {
            return self.rejoin();
        }
        let open = self.ledger.open();
        let replay = self.history.replay(|call_id| open.contains(call_id));
        for item in replay.items {
            let awaited = self.offer_item(item);
            self.passage.given.insert(awaited.item_id.clone());
            if let Some(moving) = &mut self.passage.moving {
                moving.awaited.push_back(awaited);
            }
        }
        if let Some(moving) = &mut self.passage.moving {
            moving.not_given = replay.lost;
            moving.is_open = true;
        }
        self.arrive_if_known();
    }

    /// The conversation is the same: it is asked whether it has what was sent, and given the rest.
    pub(crate) fn rejoin(&mut self) {
        self.timers.stop(&Timer::Setup);
        let unsent = self.passage.moving.as_mut();
        let unsent = unsent
            .map(|it| std::mem::take(&mut it.unsent))
            .unwrap_or_default();
        let mut awaited = VecDeque::new();
        for item in self.history.unacknowledged() {
            let known = item.id().is_some_and(|id| !unsent.contains(id));
            awaited.push_back(match known {
                true => self.look_for(item),
                false => self.offer_item(item),
            });
        }
        if let Some(moving) = &mut self.passage.moving {
            moving.awaited = awaited;
            moving.is_open = true;
        }
        self.arrive_if_known();
    }

    /// The conversation has an item.
    pub(crate) fn awaited(&mut self, item_id: &ItemId) {
        let Some(moving) = &mut self.passage.moving else {
            return;
        };
        // Mostly the first one: acknowledgements come in order.
        let at = moving.awaited.iter().position(|it| it.item_id == *item_id);
        if at.and_then(|at| moving.awaited.remove(at)).is_some() {
            moving.replayed += 1;
            self.arrive_if_known();
        }
    }

    /// The conversation has an item that it was asked for.
    pub(crate) fn found(&mut self, item: &Item) {
        if self.passage.moving.is_some() {
            self.history.found(item);
            self.item(item, &Nullable::Absent, true);
        }
    }

    /// The endpoint refused something. Returns whether it was an item that it was asked about.
    pub(crate) fn awaited_refused(&mut self, event_id: Option<&EventId>, message: &str) -> bool {
        let Some(moving) = &mut self.passage.moving else {
            return false;
        };
        // An endpoint that names no event means the first one that it hasn't answered.
        let is_it = |it: &Awaited| event_id.is_none_or(|id| *id == it.event_id);
        let at = moving.awaited.iter().position(is_it);
        let Some(refused) = at.and_then(|at| moving.awaited.remove(at)) else {
            return false;
        };
        match refused.missing {
            Some(item) => {
                let awaited = self.offer_item(item);
                if let Some(moving) = &mut self.passage.moving {
                    moving.awaited.push_back(awaited);
                }
            }
            None => {
                let item_id = refused.item_id;
                self.passage.given.remove(&item_id);
                self.history.forget(&item_id);
                let message = message.to_owned();
                moving.not_given.push(Loss::Refused { item_id, message });
            }
        }
        self.arrive_if_known();
        true
    }

    /// The endpoint says nothing more of what it was given.
    pub(crate) fn replay_unanswered(&mut self) {
        if let Some(moving) = &mut self.passage.moving {
            let unanswered = moving.awaited.drain(..).map(|it| it.item_id);
            let lost = unanswered.map(|item_id| Loss::Unacknowledged { item_id });
            moving.not_given.extend(lost);
        }
        self.arrive_if_known();
    }

    fn offer_item(&mut self, item: Item) -> Awaited {
        let event_id = self.event_id();
        let item_id = item.id().cloned().unwrap_or_default();
        if let Item::FunctionCallOutput(output) = &item {
            self.ledger.carry(&output.call_id, &event_id);
        }
        self.send(ConversationItemCreate {
            event_id: Some(event_id.clone()),
            item: Box::new(item),
            ..ConversationItemCreate::default()
        });
        Awaited {
            event_id,
            item_id,
            missing: None,
        }
    }

    fn look_for(&mut self, item: Item) -> Awaited {
        let event_id = self.event_id();
        let item_id = item.id().cloned().unwrap_or_default();
        self.send(ConversationItemRetrieve {
            event_id: Some(event_id.clone()),
            item_id: item_id.clone(),
            ..ConversationItemRetrieve::default()
        });
        Awaited {
            event_id,
            item_id,
            missing: Some(item),
        }
    }

    /// Goes on once the endpoint has said what it has, and waits for its next word otherwise.
    fn arrive_if_known(&mut self) {
        let moving = self.passage.moving.take_if(|it| it.awaited.is_empty());
        match moving {
            Some(moving) => self.arrive(moving),
            None if self.passage.moving.is_some() => {
                let due = self.now + self.options.handover_unanswered;
                self.timers.set(Timer::ReplayUnanswered, due);
            }
            None => {}
        }
    }

    fn arrive(&mut self, moving: Moving) {
        self.timers.stop(&Timer::ReplayUnanswered);
        if self.replays() {
            self.history.replayed(&self.passage.given);
        }
        self.arbiter.all_seen();
        self.phase = Phase::Ready;
        self.passage.serves(self.now);
        self.plan();
        let mut lost = moving.not_given;
        lost.extend(moving.lost);
        if moving.sound > Duration::ZERO {
            let span = moving.sound;
            lost.push(Loss::Sound { span });
        }
        debug!(why = ?moving.why, replayed = moving.replayed, lost = lost.len(), "handed over");
        self.notify(Event::HandedOver(Box::new(HandOver {
            why: moving.why,
            session_id: self.remote.id.clone(),
            replayed: moving.replayed,
            lost,
        })));
        self.was_idle = false;
        if moving.speaks {
            self.kept_sound.expect();
        }
        self.catch_up();
        if moving.speaks {
            self.expect_turn();
        }
    }

    /// The endpoint hears speech again, and makes a turn of it.
    fn expect_turn(&mut self) {
        if self.turn_detection(|it| it.create_response) {
            self.person_stopped(true);
            let due = self.now + self.options.own_reply;
            self.timers.set(Timer::OwnReply, due);
        }
    }

    /// The endpoint refused a change of the session.
    pub(crate) fn change_refused(&mut self, event_id: &EventId) {
        if self.settings.refused(event_id) == Some(true) {
            self.options.tools = self.settings.functions();
        }
    }
}
