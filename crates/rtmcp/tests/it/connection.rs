//! Endpoints that let somebody in only to say why they don't, and those that say it at the door.

use futures_util::SinkExt;
use rtmcp::{Agent, Auth, Closed, Config, ConnectError};
use rtmcp_sim::{
    Sim, SimConfig,
    faults::{FaultSpec, Faults},
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::stage::{LOOPBACK, Seen, config, sim_config};

/// A simulator with this that goes wrong.
pub(crate) async fn faulty(faults: &[&str]) -> rtmcp_sim::Running {
    Sim::bind(LOOPBACK, with_faults(sim_config(), faults))
        .await
        .unwrap()
}

pub(crate) fn with_faults(sim: SimConfig, faults: &[&str]) -> SimConfig {
    let faults = faults.iter().map(|it| it.parse::<FaultSpec>().unwrap());
    SimConfig {
        faults: Faults::from_iter(faults),
        ..sim
    }
}

/// What is said of a session that is let in and turned away at once.
async fn turned_away(config: Config) -> ConnectError {
    let mut seen = Box::pin(Seen::open(config)).await;
    match seen.closed().await {
        Closed::NotOpened(error) => error,
        closed => panic!("{closed:?}"),
    }
}

#[tokio::test]
async fn the_same_is_said_whether_the_door_stays_shut_or_opens_first() {
    for code in [
        "invalid_api_key",
        "account_deactivated",
        "insufficient_quota",
        "rate_limit_exceeded",
    ] {
        let shut = faulty(&[&format!("refuse={code}")]).await;
        let agent = Agent::new(config(&shut, &[])).unwrap();
        let refused = agent.connect().await.unwrap_err();
        let open = faulty(&[&format!("turn-away={code}")]).await;
        let turned = turned_away(config(&open, &[])).await;
        let words = |error: &ConnectError, sim: &rtmcp_sim::Running| {
            error.to_string().replace(&sim.addr().to_string(), "there")
        };
        let (refused, turned) = (words(&refused, &shut), words(&turned, &open));
        assert_eq!(refused, turned);
    }
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    for (code, words) in [
        ("invalid_api_key", "set `realtime.api_key`"),
        ("insufficient_quota", "check the quota"),
        ("rate_limit_exceeded", "try again in a moment"),
        ("server_error", "look at its log, or try again"),
    ] {
        let sim = faulty(&[&format!("turn-away={code}")]).await;
        let error = turned_away(config(&sim, &[])).await.to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(sim.sessions_so_far(), 0, "nothing was tried again");
    }
    let sim = SimConfig {
        models: Some(vec!["other".to_owned()]),
        ..sim_config()
    };
    let sim = Sim::bind(LOOPBACK, sim).await.unwrap();
    let error = turned_away(config(&sim, &[])).await;
    assert!(matches!(error, ConnectError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_key_is_shown_as_a_subprotocol_where_that_is_configured() {
    let sim = SimConfig {
        keys: Some(vec!["sk-4242".into()]),
        ..sim_config()
    };
    let sim = Sim::bind(LOOPBACK, sim).await.unwrap();
    let with = |key: &str| {
        let mut config = config(&sim, &[]).api_key(key);
        config.realtime.auth = Auth::Subprotocol;
        Agent::new(config).unwrap()
    };
    let mut seen = Seen::of(with("sk-4242").connect().await.unwrap());
    seen.bridge.send_text("hello");
    assert_eq!(seen.reply().await, "hello");
    let error = with("sk-wrong").connect().await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Unauthorized { .. }),
        "{error}"
    );
}

/// What is said of an endpoint that says this as it opens, and closes with a code.
async fn told(first: Option<serde_json::Value>, code: u16) -> Closed {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        if let Some(first) = first {
            socket.send(Message::text(first.to_string())).await.unwrap();
        }
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        socket.close(Some(frame)).await.unwrap();
        // Nobody else is let in.
        drop(listener);
    });
    let agent = Agent::new(Config::new(url.parse().unwrap())).unwrap();
    let closed = Seen::of(agent.connect().await.unwrap()).closed().await;
    served.await.unwrap();
    closed
}

#[tokio::test]
async fn an_endpoint_that_closes_as_it_opens_is_taken_at_its_word() {
    let beta = json!({"type": "error", "error": {"type": "invalid_request_error",
        "code": "beta_api_shape_disabled", "message": "The Realtime Beta API is over."}});
    let closed = told(Some(beta), 4000).await.to_string();
    assert!(closed.contains("The Realtime Beta API is over"), "{closed}");
    assert!(closed.contains("`OpenAI-Beta`"), "{closed}");

    let closed = told(None, 4000).await;
    assert!(
        matches!(&closed, Closed::Lost { detail } if detail == "closed with code 4000"),
        "{closed:?}"
    );
    let closed = told(None, 1008).await.to_string();
    assert!(closed.contains("against the endpoint's policy"), "{closed}");
}
