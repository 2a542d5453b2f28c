//! Servers and endpoints that die in the middle: a clear word, one output a call, life goes on.

use std::time::Duration;

use rtmcp::{Agent, Closed, Event, session};

use crate::stage::{Seen, config, endpoint, shop, trouble};

#[tokio::test]
async fn a_server_killed_in_the_middle_of_a_call_is_told_at_once() {
    let (endpoint, trouble, shop) = (endpoint().await, trouble().await, shop().await);
    let servers = [("trouble", &trouble), ("shop", &shop)];
    let mut seen = Seen::open(config(&endpoint, &servers)).await;
    seen.bridge.send_text("hang {}");
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").started == 1)
        .await;
    trouble.abort().await;
    let finish = seen.finished().await;
    assert_eq!(finish.kind, "connection_lost");
    assert!(
        finish.took < Duration::from_secs(10),
        "not only after the deadline"
    );
    assert!(finish.advice.unwrap().contains("trouble"));
    let reply = seen.reply().await;
    assert!(
        reply.contains("may or may not have taken effect"),
        "{reply}"
    );
    // The other server and the next call are none the worse.
    seen.bridge.send_text(r#"get_weather {"city":"Rome"}"#);
    assert_eq!(seen.finished().await.kind, "answered");
}

#[tokio::test]
async fn an_endpoint_killed_in_the_middle_of_a_call_ends_the_session_and_stops_the_tool() {
    let (first, trouble) = (endpoint().await, trouble().await);
    let mut config = config(&first, &[("trouble", &trouble)]);
    config.realtime.reconnect = false;
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text("hang {}");
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").started == 1)
        .await;
    first.abort();
    let closed = seen.closed().await;
    assert!(matches!(closed, Closed::Lost { .. }), "{closed}");
    assert!(
        closed.to_string().contains("open a new session"),
        "{closed}"
    );
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").cancelled == 1)
        .await;
    let orphaned = seen.events.iter().any(|event| {
        matches!(
            event,
            Event::Session(session::Event::Call {
                state: session::CallState::Orphaned,
                ..
            })
        )
    });
    assert!(orphaned);
    assert_eq!(seen.bridge.next().await, None);
}

#[tokio::test]
async fn the_next_session_of_the_same_agent_works() {
    let (first, shop) = (endpoint().await, shop().await);
    let address = first.addr();
    let mut config = config(&first, &[("shop", &shop)]);
    config.realtime.reconnect = false;
    let agent = Agent::new(config).unwrap();
    let mut seen = Seen::of(agent.connect().await.unwrap());
    first.abort();
    seen.closed().await;
    let _second = rtmcp_sim::Sim::bind(address, crate::stage::sim_config())
        .await
        .unwrap();
    let mut seen = Seen::of(agent.connect().await.unwrap());
    seen.bridge.send_text(r#"get_weather {"city":"Paris"}"#);
    assert!(seen.reply().await.contains("Paris"));
}

#[tokio::test]
async fn a_tool_that_answers_too_late_is_stopped() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let mut config = config(&endpoint, &[("trouble", &trouble)]);
    config.router.servers[0].timeout = Duration::from_millis(200);
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text("hang {}");
    assert_eq!(seen.finished().await.kind, "timed_out");
    assert!(seen.reply().await.contains("did not answer within 200 ms"));
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").cancelled == 1)
        .await;
}

#[tokio::test]
async fn dropping_the_bridge_ends_the_session_and_its_calls() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let seen = Seen::open(config(&endpoint, &[("trouble", &trouble)])).await;
    seen.bridge.send_text("hang {}");
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").started == 1)
        .await;
    drop(seen);
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").cancelled == 1)
        .await;
}

#[tokio::test]
async fn sessions_do_not_see_each_other() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let agent = Agent::new(config(&endpoint, &[("trouble", &trouble)])).unwrap();
    let mut one = Seen::of(agent.connect().await.unwrap());
    let mut two = Seen::of(agent.connect().await.unwrap());
    one.bridge.send_text(r#"echo {"text":"one"}"#);
    two.bridge.send_text(r#"echo {"text":"two"}"#);
    assert_eq!(one.reply().await, "one");
    assert_eq!(two.reply().await, "two");
    let calls = |seen: &Seen| {
        let starts = seen.events.iter();
        starts
            .filter(|event| matches!(event, Event::ToolStarted(_)))
            .count()
    };
    assert_eq!((calls(&one), calls(&two)), (1, 1));
}
