//! The published shapes of the 11 client events, as tables.
//!
//! What the simulator can't do isn't in them, so that it is refused by name and not ignored: MCP
//! tools and items, G.711, and sound as the model's own words.

use rtmcp_core::limits;

use super::{
    Field,
    Shape::{
        self, Any, Cases, Either, Flag, FunctionName, List, Map, Metadata, Number, Object, Text,
        TextUpTo, Whole, Words,
    },
};

const fn must(name: &'static str, shape: &'static Shape) -> Field {
    Field {
        name,
        required: true,
        shape,
    }
}

const fn may(name: &'static str, shape: &'static Shape) -> Field {
    Field {
        name,
        required: false,
        shape,
    }
}

const TYPE: Field = may("type", &Any);
const EVENT_ID: Field = may("event_id", &TextUpTo(limits::EVENT_ID_CHARS));
const MANY: usize = usize::MAX;

/// Every event with its fields.
pub(super) const EVENTS: &[(&str, &[Field])] = &[
    (
        "session.update",
        &[TYPE, EVENT_ID, must("session", &SESSION)],
    ),
    (
        "input_audio_buffer.append",
        &[TYPE, EVENT_ID, must("audio", &Text)],
    ),
    ("input_audio_buffer.commit", &[TYPE, EVENT_ID]),
    ("input_audio_buffer.clear", &[TYPE, EVENT_ID]),
    ("output_audio_buffer.clear", &[TYPE, EVENT_ID]),
    (
        "conversation.item.create",
        &[
            TYPE,
            EVENT_ID,
            may("previous_item_id", &Text),
            must("item", &ITEM),
        ],
    ),
    (
        "conversation.item.retrieve",
        &[TYPE, EVENT_ID, must("item_id", &Text)],
    ),
    (
        "conversation.item.truncate",
        &[
            TYPE,
            EVENT_ID,
            must("item_id", &Text),
            must("content_index", &Whole(0, i64::MAX)),
            must("audio_end_ms", &Whole(i64::MIN, i64::MAX)),
        ],
    ),
    (
        "conversation.item.delete",
        &[TYPE, EVENT_ID, must("item_id", &Text)],
    ),
    (
        "response.create",
        &[TYPE, EVENT_ID, may("response", &RESPONSE)],
    ),
    (
        "response.cancel",
        &[TYPE, EVENT_ID, may("response_id", &Text)],
    ),
];

/// The body of a request for a client secret.
pub(super) const SECRET: &[Field] = &[
    may("expires_after", &EXPIRES_AFTER),
    may("session", &SESSION),
];

const EXPIRES_AFTER: Shape = Object(&[
    may("anchor", &Words(&["created_at"])),
    may("seconds", &Whole(10, 7_200)),
]);

const SESSION: Shape = Cases("type", &[("realtime", &REALTIME)]);

const REALTIME: Shape = Object(&[
    TYPE,
    may("model", &Text),
    may("instructions", &Text),
    may("output_modalities", &MODALITIES),
    may("audio", &AUDIO),
    may("include", &INCLUDE),
    may("tools", &TOOLS),
    may("tool_choice", &TOOL_CHOICE),
    may("parallel_tool_calls", &Flag),
    may("reasoning", &REASONING),
    may("max_output_tokens", &MAX_TOKENS),
    may("truncation", &TRUNCATION),
    may("tracing", &TRACING),
    may("prompt", &PROMPT),
]);

const RESPONSE: Shape = Object(&[
    may("output_modalities", &MODALITIES),
    may("instructions", &Text),
    may("audio", &Object(&[may("output", &OUTPUT)])),
    may("tools", &TOOLS),
    may("tool_choice", &TOOL_CHOICE),
    may("parallel_tool_calls", &Flag),
    may("reasoning", &REASONING),
    may("max_output_tokens", &MAX_TOKENS),
    may("conversation", &Words(&["auto", "none"])),
    may("metadata", &Metadata),
    may("prompt", &PROMPT),
    may("input", &List(&ITEM_OR_REFERENCE, MANY)),
]);

const MODALITIES: Shape = List(&Words(&["text", "audio"]), MANY);
const INCLUDE: Shape = List(&Words(&["item.input_audio_transcription.logprobs"]), MANY);
const MAX_TOKENS: Shape = Either(&Words(&["inf"]), &Whole(1, 4096));
const REASONING: Shape = Object(&[may(
    "effort",
    &Words(&["minimal", "low", "medium", "high", "xhigh"]),
)]);
const PROMPT: Shape = Object(&[
    must("id", &Text),
    may("version", &Text),
    may("variables", &Map),
]);

const TRUNCATION: Shape = Either(
    &Words(&["auto", "disabled"]),
    &Object(&[
        must("type", &Words(&["retention_ratio"])),
        must("retention_ratio", &Number(0.0, 1.0)),
        may(
            "token_limits",
            &Object(&[may("post_instructions", &Whole(0, i64::MAX))]),
        ),
    ]),
);

const TRACING: Shape = Either(
    &Words(&["auto"]),
    &Object(&[
        may("workflow_name", &Text),
        may("group_id", &Text),
        may("metadata", &Map),
    ]),
);

const AUDIO: Shape = Object(&[may("input", &INPUT), may("output", &OUTPUT)]);

const INPUT: Shape = Object(&[
    may("format", &FORMAT),
    may("transcription", &TRANSCRIPTION),
    may("noise_reduction", &NOISE_REDUCTION),
    may("turn_detection", &TURN_DETECTION),
]);

const OUTPUT: Shape = Object(&[
    may("format", &FORMAT),
    may("voice", &Either(&Text, &Object(&[must("id", &Text)]))),
    may("speed", &Number(0.25, 1.5)),
]);

const FORMAT: Shape = Cases(
    "type",
    &[(
        "audio/pcm",
        &Object(&[TYPE, may("rate", &Whole(24_000, 24_000))]),
    )],
);

const TRANSCRIPTION: Shape = Object(&[
    may("model", &Text),
    may("language", &Text),
    may("languages", &List(&Text, MANY)),
    may("keywords", &List(&Text, MANY)),
    may("prompt", &Text),
    may(
        "delay",
        &Words(&["minimal", "low", "medium", "high", "xhigh"]),
    ),
]);

const NOISE_REDUCTION: Shape = Object(&[
    must("type", &Words(&["near_field", "far_field"])),
    may("strength", &Number(0.0, 1.0)),
]);

const TURN_DETECTION: Shape = Cases(
    "type",
    &[
        (
            "server_vad",
            &Object(&[
                TYPE,
                may("threshold", &Number(0.0, 1.0)),
                may("prefix_padding_ms", &Whole(0, 60_000)),
                may("silence_duration_ms", &Whole(0, 60_000)),
                may("create_response", &Flag),
                may("interrupt_response", &Flag),
                may("idle_timeout_ms", &Whole(5_000, 30_000)),
            ]),
        ),
        (
            "semantic_vad",
            &Object(&[
                TYPE,
                may("eagerness", &Words(&["low", "medium", "high", "auto"])),
                may("create_response", &Flag),
                may("interrupt_response", &Flag),
            ]),
        ),
    ],
);

const TOOLS: Shape = List(
    &Cases("type", &[("function", &FUNCTION)]),
    limits::TOOLS_PER_SESSION,
);

const FUNCTION: Shape = Object(&[
    TYPE,
    must("name", &FunctionName),
    may("description", &Text),
    may("parameters", &Map),
]);

const TOOL_CHOICE: Shape = Either(
    &Words(&["none", "auto", "required"]),
    &Cases(
        "type",
        &[("function", &Object(&[TYPE, must("name", &Text)]))],
    ),
);

const ITEM: Shape = Cases("type", ITEMS);

const ITEM_OR_REFERENCE: Shape = Cases(
    "type",
    &[
        ("message", &MESSAGE),
        ("function_call", &CALL),
        ("function_call_output", &CALL_OUTPUT),
        ("item_reference", &Object(&[TYPE, must("id", &Text)])),
    ],
);

const ITEMS: &[(&str, &Shape)] = &[
    ("message", &MESSAGE),
    ("function_call", &CALL),
    ("function_call_output", &CALL_OUTPUT),
];

const ID: Field = may("id", &TextUpTo(limits::ITEM_ID_CHARS));
const OBJECT: Field = may("object", &Words(&["realtime.item"]));
const STATUS: Field = may(
    "status",
    &Words(&["completed", "incomplete", "in_progress"]),
);

const MESSAGE: Shape = Cases(
    "role",
    &[
        ("system", &Object(SYSTEM_MESSAGE)),
        ("user", &Object(USER_MESSAGE)),
        ("assistant", &Object(ASSISTANT_MESSAGE)),
    ],
);

const SYSTEM_MESSAGE: &[Field] = &[
    TYPE,
    ID,
    OBJECT,
    STATUS,
    may("role", &Any),
    must(
        "content",
        &List(&Cases("type", &[("input_text", &TEXT_PART)]), MANY),
    ),
];

const USER_MESSAGE: &[Field] = &[
    TYPE,
    ID,
    OBJECT,
    STATUS,
    may("role", &Any),
    must("content", &List(&USER_PART, MANY)),
];

const ASSISTANT_MESSAGE: &[Field] = &[
    TYPE,
    ID,
    OBJECT,
    STATUS,
    may("role", &Any),
    must(
        "content",
        &List(&Cases("type", &[("output_text", &TEXT_PART)]), MANY),
    ),
];

const TEXT_PART: Shape = Object(&[TYPE, must("text", &Text)]);

const USER_PART: Shape = Cases(
    "type",
    &[
        ("input_text", &TEXT_PART),
        (
            "input_audio",
            &Object(&[TYPE, must("audio", &Text), may("transcript", &Text)]),
        ),
        (
            "input_image",
            &Object(&[
                TYPE,
                must("image_url", &Text),
                may("detail", &Words(&["auto", "low", "high"])),
            ]),
        ),
    ],
);

const CALL: Shape = Object(&[
    TYPE,
    ID,
    OBJECT,
    STATUS,
    may("call_id", &Text),
    must("name", &Text),
    must("arguments", &Text),
]);

const CALL_OUTPUT: Shape = Object(&[
    TYPE,
    ID,
    OBJECT,
    STATUS,
    must("call_id", &Text),
    must("output", &Text),
]);
