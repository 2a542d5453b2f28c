//! [`Logs`]: what anybody but the model sees of a session, without what the owner's rules hide.
//!
//! Applications, observers, pages, terminals, those who decide about calls, files of audits: whatever
//! leaves a session otherwise than to the endpoint goes through here once, where it is made, so that
//! nothing behind it has to think of it.
//!
//! Where something is hidden from logs, pieces of words are no news either: half of a number is found
//! by no rule. Deltas on the wire are told by their length, transcripts when they are whole, keys of a
//! telephone without which. Sound and pictures pass as they are: no rule reads them.

use std::borrow::Cow;

use rtmcp_core::Private;
use rtmcp_mcp::Ask;
use rtmcp_router::{ApprovalRequest, AuditLine, Reader, Redaction};
use rtmcp_session as session;
use serde_json::{Map, Value};

use crate::{
    Event,
    event::{ToolFinish, ToolStart},
};

/// Hides from everything but the model what rules say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logs<'r>(Option<&'r Redaction>);

impl<'r> Logs<'r> {
    pub(crate) fn new(redaction: &'r Redaction) -> Self {
        Self(redaction.hides_from(Reader::Logs).then_some(redaction))
    }

    /// Tells whether anything is hidden at all.
    pub(crate) fn hide(self) -> bool {
        self.0.is_some()
    }

    /// Returns an event of the wire as it may be seen.
    pub(crate) fn wire(self, text: &str) -> Cow<'_, str> {
        let Some(redaction) = self.0 else {
            return Cow::Borrowed(text);
        };
        let Ok(mut event) = serde_json::from_str::<Value>(text) else {
            return redaction.text(Reader::Logs, text);
        };
        let kind = event
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if SOUND.iter().any(|it| kind.ends_with(it)) {
            return Cow::Borrowed(text);
        }
        let is_piece = PIECES.iter().any(|it| kind.ends_with(it));
        match hide_within(redaction, &mut event, is_piece) {
            true => Cow::Owned(event.to_string()),
            false => Cow::Borrowed(text),
        }
    }

    /// Returns something that happened as it may be seen; none where nothing of it may be.
    pub(crate) fn event(self, mut event: Event) -> Option<Event> {
        let Some(redaction) = self.0 else {
            return Some(event);
        };
        match &mut event {
            Event::Session(event) => {
                return said(redaction, event).then(|| Event::Session(event.clone()));
            }
            Event::Approval { call, request, .. } => {
                started(redaction, call);
                self.request(request);
            }
            Event::ApprovalOver(line) => self.line(line),
            Event::ToolStarted(call) => started(redaction, call),
            Event::ToolFinished(call) => finished(redaction, call),
            Event::ToolProgress { progress, .. } => {
                progress
                    .message
                    .iter_mut()
                    .for_each(|it| words(redaction, it));
            }
            Event::ServerLog { message, .. } => words(redaction, message),
            Event::Elicitation(question) => {
                words(redaction, &mut question.message);
                if let Ask::Form(form) = &mut question.ask {
                    *form = form.shown(|fields| {
                        redaction.value(Reader::Logs, fields);
                    });
                }
            }
            Event::ApprovalNotAsked { message, .. } => text(redaction, message),
            _ => {}
        }
        Some(event)
    }

    /// Hides what somebody who is asked about a call may not see. What they decide about is bound by
    /// its hash, which stays.
    pub(crate) fn request(self, request: &mut ApprovalRequest) {
        if let Some(redaction) = self.0 {
            let of_tool = redaction.of_tool(&request.server, &request.tool);
            arguments(&of_tool, &mut request.arguments);
        }
    }

    /// Hides what a line of an audit may not say.
    pub(crate) fn line(self, line: &mut AuditLine) {
        if let Some(redaction) = self.0 {
            let of_tool = redaction.of_tool(&line.server, &line.tool);
            arguments(&of_tool, &mut line.arguments);
            line.reason.iter_mut().for_each(|it| words(redaction, it));
        }
    }
}

fn started(redaction: &Redaction, call: &mut ToolStart) {
    let of_tool = redaction.of_tool(&call.server, &call.tool);
    arguments(&of_tool, &mut call.arguments);
}

/// The whole result was cleaned by the rules of its tool, where it was shaped.
fn finished(redaction: &Redaction, call: &mut ToolFinish) {
    words(redaction, &mut call.output);
    if let Some(cut) = &mut call.cut {
        words(redaction, &mut cut.notice);
    }
    call.advice.iter_mut().for_each(|it| text(redaction, it));
}

/// Hides what was said, and returns whether it may be told at all.
fn said(redaction: &Redaction, event: &mut session::Event) -> bool {
    match event {
        session::Event::Transcript { done: false, .. } => return false,
        session::Event::Transcript { text, .. } => words(redaction, text),
        session::Event::Dtmf { key, .. } => *key = Private::from(KEY),
        session::Event::TranscriptFailed { message, .. } => text(redaction, message),
        session::Event::Trouble(
            session::Trouble::Endpoint { message, .. }
            | session::Trouble::ResponseFailed { message, .. }
            | session::Trouble::OutputRefused { message, .. },
        ) => text(redaction, message),
        _ => {}
    }
    true
}

fn arguments(redaction: &Redaction, arguments: &mut Private<Map<String, Value>>) {
    let mut value = Value::Object(std::mem::take(arguments.expose_mut()));
    redaction.value(Reader::Logs, &mut value);
    if let Value::Object(clean) = value {
        *arguments.expose_mut() = clean;
    }
}

fn words(redaction: &Redaction, words: &mut Private<String>) {
    text(redaction, words.expose_mut());
}

fn text(redaction: &Redaction, text: &mut String) {
    let clean = redaction.text(Reader::Logs, text);
    if clean != *text {
        *text = clean.into_owned();
    }
}

/// Hides what an event of the wire has in its texts and numbers; names of fields and ids are the
/// protocol's. Returns whether there was any.
fn hide_within(redaction: &Redaction, value: &mut Value, is_piece: bool) -> bool {
    match value {
        Value::Object(fields) => {
            let mut changed = false;
            for (name, field) in fields {
                changed |= match (name.as_str(), &mut *field) {
                    ("delta" | "text" | "event", Value::String(piece)) if is_piece => {
                        *piece = format!("({} characters)", piece.chars().count());
                        true
                    }
                    ("audio" | "image_url", Value::String(_)) => false,
                    (name, Value::String(id)) if is_id(name, id) => false,
                    _ => hide_within(redaction, field, is_piece),
                };
            }
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| {
            hide_within(redaction, item, is_piece) | changed
        }),
        value => redaction.value(Reader::Logs, value),
    }
}

fn is_id(name: &str, id: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (name == "id" || name.ends_with("_id") || name == "type")
        && id.chars().all(|c| is_plain(c) || c == '.')
}

/// Ends of the kinds of events that carry sound alone.
const SOUND: &[&str] = &["audio.delta", "input_audio_buffer.append"];

/// Ends of the kinds of events that carry pieces of words, or keys of a telephone.
const PIECES: &[&str] = &[".delta", ".segment", "dtmf_event_received"];

/// Stands for any key of a telephone.
const KEY: &str = "?";

#[cfg(test)]
mod tests {
    use rtmcp_router::{RedactFor, RedactKind, RedactRule};
    use serde_json::json;

    use super::*;

    fn redaction(hide_from: RedactFor) -> Redaction {
        Redaction::new(&[RedactRule {
            hide_from,
            ..RedactRule::new(RedactKind::Card)
        }])
        .unwrap()
    }

    fn wire(event: &Value) -> Value {
        let redaction = redaction(RedactFor::Logs);
        serde_json::from_str(&Logs::new(&redaction).wire(&event.to_string())).unwrap()
    }

    #[test]
    fn events_of_the_wire_are_shown_without_what_is_hidden() {
        let arguments = json!({ "card": "4242 4242 4242 4242", "cents": 5 }).to_string();
        let event = json!({ "type": "response.function_call_arguments.done", "call_id": "call_1", "arguments": arguments });
        assert_eq!(
            wire(&event)["arguments"],
            r#"{"card":"[card ending 4242]","cents":5}"#
        );
        let output = json!({ "type": "conversation.item.create",
            "item": { "id": "item_4242424242424242", "output": "paid with 4242424242424242" } });
        let shown = wire(&output);
        assert_eq!(shown["item"]["output"], "paid with [card ending 4242]");
        assert_eq!(shown["item"]["id"], "item_4242424242424242");
    }

    #[test]
    fn pieces_of_words_are_shown_by_their_length() {
        let delta =
            json!({ "type": "response.output_audio_transcript.delta", "delta": "4242 4242" });
        assert_eq!(wire(&delta)["delta"], "(9 characters)");
        let key = json!({ "type": "input_audio_buffer.dtmf_event_received", "event": "4" });
        assert_eq!(wire(&key)["event"], "(1 characters)");
        let sound = json!({ "type": "response.output_audio.delta", "delta": "QUJD" });
        assert_eq!(wire(&sound), sound);
    }

    #[test]
    fn what_is_said_is_told_when_it_is_whole() {
        let redaction = redaction(RedactFor::Both);
        let transcript = |done| {
            let event = Event::Session(session::Event::Transcript {
                item_id: "item_1".into(),
                role: rtmcp_core::Role::User,
                text: "my card is 4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2".into(),
                done,
            });
            Logs::new(&redaction).event(event)
        };
        assert_eq!(transcript(false), None);
        let Some(Event::Session(session::Event::Transcript { text, .. })) = transcript(true) else {
            panic!("a whole one is told");
        };
        assert_eq!(text.expose(), "my card is [card ending 4242]");
    }

    #[test]
    fn nothing_is_touched_where_nothing_is_hidden_from_logs() {
        let redaction = redaction(RedactFor::Model);
        let text = r#"{ "type":"x.delta", "delta":"4242424242424242" }"#;
        assert!(matches!(Logs::new(&redaction).wire(text), Cow::Borrowed(it) if it == text));
    }
}
