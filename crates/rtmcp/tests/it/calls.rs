//! Calls from the model to the tool and back.

use std::sync::{Arc, Mutex};

use rtmcp::{Agent, CallSetup, Event, Observer, core::Timestamp, session};

use crate::stage::{Seen, config, endpoint, shop, trouble};

#[tokio::test]
async fn a_question_is_answered_with_what_the_tool_says() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let mut seen = Seen::open(config(&endpoint, &[("shop", &shop)])).await;
    seen.bridge.send_text(r#"get_weather {"city":"Paris"}"#);
    let finish = seen.finished().await;
    assert_eq!(
        (finish.function.as_str(), finish.kind),
        ("get_weather", "answered")
    );
    let reply = seen.reply().await;
    assert_eq!(&reply, finish.output.expose());
    assert!(reply.contains("Paris"), "{reply}");
    assert_eq!(shop.stats().tool("get_weather").finished, 1);
}

#[tokio::test]
async fn four_parallel_calls_get_four_outputs_and_one_reply() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let mut seen = Seen::open(config(&endpoint, &[("trouble", &trouble)])).await;
    let calls: Vec<String> = (0..4)
        .map(|n| format!(r#"echo {{"text":"n{n}"}}"#))
        .collect();
    seen.bridge.send_text(calls.join("\n"));
    let reply = seen.reply().await;
    seen.response_ended().await;
    let mut said: Vec<&str> = reply.split(" | ").collect();
    said.sort_unstable();
    assert_eq!(said, ["n0", "n1", "n2", "n3"]);
    let responses = seen
        .events
        .iter()
        .filter(|event| matches!(event, Event::Session(session::Event::ResponseEnded { .. })));
    assert_eq!(responses.count(), 2, "the calls, and one reply");
}

#[tokio::test]
async fn a_slow_tool_holds_up_neither_the_others_nor_the_talk() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let mut seen = Seen::open(config(&endpoint, &[("trouble", &trouble)])).await;
    seen.bridge.send_text("hang {}");
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").started == 1)
        .await;
    seen.response_ended().await;
    seen.bridge.send_text(r#"echo {"text":"quick"}"#);
    assert_eq!(seen.reply().await, "quick");
    seen.bridge.send_text("hello");
    assert_eq!(seen.reply().await, "hello");
    // Closing answers the call that hangs, and tells its server.
    seen.bridge.close();
    seen.closed().await;
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").cancelled == 1)
        .await;
}

#[tokio::test]
async fn two_servers_answer_in_one_session() {
    let (endpoint, shop, trouble) = (endpoint().await, shop().await, trouble().await);
    let servers = [("shop", &shop), ("trouble", &trouble)];
    let mut seen = Seen::open(config(&endpoint, &servers)).await;
    seen.bridge
        .send_text("echo {\"text\":\"here\"}\nget_weather {\"city\":\"Oslo\"}");
    let reply = seen.reply().await;
    assert!(reply.contains("here") && reply.contains("Oslo"), "{reply}");
}

#[tokio::test]
async fn unknown_tools_and_wrong_arguments_are_answered_so_that_the_model_can_mend_them() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let mut seen = Seen::open(config(&endpoint, &[("shop", &shop)])).await;
    seen.bridge.send_text("get_wether {}");
    assert!(seen.reply().await.contains("get_weather"));
    seen.bridge
        .send_text(r#"quote {"product":"lamp","quantity":0}"#);
    let reply = seen.reply().await;
    assert!(reply.contains("quantity") && reply.contains('1'), "{reply}");
    assert_eq!(shop.stats().tool("quote").started, 0);
}

#[tokio::test]
async fn a_tools_own_error_is_told_honestly() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let mut seen = Seen::open(config(&endpoint, &[("trouble", &trouble)])).await;
    seen.bridge.send_text("fail {}");
    let finish = seen.finished().await;
    assert_eq!(finish.kind, "tool_error");
    assert!(seen.reply().await.contains("reported an error"));
}

#[tokio::test]
async fn a_huge_result_is_cut_for_the_model_and_whole_for_the_application() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let mut seen = Seen::open(config(&endpoint, &[("trouble", &trouble)])).await;
    seen.bridge.send_text(r#"huge {"bytes":100000}"#);
    let finish = seen.finished().await;
    let tokens = rtmcp::router::estimate_tokens(finish.output.expose());
    assert!(tokens <= rtmcp::router::OUTPUT_TOKENS, "{tokens}");
    let whole: usize = finish
        .outcome
        .unwrap()
        .content
        .iter()
        .map(|part| match part {
            rtmcp::core::ToolContent::Text(text) => text.expose().len(),
            _ => 0,
        })
        .sum();
    assert!(whole >= 100_000);
}

#[tokio::test]
async fn tools_of_a_server_that_comes_up_later_are_offered_later() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let address = shop.addr();
    let config = config(&endpoint, &[("shop", &shop)]);
    shop.abort().await;
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text(r#"get_weather {"city":"Paris"}"#);
    let finish = seen.finished().await;
    assert_ne!(finish.kind, "answered");
    seen.reply().await;
    let server = rtmcp_mock::serve::Server::new(rtmcp_mock::shop::Shop::new());
    let _shop = server.bind(address).await.unwrap();
    seen.until(|event| matches!(event, Event::ServerReady { .. }).then_some(()))
        .await;
    seen.bridge.send_text(r#"get_weather {"city":"Rome"}"#);
    assert_eq!(seen.finished().await.kind, "answered");
}

/// Keeps the kinds of what is sent.
#[derive(Default)]
struct Sent(Mutex<Vec<String>>);

impl Observer for Sent {
    fn sent(&self, _at: Timestamp, text: &str) {
        let kind = rtmcp::core::kind_of(text).unwrap().into_owned();
        self.0.lock().unwrap().push(kind);
    }
}

#[tokio::test]
async fn tools_that_are_there_from_the_start_are_offered_once() {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let agent = Agent::new(config(&endpoint, &[("shop", &shop)])).unwrap();
    let sent = Arc::new(Sent::default());
    let setup = CallSetup {
        observers: vec![sent.clone()],
        ..CallSetup::default()
    };
    let mut seen = Seen::of(agent.connect_with(setup).await.unwrap());
    seen.bridge.send_text(r#"get_weather {"city":"Paris"}"#);
    seen.reply().await;
    seen.response_ended().await;
    let sent = sent.0.lock().unwrap();
    let updates = sent.iter().filter(|kind| *kind == "session.update");
    assert_eq!(updates.count(), 1, "{sent:?}");
}
