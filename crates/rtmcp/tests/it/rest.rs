//! Calls and keys over HTTP: what the endpoint is told, and what becomes of its answers.

use std::time::Duration;

use rtmcp::{Agent, CallSetup, Config, ConnectError, core::Private, mcp::ServerConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    stage::{LOOPBACK, shop},
    stub::{ANSWER, Reply, Stub, key},
};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n";

fn agent(mut config: Config) -> Agent {
    config.realtime.api_key = Some(key());
    config.realtime.connect_timeout = Duration::from_secs(5);
    Agent::new(config).unwrap()
}

async fn relay(agent: &Agent) -> ConnectError {
    let relayed = agent.relay(OFFER, CallSetup::default()).await;
    let error = relayed.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("4242"));
    error
}

/// Everything that must be bound into a session.
fn assert_bound(session: &Value) {
    assert_eq!(session["type"], "realtime");
    assert_eq!(session["model"], rtmcp::DEFAULT_MODEL);
    assert_eq!(session["instructions"], "You help.");
    assert!(session["audio"]["input"]["transcription"]["model"].is_string());
    let tools = session["tools"].as_array().unwrap();
    let weather = tools.iter().find(|it| it["name"] == "get_weather").unwrap();
    assert_eq!(weather["type"], "function");
    assert!(weather["parameters"]["properties"]["city"].is_object());
}

#[tokio::test]
async fn an_offer_goes_with_the_session_and_the_key_and_the_sideband_follows() {
    let shop = shop().await;
    let mut stub = Stub::new([Reply::call("rtc_relayed")]).await;
    let server = ServerConfig::http("shop", shop.url_mcp().parse().unwrap());
    let config = stub.config().instructions("You help.").server(server);
    let relayed = agent(config).relay(OFFER, CallSetup::default()).await;
    let relayed = relayed.unwrap();
    assert_eq!(
        (relayed.answer.as_str(), relayed.call_id.as_str()),
        (ANSWER, "rtc_relayed")
    );
    assert_eq!(relayed.bridge.call_id(), Some(&relayed.call_id));

    let asked = stub.asked().await;
    assert_eq!(asked.path, "/v1/realtime/calls");
    assert_eq!(
        asked.authorization.as_deref(),
        Some("Bearer sk-secret-4242")
    );
    assert!(asked.kind.starts_with("multipart/form-data"));
    assert_eq!(asked.part("sdp"), OFFER);
    assert!(asked.head("sdp").contains("content-type: application/sdp"));
    assert!(
        asked
            .head("session")
            .contains("content-type: application/json")
    );
    assert_bound(&serde_json::from_str(&asked.part("session")).unwrap());
    assert_eq!(stub.socket().await.query, "call_id=rtc_relayed");
}

#[tokio::test]
async fn refusals_are_told_by_what_is_to_be_done() {
    let stub = Stub::new([
        Reply::refusal(401, "Incorrect API key provided."),
        Reply::refusal(429, "Rate limit reached."),
        Reply::Say(
            429,
            Vec::new(),
            json!({"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}})
                .to_string(),
        ),
        Reply::refusal(404, "The model does not exist."),
        Reply::refusal(400, "Invalid 'session.tools[0].name'."),
        Reply::Say(
            307,
            vec![("location", "/v1/realtime/other".to_owned())],
            String::new(),
        ),
    ])
    .await;
    let agent = agent(stub.config());
    let error = relay(&agent).await;
    assert!(
        matches!(&error, ConnectError::Unauthorized { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("Incorrect API key"), "{error}");
    let error = relay(&agent).await;
    assert!(matches!(error, ConnectError::RateLimited { .. }), "{error}");
    let error = relay(&agent).await;
    assert!(matches!(error, ConnectError::NoQuota { .. }), "{error}");
    let error = relay(&agent).await;
    assert!(matches!(error, ConnectError::NotFound { .. }), "{error}");
    let error = relay(&agent).await;
    assert!(error.to_string().contains("tools[0].name"), "{error}");
    assert!(matches!(error, ConnectError::Refused { status: 400, .. }));
    // To another place, the key would go with it.
    let error = relay(&agent).await;
    assert!(matches!(error, ConnectError::Refused { status: 307, .. }));
}

#[tokio::test]
async fn answers_that_lack_what_they_must_have() {
    let stub = Stub::new([
        Reply::Say(201, Vec::new(), ANSWER.to_owned()),
        Reply::Say(201, vec![("location", "/".to_owned())], ANSWER.to_owned()),
        Reply::Say(
            201,
            vec![("location", "/rtc_1".to_owned())],
            "<html>".to_owned(),
        ),
        Reply::Say(200, Vec::new(), r#"{"value":"ek_4242"}"#.to_owned()),
        Reply::Say(201, Vec::new(), "v".repeat(5_000_000)),
    ])
    .await;
    let agent = agent(stub.config());
    for missing in ["Location", "Location", "SDP"] {
        let error = relay(&agent).await;
        assert!(matches!(error, ConnectError::Incomplete { .. }), "{error}");
        assert!(error.to_string().contains(missing), "{error}");
    }
    let error = agent.mint(Duration::from_secs(60)).await.unwrap_err();
    assert!(error.to_string().contains("a secret"), "{error}");
    assert!(!format!("{error:?}").contains("4242"));
    let error = agent.mint(Duration::from_secs(60)).await.unwrap_err();
    assert!(matches!(error, ConnectError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn a_key_for_a_browser_has_the_session_bound_into_it() {
    let shop = shop().await;
    let secret = json!({"value": "ek_4242", "expires_at": 1_900_000_000, "session": {}});
    let mut stub = Stub::new([Reply::Say(200, Vec::new(), secret.to_string())]).await;
    let server = ServerConfig::http("shop", shop.url_mcp().parse().unwrap());
    let config = stub.config().instructions("You help.").server(server);
    let secret = agent(config).mint(Duration::from_secs(90)).await.unwrap();
    assert_eq!(secret.value, Private::from("ek_4242"));
    assert_eq!(secret.expires_at, 1_900_000_000);
    assert_eq!(secret.model, rtmcp::DEFAULT_MODEL);
    assert_eq!(secret.calls_url.path(), "/v1/realtime/calls");
    assert!(!format!("{secret:?}").contains("4242"));

    let asked = stub.asked().await;
    assert_eq!(asked.path, "/v1/realtime/client_secrets");
    assert_eq!(
        asked.authorization.as_deref(),
        Some("Bearer sk-secret-4242")
    );
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let expires = json!({"anchor": "created_at", "seconds": 90});
    assert_eq!(body["expires_after"], expires);
    assert_bound(&body["session"]);
}

#[tokio::test]
async fn a_call_is_ended_by_its_name() {
    let mut stub = Stub::new([
        Reply::Say(200, Vec::new(), String::new()),
        Reply::refusal(404, "Call not found."),
    ])
    .await;
    let agent = agent(stub.config());
    agent.hang_up(&"rtc_1".into()).await.unwrap();
    let asked = stub.asked().await;
    assert_eq!(asked.path, "/v1/realtime/calls/rtc_1/hangup");
    let error = agent.hang_up(&"rtc_1".into()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::NoCall { call_id, .. } if call_id.as_str() == "rtc_1"));
    assert!(error.to_string().contains("has it ended?"), "{error}");
}

#[tokio::test]
async fn endpoints_that_are_not_there() {
    let stub = Stub::new([Reply::Nothing]).await;
    let mut config = stub.config();
    config.realtime.connect_timeout = Duration::from_millis(200);
    let slow = Agent::new(config).unwrap();
    let error = relay(&slow).await;
    assert!(matches!(error, ConnectError::TooSlow { .. }), "{error}");

    let mut config = stub.config();
    config.realtime.url.set_scheme("https").unwrap();
    let error = relay(&agent(config)).await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error}");

    let nowhere = TcpListener::bind(LOOPBACK).await.unwrap();
    let url = format!("http://{}/v1?secret=4242", nowhere.local_addr().unwrap());
    drop(nowhere);
    let error = relay(&agent(Config::new(url.parse().unwrap()))).await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}
