//! What was called otherwise.

use super::{Field, Meaning, Renamed};

/// What a server says.
pub(super) const SERVER: &[Renamed] = &[
    name("response.text.delta", "response.output_text.delta"),
    name("response.text.done", "response.output_text.done"),
    name("response.audio.delta", "response.output_audio.delta"),
    name("response.audio.done", "response.output_audio.done"),
    name(
        "response.audio_transcript.delta",
        "response.output_audio_transcript.delta",
    ),
    name(
        "response.audio_transcript.done",
        "response.output_audio_transcript.done",
    ),
    Renamed {
        // It stood for both: that an item began, and that it was whole from the start.
        growing: Some("conversation.item.added"),
        ..holds("conversation.item.created", ITEM)
    },
    holds("conversation.item.retrieved", ITEM),
    holds("response.output_item.added", ITEM),
    holds("response.output_item.done", ITEM),
    holds("response.created", RESPONSE),
    holds("response.done", RESPONSE),
    holds("session.created", SESSION),
    holds("session.updated", SESSION),
];

/// What a client says.
pub(super) const CLIENT: &[Renamed] = &[
    holds("session.update", SESSION),
    holds("response.create", REQUEST),
    holds("conversation.item.create", ITEM),
];

/// Formats of sound: their older name, their kind today, and the rate that it names.
pub(super) const FORMATS: &[(&str, &str, Option<u64>)] = &[
    ("pcm16", "audio/pcm", Some(24_000)),
    ("g711_ulaw", "audio/pcmu", None),
    ("g711_alaw", "audio/pcma", None),
];

/// Parts of the model's messages.
pub(super) const PARTS: &[(&str, &str)] = &[("text", "output_text"), ("audio", "output_audio")];

const ITEM: &[Field] = &[same("item", Meaning::Item)];

const SESSION: &[Field] = &[same("session", Meaning::Object(CONFIG))];

const RESPONSE: &[Field] = &[same("response", Meaning::Object(ANSWER))];

const REQUEST: &[Field] = &[same("response", Meaning::Object(PARAMS))];

const CONFIG: &[Field] = &[
    same("type", Meaning::Implied("realtime")),
    MODALITIES,
    Field {
        old: "input_audio_format",
        new: &["audio", "input", "format"],
        meaning: Meaning::Format,
    },
    moved(
        "input_audio_transcription",
        &["audio", "input", "transcription"],
    ),
    moved(
        "input_audio_noise_reduction",
        &["audio", "input", "noise_reduction"],
    ),
    moved("turn_detection", &["audio", "input", "turn_detection"]),
    FORMAT,
    VOICE,
    moved("speed", &["audio", "output", "speed"]),
    moved("max_response_output_tokens", &["max_output_tokens"]),
];

const ANSWER: &[Field] = &[same("output", Meaning::Items), MODALITIES, FORMAT, VOICE];

const PARAMS: &[Field] = &[same("input", Meaning::Items), MODALITIES, FORMAT, VOICE];

const MODALITIES: Field = Field {
    old: "modalities",
    new: &["output_modalities"],
    meaning: Meaning::Modalities,
};

const FORMAT: Field = Field {
    old: "output_audio_format",
    new: &["audio", "output", "format"],
    meaning: Meaning::Format,
};

const VOICE: Field = moved("voice", &["audio", "output", "voice"]);

/// An event of another name.
const fn name(old: &'static str, new: &'static str) -> Renamed {
    Renamed {
        old,
        new,
        growing: None,
        fields: &[],
    }
}

/// An event of the same name that holds something that differs.
const fn holds(name: &'static str, fields: &'static [Field]) -> Renamed {
    Renamed {
        old: name,
        new: name,
        growing: None,
        fields,
    }
}

/// A field of another name, or in another place.
const fn moved(old: &'static str, new: &'static [&'static str]) -> Field {
    let meaning = Meaning::Same;
    Field { old, new, meaning }
}

/// A field of the same name that means something else.
const fn same(name: &'static str, meaning: Meaning) -> Field {
    Field {
        old: name,
        new: &[],
        meaning,
    }
}
