//! A small Realtime endpoint: conversation, one response at a time, refusals, turn detection.

mod model;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rtmcp_core::{
    ClientEvent, ContentKind, Item, ResponseId, ResponseParams, ServerEvent,
    session::{ToolChoice, ToolMode},
};
use serde_json::{Value, json};

use crate::outlet::Outlet;
use model::call_event;

/// What the model does in a response, one step at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Speaks 100 ms.
    Speak,
    /// Begins a call.
    BeginCall,
    /// Ends the call that it began.
    EndCall,
    /// Fails by a fault that passes.
    Fail,
    /// Ends without a word.
    Vanish,
}

/// What an endpoint says, and what it leaves out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// Gives the metadata of a request back with the response.
    pub(crate) metadata: bool,
    /// Names the conversation that a response belongs to; null otherwise.
    pub(crate) conversations: bool,
    /// Names the event that an error is about.
    pub(crate) errors: bool,
    /// Says that it has an item.
    pub(crate) items: bool,
}

impl Manners {
    /// Those of the real thing.
    pub(crate) const GOOD: Self = Self {
        metadata: true,
        conversations: true,
        errors: true,
        items: true,
    };

    /// Those of an endpoint that leaves the metadata out.
    pub(crate) const FORGETFUL: Self = Self {
        metadata: false,
        ..Self::GOOD
    };
}

/// An item, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// The person or a tool said something that wants a reply.
    pub(crate) news: bool,
}

#[derive(Debug)]
struct Writing {
    id: String,
    steps: VecDeque<Step>,
    call: Option<String>,
    output: Vec<Value>,
    /// Its place in `responses`.
    place: usize,
    /// Something has come of it.
    begun: bool,
}

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) items: Vec<Entry>,
    /// How many items each response saw.
    pub(crate) responses: Vec<usize>,
    /// Items of turns that were ended by hand.
    pub(crate) by_hand: BTreeSet<String>,
    /// Bytes of speech by item.
    pub(crate) speech: BTreeMap<String, u64>,
    /// What the model will do in its next responses.
    pub(crate) plans: VecDeque<Vec<Step>>,
    pub(crate) manners: Manners,
    /// How many of the next requests it refuses by a fault that passes.
    pub(crate) faults: usize,
    /// Plays the speech, where the endpoint does.
    pub(crate) outlet: Option<Outlet>,
    /// Requests that were granted though the answer before was whole and had seen everything.
    pub(crate) needless: Vec<String>,
    /// How many requests came while an answer was being written.
    pub(crate) refused: usize,
    /// How many words it was asked for that only fill a silence.
    pub(crate) fillers: usize,
    /// Every event and item that was ever named.
    names: BTreeSet<String>,
    calls: Vec<String>,
    writing: Option<Writing>,
    own_reply: bool,
    /// The person began to speak while a reply to what they had said was due.
    owes_reply: bool,
    /// The last answer was whole.
    whole: bool,
    speaking: Option<String>,
    made: usize,
    out: Vec<ServerEvent>,
}

impl Endpoint {
    pub(crate) fn new(manners: Manners) -> Self {
        let mut endpoint = Self {
            manners,
            items: Vec::new(),
            responses: Vec::new(),
            by_hand: BTreeSet::new(),
            speech: BTreeMap::new(),
            plans: VecDeque::new(),
            faults: 0,
            outlet: None,
            needless: Vec::new(),
            refused: 0,
            fillers: 0,
            names: BTreeSet::new(),
            whole: false,
            calls: Vec::new(),
            writing: None,
            own_reply: false,
            owes_reply: false,
            speaking: None,
            made: 0,
            out: Vec::new(),
        };
        endpoint.emit(json!({"type": "session.created", "session": {"type": "realtime"}}));
        endpoint
    }

    /// Everything said in the conversation was seen by a response that began after it.
    pub(crate) fn assert_nothing_unanswered(&self) {
        let seen = self.responses.iter().copied().max().unwrap_or(0);
        let unanswered = self.items.iter().skip(seen);
        let unanswered: Vec<_> = unanswered.filter(|entry| entry.news).collect();
        assert!(unanswered.is_empty(), "no reply has seen {unanswered:?}");
    }

    /// Takes what was sent since the last time.
    pub(crate) fn sent(&mut self) -> Vec<ServerEvent> {
        std::mem::take(&mut self.out)
    }

    pub(crate) fn take(&mut self, event: ClientEvent) {
        let event_id = event.event_id().map(|id| id.as_str().to_owned());
        if let Some(id) = &event_id {
            assert!(self.names.insert(id.clone()), "{id} was used twice");
        }
        match event {
            ClientEvent::SessionUpdate(e) => {
                let session = serde_json::to_value(&e.session).unwrap();
                self.emit(json!({"type": "session.updated", "session": session}));
            }
            ClientEvent::ConversationItemCreate(e) => self.create(&e.item, event_id),
            ClientEvent::InputAudioBufferCommit(_) => self.commit(event_id),
            ClientEvent::ResponseCreate(e) => self.request(&e.response.unwrap(), event_id),
            ClientEvent::ResponseCancel(e) => {
                let meant = e.response_id.as_ref().map(ResponseId::as_str);
                let writing = self.writing.as_ref().map(|it| it.id.as_str());
                if meant.is_none() || meant == writing {
                    self.end("cancelled");
                }
            }
            ClientEvent::OutputAudioBufferClear(_) => {
                self.outlet.as_mut().unwrap().clear();
                self.say_what_sounds();
            }
            ClientEvent::ConversationItemTruncate(e) => {
                assert!(self.outlet.is_none(), "the endpoint cuts what it plays");
                let speech = self.speech.get(e.item_id.as_str());
                let speech = speech.copied().unwrap_or(0);
                assert!(e.audio_end_ms > 0, "cut at nothing");
                assert!(e.audio_end_ms * 48 <= speech, "cut beyond the speech");
            }
            _ => {}
        }
    }

    /// The person begins to speak: what is being written ends.
    pub(crate) fn person_speaks(&mut self) {
        if self.speaking.is_some() {
            return;
        }
        let id = self.make("item");
        self.emit(json!({"type": "input_audio_buffer.speech_started", "item_id": id}));
        self.speaking = Some(id);
        self.owes_reply = std::mem::take(&mut self.own_reply);
        self.end("cancelled");
        if let Some(outlet) = &mut self.outlet {
            outlet.clear();
        }
        self.say_what_sounds();
    }

    /// What sounded like a person is gone, and nobody hears of it.
    pub(crate) fn person_is_lost(&mut self) {
        if self.speaking.take().is_some() {
            self.own_reply = self.owes_reply;
        }
    }

    /// Lets time pass: what is played sounds.
    pub(crate) fn play(&mut self, ms: u64) {
        if let Some(outlet) = &mut self.outlet {
            outlet.play(ms);
        }
        self.say_what_sounds();
    }

    fn say_what_sounds(&mut self) {
        let said = self.outlet.as_mut().map(Outlet::said);
        for event in said.unwrap_or_default() {
            self.emit(event);
        }
    }

    /// The person stops: the sound becomes an item, and a reply is due.
    pub(crate) fn person_stops(&mut self) {
        let Some(id) = self.speaking.take() else {
            return;
        };
        self.emit(json!({"type": "input_audio_buffer.speech_stopped", "item_id": id}));
        self.hear(&id);
        self.own_reply = true;
    }

    /// Somebody else's response outside the conversation: it makes a call, and ends.
    pub(crate) fn aside(&mut self) {
        if !self.manners.conversations {
            return;
        }
        let (id, call) = (self.make("aside"), self.make("call"));
        let response = |status: &str, output: Value| json!({"id": id, "conversation_id": null, "status": status, "output": output});
        let done = call_event("done", &id, &call, "completed");
        self.emit(
            json!({"type": "response.created", "response": response("in_progress", json!([]))}),
        );
        let whole = response("completed", json!([done["item"]]));
        self.emit(done);
        self.emit(json!({"type": "response.done", "response": whole}));
    }

    fn conversation(&self) -> Option<&str> {
        self.manners.conversations.then_some("conv")
    }

    fn request(&mut self, params: &ResponseParams, event_id: Option<String>) {
        if self.writing.is_some() {
            self.refused += 1;
            self.refuse("conversation_already_has_active_response", event_id);
        } else if self.faults > 0 {
            self.faults -= 1;
            self.refuse("server_error", event_id);
        } else {
            self.grant(params, event_id);
        }
    }

    fn grant(&mut self, params: &ResponseParams, event_id: Option<String>) {
        let seen = self.responses.last().copied().unwrap_or(0);
        if self.whole && !self.items.iter().skip(seen).any(|entry| entry.news) {
            self.needless.extend(event_id);
        }
        if self.manners.metadata {
            let metadata = serde_json::to_value(&params.metadata).unwrap();
            self.start(&metadata);
        } else {
            self.start(&Value::Null);
        }
        if fills_a_silence(params) {
            // It is no answer to anything, and calls nothing.
            *self.responses.last_mut().unwrap() = 0;
            self.fillers += 1;
            if let Some(writing) = &mut self.writing {
                writing.steps.retain(|step| *step == Step::Speak);
            }
        }
    }

    /// Ends the person's turn by hand.
    fn commit(&mut self, event_id: Option<String>) {
        let Some(id) = self.speaking.take() else {
            return self.refuse("input_audio_buffer_commit_empty", event_id);
        };
        self.by_hand.insert(id.clone());
        self.hear(&id);
    }

    /// The sound becomes an item.
    fn hear(&mut self, id: &str) {
        self.emit(json!({"type": "input_audio_buffer.committed", "item_id": id}));
        let item = json!({"type": "message", "role": "user", "id": id, "content": []});
        self.add(item, true);
    }

    fn create(&mut self, item: &Item, event_id: Option<String>) {
        if let Item::FunctionCallOutput(output) = item
            && !self
                .calls
                .iter()
                .any(|call| call == output.call_id.as_str())
        {
            return self.refuse("invalid_tool_call_id", event_id);
        }
        self.add(serde_json::to_value(item).unwrap(), wants_a_reply(item));
    }

    fn add(&mut self, item: Value, news: bool) {
        let previous = self.items.last().map(|entry| entry.id.clone());
        let id = item["id"].as_str().unwrap().to_owned();
        assert!(self.names.insert(id.clone()), "{id} was used twice");
        self.items.push(Entry { id, news });
        if !self.manners.items {
            return;
        }
        for kind in ["added", "done"] {
            self.emit(json!({"type": format!("conversation.item.{kind}"),
                "previous_item_id": previous, "item": item}));
        }
    }

    fn refuse(&mut self, code: &str, event_id: Option<String>) {
        // A fault that passes can't be told from others without the event that it is about.
        let named = self.manners.errors || code == "server_error";
        let event_id = event_id.filter(|_| named);
        self.emit(
            json!({"type": "error", "error": {"type": "invalid_request_error",
            "code": code, "message": "no", "event_id": event_id}}),
        );
    }

    fn make(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }

    fn emit(&mut self, event: Value) {
        self.out.push(ServerEvent::decode(&event.to_string()));
    }
}

/// Tells whether a request is for a word that only fills a silence.
pub(crate) fn fills_a_silence(params: &ResponseParams) -> bool {
    params.tool_choice == Some(ToolChoice::Mode(ToolMode::None))
}

/// Stands in outputs and notices to which perhaps nobody replies.
pub(crate) const SILENT: &str = "silent";

/// Outputs that a session gives by itself, to which perhaps nobody replies.
const PERHAPS: [&str; 2] = ["the user interrupted", "Not run again"];

/// Tells whether an item must be seen by a response that begins after it.
fn wants_a_reply(item: &Item) -> bool {
    let silent = |text: &str| text == SILENT || PERHAPS.iter().any(|it| text.contains(it));
    match item {
        Item::FunctionCallOutput(output) => !silent(output.output.expose()),
        Item::Message(message) => !message.content.iter().any(|part| {
            let text = part.text.as_ref().map(|it| it.expose().as_str());
            part.kind == ContentKind::InputImage || text.is_some_and(silent)
        }),
        _ => true,
    }
}
