//! Calls that go well: begun, spoken, typed, interrupted and ended.

use rtmcp_api::CallSource;
use serde_json::json;

use super::{Act, Effect, News, Page, State, answer, sent};
use crate::model::{
    call::{Microphone, Stage, Step},
    input::NoMicrophone,
};

#[test]
fn the_microphone_begins_a_call() {
    let mut page = Page::open();
    assert_eq!(page.state(), State::Idle);
    let effects = page.act(Act::Microphone);
    let dial = Effect::Dial {
        number: 1,
        microphone: true,
    };
    assert_eq!(effects, [dial]);
    assert_eq!(page.state(), State::Connecting);
    page.news(News::Microphone(Ok(())));
    let effects = page.news(News::Offer(Ok("v=0 offer".to_owned())));
    let [Effect::PostCall { request, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(request.source, CallSource::Sdp("v=0 offer".to_owned()));
    assert_eq!(request.setup.endpoint.as_deref(), Some("simulator"));
    let effects = page.news(News::Answer(Ok(answer())));
    let accept = Effect::Accept {
        number: 1,
        sdp: "v=0 answer".to_owned(),
    };
    let follow = Effect::Follow {
        number: 1,
        session: "s1".to_owned(),
    };
    assert_eq!(effects, [accept, follow]);
    page.news(News::ChannelOpen);
    page.endpoint(&json!({ "type": "session.created", "session": { "type": "realtime" } }));
    assert_eq!(page.state(), State::Listening);
    assert!(page.model.call.has_microphone());
}

#[test]
fn a_spoken_turn_shows_its_words_as_they_come() {
    let mut page = Page::in_call();
    page.endpoint(&json!({ "type": "input_audio_buffer.speech_started", "item_id": "u1" }));
    assert_eq!(page.state(), State::Hearing);
    let [line] = &page.lines()[..] else {
        panic!("a place for what is being said")
    };
    assert!(line.is_person && !line.done && line.text.expose().is_empty());
    page.endpoint(&json!({ "type": "input_audio_buffer.speech_stopped", "item_id": "u1" }));
    assert_eq!(page.state(), State::Thinking);
    page.endpoint(&json!({ "type": "input_audio_buffer.committed", "item_id": "u1" }));
    page.endpoint(&json!({ "type": "response.created", "response": { "id": "r1" } }));
    page.endpoint(
        &json!({ "type": "response.output_item.added", "response_id": "r1",
        "item": { "id": "a1", "type": "message", "role": "assistant", "content": [] } }),
    );
    page.endpoint(
        &json!({ "type": "response.output_audio_transcript.delta", "response_id": "r1",
        "item_id": "a1", "delta": "18 deg" }),
    );
    // The person's words come later than the answer to them, and stand before it.
    page.endpoint(
        &json!({ "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "u1", "transcript": "How warm is it?" }),
    );
    assert_eq!(page.words(), ["How warm is it?", "18 deg"]);
    page.endpoint(&json!({ "type": "output_audio_buffer.started", "response_id": "r1" }));
    assert_eq!(page.state(), State::Speaking);
    page.endpoint(
        &json!({ "type": "response.output_audio_transcript.done", "response_id": "r1",
        "item_id": "a1", "transcript": "18 degrees." }),
    );
    page.endpoint(&json!({ "type": "response.done",
        "response": { "id": "r1", "status": "completed" } }));
    assert_eq!(page.state(), State::Speaking, "it is still heard");
    page.endpoint(&json!({ "type": "output_audio_buffer.stopped", "response_id": "r1" }));
    assert_eq!(page.state(), State::Listening);
    assert_eq!(page.words(), ["How warm is it?", "18 degrees."]);
    assert!(page.lines().iter().all(|line| line.done));
}

#[test]
fn typing_begins_a_call_and_waits_until_the_model_knows_its_tools() {
    let mut page = Page::open();
    let effects = page.say("Hello");
    let dial = Effect::Dial {
        number: 1,
        microphone: false,
    };
    assert_eq!(effects, [dial]);
    assert_eq!(page.words(), ["Hello"]);
    page.news(News::Offer(Ok("v=0".to_owned())));
    page.news(News::Answer(Ok(answer())));
    let opened = page.news(News::ChannelOpen);
    let greeted = page.endpoint(&json!({ "type": "session.created", "session": {} }));
    assert!(sent(&opened).is_empty() && sent(&greeted).is_empty());
    let effects = page.backend(json!({ "kind": "ready", "model": "m" }));
    assert_eq!(
        sent(&effects),
        ["conversation.item.create", "response.create"]
    );
    assert_eq!(page.words(), ["Hello"], "it is shown once");
    assert!(page.lines()[0].done);
    assert_eq!(page.state(), State::Thinking);
    assert!(page.say("  ").is_empty(), "nothing is said with nothing");
}

#[test]
fn a_call_goes_on_without_the_microphone_and_can_be_given_one_later() {
    let mut page = Page::open();
    page.act(Act::Microphone);
    page.news(News::Microphone(Err(NoMicrophone::Refused)));
    let trouble = page.model.call.microphone_trouble.clone().unwrap();
    assert!(
        trouble.advice.contains("You can type instead"),
        "{trouble:?}"
    );
    assert_eq!(page.model.call.stage, Stage::Connecting(Step::Asking));
    page.connect();
    assert_eq!(page.state(), State::Listening);
    assert_eq!(
        sent(&page.say("Hi")),
        ["conversation.item.create", "response.create"]
    );
    let effects = page.act(Act::Microphone);
    assert_eq!(effects, [Effect::OpenMicrophone { number: 1 }]);
    page.news(News::Microphone(Ok(())));
    assert!(page.model.call.has_microphone());
    assert_eq!(page.model.call.microphone_trouble, None);
    page.news(News::MicrophoneGone);
    assert_eq!(page.model.call.microphone, Microphone::Off);
    assert!(page.model.call.microphone_trouble.is_some());
}

#[test]
fn interrupting_cancels_and_silences_and_shows_where() {
    let mut page = Page::in_call();
    assert!(
        page.act(Act::Interrupt).is_empty(),
        "there is nothing to stop"
    );
    page.endpoint(&json!({ "type": "response.created", "response": { "id": "r1" } }));
    page.endpoint(
        &json!({ "type": "response.output_item.added", "response_id": "r1",
        "item": { "id": "a1", "type": "message", "role": "assistant", "content": [] } }),
    );
    page.endpoint(
        &json!({ "type": "response.output_audio_transcript.delta", "response_id": "r1",
        "item_id": "a1", "delta": "It is a long story" }),
    );
    page.endpoint(&json!({ "type": "output_audio_buffer.started", "response_id": "r1" }));
    let effects = page.act(Act::Interrupt);
    assert_eq!(
        sent(&effects),
        ["response.cancel", "output_audio_buffer.clear"]
    );
    let cleared = json!({ "type": "output_audio_buffer.cleared", "response_id": "r1" });
    assert_eq!(page.endpoint(&cleared), [Effect::Hush(true)]);
    page.endpoint(&json!({ "type": "response.done",
        "response": { "id": "r1", "status": "cancelled" } }));
    page.endpoint(
        &json!({ "type": "conversation.item.truncated", "item_id": "a1",
        "content_index": 0, "audio_end_ms": 700 }),
    );
    assert_eq!(page.state(), State::Listening);
    let cut = page.lines()[0].cut.unwrap();
    assert_eq!(cut.as_millis(), 700);
    let next = json!({ "type": "response.created", "response": { "id": "r2" } });
    assert_eq!(page.endpoint(&next), [Effect::Hush(false)]);
}

#[test]
fn muting_is_only_for_a_microphone_that_is_open() {
    let mut page = Page::open();
    assert!(page.act(Act::Mute).is_empty());
    let mut page = Page::in_call();
    assert_eq!(page.act(Act::Mute), [Effect::Mute(true)]);
    assert_eq!(page.act(Act::Mute), [Effect::Mute(false)]);
}

#[test]
fn ending_lets_go_of_everything_and_another_call_can_begin() {
    let mut page = Page::in_call();
    let effects = page.act(Act::End);
    let end = Effect::End {
        session: "s1".to_owned(),
    };
    assert_eq!(effects, [Effect::HangUp, end]);
    assert_eq!(page.state(), State::Ended);
    assert_eq!(page.model.deadline(), None);
    assert!(page.act(Act::End).is_empty());
    let effects = page.act(Act::Microphone);
    assert!(matches!(effects[..], [Effect::Dial { number: 2, .. }]));
    assert!(page.model.conversation.entries().is_empty());
}

#[test]
fn a_call_that_is_left_before_it_is_answered_is_ended_at_the_backend() {
    let mut page = Page::open();
    page.act(Act::Microphone);
    assert_eq!(page.act(Act::End), [Effect::HangUp]);
    let effects = page.news(News::Answer(Ok(answer())));
    let end = Effect::End {
        session: "s1".to_owned(),
    };
    assert_eq!(effects, [end]);
    assert_eq!(page.state(), State::Ended);
}
