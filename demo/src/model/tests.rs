//! Trying the page without a browser: what goes in, and what comes out.

mod calls;
mod console;
mod elicitation;
mod setup;
mod tools;
mod trouble;

use std::time::Duration;

use rtmcp_api::{
    ConfiguredServer, Endpoint, EndpointKind, KeyState, Problem, ProblemCode, Settings,
};
use rtmcp_core::{Private, Timestamp};
use serde_json::{Value, json};

use super::{
    Act, Effect, Input, Model, State,
    conversation::{Entry, Line},
    input::News,
    trouble::Failure,
};

/// A page, and its clock.
struct Page {
    model: Model,
    now: Timestamp,
}

impl Page {
    /// A page that knows what there is: a simulator, OpenAI without a key, and a shop.
    fn open() -> Self {
        let mut page = Self {
            model: Model::default(),
            now: Timestamp::from_millis(1000),
        };
        assert_eq!(page.act(Act::Open), [Effect::LoadSettings]);
        page.input(Input::Settings(Ok(settings())));
        page
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        self.now += Duration::from_millis(10);
        self.model.update(self.now, input)
    }

    fn act(&mut self, act: Act) -> Vec<Effect> {
        self.input(Input::Act(act))
    }

    fn say(&mut self, text: &str) -> Vec<Effect> {
        self.act(Act::Say(Private::from(text)))
    }

    fn news(&mut self, news: News) -> Vec<Effect> {
        let number = self.model.call.number;
        self.input(Input::News { number, news })
    }

    /// The endpoint sends an event.
    fn endpoint(&mut self, event: &Value) -> Vec<Effect> {
        self.news(News::Channel(event.to_string()))
    }

    /// The backend tells something.
    fn backend(&mut self, happening: Value) -> Vec<Effect> {
        let mut diagnostic = json!({ "seq": 1, "at_ms": 1 });
        if let (Value::Object(whole), Value::Object(what)) = (&mut diagnostic, happening) {
            whole.extend(what);
        }
        self.news(News::Backend(diagnostic.to_string()))
    }

    /// Time passes until something is due.
    fn wait(&mut self) -> Vec<Effect> {
        self.now = self.model.deadline().unwrap();
        self.model.update(self.now, Input::Tick)
    }

    /// A call that runs, begun with the microphone.
    fn in_call() -> Self {
        let mut page = Self::open();
        page.act(Act::Microphone);
        page.news(News::Microphone(Ok(())));
        page.connect();
        page
    }

    /// From the offer to where the model knows its tools.
    fn connect(&mut self) {
        self.news(News::Offer(Ok("v=0 offer".to_owned())));
        self.news(News::Answer(Ok(answer())));
        self.news(News::ChannelOpen);
        self.endpoint(&json!({ "type": "session.created", "session": { "type": "realtime" } }));
        self.backend(json!({ "kind": "ready", "model": "m" }));
    }

    fn state(&self) -> State {
        self.model.call.state()
    }

    fn lines(&self) -> Vec<Line> {
        let entries = self.model.conversation.entries().iter();
        let lines = entries.filter_map(|entry| match &**entry {
            Entry::Line(line) => Some(line.clone()),
            Entry::Card(_) | Entry::Note(_) => None,
        });
        lines.collect()
    }

    fn words(&self) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines.map(|line| line.text.into_exposed()).collect()
    }

    /// What went wrong with the call, and what to do.
    fn trouble(&self) -> String {
        let trouble = self.model.call.trouble.as_ref().unwrap();
        format!("{} {}", trouble.what, trouble.advice)
    }
}

fn settings() -> Settings {
    let endpoint = |name: &str, kind, key| Endpoint {
        name: name.to_owned(),
        kind,
        model: "m".to_owned(),
        key,
    };
    Settings {
        endpoints: vec![
            endpoint("simulator", EndpointKind::Simulator, KeyState::Unneeded),
            endpoint("openai", EndpointKind::Openai, KeyState::Wanted),
        ],
        servers: vec![ConfiguredServer {
            name: "shop".to_owned(),
            url: None,
        }],
        own_servers: true,
        own_key: true,
        instructions: String::new(),
    }
}

fn answer() -> rtmcp_api::Call {
    rtmcp_api::Call {
        id: "s1".to_owned(),
        sdp: Some("v=0 answer".to_owned()),
        call_id: "rtc_1".to_owned(),
    }
}

fn problem(code: ProblemCode, message: &str) -> Failure {
    Failure::Problem {
        problem: Problem {
            code,
            message: message.to_owned(),
        },
        retry_after: None,
    }
}

/// What is sent to the endpoint, by its type.
fn sent(effects: &[Effect]) -> Vec<String> {
    let texts = effects.iter().filter_map(|effect| match effect {
        Effect::Send(text) => Some(text),
        _ => None,
    });
    let events = texts.map(|text| serde_json::from_str::<Value>(text).unwrap());
    events
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect()
}
