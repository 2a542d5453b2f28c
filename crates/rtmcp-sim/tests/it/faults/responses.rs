//! Responses that are slow, hang, or end otherwise than they should.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{done, faulty, prepare, text, turn};
use crate::{
    client::{Client, kinds, start},
    stub::{StubBrain, call, says},
};

#[tokio::test]
async fn a_slow_response_says_the_same_later() {
    let sim = start(faulty(says("One two three."), &["slow=30@response=2"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let quick = turn(&mut client).await;
    let begun = Instant::now();
    let slow = turn(&mut client).await;
    assert!(begun.elapsed() >= Duration::from_millis(90));
    assert_eq!(text(&slow), "One two three.");
    let types = |events: &[serde_json::Value]| {
        let types = events.iter().map(|it| it["type"].clone());
        types
            .filter(|it| it.as_str().unwrap().starts_with("response."))
            .collect::<Vec<_>>()
    };
    assert_eq!(types(&slow), types(&quick));
}

#[tokio::test]
async fn a_stalled_response_goes_on_after_its_first_delta() {
    let sim = start(faulty(says("One two three."), &["stall=200"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    client.say("Hello.").await;
    let begun = client.until("response.output_text.delta").await;
    assert_eq!(text(&begun), "One");
    let stalled = Instant::now();
    let rest = client.until("response.done").await;
    assert!(
        stalled.elapsed() >= Duration::from_millis(150),
        "{:?}",
        stalled.elapsed()
    );
    assert_eq!(text(&rest), " two three.");
}

#[tokio::test]
async fn a_response_that_hangs_can_be_cancelled() {
    let sim = start(faulty(says("Yes."), &["hang"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    client.say("Hello.").await;
    client.until("response.created").await;
    // Whatever it would say came before the answer to this.
    let answer = client
        .ask(json!({"type": "input_audio_buffer.clear"}))
        .await;
    assert_eq!(answer["type"], "input_audio_buffer.cleared");
    client.send(json!({"type": "response.cancel"})).await;
    let events = client.until("rate_limits.updated").await;
    assert_eq!(done(&events)["status"], "cancelled");
    assert_eq!(done(&turn(&mut client).await)["status"], "completed");
}

#[tokio::test]
async fn a_response_is_cancelled_by_the_server_after_so_many_deltas() {
    let sim = start(faulty(says("One two three."), &["cancel=2@response=2"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    assert_eq!(done(&turn(&mut client).await)["status"], "completed");
    let events = turn(&mut client).await;
    assert_eq!(text(&events), "One two");
    let response = done(&events);
    assert_eq!(response["status"], "cancelled");
    assert_eq!(response["status_details"]["reason"], "turn_detected");
    assert_eq!(response["output"][0]["status"], "incomplete");
    assert_eq!(done(&turn(&mut client).await)["status"], "completed");
}

#[tokio::test]
async fn a_response_that_is_cancelled_at_once_says_nothing() {
    let sim = start(faulty(says("Yes."), &["cancel=0"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let events = turn(&mut client).await;
    let events: Vec<_> = kinds(&events)
        .into_iter()
        .filter(|it| it.starts_with("response."))
        .collect();
    assert_eq!(events, ["response.created", "response.done"]);
}

#[tokio::test]
async fn an_incomplete_response_breaks_a_call_off() {
    for reason in ["max_output_tokens", "content_filter"] {
        let brain = StubBrain::new(|_| vec![call("look", r#"{"at":"something"}"#)]);
        let fault = format!("incomplete={reason}");
        let sim = start(faulty(brain, &[&fault])).await;
        let mut client = Client::connect(&sim).await;
        prepare(&mut client).await;
        let events = turn(&mut client).await;
        let response = done(&events);
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["status_details"]["reason"], reason);
        assert_eq!(response["output"][0]["status"], "incomplete");
        assert_eq!(response["output"][0]["arguments"], r#"{"at""#);
    }
}

#[tokio::test]
async fn responses_fail_for_want_of_quota_rate_and_health() {
    for code in ["insufficient_quota", "rate_limit_exceeded", "server_error"] {
        let fault = format!("fail={code}@always");
        let sim = start(faulty(says("Yes."), &[&fault])).await;
        let mut client = Client::connect(&sim).await;
        prepare(&mut client).await;
        for _ in 0..2 {
            let events = turn(&mut client).await;
            let response = done(&events);
            assert_eq!(response["status"], "failed");
            assert_eq!(response["status_details"]["error"]["code"], code);
            assert_eq!(response["output"], json!([]));
        }
    }
}

#[tokio::test]
async fn rate_limits_are_used_up() {
    let sim = start(faulty(says("Yes."), &["used-up@response=2"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let remaining = |events: &[serde_json::Value]| {
        let limits = events.last().unwrap()["rate_limits"]
            .as_array()
            .unwrap()
            .clone();
        limits
            .iter()
            .map(|it| it["remaining"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert!(remaining(&turn(&mut client).await) > 0);
    assert_eq!(remaining(&turn(&mut client).await), 0);
    assert!(remaining(&turn(&mut client).await) > 0);
}

#[tokio::test]
async fn the_same_seed_brings_the_same_again() {
    let faults = [
        "cancel=1@response=every",
        "unknown-event@event=4",
        "duplicate-call",
    ];
    let mut runs = Vec::new();
    for _ in 0..2 {
        let sim = start(faulty(says("One two three."), &faults)).await;
        let mut client = Client::connect(&sim).await;
        client
            .send(json!({"type": "session.update", "session":
            {"type": "realtime", "output_modalities": ["text"]}}))
            .await;
        client.say("Hello.").await;
        let mut texts = Vec::new();
        while !texts
            .last()
            .is_some_and(|it: &String| it.contains("rate_limits.updated"))
        {
            texts.push(client.text().await);
        }
        runs.push(texts);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(
        runs[0]
            .iter()
            .any(|it| it.contains("response.thinking.delta"))
    );
}
