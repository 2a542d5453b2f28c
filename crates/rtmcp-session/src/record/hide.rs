//! [`Hide`]: takes out of a recording what isn't known to be harmless.
//!
//! It works on the JSON of inputs and outputs, by the names of fields, and so reaches events and
//! fields that this version doesn't know. Everything that a session decides by is kept, or replaced
//! by something that it decides by in the same way: a session that runs over what is hidden does
//! what is hidden of what it did.

use serde_json::{Map, Number, Value};

use super::Keep;

/// Fields of a session's own whose texts stay; their numbers all do.
const OF_A_SESSION: &[&str] = &[
    "call_id",
    "cancel_tool",
    "close",
    "code",
    "command",
    "duplicates",
    "end",
    "event_id",
    "item_id",
    "kind",
    "lost",
    "mime",
    "model",
    "name",
    "notify",
    "on_barge_in",
    "reason",
    "reply",
    "response_id",
    "role",
    "session_id",
    "state",
    "status",
    "tool",
    "trouble",
    "why",
];

/// Fields of the protocol whose texts and numbers stay: ids, kinds, states, codes, places, counts.
const OF_THE_PROTOCOL: &[&str] = &[
    "approval_request_id",
    "audio_end_ms",
    "audio_start_ms",
    "audio_tokens",
    "cached_tokens",
    "call_id",
    "code",
    "content_index",
    "conversation",
    "conversation_id",
    "eagerness",
    "effort",
    "event_id",
    "expires_at",
    "id",
    "idle_timeout_ms",
    "image_tokens",
    "include",
    "input_tokens",
    "item_id",
    "language",
    "limit",
    "max_output_tokens",
    "model",
    "object",
    "output_index",
    "output_modalities",
    "output_tokens",
    "param",
    "prefix_padding_ms",
    "previous_item_id",
    "rate",
    "reason",
    "received_at",
    "remaining",
    "reset_seconds",
    "response_id",
    "retention_ratio",
    "role",
    "rtmcp",
    "seconds",
    "server_label",
    "silence_duration_ms",
    "speed",
    "status",
    "strength",
    "text_tokens",
    "threshold",
    "tool_choice",
    "total_tokens",
    "truncation",
    "type",
    "voice",
];

/// Those that stay in what isn't understood: whatever else it holds may be anything.
const OF_ANYTHING: &[&str] = &[
    "call_id",
    "event_id",
    "id",
    "item_id",
    "object",
    "previous_item_id",
    "response_id",
    "role",
    "status",
    "type",
];

/// Kinds of things that have a function's name.
const NAMED: &[&str] = &[
    "function",
    "function_call",
    "mcp",
    "mcp_approval_request",
    "mcp_call",
    "response.function_call_arguments.done",
];

/// Fields that are hidden in any case, with all that is in them.
const SECRET: &[&str] = &[
    "api_key",
    "authorization",
    "client_secret",
    "headers",
    "server_url",
    "url",
];

/// The event whose `delta` is sound.
const SOUND_DELTA: &str = "response.output_audio.delta";

/// Stands before the length of what was left out; no base64 text has it.
const LENGTH: char = '~';

/// What becomes of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It stays, and each field in it is looked at.
    Stays,
    /// It stays with all that is in it, but for secrets.
    StaysWhole,
    /// It is hidden unless words are kept.
    Words,
    /// It is hidden.
    Secret,
    /// Its length stays, unless sound is kept.
    Sound,
    /// Its length stays, unless words are kept.
    Picture,
}

/// Whose fields these are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    ASession,
    TheProtocol,
    Anything,
}

impl Of {
    fn harmless(self) -> &'static [&'static str] {
        match self {
            Self::ASession => OF_A_SESSION,
            Self::TheProtocol => OF_THE_PROTOCOL,
            Self::Anything => OF_ANYTHING,
        }
    }

    /// Whose fields those in a field are.
    fn within(self, name: &str) -> Self {
        match (self, name) {
            (Self::ASession, "event" | "send" | "configure" | "respond" | "usage") => {
                Self::TheProtocol
            }
            // An event that wasn't understood: what a session says of it, and as it came.
            (Self::TheProtocol, "not_understood") => Self::ASession,
            (Self::ASession, "value") => Self::Anything,
            _ => self,
        }
    }
}

/// Hides what isn't to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hide {
    pub(super) keep: Keep,
}

impl Hide {
    /// Hides all but this.
    pub(super) fn but(keep: Keep) -> Self {
        Self { keep }
    }

    /// Hides what an input or outputs hold.
    pub(super) fn step(self, value: &mut Value) {
        // Inputs and outputs that are a word stand alone.
        self.value(value, Fate::Stays, Of::ASession);
    }

    /// Hides what a session's options hold: of them only the configuration is the owner's own.
    pub(super) fn options(self, options: &mut Value) {
        for field in ["config", "tools"] {
            let Some(value) = options.get_mut(field) else {
                continue;
            };
            let fate = if field == "tools" {
                Fate::StaysWhole
            } else {
                Fate::Words
            };
            self.value(value, fate, Of::TheProtocol);
        }
    }

    fn value(self, value: &mut Value, fate: Fate, of: Of) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.number(number, fate),
            Value::String(text) => self.text(text, fate),
            Value::Array(values) => {
                for value in values {
                    self.value(value, fate, of);
                }
            }
            Value::Object(fields) => self.fields(fields, fate, of),
        }
    }

    fn fields(self, fields: &mut Map<String, Value>, fate: Fate, of: Of) {
        let kind = fields.get("type").and_then(Value::as_str);
        let kind = kind.unwrap_or_default().to_owned();
        let is_named = ["call_id", "limit"]
            .iter()
            .any(|it| fields.contains_key(*it))
            || NAMED.contains(&kind.as_str());
        for (name, value) in fields {
            let own = match name.as_str() {
                _ if fate == Fate::Secret => Fate::Secret,
                name if SECRET.contains(&name) => Fate::Secret,
                _ if fate == Fate::StaysWhole => Fate::StaysWhole,
                "audio" if value.is_string() => Fate::Sound,
                "delta" if kind == SOUND_DELTA => Fate::Sound,
                "image_url" => Fate::Picture,
                "data" if of == Of::ASession => Fate::Picture,
                name if of.harmless().contains(&name) => Fate::Stays,
                "tools" | "set_tools" if value.is_array() && of != Of::Anything => Fate::StaysWhole,
                "name" if is_named && of == Of::TheProtocol => Fate::Stays,
                _ if value.is_number() && of == Of::ASession => Fate::Stays,
                _ => Fate::Words,
            };
            // The one word of the protocol that means two things.
            let own = match (name.as_str(), kind.as_str()) {
                ("reason", "mcp_approval_response") => Fate::Words,
                _ => own,
            };
            self.value(value, own, of.within(name));
        }
    }

    fn text(self, text: &mut String, fate: Fate) {
        match fate {
            Fate::Words if !self.keep.words => *text = hidden(text),
            Fate::Secret => *text = hidden(text),
            Fate::Sound if !self.keep.sound => *text = length(text),
            Fate::Picture if !self.keep.words => *text = length(text),
            _ => {}
        }
    }

    fn number(self, number: &mut Number, fate: Fate) {
        let hides = match fate {
            Fate::Stays | Fate::StaysWhole => false,
            Fate::Words | Fate::Sound | Fate::Picture => !self.keep.words,
            Fate::Secret => true,
        };
        if hides {
            // Of the same kind, so that it is read as what it was.
            let zero = if number.is_f64() {
                Number::from_f64(0.0)
            } else {
                None
            };
            *number = zero.unwrap_or_else(|| 0.into());
        }
    }
}

/// Hides a text, character by character: the hidden halves of a text are the halves of the hidden
/// text, with as many bytes and as many words.
fn hidden(text: &str) -> String {
    let hide = |c: char| match c.len_utf8() {
        _ if c.is_whitespace() => c,
        1 => 'x',
        2 => '×',
        3 => '✕',
        _ => '𝚡',
    };
    text.chars().map(hide).collect()
}

/// Leaves of a base64 text how long it is, and how it ends.
fn length(text: &str) -> String {
    let digits = text.trim_end_matches('=').len();
    let end = &text[digits..];
    format!("{LENGTH}{digits}{end}")
}

fn lengthen(text: &mut String) {
    if let Some(sound) = long(text) {
        *text = sound;
    }
}

/// Makes a base64 text of the length that was left of one; `None` for any other text.
fn long(text: &str) -> Option<String> {
    let length = text.strip_prefix(LENGTH)?;
    let digits = length.trim_end_matches('=');
    let end = &length[digits.len()..];
    // As much as an endpoint could send, so that no file fills the memory with one line.
    let digits: usize = digits.parse().ok().filter(|it| *it <= MOST_SOUND)?;
    Some(format!("{}{end}", "A".repeat(digits)))
}

const MOST_SOUND: usize = 64 * 1024 * 1024;

/// Puts sound of the same length where only its length was kept.
pub(super) fn make_sound(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_sound = fields.get("type").is_some_and(|kind| kind == SOUND_DELTA);
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("audio" | "image_url" | "data", Value::String(text)) => lengthen(text),
                    ("delta", Value::String(text)) if is_sound => lengthen(text),
                    (_, value) => make_sound(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(make_sound),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
