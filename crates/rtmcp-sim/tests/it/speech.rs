//! Spoken turns: speech is found in the sound, heard, answered, interrupted, committed by hand.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rtmcp_media::{Sound, pcm};
use rtmcp_sim::{Pacing, Rates};
use serde_json::{Value, json};

use crate::{
    client::{Client, kinds, start},
    stub::{StubBrain, StubEar, config, say, says, words},
};

/// Somebody says "What is the weather in Paris?".
const QUESTION: &[u8] = include_bytes!("../../../rtmcp-media/tests/weather-in-paris-8k.wav");
pub(crate) const HEARD: &str = "what is the weather in paris";

/// The question at the rate of the wire, with silence around it.
pub(crate) fn question() -> Vec<i16> {
    let spoken = Sound::from_wav(QUESTION).unwrap();
    let mut samples = silence(400);
    samples.extend(spoken.resampled(24_000).unwrap().samples);
    samples.extend(silence(900));
    samples
}

pub(crate) fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 24]
}

async fn append(client: &mut Client, samples: &[i16]) {
    for chunk in samples.chunks(2_400) {
        let audio = STANDARD.encode(pcm::to_bytes(chunk));
        client
            .send(json!({"type": "input_audio_buffer.append", "audio": audio}))
            .await;
    }
}

/// All the sound of the deltas among events.
fn sound_of(events: &[Value]) -> Vec<i16> {
    let deltas = events
        .iter()
        .filter(|it| it["type"] == "response.output_audio.delta");
    let bytes = deltas.flat_map(|it| STANDARD.decode(it["delta"].as_str().unwrap()).unwrap());
    pcm::from_bytes(&bytes.collect::<Vec<u8>>())
}

#[tokio::test]
async fn a_spoken_turn_is_found_heard_and_answered_aloud() {
    let brain = says("It is sunny.");
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}))
        .await;
    append(&mut client, &question()).await;
    let events = client.until("rate_limits.updated").await;
    let mut order = kinds(&events);
    order.dedup_by(|b, a| {
        let speech = |it: &str| it.starts_with("response.output_audio") && it.ends_with(".delta");
        speech(a) && speech(b)
    });
    assert_eq!(
        order,
        [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "conversation.item.input_audio_transcription.delta",
            "conversation.item.input_audio_transcription.completed",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio_transcript.delta",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
            "rate_limits.updated",
        ]
    );
    let item_id = &events[0]["item_id"];
    for event in &events[1..3] {
        assert_eq!(event["item_id"], *item_id);
    }
    let (start, end) = (
        events[0]["audio_start_ms"].as_u64().unwrap(),
        events[1]["audio_end_ms"].as_u64().unwrap(),
    );
    assert!((50..=500).contains(&start), "speech from {start} ms");
    assert!((1_500..=4_000).contains(&end), "speech to {end} ms");
    let completed = events
        .iter()
        .find(|it| it["type"] == "conversation.item.input_audio_transcription.completed")
        .unwrap();
    assert_eq!(completed["item_id"], *item_id);
    assert_eq!(completed["transcript"], HEARD);
    assert_eq!(completed["usage"]["type"], "tokens");

    // 100 ms for each of 12 characters, brought from 8 to 24 kHz.
    let sound = sound_of(&events);
    assert_eq!(sound.len(), 12 * 2_400);
    assert!(rtmcp_media::rms(&sound) > 0.01);
    let heard = brain.last_prompt().items;
    assert_eq!(heard.iter().map(words).collect::<Vec<_>>(), [HEARD]);
}

#[tokio::test]
async fn the_model_hears_though_nobody_asks_for_a_transcript() {
    let brain = says("Yes.");
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    append(&mut client, &question()).await;
    let events = client.until("response.done").await;
    assert!(!kinds(&events).iter().any(|it| it.contains("transcription")));
    assert_eq!(words(&brain.last_prompt().items[0]), HEARD);
    let item = &events[4]["item"];
    assert_eq!(
        item["content"][0],
        json!({"type": "input_audio", "transcript": null})
    );
}

#[tokio::test]
async fn whisper_is_paid_by_time_and_writes_all_at_once() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"audio": {"input": {"transcription": {"model": "whisper-1"}}}}))
        .await;
    append(&mut client, &question()).await;
    let kind = "conversation.item.input_audio_transcription.completed";
    let events = client.until(kind).await;
    let deltas = events.iter().filter(|it| {
        it["type"] == "conversation.item.input_audio_transcription.delta" && it["delta"] == HEARD
    });
    assert_eq!(deltas.count(), 1);
    let usage = &events[events.len() - 1]["usage"];
    assert_eq!(usage["type"], "duration");
    assert!(usage["seconds"].as_f64().unwrap() >= 2.0);
}

#[tokio::test]
async fn an_ear_that_fails_is_told_of_and_the_response_fails() {
    let mut config = config(says("Yes."));
    config.engines.ear = std::sync::Arc::new(StubEar(None));
    let sim = start(config).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"audio": {"input": {"transcription": {"model": "whisper-1"}}}}))
        .await;
    append(&mut client, &question()).await;
    let events = client.until("response.done").await;
    let failed = events
        .iter()
        .find(|it| it["type"] == "conversation.item.input_audio_transcription.failed")
        .unwrap();
    assert_eq!(failed["error"]["message"], "stub ear: it is told to fail");
    let response = &events[events.len() - 1]["response"];
    assert_eq!(response["status"], "failed");
    assert_eq!(response["status_details"]["error"]["code"], "server_error");
}

#[tokio::test]
async fn turns_end_without_a_response_where_the_client_wants_none() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    let detection = json!({"type": "server_vad", "create_response": false});
    client
        .update(json!({"audio": {"input": {"turn_detection": detection}}}))
        .await;
    append(&mut client, &question()).await;
    client.until("conversation.item.done").await;
    let answer = client
        .ask(json!({"type": "input_audio_buffer.clear"}))
        .await;
    assert_eq!(answer["type"], "input_audio_buffer.cleared");
}

#[tokio::test]
async fn semantic_detection_waits_longer_than_the_silence_of_server_vad() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    let detection = json!({"type": "semantic_vad", "eagerness": "high"});
    client
        .update(json!({"audio": {"input": {"turn_detection": detection}}}))
        .await;
    append(&mut client, &question()).await;
    client.until("input_audio_buffer.speech_started").await;
    // 900 ms of silence are too few: a pause in the middle of a sentence.
    let answer = client.ask(json!({"type": "response.cancel"})).await;
    assert_eq!(answer["error"]["code"], "response_cancel_not_active");
    append(&mut client, &silence(1_500)).await;
    let events = client.until("response.done").await;
    assert_eq!(events[0]["type"], "input_audio_buffer.speech_stopped");
}

#[tokio::test]
async fn speech_interrupts_the_answer_which_is_cut_where_it_is() {
    let brain = StubBrain::new(|prompt| match prompt.items.len() {
        1 => vec![say(
            "This answer is much longer than anybody wants to listen to.",
        )],
        _ => vec![say("Yes?")],
    });
    let mut config = config(brain);
    // A model that makes speech no faster than it is played is still at it when somebody speaks.
    config.pacing = Pacing::Paced(Rates {
        audio_speed: 1.0,
        text_gap: Duration::ZERO,
        ..Rates::FAITHFUL
    });
    let sim = start(config).await;
    let mut client = Client::connect(&sim).await;
    client.say("Tell me everything.").await;
    client.until("response.output_audio.delta").await;
    append(&mut client, &question()).await;

    let events = client.until("response.done").await;
    let order = kinds(&events);
    let spoken = order
        .iter()
        .position(|it| *it == "input_audio_buffer.speech_started");
    assert_eq!(
        order[spoken.unwrap()..],
        [
            "input_audio_buffer.speech_started",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
        ]
    );
    let response = &events[events.len() - 1]["response"];
    assert_eq!(response["status"], "cancelled");
    assert_eq!(response["status_details"]["reason"], "turn_detected");
    let item = &response["output"][0];
    assert_eq!(item["status"], "incomplete");
    let said = item["content"][0]["transcript"].as_str().unwrap();
    assert!(said.starts_with("This") && said.len() < 30, "{said}");

    let id = response["id"].clone();
    let events = client.until("response.done").await;
    assert!(
        events.iter().all(|it| it["response_id"] != id),
        "a late delta"
    );
    assert_eq!(events[events.len() - 1]["response"]["status"], "completed");
}

#[tokio::test]
async fn a_turn_during_an_answer_that_may_not_be_interrupted_is_answered_after_it() {
    let mut config = config(StubBrain::new(|prompt| {
        vec![say(match prompt.items.len() {
            1 => "First.",
            _ => "Second.",
        })]
    }));
    config.pacing = Pacing::Paced(Rates {
        audio_speed: 0.5,
        ..Rates::FAITHFUL
    });
    let sim = start(config).await;
    let mut client = Client::connect(&sim).await;
    let detection = json!({"type": "server_vad", "interrupt_response": false});
    client
        .update(json!({"audio": {"input": {"turn_detection": detection}}}))
        .await;
    client.say("Hello.").await;
    client.until("response.output_audio.delta").await;
    append(&mut client, &question()).await;
    for said in ["First.", "Second."] {
        let events = client.until("response.done").await;
        let response = &events[events.len() - 1]["response"];
        assert_eq!(response["status"], "completed");
        assert_eq!(response["output"][0]["content"][0]["transcript"], said);
    }
}

#[tokio::test]
async fn a_turn_is_committed_by_hand() {
    let brain = says("Yes.");
    let sim = start(config(brain.clone())).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"audio": {"input": {"turn_detection": null}}}))
        .await;
    append(&mut client, &question()).await;
    client
        .send(json!({"type": "input_audio_buffer.commit"}))
        .await;
    let events = client.until("conversation.item.done").await;
    assert_eq!(
        kinds(&events),
        [
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done"
        ]
    );
    client.send(json!({"type": "response.create"})).await;
    client.until("rate_limits.updated").await;
    assert_eq!(words(&brain.last_prompt().items[0]), HEARD);

    let id = events[0]["item_id"].clone();
    let retrieved = client
        .ask(json!({"type": "conversation.item.retrieve", "item_id": id}))
        .await;
    let audio = retrieved["item"]["content"][0]["audio"].as_str().unwrap();
    let bytes = STANDARD.decode(audio).unwrap();
    assert_eq!(pcm::from_bytes(&bytes), question(), "nothing is lost");
}

#[tokio::test]
async fn positions_count_all_sound_of_the_session() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    append(&mut client, &question()).await;
    let first = client.until("input_audio_buffer.speech_started").await;
    client.until("response.done").await;
    client
        .send(json!({"type": "input_audio_buffer.clear"}))
        .await;
    append(&mut client, &question()).await;
    let second = client.until("input_audio_buffer.speech_started").await;
    let start = |events: &[Value]| events[events.len() - 1]["audio_start_ms"].as_u64().unwrap();
    let length = question().len() as u64 / 24;
    assert!(start(&second).abs_diff(start(&first) + length) < 200);
}
