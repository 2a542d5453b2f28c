//! What a session does with each event, found by trying: what is different where the event came?

use std::collections::BTreeSet;

use rtmcp::{
    core::{CallId, ServerEvent, Timestamp},
    session::{
        Command, Handover, Input, Options, Output, Playback, Player, Session, ToolEnd, ToolNews,
    },
};
use serde_json::{Value, json};

use super::examples;

/// What came of the trials.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// Server events that made a difference somewhere.
    pub(crate) acts: BTreeSet<String>,
    /// Client events that were sent somewhere.
    pub(crate) sends: BTreeSet<String>,
}

pub(crate) fn tried() -> Tried {
    let mut tried = Tried::default();
    for moment in moments() {
        let without = moment.goes_on(None);
        tried.sends.extend(without.sent());
        for event in events() {
            let with = moment.goes_on(Some(&event));
            tried.sends.extend(with.sent());
            if with != without {
                tried
                    .acts
                    .insert(event["type"].as_str().unwrap().to_owned());
            }
        }
    }
    tried
}

/// A moment of a session: how it is, and what has happened to it.
#[derive(Clone, Debug)]
struct Moment {
    options: Options,
    so_far: Vec<Input>,
}

/// What is seen of a session.
#[derive(Debug, PartialEq)]
struct Seen {
    now: Vec<Output>,
    later: Vec<Output>,
    state: String,
}

impl Moment {
    fn new(options: Options) -> Self {
        let so_far = vec![Input::Connected { at: Some(1_000) }];
        Self { options, so_far }
    }

    fn ready(options: Options) -> Self {
        Self::new(options)
            .event(&json!({"type": "session.created", "session": {"expires_at": 4_600}}))
            .event(&json!({"type": "session.updated", "session": {"expires_at": 4_600}}))
    }

    fn event(self, event: &Value) -> Self {
        self.then(input(event))
    }

    fn then(mut self, input: impl Into<Input>) -> Self {
        self.so_far.push(input.into());
        self
    }

    /// Lets the session go on, with an event first or without it.
    fn goes_on(&self, event: Option<&Value>) -> Seen {
        let mut session = Session::new(self.options.clone());
        let (mut now, mut later) = (Vec::new(), Vec::new());
        for input in self.so_far.iter().cloned().chain(event.map(input)) {
            now.extend(session.handle(Timestamp::ZERO, input));
        }
        let lines = session.transcript().lines().iter();
        let lines: Vec<_> = lines.map(|it| (it.text.expose(), it.done)).collect();
        let (phase, turn, config) = (session.phase(), session.turn(), session.config());
        let state = format!("{phase:?} {turn:?} {lines:?} {config:?}");
        for input in afterwards() {
            later.extend(session.handle(Timestamp::ZERO, input));
        }
        Seen { now, later, state }
    }
}

impl Seen {
    fn sent(&self) -> impl Iterator<Item = String> {
        self.now
            .iter()
            .chain(&self.later)
            .filter_map(|output| match output {
                Output::Send(event) => Some(event.kind().to_owned()),
                _ => None,
            })
    }
}

fn input(event: &Value) -> Input {
    ServerEvent::decode(&event.to_string()).into()
}

/// What brings to light what a session keeps to itself.
fn afterwards() -> Vec<Input> {
    let (end, output) = (ToolEnd::Answered, "done".into());
    vec![
        input(&response("response.done", "completed")),
        Input::Tool(CallId::from("call_1"), ToolNews::finished(end, output)),
        Command::SendText("And?".into()).into(),
        Input::Disconnected,
    ]
}

/// Moments at which one event or the other makes a difference.
fn moments() -> Vec<Moment> {
    let here = Options::default();
    let there = Options {
        player: Player::Endpoint,
        ..Options::default()
    };
    let replayed = Options {
        handover: Handover::Replay,
        ..Options::default()
    };
    let rejoined = Options {
        handover: Handover::Rejoin,
        ..there.clone()
    };
    let ready = Moment::ready(here.clone());
    let speaking = ready.clone().event(&json!({
        "type": "input_audio_buffer.speech_started", "item_id": "item_1", "audio_start_ms": 0}));
    let calling = ready
        .clone()
        .event(&response("response.created", "in_progress"))
        .event(
            &json!({"type": "response.output_item.done", "response_id": "resp_1",
            "item": call()}),
        );
    let said = Input::Playback(Playback::Stopped {
        heard: Some(("item_1".into(), std::time::Duration::from_millis(50))),
    });
    vec![
        Moment::new(here.clone()),
        ready.clone(),
        ready
            .clone()
            .then(Command::Audio("AAAA".into()))
            .then(Command::CommitAudio),
        ready.clone().then(Command::ClearAudio),
        speaking,
        writing(&here),
        sounding(&here),
        sounding(&here).then(Command::Interrupt).then(said),
        calling,
        writing(&there),
        sounding(&there),
        sounding(&there).then(Command::Interrupt),
        writing(&replayed),
        // The conversation is reached again, and asked whether it has what was sent before.
        calling_at(rejoined),
    ]
}

/// The model has begun to answer.
fn writing(options: &Options) -> Moment {
    Moment::ready(options.clone())
        .event(&response("response.created", "in_progress"))
        .event(
            &json!({"type": "response.output_item.added", "response_id": "resp_1",
            "item": message("assistant", "in_progress")}),
        )
}

/// The model is heard.
fn sounding(options: &Options) -> Moment {
    writing(options)
        .event(
            &json!({"type": "response.output_audio_transcript.delta", "delta": "Well",
            "response_id": "resp_1", "item_id": "item_1"}),
        )
        .event(
            &json!({"type": "response.output_audio.delta", "delta": "A".repeat(6400),
            "response_id": "resp_1", "item_id": "item_1"}),
        )
        .event(&json!({"type": "output_audio_buffer.started", "response_id": "resp_1"}))
}

/// The connection breaks while an output is on its way.
fn calling_at(options: Options) -> Moment {
    let (end, output) = (ToolEnd::Answered, "done".into());
    Moment::ready(options)
        .event(&response("response.created", "in_progress"))
        .event(
            &json!({"type": "response.output_item.done", "response_id": "resp_1",
            "item": call()}),
        )
        .then(Input::Tool(
            CallId::from("call_1"),
            ToolNews::finished(end, output),
        ))
        .then(Input::Disconnected)
        .then(Input::Connected { at: Some(1_010) })
        .event(&json!({"type": "session.created", "session": {"expires_at": 4_600}}))
}

/// Every event of a server, about the same item, response and call.
fn events() -> Vec<Value> {
    let mut events = Vec::new();
    for mut event in examples("server") {
        for (pointer, id) in [
            ("/item/id", "item_1"),
            ("/response/id", "resp_1"),
            ("/error/event_id", ""),
        ] {
            if let Some(place) = event.pointer_mut(pointer) {
                *place = if id.is_empty() {
                    Value::Null
                } else {
                    json!(id)
                };
            }
        }
        if event.get("item").is_some() {
            for item in [
                message("user", "completed"),
                message("assistant", "completed"),
                call(),
            ] {
                let mut event = event.clone();
                event["item"] = item;
                events.push(event);
            }
        }
        events.push(event);
    }
    events.push(response("response.done", "cancelled"));
    events
}

fn response(kind: &str, status: &str) -> Value {
    json!({"type": kind, "event_id": "e", "response": {
        "id": "resp_1", "status": status, "conversation_id": "conv_1", "output": []}})
}

fn message(role: &str, status: &str) -> Value {
    let kind = match role {
        "assistant" => "output_text",
        _ => "input_text",
    };
    let content = match status {
        "completed" => json!([{"type": kind, "text": "Well, well."}]),
        _ => json!([]),
    };
    json!({"type": "message", "id": "item_1", "role": role, "status": status,
        "content": content})
}

fn call() -> Value {
    json!({"type": "function_call", "id": "item_1", "call_id": "call_1", "name": "f",
        "arguments": "{}", "status": "completed"})
}
