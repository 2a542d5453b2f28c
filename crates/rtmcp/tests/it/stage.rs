//! What every test here needs: an endpoint whose model does as it is told, servers, a session.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rtmcp::{
    Agent, Bridge, Config, Event, ToolFinish,
    core::{
        Item, Private, Role,
        session::{ToolChoice, ToolMode},
    },
    mcp::ServerConfig,
    router::{Approve, ServerRules},
    session,
};
use rtmcp_mock::{serve::Server, shop::Shop, trouble::Trouble};
use rtmcp_sim::{
    Pacing, Sim, SimConfig,
    engine::{Brain, EngineError, Engines, Prompt, Thinking, Thought, ear, voice},
};

pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A model that calls what it is told, one call a line (`echo {"text":"a"}`), says the outputs of
/// its calls, and repeats what else it is told. What it is told by the system it says as [`ASIDE`].
#[derive(Debug)]
pub(crate) struct Obedient;

impl Brain for Obedient {
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>> {
        Box::pin(std::future::ready(Ok::<_, EngineError>(obey(&prompt))))
    }
}

/// What the model says when the system has told it something.
pub(crate) const ASIDE: &str = "I have been told something.";

/// What the model says when it may call nothing, as while a tool works.
pub(crate) const STILL: &str = "I am still at it.";

fn obey(prompt: &Prompt) -> Vec<Thought> {
    if prompt.tool_choice == Some(ToolChoice::Mode(ToolMode::None)) {
        return vec![Thought::Say(Private::from(STILL))];
    }
    if let Some(Item::Message(message)) = prompt.items.last()
        && message.role == Role::System
    {
        return vec![Thought::Say(Private::from(ASIDE))];
    }
    let mut outputs = Vec::new();
    for item in prompt.items.iter().rev() {
        match item {
            Item::FunctionCallOutput(output) => outputs.insert(0, output.output.expose().clone()),
            Item::Message(message) if message.role == Role::User => {
                if !outputs.is_empty() {
                    return vec![Thought::Say(Private::new(outputs.join(" | ")))];
                }
                let content = &message.content[0];
                let text = content.text.as_ref().or(content.transcript.as_ref());
                return text.unwrap().expose().lines().map(thought).collect();
            }
            Item::Message(_) if !outputs.is_empty() => {
                return vec![Thought::Say(Private::new(outputs.join(" | ")))];
            }
            _ => {}
        }
    }
    Vec::new()
}

fn thought(line: &str) -> Thought {
    match line.split_once(' ') {
        Some((name, arguments)) if arguments.starts_with('{') => Thought::Call {
            name: name.to_owned(),
            arguments: Private::from(arguments),
        },
        _ => Thought::Say(Private::from(line)),
    }
}

/// An endpoint with an obedient model that speaks in tones and hears nothing.
pub(crate) async fn endpoint() -> rtmcp_sim::Running {
    Sim::bind(LOOPBACK, sim_config()).await.unwrap()
}

pub(crate) fn sim_config() -> SimConfig {
    let engines = Engines {
        ear: Arc::new(ear::Missing),
        brain: Arc::new(Obedient),
        voice: Arc::new(voice::Tone),
    };
    SimConfig {
        pacing: Pacing::Immediate,
        ..SimConfig::new(engines)
    }
}

pub(crate) async fn shop() -> rtmcp_mock::serve::Running {
    Server::new(Shop::new()).bind(LOOPBACK).await.unwrap()
}

pub(crate) async fn trouble() -> rtmcp_mock::serve::Running {
    Server::new(Trouble::new()).bind(LOOPBACK).await.unwrap()
}

/// A configuration for the endpoint; nobody is asked about the servers' tools.
pub(crate) fn config(
    endpoint: &rtmcp_sim::Running,
    servers: &[(&str, &rtmcp_mock::serve::Running)],
) -> Config {
    let mut config = Config::new(endpoint.url().parse().unwrap());
    for (name, server) in servers {
        let rules = ServerRules {
            approve: Some(Approve::Never),
            trusted: true,
            ..ServerRules::new(*name)
        };
        let server = ServerConfig::http(*name, server.url_mcp().parse().unwrap());
        config = config.server_with(server, rules);
    }
    config
}

pub(crate) async fn connect(config: Config) -> Bridge {
    Agent::new(config).unwrap().connect().await.unwrap()
}

/// A session and what was seen of it.
pub(crate) struct Seen {
    pub(crate) bridge: Bridge,
    pub(crate) events: Vec<Event>,
}

impl Seen {
    pub(crate) async fn open(config: Config) -> Self {
        Self::of(connect(config).await)
    }

    pub(crate) fn of(bridge: Bridge) -> Self {
        let events = Vec::new();
        Self { bridge, events }
    }

    /// Waits for an event, and returns what is wanted of it.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.bridge.next().await.expect("the session goes on");
                self.events.push(event.clone());
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        // Far above what anything here takes: a test that hangs says what it waited for.
        let limit = tokio::time::timeout(Duration::from_secs(30), found);
        limit.await.expect("the event comes")
    }

    /// Waits for the model's next words, whole.
    pub(crate) async fn reply(&mut self) -> String {
        self.until(|event| match event {
            Event::Session(session::Event::Transcript {
                role: Role::Assistant,
                text,
                done: true,
                ..
            }) => Some(text.expose().clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn finished(&mut self) -> ToolFinish {
        self.until(|event| match event {
            Event::ToolFinished(finish) => Some(finish.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn response_started(&mut self) {
        self.until(|event| {
            matches!(
                event,
                Event::Session(session::Event::ResponseStarted { .. })
            )
            .then_some(())
        })
        .await;
    }

    pub(crate) async fn response_ended(&mut self) {
        self.until(|event| {
            matches!(event, Event::Session(session::Event::ResponseEnded { .. })).then_some(())
        })
        .await;
    }

    pub(crate) async fn closed(&mut self) -> rtmcp::Closed {
        self.until(|event| match event {
            Event::Closed(closed) => Some(closed.clone()),
            _ => None,
        })
        .await
    }
}
