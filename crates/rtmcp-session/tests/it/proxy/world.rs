//! [`World`]: a client, a proxy and an endpoint, with lines between them that take their time.

use std::{collections::VecDeque, time::Duration};

use rtmcp_core::{CallId, Timestamp, ToolAnnotations, ToolSpec, session::FunctionTool};
use rtmcp_session::{
    Handover, ToolEnd, ToolNews,
    proxy::{Native, NativeNews, Proxy, ProxyEvent, ProxyInput, ProxyOptions, ProxyOutput},
};
use serde_json::{Value, json};

use super::{
    far::{Far, Step},
    near::Near,
};

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Up,
    Down,
    Model,
    Tool,
    Pass(u64),
    Ask,
    TypeAndAsk,
    Stop,
    Say,
    Offer,
    Answer,
    AnswerAndAsk,
    PersonSpeaks,
    PersonStops,
    Drop,
    Connect,
    Decide(bool),
}

pub(crate) struct World {
    pub(crate) near: Near,
    pub(crate) proxy: Proxy,
    pub(crate) far: Far,
    up: VecDeque<String>,
    pub(crate) working: VecDeque<CallId>,
    /// Calls of the client's own server.
    pub(crate) natives: VecDeque<CallId>,
    imports: bool,
    now: Timestamp,
    /// The client has stopped what it waited for.
    pub(crate) stopped: bool,
    person_spoke: bool,
    connected: bool,
    /// The conversation has gone over to another connection.
    has_moved: bool,
    /// The beginning of a response of which the client has seen nothing.
    withheld: Option<String>,
    /// The beginning and the end of one that it hasn't heard of at all.
    unheard: Vec<String>,
    drops: usize,
    /// There is a conversation, in which a person can speak.
    is_there: bool,
}

impl World {
    pub(crate) fn new(plans: Vec<Vec<Step>>) -> Self {
        let tool = FunctionTool {
            name: "ours".to_owned(),
            ..FunctionTool::default()
        };
        let options = ProxyOptions {
            tools: vec![tool],
            handover: Handover::Replay,
            native: Native::Emulate,
            ..ProxyOptions::default()
        };
        let mut far = Far::new();
        far.plans = plans.into();
        Self {
            near: Near::default(),
            proxy: Proxy::new(options),
            far,
            up: VecDeque::new(),
            working: VecDeque::new(),
            natives: VecDeque::new(),
            imports: false,
            now: Timestamp::ZERO,
            stopped: false,
            person_spoke: false,
            connected: true,
            has_moved: false,
            withheld: None,
            unheard: Vec::new(),
            drops: 0,
            is_there: true,
        }
    }

    /// A world in which the client has named a server, and seen its tools.
    pub(crate) fn with_server(plans: Vec<Vec<Step>>) -> Self {
        let mut world = Self::new(plans);
        // What becomes of each event is tried with the tools that nobody sees.
        world.has_moved = true;
        while world.bring_down() || world.bring_up() {}
        let text = world.near.names_server();
        world.client(&text);
        assert!(world.imports);
        let tool = |name: &str, read_only| ToolSpec {
            name: name.to_owned(),
            annotations: ToolAnnotations {
                read_only: Some(read_only),
                ..ToolAnnotations::default()
            },
            ..ToolSpec::default()
        };
        let tools = vec![tool("look.up", true), tool("change", false)];
        world.tell(
            ProxyInput::Native(NativeNews::Imported { import: 1, tools }),
            "",
        );
        while world.bring_down() || world.bring_up() {}
        world
    }

    pub(crate) fn act(&mut self, action: &Action) {
        match action {
            Action::Up => drop(self.bring_up()),
            Action::Down => drop(self.bring_down()),
            Action::Model => drop(self.far.step()),
            Action::Tool => drop(self.finish_tool()),
            Action::Pass(ms) => self.pass(*ms),
            Action::Ask => self.ask(),
            Action::TypeAndAsk => {
                let text = self.near.types();
                self.client(&text);
                self.ask();
            }
            Action::Stop => {
                self.stopped = true;
                let text = self.near.stops();
                self.client(&text);
            }
            Action::Say => {
                let text = self.near.speaks();
                self.client(&text);
            }
            Action::Offer => {
                let text = self.near.offers();
                self.client(&text);
            }
            Action::Answer => drop(self.answer()),
            Action::AnswerAndAsk => {
                if self.answer() {
                    self.ask();
                }
            }
            Action::PersonSpeaks if self.is_there => {
                self.person_spoke = true;
                self.far.person_speaks();
            }
            Action::PersonStops => self.far.person_stops(),
            Action::PersonSpeaks => {}
            Action::Drop => self.lose(),
            Action::Connect => self.connect(),
            Action::Decide(approve) => drop(self.decide(*approve)),
        }
    }

    fn decide(&mut self, approve: bool) -> bool {
        let Some(text) = self.near.decides(approve) else {
            return false;
        };
        self.client(&text);
        true
    }

    fn lose(&mut self) {
        // A conversation that can't be held anywhere is given up at some time.
        if self.drops < 6 && std::mem::take(&mut self.connected) {
            self.drops += 1;
            (self.has_moved, self.is_there) = (true, false);
            self.far.forget();
            self.up.clear();
            self.tell(ProxyInput::EndpointGone, "");
        }
    }

    fn connect(&mut self) {
        if !std::mem::replace(&mut self.connected, true) {
            self.far.greet();
            self.tell(ProxyInput::Connected { at: None }, "");
        }
    }

    fn ask(&mut self) {
        if self.near.may_ask() {
            let text = self.near.asks();
            self.client(&text);
        }
    }

    fn answer(&mut self) -> bool {
        let Some(text) = self.near.answers() else {
            return false;
        };
        self.client(&text);
        true
    }

    fn client(&mut self, text: &str) {
        self.tell(ProxyInput::Client(text), text);
    }

    pub(crate) fn bring_up(&mut self) -> bool {
        let text = self.up.pop_front();
        text.is_some_and(|text| {
            self.far.take(text);
            true
        })
    }

    pub(crate) fn bring_down(&mut self) -> bool {
        let text = self.far.out.pop_front();
        text.is_some_and(|text| {
            let before = self.near.got.len();
            self.tell(ProxyInput::Endpoint(&text), &text);
            if self.has_moved {
                return true;
            }
            let shown = shown(&text, &self.near);
            let mut seen = self.near.got.get(before..).unwrap_or_default();
            let event: Value = serde_json::from_str(&text).unwrap();
            if event["type"] == "response.created" {
                // It comes with the first that the client sees of the response.
                assert!(seen.iter().all(|it| self.withheld.as_ref() == Some(it)));
                self.withheld = shown;
                return true;
            }
            if !seen.is_empty() && seen.first() == self.withheld.as_ref() {
                self.withheld = None;
                seen = &seen[1..];
            }
            let output = event["response"]["output"].as_array();
            let hidden = output.is_some_and(|it| !it.is_empty() && it.iter().all(is_ours));
            let ended_well = event["response"]["status"] == "completed";
            if self.withheld.is_some() && hidden && ended_well && seen.is_empty() {
                self.unheard = self.withheld.take().into_iter().chain(shown).collect();
                return true;
            }
            assert_eq!(seen.first(), shown.as_ref());
            let rest = seen.get(1..).unwrap_or_default();
            assert!(rest.is_empty() || rest == self.unheard, "{rest:?}");
            true
        })
    }

    fn finish_tool(&mut self) -> bool {
        if let Some(call_id) = self.natives.pop_front() {
            let result = Ok("done".into());
            let news = NativeNews::Finished { call_id, result };
            self.tell(ProxyInput::Native(news), "");
            return true;
        }
        let call = self.working.pop_front();
        call.is_some_and(|call| {
            let (end, output) = (ToolEnd::Answered, "done".into());
            self.tell(ProxyInput::Tool(call, ToolNews::finished(end, output)), "");
            true
        })
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.tell(ProxyInput::Tick, "");
    }

    fn tell(&mut self, input: ProxyInput<'_>, text: &str) {
        let from_client = matches!(input, ProxyInput::Client(_));
        let outputs: Vec<ProxyOutput> = self.proxy.handle(self.now, input).collect();
        for output in outputs {
            match output {
                ProxyOutput::Forward if from_client => self.send(text.to_owned()),
                ProxyOutput::Forward => self.near.get(text),
                ProxyOutput::ToEndpoint(text) => self.send(text.into_exposed()),
                ProxyOutput::ToClient(text) => {
                    self.withheld
                        .take_if(|it| from_client && it == text.expose());
                    self.near.get(text.expose());
                }
                ProxyOutput::CallTool(call) => self.working.push_back(call.call_id),
                ProxyOutput::CallNative(call) => self.natives.push_back(call.call.call_id),
                ProxyOutput::Import(_) => self.imports = true,
                ProxyOutput::CancelTool(call_id) => {
                    self.working.retain(|id| *id != call_id);
                    self.natives.retain(|id| *id != call_id);
                }
                ProxyOutput::Notify(ProxyEvent::HandedOver(_)) => self.is_there = true,
                ProxyOutput::Notify(_) => {}
                ProxyOutput::Connect => assert!(!self.connected),
                other => panic!("{other:?}"),
            }
        }
    }

    fn send(&mut self, text: String) {
        assert!(self.connected, "nobody is there to take {text}");
        // A response that the person started may be taken for the one that the client asked for, by
        // the client and by the proxy: the endpoint refuses what comes too early.
        let asks = |text: &String| text.contains(r#""type":"response.create""#);
        let ours = |text: &String| text.contains(r#""event_id":"proxy_"#);
        if !self.person_spoke
            && asks(&text)
            && (ours(&text) || self.up.iter().any(|it| asks(it) && ours(it)))
        {
            assert!(!self.up.iter().any(asks), "one request in flight");
        }
        self.up.push_back(text);
    }

    pub(crate) fn come_to_an_end(&mut self) {
        self.connect();
        self.far.plans.clear();
        self.far.person_stops();
        for _ in 0..100 {
            while self.bring_up() || self.bring_down() || self.far.step() {}
            if !self.finish_tool() && !self.decide(true) && self.answer() {
                self.ask();
            }
            while self.bring_up() || self.bring_down() || self.far.step() {}
            self.pass(2_000);
        }
        assert!(!self.far.is_writing());
        assert!(
            self.near.may_ask(),
            "nothing that the client asked for is kept back"
        );
    }

    /// What the client sent has arrived once, in order, and unchanged where it names no tools.
    pub(crate) fn assert_passed(&self) {
        let asks = |text: &&String| text.contains(r#""type":"response.create""#);
        let stops = |text: &&String| text.contains(r#""type":"response.cancel""#);
        let of_client = |text: &&String| text.contains(r#""event_id":"client_"#);
        let id = |text: &String| {
            let event: Value = serde_json::from_str(text).unwrap();
            event["event_id"].clone()
        };
        let taken: Vec<&String> = self.far.taken.iter().filter(of_client).collect();
        for text in &taken {
            let (_, unchanged) = &self
                .near
                .sent
                .iter()
                .find(|(sent, _)| id(sent) == id(text))
                .unwrap();
            let same = self.near.sent.iter().any(|(sent, _)| sent == *text);
            assert_eq!(same, *unchanged, "{text}");
        }
        let plain = |text: &&&String| !asks(text) && !stops(text);
        let sent: Vec<Value> = self
            .near
            .sent
            .iter()
            .map(|(text, _)| text)
            .collect::<Vec<_>>()
            .iter()
            .filter(plain)
            .map(|text| id(text))
            .collect();
        let came: Vec<Value> = taken.iter().filter(plain).map(|text| id(text)).collect();
        assert_eq!(sent, came);
        let asked = self
            .near
            .sent
            .iter()
            .filter(|(text, _)| asks(&text))
            .count();
        let came = taken.iter().filter(|text| asks(text)).count();
        assert_eq!(asked, came + self.near.stopped);
    }
}

/// Tells whether an item is a call of ours.
fn is_ours(item: &Value) -> bool {
    item["call_id"]
        .as_str()
        .is_some_and(|id| id.starts_with("ours"))
}

/// What a client sees of an event, found in another way than the proxy finds it.
fn shown(text: &str, near: &Near) -> Option<String> {
    let event: Value = serde_json::from_str(text).unwrap();
    let mut seen = event.clone();
    if is_ours(&event) || is_ours(&event["item"]) {
        return None;
    }
    let mine = |it: &Value| it.as_str().is_some_and(|id| id.starts_with("proxy_"));
    if mine(&event["error"]["event_id"]) {
        return None;
    }
    if let Some(output) = seen
        .pointer_mut("/response/output")
        .and_then(Value::as_array_mut)
    {
        output.retain(|item| !is_ours(item));
    }
    if event["response"]["metadata"].is_object() {
        seen["response"]["metadata"] = Value::Null;
    }
    if let Some(tools) = seen
        .pointer_mut("/session/tools")
        .and_then(Value::as_array_mut)
    {
        let before = tools.len();
        tools.retain(|tool| tool["name"] != "ours");
        // Our own update names no tools but ours, or comes with none of the client's behind it.
        if event["type"] == "session.updated" && before == 1 && tools.is_empty() {
            return None;
        }
    }
    let hidden = |it: &Value| {
        it.as_str()
            .is_some_and(|id| id.starts_with("ours") || id.starts_with("proxy_it"))
    };
    if hidden(&event["previous_item_id"]) {
        // Which one it is instead is for the client to mind.
        let last = near
            .got
            .last()
            .and_then(|it| serde_json::from_str::<Value>(it).ok());
        seen["previous_item_id"] = last.map_or(json!(null), |it| it["previous_item_id"].clone());
    }
    if seen == event {
        Some(text.to_owned())
    } else {
        Some(seen.to_string())
    }
}
