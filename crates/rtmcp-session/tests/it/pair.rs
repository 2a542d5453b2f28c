//! Two sessions in one conversation: a lead on the sideband and a companion on the data channel, at
//! an endpoint that plays the speech itself.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{CallId, ClientEvent, Item, ServerEvent, Timestamp};
use rtmcp_session::{
    Command, Input, Options, Output, Part, Phase, Player, Session, ToolEnd, ToolNews, Turn,
};

use crate::{
    endpoint::{Endpoint, Manners},
    outlet::{Outlet, Words},
    watch::Watch,
};

/// One session, and the line between it and the endpoint.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) session: Session,
    pub(crate) watch: Watch,
    up: VecDeque<ClientEvent>,
    down: VecDeque<ServerEvent>,
}

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) lead: Party,
    pub(crate) companion: Party,
    pub(crate) endpoint: Endpoint,
    /// Calls that nobody has finished yet.
    pub(crate) working: VecDeque<CallId>,
    /// An error comes down to the party that caused it, and not to the other one.
    pub(crate) errors_in_private: bool,
    now: Timestamp,
}

impl Pair {
    /// A pair that has seen the endpoint's manners.
    pub(crate) fn acquainted(manners: Manners, words: Words) -> Self {
        let mut endpoint = Endpoint::new(manners);
        endpoint.outlet = Some(Outlet::new(words));
        let mut pair = Self {
            lead: party(Part::Lead),
            companion: party(Part::Companion),
            endpoint,
            working: VecDeque::new(),
            errors_in_private: false,
            now: Timestamp::ZERO,
        };
        pair.rest();
        pair.tell(Part::Companion, Command::SendText("hello".into()));
        pair.rest();
        assert_eq!(pair.lead.session.phase(), Phase::Ready);
        assert_eq!(pair.companion.session.phase(), Phase::Ready);
        pair
    }

    pub(crate) fn party(&mut self, part: Part) -> &mut Party {
        match part {
            Part::Lead => &mut self.lead,
            Part::Companion => &mut self.companion,
        }
    }

    /// Tells one session something, and does what it wants.
    pub(crate) fn tell(&mut self, part: Part, input: impl Into<Input>) {
        let (now, input) = (self.now, input.into());
        let party = match part {
            Part::Lead => &mut self.lead,
            Part::Companion => &mut self.companion,
        };
        if let Input::Event(event) = &input {
            party.watch.down(now, event, &self.endpoint);
        }
        let outputs: Vec<Output> = party.session.handle(now, input).collect();
        for output in outputs {
            match output {
                Output::Send(event) => {
                    if part == Part::Companion {
                        check_companion(&event);
                    }
                    party.watch.up(now, &event);
                    party.up.push_back(*event);
                }
                Output::CallTool(call) => {
                    assert_eq!(part, Part::Lead, "a companion runs nothing");
                    party.watch.dispatched(&call.call_id);
                    self.working.push_back(call.call_id);
                }
                Output::CancelTool(call_id) => self.working.retain(|id| *id != call_id),
                Output::Play { .. } | Output::PlayEnd { .. } | Output::StopPlayback => {
                    panic!("the endpoint plays, and {part:?} wants {output:?}")
                }
                Output::Connect => panic!("nothing is handed over here"),
                Output::Notify(_) | Output::Close(_) => {}
            }
        }
    }

    /// Brings one event of a party to the endpoint. Returns whether there was one.
    pub(crate) fn bring_up(&mut self, part: Part) -> bool {
        self.tell_all();
        let Some(event) = self.party(part).up.pop_front() else {
            return false;
        };
        self.endpoint.take(event);
        for event in self.endpoint.sent() {
            let private = self.errors_in_private && matches!(event, ServerEvent::Error(_));
            if !private || part == Part::Lead {
                self.lead.down.push_back(event.clone());
            }
            if !private || part == Part::Companion {
                self.companion.down.push_back(event);
            }
        }
        true
    }

    /// Brings one event to a session. Returns whether there was one.
    pub(crate) fn bring_down(&mut self, part: Part) -> bool {
        self.tell_all();
        let event = self.party(part).down.pop_front();
        let found = event.is_some();
        if let Some(event) = event {
            self.tell(part, event);
        }
        found
    }

    /// What the endpoint says of its own account, all hear.
    fn tell_all(&mut self) {
        for event in self.endpoint.sent() {
            self.lead.down.push_back(event.clone());
            self.companion.down.push_back(event);
        }
    }

    /// Lets time pass: the endpoint plays, and the sessions are woken when they want to be.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let due = |party: &Party| party.session.deadline().map(|(due, _)| due);
            let due = [due(&self.lead), due(&self.companion)];
            let next = due.into_iter().flatten().min().filter(|due| *due <= end);
            let to = next.unwrap_or(end).max(self.now);
            let ms = u64::try_from((to - self.now).as_millis()).unwrap();
            self.endpoint.play(ms);
            self.now = to;
            if next.is_none() {
                return;
            }
            self.tell(Part::Lead, Input::Tick);
            self.tell(Part::Companion, Input::Tick);
        }
    }

    /// Ends the call that has waited longest.
    pub(crate) fn finish_tool(&mut self, end: ToolEnd) {
        if let Some(call_id) = self.working.pop_front() {
            let output = "done".into();
            let news = ToolNews::finished(end, output);
            self.tell(Part::Lead, Input::Tool(call_id, news));
        }
    }

    /// Brings everything that is on its way.
    pub(crate) fn exchange(&mut self) {
        while self.bring_up(Part::Lead)
            || self.bring_up(Part::Companion)
            || self.bring_down(Part::Lead)
            || self.bring_down(Part::Companion)
        {}
    }

    /// Lets everything come to rest, without time passing by itself: the lines are quick, and the
    /// model thinks.
    pub(crate) fn rest(&mut self) {
        for _ in 0..10_000 {
            self.exchange();
            if !self.endpoint.step() {
                return;
            }
        }
        panic!("the world doesn't come to rest");
    }

    /// Ends everything that is open, and lets time pass until nothing is left to happen.
    pub(crate) fn come_to_an_end(&mut self) {
        self.endpoint.plans.clear();
        self.endpoint.faults = 0;
        self.endpoint.person_stops();
        for _ in 0..300 {
            self.rest();
            self.finish_tool(ToolEnd::Answered);
            self.rest();
            self.pass(Duration::from_secs(2));
        }
    }

    /// Every call has its output, nothing is left to be said, and everybody knows.
    pub(crate) fn assert_over(&self) {
        self.lead.watch.assert_every_call_answered();
        self.endpoint.assert_nothing_unanswered();
        assert!(!self.endpoint.is_writing());
        assert!(self.endpoint.outlet.as_ref().unwrap().is_silent());
        for party in [&self.lead, &self.companion] {
            assert!(party.session.open_calls().is_empty());
            assert_eq!(party.session.turn(), Turn::Idle);
            assert!(party.session.is_idle());
        }
    }
}

fn party(part: Part) -> Party {
    let options = Options {
        part,
        player: Player::Endpoint,
        ..Options::default()
    };
    let mut watch = Watch::default();
    watch.leaves_turns = part == Part::Lead;
    Party {
        session: Session::new(options),
        watch,
        up: VecDeque::new(),
        down: VecDeque::new(),
    }
}

/// A companion leaves the session and its calls alone.
fn check_companion(event: &ClientEvent) {
    match event {
        ClientEvent::SessionUpdate(_) => panic!("a companion changes nothing"),
        ClientEvent::ConversationItemCreate(e) => {
            let output = matches!(&*e.item, Item::FunctionCallOutput(_));
            assert!(!output, "a companion answers no calls");
        }
        _ => {}
    }
}
