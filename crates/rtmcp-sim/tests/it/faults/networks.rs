//! Calls on networks that lose and delay, and calls that end.

use rtmcp_media::webrtc::CloseReason;
use serde_json::json;

use super::{faulty, text};
use crate::{
    caller::{Caller, form, offer, post},
    client::start,
    stub::says,
};

fn in_text() -> serde_json::Value {
    json!({"output_modalities": ["text"]})
}

#[tokio::test]
async fn no_event_is_lost_where_datagrams_are() {
    let sim = start(faulty(
        says("One two three."),
        &["loss=10", "jitter=20", "delay=5"],
    ))
    .await;
    let mut caller = Caller::call(&sim, in_text()).await;
    for _ in 0..3 {
        caller.say("Hello.").await;
        let events = caller.until("response.done").await;
        assert_eq!(text(&events), "One two three.");
    }
}

#[tokio::test]
async fn a_call_is_delayed_both_ways() {
    let sim = start(faulty(says("Yes."), &["delay=60@session=2"])).await;
    let mut quick = Caller::call(&sim, in_text()).await;
    let mut slow = Caller::call(&sim, in_text()).await;
    for (caller, least) in [(&mut quick, 0), (&mut slow, 120)] {
        let begun = std::time::Instant::now();
        caller
            .ask(json!({"type": "input_audio_buffer.clear"}))
            .await;
        assert!(
            begun.elapsed().as_millis() >= least,
            "{:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test]
async fn a_half_open_call_is_found_lost() {
    let sim = start(faulty(says("Yes."), &["half-open@event=1"])).await;
    let caller = Caller::call(&sim, in_text()).await;
    let (reason, events) = caller.closed().await;
    assert_eq!((reason, events.len()), (CloseReason::Lost, 0));
}

#[tokio::test]
async fn a_call_ends_with_a_word_or_without() {
    for (fault, expected) in [
        ("close=1000@event=2", CloseReason::Remote),
        ("close=1006@event=2", CloseReason::Lost),
    ] {
        let sim = start(faulty(says("Yes."), &[fault])).await;
        let caller = Caller::call(&sim, in_text()).await;
        caller
            .send(json!({"type": "input_audio_buffer.clear"}))
            .await;
        assert_eq!(caller.closed().await.0, expected, "{fault}");
    }
}

#[tokio::test]
async fn a_call_is_refused_by_either_fault() {
    for fault in ["refuse=insufficient_quota", "turn-away=insufficient_quota"] {
        let sim = start(faulty(says("Yes."), &[fault])).await;
        let (_connection, offer) = offer().await;
        let session = json!({"type": "realtime", "model": "m"});
        let request = post(&sim, "/calls").multipart(form(offer, &session));
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 429, "{fault}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "insufficient_quota");
    }
}
