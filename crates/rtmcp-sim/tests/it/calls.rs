//! Calls over WebRTC: the server hears a track, plays its answers, and cuts them itself.

use rtmcp_media::{
    rms,
    webrtc::{CloseReason, Connection, PeerConfig},
};
use rtmcp_sim::{Pacing, Rates, SimConfig};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::{
    caller::{Caller, form, post},
    client::{Client, kinds, start},
    speech::{HEARD, question},
    stub::{StubBrain, config, say, says, words},
};

/// It takes almost 18 s to be said.
const LONG: &str = "This answer is much longer than anybody wants to listen to, and it goes on \
    and on and on, sentence after sentence, so that somebody on a very busy machine, too, has \
    time to speak.";

/// The event of a type among others.
fn one<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    let mut found = events.iter().filter(|it| it["type"] == kind);
    let event = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "more than one {kind}");
    event
}

#[tokio::test]
async fn keys_of_a_telephone_are_told_of() {
    let sim = start(config(says("Hello."))).await;
    let mut caller = Caller::call(&sim, json!({})).await;
    caller.handle().press("9").unwrap();
    let events = caller.until("input_audio_buffer.dtmf_event_received").await;
    let key = one(&events, "input_audio_buffer.dtmf_event_received");
    assert_eq!(key["event"], "9");
    let received_at = key["received_at"].as_u64().unwrap();
    assert!(received_at > 1_700_000_000, "{key}");
    assert!(key.get("event_id").is_none());
}

/// How long something sounds. On a busy machine packets come too late and some of it is lost, so
/// that nothing hangs on each millisecond; checking events takes long enough for that, so that it
/// mustn't be on the thread of the connections.
fn loud_ms(heard: &[i16]) -> u64 {
    let loud = heard.chunks(480).filter(|it| rms(it) > 0.01);
    20 * loud.count() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoken_turn_is_heard_on_the_track_and_answered_on_it() {
    let brain = says("It is sunny.");
    let sim = start(config(brain.clone())).await;
    let transcription = json!({"model": "gpt-4o-transcribe"});
    let session = json!({"audio": {"input": {"transcription": transcription}}});
    let mut caller = Caller::call(&sim, session).await;
    assert_eq!((sim.sessions(), sim.sessions_so_far()), (1, 1));
    caller.speak(question());
    let events = caller.until("output_audio_buffer.stopped").await;
    let mut order = kinds(&events);
    order.retain(|it| !it.ends_with(".delta") && !it.contains("transcription"));
    assert_eq!(
        order,
        [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
            "rate_limits.updated",
            "output_audio_buffer.started",
            "output_audio_buffer.stopped",
        ]
    );
    let kind = "conversation.item.input_audio_transcription.completed";
    assert_eq!(one(&events, kind)["transcript"], HEARD);
    assert_eq!(words(&brain.last_prompt().items[0]), HEARD);
    let response = &one(&events, "response.done")["response"]["id"];
    for kind in ["started", "stopped"] {
        let event = one(&events, &format!("output_audio_buffer.{kind}"));
        assert_eq!(event["response_id"], *response);
    }
    // Its 1.2 s are no sound of events, and were heard.
    let so_far = caller.heard.len();
    caller.listen(so_far + 24_000).await;
    let loud = loud_ms(&caller.heard);
    assert!((100..=1_300).contains(&loud), "{loud} ms of sound");
}

#[tokio::test(flavor = "multi_thread")]
async fn speech_cuts_off_an_answer_that_is_still_being_heard() {
    let brain = StubBrain::new(|prompt| match prompt.items.len() {
        1 => vec![say(LONG)],
        _ => vec![say("Yes?")],
    });
    let sim = start(config(brain.clone())).await;
    let mut caller = Caller::call(&sim, json!({})).await;
    caller.say("Tell me everything.").await;
    let events = caller.until("output_audio_buffer.started").await;
    let done = &one(&events, "response.done")["response"];
    assert_eq!(done["status"], "completed", "it was made at once");
    caller.speak(question());
    let events = caller.until("conversation.item.truncated").await;
    assert_eq!(
        kinds(&events),
        [
            "input_audio_buffer.speech_started",
            "output_audio_buffer.cleared",
            "conversation.item.truncated",
        ]
    );
    assert_eq!(events[1]["response_id"], done["id"]);
    let truncated = &events[2];
    assert_eq!(truncated["item_id"], done["output"][0]["id"]);
    // It was heard for as long as the question took to begin and to be noticed.
    let end_ms = truncated["audio_end_ms"].as_u64().unwrap();
    assert!((300..15_000).contains(&end_ms), "{end_ms} ms");
    caller.until("output_audio_buffer.stopped").await;
    let heard = words(&brain.last_prompt().items[1]);
    assert!(
        heard.len() < LONG.len() && LONG.starts_with(&heard),
        "the model believes that it said: {heard}"
    );
    // 400 ms of it are the second answer.
    let (loud, expected) = (loud_ms(&caller.heard), end_ms + 400);
    assert!(
        (100..expected + 150).contains(&loud),
        "{loud} ms heard, {expected} said to be"
    );
}

#[tokio::test]
async fn speech_that_may_not_interrupt_lets_the_answer_be_heard_out() {
    let mut answers = ["First.", "Second."].into_iter().cycle();
    let answers = std::sync::Mutex::new(move || answers.next().unwrap());
    let brain = StubBrain::new(move |_| vec![say(answers.lock().unwrap()())]);
    let sim = start(config(brain)).await;
    let detection = json!({"type": "server_vad", "interrupt_response": false});
    let session = json!({"audio": {"input": {"turn_detection": detection}}});
    let mut caller = Caller::call(&sim, session).await;
    caller.speak([question(), question()].concat());
    let mut events = caller.until("output_audio_buffer.stopped").await;
    events.extend(caller.until("output_audio_buffer.stopped").await);
    let of_playback = |it: &&str| it.starts_with("output_audio_buffer");
    let order = kinds(&events);
    assert_eq!(
        order.iter().filter(|it| of_playback(it)).count(),
        4,
        "{order:?}"
    );
    assert!(!order.contains(&"output_audio_buffer.cleared"));
}

#[tokio::test]
async fn an_interruption_by_hand_is_to_cancel_and_to_clear() {
    let sim = start(config(says(LONG))).await;
    let mut caller = Caller::call(&sim, json!({})).await;
    // Nothing is being said, and nothing is wrong with that.
    caller
        .send(json!({"type": "output_audio_buffer.clear"}))
        .await;
    caller.say("Tell me everything.").await;
    let events = caller.until("output_audio_buffer.started").await;
    let id = one(&events, "response.done")["response"]["id"].clone();
    let cancel = caller.ask(json!({"type": "response.cancel"})).await;
    assert_eq!(cancel["error"]["code"], "response_cancel_not_active");
    let cleared = caller
        .ask(json!({"type": "output_audio_buffer.clear"}))
        .await;
    assert_eq!(cleared["type"], "output_audio_buffer.cleared");
    assert_eq!(cleared["response_id"], id);
    let truncated = caller.next().await;
    assert_eq!(truncated["type"], "conversation.item.truncated");
    let longer = json!({"type": "conversation.item.truncate", "content_index": 0,
        "item_id": truncated["item_id"], "audio_end_ms": 16_900});
    let refused = caller.ask(longer).await;
    assert_eq!(refused["error"]["param"], "audio_end_ms");
}

#[tokio::test]
async fn a_hangup_ends_the_call() {
    let sim = start(config(says("Yes."))).await;
    let caller = Caller::call(&sim, json!({})).await;
    let path = format!("/calls/{}/hangup", caller.id);
    let answer = post(&sim, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let (reason, events) = caller.closed().await;
    assert_eq!((reason, events.len()), (CloseReason::Remote, 0));
    assert_eq!(sim.sessions(), 0);
    let answer = post(&sim, &path).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["code"], "call_id_not_found");
}

#[tokio::test]
async fn a_call_that_expires_says_why() {
    let sim = start(SimConfig {
        session_seconds: 1,
        ..config(says("Yes."))
    })
    .await;
    let caller = Caller::call(&sim, json!({})).await;
    let (reason, events) = caller.closed().await;
    assert_eq!(reason, CloseReason::Remote);
    assert_eq!(events[0]["error"]["code"], "session_expired");
    assert_eq!(sim.sessions(), 0);
}

#[tokio::test]
async fn a_shutdown_hangs_up_and_an_abort_says_nothing() {
    let sim = start(config(says("Yes."))).await;
    let caller = Caller::call(&sim, json!({})).await;
    let ((reason, _), ()) = tokio::join!(caller.closed(), sim.shutdown());
    assert_eq!(reason, CloseReason::Remote);

    let sim = start(config(says("Yes."))).await;
    let caller = Caller::call(&sim, json!({})).await;
    sim.abort();
    assert_eq!(caller.closed().await.0, CloseReason::Lost);
}

#[tokio::test]
async fn speech_cuts_off_an_answer_that_is_still_being_made() {
    let brain = StubBrain::new(|prompt| match prompt.items.len() {
        1 => vec![say(LONG)],
        _ => vec![say("Yes?")],
    });
    let rates = Rates {
        audio_speed: 1.2,
        ..Rates::FAITHFUL
    };
    let sim = start(SimConfig {
        pacing: Pacing::Paced(rates),
        ..config(brain)
    })
    .await;
    let mut caller = Caller::call(&sim, json!({})).await;
    caller.say("Tell me everything.").await;
    caller.until("output_audio_buffer.started").await;
    caller.speak(question());
    caller.until("input_audio_buffer.speech_started").await;
    let events = caller.until("conversation.item.truncated").await;
    assert_eq!(
        kinds(&events),
        [
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
            "rate_limits.updated",
            "output_audio_buffer.cleared",
            "conversation.item.truncated",
        ]
    );
    let response = &one(&events, "response.done")["response"];
    assert_eq!(response["status"], "cancelled");
    assert_eq!(response["status_details"]["reason"], "turn_detected");
    let cleared = one(&events, "output_audio_buffer.cleared");
    assert_eq!(cleared["response_id"], response["id"]);
    let next = caller.until("output_audio_buffer.stopped").await;
    assert_ne!(next[next.len() - 1]["response_id"], response["id"]);
}

#[tokio::test]
async fn an_event_that_the_channel_does_not_take_is_told_of() {
    let sim = start(config(says("Yes."))).await;
    let peer = PeerConfig {
        most_message_bytes: 4_096,
        ..PeerConfig::default()
    };
    let here = ([127, 0, 0, 1], 0).into();
    let (connection, offer) = Connection::offer(here, peer).await.unwrap();
    let session = json!({"type": "realtime", "model": "m"});
    let request = post(&sim, "/calls").multipart(form(offer, &session));
    let mut caller = Caller::answered(connection, request.send().await.unwrap()).await;
    let long = json!({"type": "realtime", "instructions": "Be brief. ".repeat(500)});
    let update = json!({"type": "session.update", "session": long});
    let sideband = format!("{}?call_id={}", sim.url(), caller.id);
    let (mut sideband, _) = Client::open(sideband.into_client_request().unwrap())
        .await
        .unwrap();
    sideband.send(update).await;
    let error = caller.next().await["error"].clone();
    assert_eq!(error["code"], "event_too_long");
    // What comes next fits again.
    let cleared = caller
        .ask(json!({"type": "input_audio_buffer.clear"}))
        .await;
    assert_eq!(cleared["type"], "input_audio_buffer.cleared");
}
