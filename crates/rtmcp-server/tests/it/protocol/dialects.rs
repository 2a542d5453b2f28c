//! The part of the page about dialects; every older name in it is tried.

use rtmcp::core::{ClientEvent, Dialect, ServerEvent};
use serde_json::{Value, json};

use super::example;

/// Events: their older name and today's.
const EVENTS: &[(&str, &str)] = &[
    ("response.text.delta", "response.output_text.delta"),
    ("response.text.done", "response.output_text.done"),
    ("response.audio.delta", "response.output_audio.delta"),
    ("response.audio.done", "response.output_audio.done"),
    (
        "response.audio_transcript.delta",
        "response.output_audio_transcript.delta",
    ),
    (
        "response.audio_transcript.done",
        "response.output_audio_transcript.done",
    ),
];

/// Settings of a session: where they were, where they are, and what the two say.
fn settings() -> Vec<(&'static str, &'static str, Value, Value)> {
    let same = |old, new, value: Value| (old, new, value.clone(), value);
    vec![
        (
            "/modalities",
            "/output_modalities",
            json!(["text", "audio"]),
            json!(["audio"]),
        ),
        same("/voice", "/audio/output/voice", json!("alloy")),
        same("/speed", "/audio/output/speed", json!(1.5)),
        (
            "/output_audio_format",
            "/audio/output/format",
            json!("pcm16"),
            json!({"type": "audio/pcm", "rate": 24000}),
        ),
        (
            "/input_audio_format",
            "/audio/input/format",
            json!("g711_ulaw"),
            json!({"type": "audio/pcmu"}),
        ),
        same(
            "/input_audio_transcription",
            "/audio/input/transcription",
            json!({"model": "whisper-1"}),
        ),
        same(
            "/input_audio_noise_reduction",
            "/audio/input/noise_reduction",
            json!({"type": "far_field"}),
        ),
        same(
            "/turn_detection",
            "/audio/input/turn_detection",
            json!({"type": "server_vad"}),
        ),
        same(
            "/max_response_output_tokens",
            "/max_output_tokens",
            json!("inf"),
        ),
    ]
}

pub(crate) fn section() -> String {
    let mut table = "| older | today |\n|---|---|\n".to_owned();
    for (old, new) in EVENTS {
        let mut event: Value = serde_json::from_str(&example("server", new)).unwrap();
        event["type"] = json!(old);
        assert_eq!(Dialect::Legacy.decode(&event.to_string()).kind(), *new);
        table.push_str(&format!("| `{old}` | `{new}` |\n"));
    }
    for (old, new, before, now) in settings() {
        try_setting(old, new, &before, &now);
        let name = |pointer: &str| pointer.trim_start_matches('/').replace('/', ".");
        let example = match before == now {
            true => String::new(),
            false => format!(": `{before}` → `{now}`"),
        };
        let (old, new) = (name(old), name(new));
        table.push_str(&format!("| `session.{old}` | `session.{new}`{example} |\n"));
    }
    for dialect in Dialect::ALL {
        assert!(
            OPENING.contains(&format!("`dialect = \"{dialect}\"`")),
            "{dialect}"
        );
    }
    format!("{OPENING}\n{table}{REST}")
}

/// A setting is read from where it was, and written there.
fn try_setting(old: &str, new: &str, before: &Value, now: &Value) {
    let mut session = json!({});
    put(&mut session, old, before.clone());
    let event = json!({"type": "session.updated", "event_id": "e", "session": session});
    let ServerEvent::SessionUpdated(read) = Dialect::Legacy.decode(&event.to_string()) else {
        panic!("{event}");
    };
    let read = serde_json::to_value(&read.session).unwrap();
    assert_eq!(read.pointer(new), Some(now), "{old}");
    let update = json!({"type": "session.update", "session": read});
    let update = ClientEvent::decode(&update.to_string());
    let told: Value = serde_json::from_str(&Dialect::Legacy.encode(&update)).unwrap();
    assert_eq!(told["session"], session, "{new}");
}

fn put(object: &mut Value, pointer: &str, value: Value) {
    let names = pointer.split('/').skip(1);
    *names.fold(object, |place, name| &mut place[name]) = value;
}

const OPENING: &str = "
## Dialects

`[realtime] dialect` says which naming of the protocol the endpoint speaks. It is read and written at the edge of the \
connection (`rtmcp_core::Dialect`): the session knows today's names alone, and what a dialect has no word for passes unchanged.

- `dialect = \"openai\"`, the default: the protocol as published.
- `dialect = \"azure\"`: the same events. What differs at Azure is around them: the key goes into the header `api-key`, `url` is \
  `https://….openai.azure.com/openai/v1`, and `model` and `transcription` are names of deployments.
- `dialect = \"legacy\"`: the protocol of the beta, which OpenAI serves no more and other vendors still do. Its `OpenAI-Beta` \
  header isn't sent. Today's names are understood beside the older ones, so that endpoints of which a part is newer work too.

What `legacy` changes, in both directions:
";

const REST: &str = "
In a `response.create`, and in a response, `modalities`, `voice` and `output_audio_format` stand as flat as in the session. \
`session.type` isn't sent, and counts as `realtime` where it is missing. Parts of the model's messages are `text` and `audio` \
instead of `output_text` and `output_audio`. `conversation.item.created` stands for `conversation.item.added` while the item is \
in progress, and for `added` and `done` otherwise. `response.function_call_arguments.done` may come without `name`: calls are run \
by `response.output_item.done`, which has it. `temperature` and whatever else has no name today is kept where it is; so is what \
had no name then, such as `reasoning` and `truncation`.

A dialect is about events. Requests for calls and keys are made as published, and the proxy doesn't translate: its clients and \
its endpoint speak today's names. The gateway does: pages speak today's names, whatever the endpoint speaks.
";
