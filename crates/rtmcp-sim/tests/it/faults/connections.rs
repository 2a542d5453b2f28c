//! Frames that can't be, doors that stay shut, and connections that end.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message, error::ProtocolError};

use super::{faulty, prepare, turn};
use crate::{
    client::{Client, request, start},
    stub::says,
};

#[tokio::test]
async fn frames_come_that_no_client_expects() {
    let faults = [
        "unknown-event@event=2",
        "malformed@event=2",
        "oversized=70000@event=2",
    ];
    let sim = start(faulty(says("Yes."), &faults)).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let unknown: Value = serde_json::from_str(&client.text().await).unwrap();
    assert_eq!(unknown["type"], "response.thinking.delta");
    let half = client.text().await;
    assert!(half.starts_with('{'), "{half}");
    assert!(serde_json::from_str::<Value>(&half).is_err(), "{half}");
    let oversized = client.text().await;
    assert_eq!(oversized.len(), 70_000);
    assert!(serde_json::from_str::<Value>(&oversized).is_ok());
    // The session knows nothing of it.
    turn(&mut client).await;
}

#[tokio::test]
async fn a_connection_closes_with_any_code_in_the_middle_of_a_response() {
    for code in [1000, 1001, 1008, 1011, 1012, 1013, 3000, 4000] {
        let fault = format!("close={code}");
        let sim = start(faulty(says("One two three."), &[&fault])).await;
        let mut client = Client::connect(&sim).await;
        prepare(&mut client).await;
        client.say("Hello.").await;
        client.until("response.output_text.delta").await;
        assert_eq!(u16::from(client.closed().await.unwrap().code), code);
        let mut next = Client::connect(&sim).await;
        prepare(&mut next).await;
        turn(&mut next).await;
    }
}

#[tokio::test]
async fn a_close_can_lack_its_code() {
    let sim = start(faulty(says("Yes."), &["close=1005@event=1"])).await;
    let (mut client, _) = Client::open(request(&sim)).await.unwrap();
    let message = client.message().await.unwrap().unwrap();
    assert_eq!(message, Message::Close(None));
}

#[tokio::test]
async fn a_connection_breaks_without_a_close() {
    for code in [1006, 1015] {
        let fault = format!("close={code}@event=1");
        let sim = start(faulty(says("Yes."), &[&fault])).await;
        let (mut client, first) = Client::open(request(&sim)).await.unwrap();
        assert_eq!(first["type"], "session.created");
        let error = client.message().await.unwrap().unwrap_err();
        let broken = Error::Protocol(ProtocolError::ResetWithoutClosingHandshake);
        assert_eq!(error.to_string(), broken.to_string());
    }
}

#[tokio::test]
async fn a_half_open_connection_answers_nothing_and_stays() {
    let sim = start(faulty(says("Yes."), &["half-open@event=2", "expire=1"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    client.ping().await;
    client.send(json!({"type": "response.create"})).await;
    // Its session expires like any other, of which it hears nothing either.
    let next = client.message().await;
    assert!(matches!(next, Some(Err(_))), "{next:?}");
    assert_eq!(sim.sessions(), 0);
}

#[tokio::test]
async fn a_session_lasts_as_long_as_it_is_told() {
    let sim = start(faulty(says("Yes."), &["expire=1@session=2"])).await;
    let (_, first) = Client::open(request(&sim)).await.unwrap();
    let (mut short, second) = Client::open(request(&sim)).await.unwrap();
    let expiry = |event: &Value| event["session"]["expires_at"].as_u64().unwrap();
    assert!(expiry(&first) - expiry(&second) >= 3_590);
    assert_eq!(short.next().await["error"]["code"], "session_expired");
    assert_eq!(u16::from(short.closed().await.unwrap().code), 1001);
}

#[tokio::test]
async fn a_request_is_refused_and_the_next_is_not() {
    for (code, status) in [
        ("insufficient_quota", StatusCode::TOO_MANY_REQUESTS),
        ("rate_limit_exceeded", StatusCode::TOO_MANY_REQUESTS),
        ("invalid_api_key", StatusCode::UNAUTHORIZED),
        ("server_error", StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let fault = format!("refuse={code}");
        let sim = start(faulty(says("Yes."), &[&fault])).await;
        let Err(Error::Http(response)) = Client::open(request(&sim)).await else {
            panic!("{code}: let in");
        };
        assert_eq!(response.status().as_u16(), status.as_u16());
        let body: Value = serde_json::from_slice(response.body().as_ref().unwrap()).unwrap();
        assert_eq!(body["error"]["code"], code);
        Client::connect(&sim).await;
    }
}

#[tokio::test]
async fn a_client_is_turned_away_once_it_is_connected() {
    let sim = start(faulty(says("Yes."), &["turn-away@session=2"])).await;
    let _first = Client::connect(&sim).await;
    let (client, event) = Client::open(request(&sim)).await.unwrap();
    assert_eq!(event["error"]["code"], "insufficient_quota");
    let close = client.closed().await.unwrap();
    assert_eq!(u16::from(close.code), 4000);
    assert_eq!(
        close.reason.as_str(),
        "invalid_request_error.insufficient_quota"
    );
    Client::connect(&sim).await;
}
