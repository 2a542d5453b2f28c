//! What a session does as it needs another connection, and as one is lost.

use std::mem;

use rtmcp_core::{Item, ServerEvent};
use tracing::debug;

use super::passage::{Due, Moving};
use crate::{
    CloseReason, Command, Event, HandOverReason, Handover, Loss, Output, Phase, Session,
    reply::response_of, responses::Responses, timer::Timer,
};

impl Session {
    /// Tells whether the conversation is replayed over another connection.
    pub(crate) fn replays(&self) -> bool {
        self.leads() && self.options.handover == Handover::Replay
    }

    /// Tells whether the session goes on over another connection.
    pub(crate) fn survives(&self) -> bool {
        self.replays() || self.options.handover == Handover::Rejoin
    }

    /// Tells whether the session goes on though the endpoint ended it.
    pub(crate) fn outlives_the_endpoint(&self) -> bool {
        self.replays() && self.phase != Phase::Connecting
    }

    /// Tells whether an item can be sent now.
    pub(crate) fn takes_items(&self) -> bool {
        let moving = self.passage.moving.as_ref();
        self.phase == Phase::Ready || moving.is_some_and(|it| it.is_open)
    }

    /// Keeps what an event says for another connection. Sound costs nothing here.
    pub(crate) fn keep(&mut self, event: &ServerEvent) {
        if !self.survives() || matches!(event, ServerEvent::ResponseOutputAudioDelta(_)) {
            return;
        }
        let outside = response_of(event).is_some_and(|it| self.responses.is_outside(it));
        if !outside {
            self.history.feed(event);
        }
    }

    /// A connection is open: the first one, or the one that was asked for.
    pub(crate) fn connected(&mut self, at: Option<u64>) {
        let asked = mem::take(&mut self.passage.is_asked);
        if asked {
            if self.phase == Phase::Ready {
                self.leave(HandOverReason::Expiring);
            }
            self.passage.is_cut_off = false;
            let due = self.now + self.options.setup_unanswered;
            self.timers.set(Timer::Setup, due);
        }
        self.passage.opened = at.map(|at| (self.now, at));
        self.plan();
    }

    /// No connection can be had.
    pub(crate) fn not_connected(&mut self) {
        self.passage.is_asked = false;
        self.passage.due = Due::Not;
        if self.phase != Phase::Ready {
            self.close(CloseReason::Disconnected);
        }
    }

    /// The connection is gone.
    pub(crate) fn disconnected(&mut self) {
        if !self.survives() {
            self.close(CloseReason::Disconnected);
        } else if !self.passage.is_cut_off {
            self.lose(HandOverReason::Dropped);
        }
    }

    /// The endpoint didn't greet or take the configuration in time.
    pub(crate) fn setup_unanswered(&mut self) {
        if self.phase == Phase::HandingOver {
            self.lose(HandOverReason::Dropped);
        } else {
            self.close(CloseReason::Silent);
        }
    }

    /// The connection is of no use any more: another one takes over.
    pub(crate) fn lose(&mut self, why: HandOverReason) {
        if self.passage.is_cut_off {
            return debug!("the end of a connection that counts as gone");
        }
        if !self.passage.is_worth_another(self.now) {
            return self.close(CloseReason::Disconnected);
        }
        self.leave(why);
        self.passage.is_cut_off = true;
        self.connect();
    }

    /// Sets the timer for the time before the endpoint ends the session.
    pub(crate) fn plan(&mut self) {
        if !self.replays() || self.phase == Phase::HandingOver {
            return;
        }
        let (end, before) = (self.remote.expires_at, self.options.handover_before);
        if let Some(due) = self.passage.plan(end, before) {
            self.timers.set(Timer::HandOver, due);
        }
    }

    /// The time before the endpoint ends the session has come, or is nearly over.
    pub(crate) fn hand_over_due(&mut self) {
        let latest = self.options.handover_latest;
        if let Some(latest) = self.passage.came_due(self.now, latest) {
            self.timers.set(Timer::HandOver, latest);
        }
    }

    /// Asks for another connection, if one is needed and the moment is right.
    pub(crate) fn connect_if_due(&mut self) {
        let right = match self.passage.due {
            Due::Not => false,
            Due::WhenIdle => self.is_idle() && self.commits.is_empty() && !self.kept_sound.speaks(),
            Due::Now => true,
        };
        if right {
            self.connect();
        }
    }

    /// The person stops what they hear, or would hear over the next connection.
    pub(crate) fn interrupt_between(&mut self) {
        self.arbiter.stop_all();
        if self.plays() {
            self.interrupt();
        }
    }

    /// Sound is lost that was kept for the next connection.
    pub(crate) fn sound_lost(&mut self, base64: usize) {
        if let Some(moving) = &mut self.passage.moving {
            moving.sound += self.kept_sound.span_of(base64 as u64);
        }
    }

    fn connect(&mut self) {
        if !mem::replace(&mut self.passage.is_asked, true) {
            self.outbox.push_back(Output::Connect);
        }
    }

    /// Leaves the connection, as it is lost or another one is there.
    fn leave(&mut self, why: HandOverReason) {
        self.timers.keep_calls();
        self.setup = None;
        self.passage.due = Due::Not;
        (self.passage.opened, self.passage.planned) = (None, None);
        if self.phase == Phase::Connecting {
            return;
        }
        if self.phase == Phase::Ready {
            self.phase = Phase::HandingOver;
            self.passage.moving = Some(Moving::new(why));
            self.notify(Event::HandingOver { why });
        }
        let lost = match self.replays() {
            true => self.leave_conversation(),
            false => self.look_away(),
        };
        self.fall_silent();
        if let Some(moving) = &mut self.passage.moving {
            moving.begin_again();
            moving.lost.extend(lost);
        }
    }

    /// Leaves the conversation, which the endpoint forgets. Returns what is lost with it.
    fn leave_conversation(&mut self) -> Vec<Loss> {
        let outside = self.responses.outside().cloned();
        let lost = outside.map(|response_id| Loss::Response { response_id });
        let mut lost: Vec<Loss> = lost.collect();
        self.leave_response();
        self.heard.leave();
        self.responses = Responses::default();
        self.commits.clear();
        self.ended_speech = None;
        self.passage.given.clear();
        self.leave_settings();
        lost.extend(self.leave_sound());
        lost
    }

    /// The response that is being written ends.
    fn leave_response(&mut self) {
        let Some(response) = self.arbiter.active().cloned() else {
            self.arbiter.leave(false);
            return;
        };
        let calls = self.ledger.has_calls_of(&response);
        let cut = self.responses.is_cut(&response);
        let starts_over = self.arbiter.leave(calls || cut);
        if starts_over && self.plays() && self.heard.sounds(&response) {
            self.interrupt();
        }
        self.nothing_more_of(&response);
    }

    /// The conversation goes on where nobody looks.
    fn look_away(&mut self) -> Vec<Loss> {
        let response = self.arbiter.active().cloned();
        self.arbiter.look_away();
        if let Some(response) = response {
            self.nothing_more_of(&response);
        }
        self.commits.clear();
        self.leave_settings();
        vec![Loss::Unseen]
    }

    /// What the endpoint hasn't said of changes that were asked for, another one will.
    fn leave_settings(&mut self) {
        let asked = self.settings.take_asked();
        let (tools, other): (Vec<_>, Vec<_>) = asked.partition(|change| change.tools.is_some());
        if !tools.is_empty() {
            let wanted = mem::replace(&mut self.options.tools, self.settings.functions());
            self.new_tools.get_or_insert(wanted);
        }
        let changes = other.into_iter().map(Box::new).map(Command::Configure);
        self.hold_first(changes);
    }

    /// What was said and can't be replayed yet is said again.
    fn leave_sound(&mut self) -> Vec<Loss> {
        let speaks = self.kept_sound.speaks();
        let again = self.kept_sound.again();
        for item_id in &again.items {
            self.history.forget(item_id);
            self.transcript.remove(item_id);
        }
        if let Some(moving) = &mut self.passage.moving {
            moving.speaks |= speaks;
            moving.sound += again.lost;
        }
        self.hold_first(again.commands.into_iter());
        let unheard = again.unheard.map(|item_id| Loss::Speech { item_id });
        unheard.into_iter().collect()
    }

    /// Nothing sounds at the endpoint, and nobody is heard there.
    fn fall_silent(&mut self) {
        self.sounding = None;
        self.timers.keep_calls();
    }

    /// Keeps an item for the conversation that can't be reached.
    pub(crate) fn keep_back(&mut self, item: &Item) {
        if let (Some(moving), Some(item_id)) = (&mut self.passage.moving, item.id()) {
            moving.unsent.insert(item_id.clone());
        }
    }
}
