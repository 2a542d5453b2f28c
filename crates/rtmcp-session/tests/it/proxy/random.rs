//! What a proxy guarantees, under random interleavings of both sides and our tools.

use std::{collections::VecDeque, time::Duration};

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest},
};
use rtmcp_core::{CallId, Timestamp, session::FunctionTool};
use rtmcp_session::{
    Handover, ToolEnd, ToolNews,
    proxy::{Proxy, ProxyEvent, ProxyInput, ProxyOptions, ProxyOutput},
};
use serde_json::{Value, json};

use super::{
    far::{Far, Step},
    near::Near,
};

#[derive(Clone, Debug)]
enum Action {
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
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => Just(Action::Up),
        8 => Just(Action::Down),
        6 => Just(Action::Model),
        3 => Just(Action::Tool),
        2 => (0..3_000_u64).prop_map(Action::Pass),
        1 => Just(Action::Ask),
        1 => Just(Action::TypeAndAsk),
        1 => Just(Action::Stop),
        1 => Just(Action::Say),
        1 => Just(Action::Offer),
        1 => Just(Action::Answer),
        2 => Just(Action::AnswerAndAsk),
        1 => Just(Action::PersonSpeaks),
        1 => Just(Action::PersonStops),
    ]
}

fn moving_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        20 => action(),
        1 => Just(Action::Drop),
        1 => Just(Action::Connect),
    ]
}

fn plans() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        Just(Step::Say),
        Just(Step::CallOurs),
        Just(Step::CallTheirs)
    ];
    vec(vec(step, 0..4), 0..8)
}

struct World {
    near: Near,
    proxy: Proxy,
    far: Far,
    up: VecDeque<String>,
    working: VecDeque<CallId>,
    now: Timestamp,
    /// The client has stopped what it waited for.
    stopped: bool,
    person_spoke: bool,
    connected: bool,
    /// The conversation has gone over to another connection.
    has_moved: bool,
    drops: usize,
    /// There is a conversation, in which a person can speak.
    is_there: bool,
}

impl World {
    fn new(plans: Vec<Vec<Step>>) -> Self {
        let tool = FunctionTool {
            name: "ours".to_owned(),
            ..FunctionTool::default()
        };
        let options = ProxyOptions {
            tools: vec![tool],
            handover: Handover::Replay,
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
            now: Timestamp::ZERO,
            stopped: false,
            person_spoke: false,
            connected: true,
            has_moved: false,
            drops: 0,
            is_there: true,
        }
    }

    fn act(&mut self, action: &Action) {
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
        }
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

    fn bring_up(&mut self) -> bool {
        let text = self.up.pop_front();
        text.is_some_and(|text| {
            self.far.take(text);
            true
        })
    }

    fn bring_down(&mut self) -> bool {
        let text = self.far.out.pop_front();
        text.is_some_and(|text| {
            let before = self.near.got.len();
            self.tell(ProxyInput::Endpoint(&text), &text);
            if self.has_moved {
                return true;
            }
            let seen = self.near.got.get(before);
            assert_eq!(
                seen.map(String::as_str),
                shown(&text, &self.near).as_deref()
            );
            true
        })
    }

    fn finish_tool(&mut self) -> bool {
        let call = self.working.pop_front();
        call.is_some_and(|call| {
            let (end, output) = (ToolEnd::Answered, "done".into());
            self.tell(
                ProxyInput::Tool(call, ToolNews::Finished { end, output }),
                "",
            );
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
                ProxyOutput::ToClient(text) => self.near.get(text.expose()),
                ProxyOutput::CallTool(call) => self.working.push_back(call.call_id),
                ProxyOutput::CancelTool(call_id) => self.working.retain(|id| *id != call_id),
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

    fn come_to_an_end(&mut self) {
        self.connect();
        self.far.plans.clear();
        self.far.person_stops();
        for _ in 0..100 {
            while self.bring_up() || self.bring_down() || self.far.step() {}
            if !self.finish_tool() && self.answer() {
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
    fn assert_passed(&self) {
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

/// What a client sees of an event, found in another way than the proxy finds it.
fn shown(text: &str, near: &Near) -> Option<String> {
    let event: Value = serde_json::from_str(text).unwrap();
    let mut seen = event.clone();
    let ours = |item: &Value| {
        item["call_id"]
            .as_str()
            .is_some_and(|id| id.starts_with("ours"))
    };
    if ours(&event) || ours(&event["item"]) {
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
        output.retain(|item| !ours(item));
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn a_client_sees_nothing_of_ours_and_loses_nothing_of_its_own(
        plans in plans(),
        actions in vec(action(), 0..120),
    ) {
        let mut world = World::new(plans);
        for action in &actions {
            world.act(action);
        }
        world.come_to_an_end();
        world.assert_passed();
        world.far.assert_answered();
        assert!(world.stopped || world.far.has_seen_all(), "every result is told");
    }

    #[test]
    fn a_conversation_outlives_its_connections(
        plans in plans(),
        actions in vec(moving_action(), 0..120),
    ) {
        let mut world = World::new(plans);
        while world.bring_down() || world.bring_up() {}
        for action in &actions {
            world.act(action);
        }
        world.come_to_an_end();
        world.far.assert_answered();
        assert!(world.working.is_empty());
    }
}
