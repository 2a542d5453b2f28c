//! [`Faulted`]: a session whose faults strike between it and its clients.

mod call;
mod response;

use std::collections::HashMap;

use rtmcp_core::{
    EventId, ResponseId, ServerEvent, Timestamp, event::server::RateLimitsUpdated, kind_of,
};
use serde_json::Value;

use super::{
    Dealt, FaultKind, FaultSpec, Occasion, When, Which,
    facts::delta_of,
    lane::{Lane, Said},
    mishap,
};
use crate::{
    driver::LineId,
    engine::Thought,
    session::{Answer, Fault, Ids, Input, Job, Outbox, Output, Question, Session, Staged},
};
use call::Calls;
use response::Struck;

/// The reason of a close that was asked for.
const ASKED: &str = "The simulator was asked to close here.";

/// A session, and what goes wrong with it. Where nothing does, it is the session alone.
pub(crate) struct Faulted {
    session: Session,
    faults: Vec<FaultSpec>,
    counts: Counts,
    /// The responses that are being written and have faults.
    struck: HashMap<ResponseId, Struck>,
    calls: Calls,
    /// Whose thoughts are asked for.
    thinking: HashMap<Job, ResponseId>,
    /// The response that was begun last.
    last: Option<ResponseId>,
    /// The rate limits that come next have nothing left.
    used_up: bool,
    /// What the session is to go through before anything else.
    staged: Vec<Staged>,
    /// Names and makes events that the session doesn't know of.
    made: Outbox,
    lane: Lane,
    over: bool,
}

/// How often each occasion was there.
#[derive(Default)]
struct Counts {
    events: u64,
    responses: u64,
    calls: u64,
    outputs: u64,
    creates: u64,
}

/// When something happens, and whose input led to it.
#[derive(Clone, Copy)]
struct Moment {
    now: Timestamp,
    from: LineId,
}

impl Faulted {
    pub(crate) fn new(session: Session, dealt: Dealt, seed: u64) -> Self {
        Self {
            session,
            faults: dealt.faults,
            counts: Counts::default(),
            struck: HashMap::new(),
            calls: Calls::default(),
            thinking: HashMap::new(),
            last: None,
            used_up: false,
            staged: Vec::new(),
            // Far from the session's own.
            made: Outbox::new(Ids::new(seed ^ (1 << 39))),
            lane: Lane::new(),
            over: false,
        }
    }

    /// Takes what happened and returns what is to be done, in order, each with the client whose
    /// input it goes back to.
    pub(crate) fn handle(&mut self, now: Timestamp, from: LineId, input: Input) -> Vec<Said> {
        if self.over {
            return Vec::new();
        }
        let moment = Moment { now, from };
        self.lane.advance(now);
        for input in self.before(moment, input) {
            self.step(moment, input);
        }
        self.lane.take()
    }

    /// Returns when [`Input::Tick`] is due.
    pub(crate) fn wake(&self) -> Timestamp {
        let wake = self.session.wake();
        self.lane.wake().map_or(wake, |it| it.min(wake))
    }

    fn step(&mut self, moment: Moment, input: Input) {
        let mut outputs = self.session.handle(moment.now, input);
        loop {
            for output in outputs {
                self.after(moment, output);
            }
            if self.staged.is_empty() {
                return;
            }
            let staged = self.staged.remove(0);
            outputs = self.session.handle(moment.now, Input::Staged(staged));
        }
    }

    /// What becomes of an input before the session sees it.
    fn before(&mut self, moment: Moment, input: Input) -> Vec<Input> {
        match input {
            Input::Client(text) => self.client(moment, text),
            Input::Answered(job, Answer::Thought(Ok(mut thoughts))) => {
                let response = self.thinking.remove(&job);
                for thought in &thoughts {
                    if let (Thought::Fault(kind), Some(response)) = (thought, &response) {
                        self.strike(response, kind.clone());
                    }
                }
                thoughts.retain(|it| !matches!(it, Thought::Fault(_)));
                let staged = std::mem::take(&mut self.staged).into_iter();
                let answer = Input::Answered(job, Answer::Thought(Ok(thoughts)));
                staged.map(Input::Staged).chain([answer]).collect()
            }
            input => vec![input],
        }
    }

    fn client(&mut self, moment: Moment, text: String) -> Vec<Input> {
        if self.faults.is_empty() {
            return vec![Input::Client(text)];
        }
        let kind = kind_of(&text);
        if kind.as_deref() == Some("response.create") {
            self.counts.creates += 1;
            if self.strikes(Occasion::Create, self.counts.creates) {
                self.refuse_as_active(moment, &text);
                return Vec::new();
            }
        } else if kind.as_deref() == Some("conversation.item.create") && is_output(&text) {
            self.counts.outputs += 1;
            if self.strikes(Occasion::Output, self.counts.outputs) {
                return vec![
                    Input::Staged(Staged::Murmur),
                    Input::Client(text),
                    Input::Staged(Staged::Reply),
                ];
            }
        }
        vec![Input::Client(text)]
    }

    /// Tells whether a fault strikes now, where there is but one kind for the occasion.
    fn strikes(&self, occasion: Occasion, number: u64) -> bool {
        let mut faults = self.faults.iter();
        faults.any(|it| it.when.is(occasion, number))
    }

    /// The kinds of faults that strike now.
    fn striking(&self, occasion: Occasion, number: u64) -> Vec<FaultKind> {
        let faults = self.faults.iter();
        let striking = faults.filter(|it| it.when.is(occasion, number));
        striking.map(|it| it.kind.clone()).collect()
    }

    fn refuse_as_active(&mut self, moment: Moment, text: &str) {
        let event: Value = serde_json::from_str(text).unwrap_or_default();
        let cause = event.get("event_id").and_then(Value::as_str);
        let id = self.last.clone();
        let id = id.unwrap_or_else(|| self.made.ids.response());
        let fault = Fault::active_response(id.as_str());
        self.made.refuse(fault, cause.map(EventId::from));
        for output in self.made.take() {
            self.after(moment, output);
        }
    }

    /// What becomes of an output of the session.
    fn after(&mut self, moment: Moment, output: Output) {
        match output {
            _ if self.over => {}
            Output::Send(event) => self.event(moment, *event, Output::Send),
            Output::Reply(event) => self.event(moment, *event, Output::Reply),
            Output::Ask(job, Question::Think(response, prompt)) => {
                if self.struck_by(&response, |it| matches!(it, FaultKind::Hang)) {
                    return;
                }
                self.thinking.insert(job, response.clone());
                let question = Question::Think(response, prompt);
                self.lane.pass((moment.from, Output::Ask(job, question)));
            }
            Output::Abandon(job) => {
                self.thinking.remove(&job);
                self.lane.pass((moment.from, Output::Abandon(job)));
            }
            Output::Close { code, reason } => self.close(moment, code, reason),
            Output::Ask(..)
            | Output::Player(_)
            | Output::Text(_)
            | Output::Hush
            | Output::Detach { .. } => {
                self.lane.pass((moment.from, output));
            }
        }
    }

    /// What becomes of an event; `wrap` says to whom it goes.
    fn event(
        &mut self,
        moment: Moment,
        mut event: ServerEvent,
        wrap: fn(Box<ServerEvent>) -> Output,
    ) {
        self.counts.events += 1;
        self.note_response(&event);
        self.note_call(&event);
        if let ServerEvent::RateLimitsUpdated(limits) = &mut event
            && std::mem::take(&mut self.used_up)
        {
            use_up(limits);
        }
        let Some(event) = self.changed_by_calls(moment, event, wrap) else {
            return;
        };
        let first_delta = self.note_delta(moment, &event);
        let ended = match &event {
            ServerEvent::ResponseDone(done) => Some(done.response.id.clone()),
            _ => None,
        };
        let mut mishaps = self.striking(Occasion::Event, self.counts.events);
        mishaps.extend(first_delta.iter().flat_map(|it| self.mishaps_of(it)));
        let text = match mishaps.is_empty() {
            true => String::new(),
            false => event.encode(),
        };
        self.lane
            .put(moment.now, (moment.from, wrap(Box::new(event))));
        for mishap in mishaps {
            self.mishap(moment, &mishap, &text);
        }
        if let Some(ended) = ended {
            self.note_end(moment, &ended);
        }
    }

    /// Does what befalls the connection, after an event.
    fn mishap(&mut self, moment: Moment, kind: &FaultKind, event: &str) {
        if self.over {
            return;
        }
        let text = match kind {
            FaultKind::Close(code) => {
                return self.close(moment, *code, ASKED.to_owned());
            }
            FaultKind::Detach(code) => {
                let (code, reason) = (*code, ASKED.to_owned());
                let detach = Output::Detach { code, reason };
                return self.lane.put(moment.now, (moment.from, detach));
            }
            FaultKind::HalfOpen => {
                self.lane.release();
                return self.lane.pass((moment.from, Output::Hush));
            }
            FaultKind::Stall(time) => return self.lane.hold(moment.now, *time),
            FaultKind::UnknownEvent => mishap::unknown_event(&self.made.ids.event()),
            FaultKind::Malformed => mishap::half(event),
            FaultKind::Oversized(bytes) => mishap::oversized(&self.made.ids.event(), *bytes),
            _ => return,
        };
        self.lane.put(moment.now, (moment.from, Output::Text(text)));
    }

    fn close(&mut self, moment: Moment, code: u16, reason: String) {
        self.lane.release();
        self.lane
            .pass((moment.from, Output::Close { code, reason }));
        self.over = true;
    }

    /// Holds back a delta of a slow response; returns the response if it is its first.
    fn note_delta(&mut self, moment: Moment, event: &ServerEvent) -> Option<ResponseId> {
        let id = delta_of(event)?;
        let struck = self.struck.get_mut(id)?;
        if let Some(time) = struck.slowness() {
            self.lane.hold(moment.now, time);
        }
        struck.begins().then(|| id.clone())
    }
}

impl When {
    /// The next time.
    const fn next(occasion: Occasion, so_far: u64) -> Self {
        let next = std::num::NonZeroU64::MIN.saturating_add(so_far);
        Self {
            session: Which::Every,
            occasion,
            nth: Which::Nth(next),
        }
    }
}

/// Tells whether a client's event is the output of a function.
fn is_output(text: &str) -> bool {
    let event: Value = serde_json::from_str(text).unwrap_or_default();
    let kind = event.pointer("/item/type").and_then(Value::as_str);
    kind == Some("function_call_output")
}

fn use_up(limits: &mut RateLimitsUpdated) {
    for limit in &mut limits.rate_limits {
        limit.remaining = Some(0);
        limit.reset_seconds = Some(60.0);
    }
}
