//! Servers that speak of their own accord: tools that change, questions, logs, rests, lists of last
//! time.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rtmcp::{
    Agent, CallSetup, Event, Observer, Question,
    core::{Private, Timestamp},
    mcp::{Answer, Ask, BadAnswer, LogLevel, Status},
};
use rtmcp_mock::{
    serve::{Running, Server},
    talker::Talker,
    trouble::{Faults, Pace, Trouble},
};
use serde_json::{Value, json};

use crate::stage::{ASIDE, LOOPBACK, Seen, config, endpoint, trouble};

async fn serve(talker: &Talker) -> Running {
    Server::new(talker.clone()).bind(LOOPBACK).await.unwrap()
}

/// Remembers the tools of each `session.update` that goes to the endpoint.
#[derive(Default)]
struct Updates(Mutex<Vec<Vec<String>>>);

impl Updates {
    fn newest(&self) -> Vec<String> {
        self.0.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

impl Observer for Updates {
    fn sent(&self, _at: Timestamp, text: &str) {
        let event: Value = serde_json::from_str(text).unwrap();
        let tools = event["session"]["tools"].as_array();
        if let (Some("session.update"), Some(tools)) = (event["type"].as_str(), tools) {
            let names = tools
                .iter()
                .map(|tool| tool["name"].as_str().unwrap().to_owned());
            self.0.lock().unwrap().push(names.collect());
        }
    }
}

async fn observed(agent: &Agent) -> (Seen, Arc<Updates>) {
    let updates = Arc::new(Updates::default());
    let setup = CallSetup {
        observers: vec![updates.clone()],
        ..CallSetup::default()
    };
    (Seen::of(agent.connect_with(setup).await.unwrap()), updates)
}

async fn asked(seen: &mut Seen) -> Question {
    seen.until(|event| match event {
        Event::Elicitation(question) => Some(question.clone()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_tool_that_a_server_learns_in_a_session_is_called_in_it() {
    let (endpoint, talker) = (endpoint().await, Talker::new());
    let server = serve(&talker).await;
    let agent = Agent::new(config(&endpoint, &[("talker", &server)])).unwrap();
    let (mut seen, updates) = observed(&agent).await;
    seen.bridge.send_text("juggle {}");
    assert_eq!(seen.finished().await.kind, "unknown_function");
    seen.reply().await;
    server.stats().wait_until(|seen| seen.listening > 0).await;

    talker.learn("juggle");
    let diff = seen.until(|event| match event {
        Event::ToolsChanged { diff, .. } => Some(diff.clone()),
        _ => None,
    });
    assert_eq!(diff.await.added, ["juggle"]);
    // The roster hears of it on its own way.
    while !updates.newest().contains(&"juggle".to_owned()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        updates.0.lock().unwrap().len(),
        2,
        "one update for one change"
    );
    seen.bridge.send_text("juggle {}");
    assert_eq!(seen.finished().await.kind, "answered");
}

#[tokio::test]
async fn the_model_asks_what_a_server_wants_to_know_and_answers_for_nobody() {
    let (endpoint, talker) = (endpoint().await, Talker::new());
    let server = serve(&talker).await;
    let mut config = config(&endpoint, &[("talker", &server)]);
    config.servers[0].elicitation = true;
    let agent = Agent::new(config).unwrap();
    let (mut seen, updates) = observed(&agent).await;
    assert!(!updates.newest().contains(&"answer_question".to_owned()));
    seen.bridge.send_text(r#"ask {"what":"Who is it?"}"#);
    let question = asked(&mut seen).await;
    assert_eq!(question.id, "question-1");
    assert_eq!(question.message.expose(), "Who is it?");
    assert!(matches!(question.ask, Ask::Form(_)));
    assert_eq!(seen.reply().await, ASIDE);
    assert!(updates.newest().contains(&"answer_question".to_owned()));

    // The person answers, and the model passes it on, wrongly first.
    seen.bridge
        .send_text(r#"answer_question {"id":"question-1","answer":"accept","fields":{"count":2}}"#);
    let refused = seen.finished().await;
    assert!(
        refused.output.expose().contains("`name` is missing"),
        "{refused:?}"
    );
    seen.reply().await;
    seen.bridge.send_text(
        r#"answer_question {"id":"question-1","answer":"accept","fields":{"name":"Ada"}}"#,
    );
    let given = seen.until(|event| match event {
        Event::ToolFinished(finish) if finish.function == "ask" => Some(finish.clone()),
        _ => None,
    });
    let given = given.await;
    let said = given.output.expose();
    assert!(
        said.contains(r#""name":"Ada""#) && said.contains(r#""count":1"#),
        "{said}"
    );
    while updates.newest().contains(&"answer_question".to_owned()) {
        tokio::task::yield_now().await;
    }
}

/// A model that is asked for a reply without the person having said anything.
#[tokio::test]
async fn an_answer_without_a_word_of_the_person_does_not_count() {
    let (endpoint, talker) = (endpoint().await, Talker::new());
    let server = serve(&talker).await;
    let mut config = config(&endpoint, &[("talker", &server)]);
    config.servers[0].elicitation = true;
    let mut seen = Seen::open(config).await;
    // In one breath: the second call comes before the question is put.
    seen.bridge.send_text(
        "ask {\"what\":\"Who is it?\"}\nanswer_question {\"id\":\"question-1\",\"answer\":\"accept\"}",
    );
    let question = asked(&mut seen).await;
    assert_eq!(seen.reply().await, ASIDE);
    let answers = seen.events.iter().filter(|event| {
        matches!(event, Event::ToolFinished(it) if it.function == "answer_question" && it.kind == "answered")
    });
    assert_eq!(answers.count(), 0);
    let result = seen.bridge.answer(&question.id, Answer::Cancel).await;
    assert_eq!(result, Ok(()));
}

#[tokio::test]
async fn a_question_is_answered_on_a_page_once() {
    let (endpoint, talker) = (endpoint().await, Talker::new());
    let server = serve(&talker).await;
    let mut config = config(&endpoint, &[("talker", &server)]);
    config.servers[0].elicitation = true;
    let mut seen = Seen::open(config).await;
    seen.bridge
        .send_text(r#"visit {"url":"https://sign.example/1"}"#);
    let question = asked(&mut seen).await;
    assert_eq!(
        question.ask,
        Ask::Url("https://sign.example/1".parse().unwrap())
    );
    let yes = || Answer::Accept(Private::default());
    assert_eq!(
        seen.bridge.answer("question-9", yes()).await,
        Err(BadAnswer::Over)
    );
    assert_eq!(seen.bridge.answer(&question.id, yes()).await, Ok(()));
    assert_eq!(
        seen.bridge.answer(&question.id, yes()).await,
        Err(BadAnswer::Over)
    );
    let finish = seen.finished().await;
    assert!(
        finish.output.expose().contains(r#"{"action":"accept"}"#),
        "{finish:?}"
    );
    // It may have come before the result.
    let is_over = |event: &Event| matches!(event, Event::ElicitationOver { .. });
    if !seen.events.iter().any(is_over) {
        seen.until(|event| is_over(event).then_some(())).await;
    }
}

#[tokio::test]
async fn each_session_hears_its_own_questions_alone() {
    let (endpoint, talker) = (endpoint().await, Talker::new());
    let server = serve(&talker).await;
    let mut config = config(&endpoint, &[("talker", &server)]);
    config.servers[0].elicitation = true;
    let agent = Agent::new(config).unwrap();
    let mut first = Seen::of(agent.connect().await.unwrap());
    let mut second = Seen::of(agent.connect().await.unwrap());
    first.bridge.send_text(r#"ask {"what":"First?"}"#);
    let question = asked(&mut first).await;
    second.bridge.send_text(r#"ask {"what":"Second?"}"#);
    let other = asked(&mut second).await;
    assert_eq!(question.message.expose(), "First?");
    assert_eq!(other.message.expose(), "Second?");
    first
        .bridge
        .answer(&question.id, Answer::Decline)
        .await
        .unwrap();
    assert!(first.finished().await.output.expose().contains("decline"));
    assert!(
        first
            .events
            .iter()
            .filter(|it| matches!(it, Event::Elicitation(_)))
            .count()
            == 1
    );
    second
        .bridge
        .answer(&other.id, Answer::Cancel)
        .await
        .unwrap();
    assert!(second.finished().await.output.expose().contains("cancel"));
}

#[tokio::test]
async fn what_a_server_logs_is_told() {
    let (endpoint, talker) = (endpoint().await, Talker::new());
    let server = serve(&talker).await;
    let mut seen = Seen::open(config(&endpoint, &[("talker", &server)])).await;
    seen.bridge
        .send_text(r#"log {"text":"no paper","times":1}"#);
    let log = seen.until(|event| match event {
        Event::ServerLog { level, message, .. } => Some((*level, message.expose().clone())),
        _ => None,
    });
    assert_eq!(log.await, (LogLevel::Error, "no paper".to_owned()));
}

#[tokio::test]
async fn the_model_hears_when_a_server_that_keeps_failing_is_tried_again() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let agent = Agent::new(config(&endpoint, &[("trouble", &trouble)])).unwrap();
    let mut seen = Seen::of(agent.connect().await.unwrap());
    trouble.abort().await;
    for _ in 0..10 {
        seen.bridge.send_text(r#"echo {"text":"x"}"#);
        let finish = seen.finished().await;
        if finish.kind == "server_resting" {
            let said = finish.output.expose();
            assert!(said.contains("is tried again in"), "{said}");
            assert!(
                finish
                    .advice
                    .unwrap()
                    .contains("no answer from http://127.0.0.1:")
            );
            let rests = |event: &Event| matches!(event, Event::ServerResting { .. });
            assert!(seen.events.iter().any(rests));
            return;
        }
        assert_eq!(finish.kind, "server_down");
        seen.reply().await;
    }
    panic!("it is asked again and again");
}

/// The first word never waits for a server whose tools are known from last time.
#[tokio::test]
async fn a_session_begins_with_the_tools_of_last_time_and_a_call_waits_for_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = endpoint().await;
    let server = trouble().await;
    let address = server.addr();
    let mut config = config(&endpoint, &[("trouble", &server)]);
    config.servers[0].cache = Some(folder.path().to_owned());
    config.wait_for_tools = Duration::from_secs(20);
    let agent = Agent::new(config.clone()).unwrap();
    assert!(agent.settled().await);
    while std::fs::read_dir(folder.path()).unwrap().count() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    agent.shutdown().await;
    server.abort().await;

    let faults = Faults {
        opening: Pace::After(Duration::from_secs(2)),
        ..Faults::default()
    };
    let slow = Server::new(Trouble::with(faults))
        .bind(address)
        .await
        .unwrap();
    let agent = Agent::new(config).unwrap();
    let (mut seen, updates) = observed(&agent).await;
    assert_eq!(
        agent.pool().status(&"trouble".into()),
        Some(Status::Connecting)
    );
    seen.bridge.send_text("hello");
    assert_eq!(seen.reply().await, "hello");
    assert!(updates.newest().contains(&"echo".to_owned()));
    assert_eq!(slow.stats().tool("echo").started, 0);
    seen.bridge.send_text(
        json!({"text": "patience"})
            .to_string()
            .replacen('{', "echo {", 1),
    );
    assert_eq!(seen.finished().await.kind, "answered");
    assert_eq!(slow.stats().tool("echo").finished, 1);
}
