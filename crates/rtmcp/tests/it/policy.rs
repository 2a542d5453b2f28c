//! What a running call and the conversation owe each other, on real servers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rtmcp::{
    Agent, CallSetup, Config, Event, Observer,
    core::{OnBargeIn, ReplyMode, Timestamp},
    router::{CallRules, SoftDeadline},
    session::{self, CallState},
};

use crate::stage::{STILL, Seen, config, endpoint, trouble};

/// What was sent to the endpoint.
#[derive(Debug, Default)]
struct Sent(Mutex<Vec<String>>);

impl Observer for Sent {
    fn sent(&self, _at: Timestamp, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

impl Sent {
    fn count(&self, words: &str) -> usize {
        let sent = self.0.lock().unwrap();
        sent.iter().filter(|text| text.contains(words)).count()
    }
}

fn ruled(mut config: Config, calls: CallRules) -> Config {
    for rules in &mut config.router.servers {
        rules.calls = calls;
    }
    config
}

async fn open(config: Config) -> (Seen, Arc<Sent>) {
    let sent = Arc::new(Sent::default());
    let setup = CallSetup {
        observers: vec![Arc::clone(&sent) as Arc<dyn Observer>],
        ..CallSetup::default()
    };
    let agent = Agent::new(config).unwrap();
    (Seen::of(agent.connect_with(setup).await.unwrap()), sent)
}

#[tokio::test]
async fn the_model_says_that_a_slow_tool_still_works_and_then_what_came_of_it() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let calls = CallRules {
        soft_deadline: Some(SoftDeadline::After(Duration::from_millis(50))),
        ..CallRules::default()
    };
    let config = ruled(config(&endpoint, &[("trouble", &trouble)]), calls);
    let (mut seen, sent) = open(config).await;
    seen.bridge.send_text(r#"slow {"ms":400}"#);
    assert_eq!(seen.reply().await, STILL);
    let mut reply = seen.reply().await;
    while reply == STILL {
        reply = seen.reply().await;
    }
    assert_eq!(reply, "Done after 400 milliseconds.");
    let told = sent.count("The function `slow` that you called is still running");
    assert!(told >= 1, "told at the soft deadline");
    assert_eq!(sent.count("function_call_output"), 1);
}

#[tokio::test]
async fn a_tool_that_is_to_be_cancelled_is_when_the_person_interrupts() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let calls = CallRules {
        on_barge_in: Some(OnBargeIn::Cancel),
        ..CallRules::default()
    };
    let config = ruled(config(&endpoint, &[("trouble", &trouble)]), calls);
    let (mut seen, sent) = open(config).await;
    seen.bridge.send_text("hang {}");
    let stats = trouble.stats();
    stats.wait_until(|it| it.tool("hang").started == 1).await;
    seen.bridge.interrupt();
    seen.until(|event| match event {
        Event::Session(session::Event::Call { state, .. }) => {
            (*state == CallState::Cancelled).then_some(())
        }
        _ => None,
    })
    .await;
    // The server was told, and the session goes on.
    stats.wait_until(|it| it.tool("hang").cancelled == 1).await;
    assert_eq!(sent.count("cancelled because the user interrupted"), 1);
    seen.bridge.send_text("hello");
    assert_eq!(seen.reply().await, "hello");
}

#[tokio::test]
async fn nobody_is_asked_for_a_reply_to_a_silent_tool() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let calls = CallRules {
        reply: Some(ReplyMode::Silent),
        ..CallRules::default()
    };
    let config = ruled(config(&endpoint, &[("trouble", &trouble)]), calls);
    let (mut seen, sent) = open(config).await;
    seen.bridge.send_text(r#"echo {"text":"noted"}"#);
    seen.until(|event| matches!(event, Event::Session(session::Event::Idle)).then_some(()))
        .await;
    assert_eq!(sent.count("function_call_output"), 1);
    assert_eq!(sent.count("response.create"), 1, "the question's alone");
}

#[tokio::test]
async fn calls_wait_for_their_turn_and_are_all_answered() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let mut config = config(&endpoint, &[("trouble", &trouble)]);
    config.calls_per_session = 1;
    let (mut seen, _sent) = open(config).await;
    let calls: Vec<String> = (0..4).map(|n| format!(r#"slow {{"ms":2{n}}}"#)).collect();
    seen.bridge.send_text(calls.join("\n"));
    let mut order = Vec::new();
    for _ in 0..4 {
        let finish = seen.finished().await;
        assert_eq!(finish.kind, "answered");
        order.push(finish.output.expose().clone());
    }
    let expected: Vec<String> = (0..4)
        .map(|n| format!("Done after 2{n} milliseconds."))
        .collect();
    assert_eq!(order, expected, "one at a time, in order");
}

#[tokio::test]
async fn a_call_that_gets_no_turn_in_its_time_was_not_run() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let mut config = config(&endpoint, &[("trouble", &trouble)]);
    config.calls_per_session = 1;
    config.router.servers[0].timeout = Duration::from_millis(300);
    let (mut seen, _sent) = open(config).await;
    seen.bridge.send_text("hang {}\necho {\"text\":\"late\"}");
    let ends = [seen.finished().await, seen.finished().await];
    let mut kinds = ends.each_ref().map(|it| it.kind);
    kinds.sort_unstable();
    assert_eq!(kinds, ["session_busy", "timed_out"]);
    let busy = ends.iter().find(|it| it.kind == "session_busy").unwrap();
    assert!(busy.output.expose().contains("Nothing was done"));
    assert_eq!(trouble.stats().tool("echo").started, 0);
}

#[test]
fn policies_are_written_as_people_would() {
    let config = Config::from_toml(
        r#"
        [tools]
        calls_per_session = 3

        [[mcp]]
        name = "shop"
        url = "http://127.0.0.1:8091/mcp"
        soft_deadline = "off"
        reply = "when_idle"
        retry = "never"

        [mcp.tools.search]
        soft_deadline = "2s"
        on_barge_in = "cancel"
        duplicates = "run"
        "#,
    )
    .unwrap();
    assert_eq!(config.calls_per_session, 3);
    let rules = &config.router.servers[0];
    assert_eq!(rules.calls.soft_deadline, Some(SoftDeadline::Off));
    assert_eq!(rules.calls.reply, Some(ReplyMode::WhenIdle));
    assert_eq!(rules.calls.retry, Some(rtmcp::router::Retry::Never));
    let search = &rules.tools["search"].calls;
    let two = Duration::from_secs(2);
    assert_eq!(search.soft_deadline, Some(SoftDeadline::After(two)));
    assert_eq!(search.on_barge_in, Some(OnBargeIn::Cancel));
    assert_eq!(search.duplicates, Some(rtmcp::core::Duplicates::Run));
}

#[test]
fn a_policy_that_nobody_knows_is_refused_with_those_there_are() {
    for (written, words) in [
        ("reply = \"loudly\"", "`when_idle`"),
        ("on_barge_in = \"stop\"", "`cancel`"),
        ("soft_deadline = \"soon\"", "or `off`"),
        ("soft_deadline = \"0s\"", "`shop`"),
    ] {
        let toml =
            format!("[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\n{written}\n");
        let error = Config::from_toml(&toml).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}
