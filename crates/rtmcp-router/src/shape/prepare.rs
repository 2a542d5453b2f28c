//! Results as one reader may see them: what is hidden from it replaced, what nobody sees taken out.

use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};

use super::media;
use crate::{
    redact::{Reader, Redaction},
    visible::visible,
};

/// Returns a result as the model may see it.
pub(super) fn for_model(outcome: &ToolOutcome, redaction: &Redaction) -> ToolOutcome {
    let mut clean = outcome.clone();
    clean.content.iter_mut().for_each(as_words);
    clean
        .content
        .iter_mut()
        .for_each(|part| each(part, &mut |text| see(text)));
    hide(&mut clean, redaction, Reader::Model);
    clean
}

/// Returns a result as people may see it: whole, unless something is hidden from logs. `seen` is what
/// the model may see of it.
pub(super) fn for_people(
    outcome: &ToolOutcome,
    seen: &ToolOutcome,
    redaction: &Redaction,
) -> ToolOutcome {
    if !redaction.hides_from(Reader::Logs) {
        return outcome.clone();
    }
    if redaction.hides_alike() {
        return seen.clone();
    }
    let mut clean = outcome.clone();
    // What is hidden in bytes would be shown with them.
    clean.content.iter_mut().for_each(as_words);
    // And what nobody sees would split it.
    for part in &mut clean.content {
        each(part, &mut |text| see(text));
    }
    hide(&mut clean, redaction, Reader::Logs);
    clean
}

fn hide(outcome: &mut ToolOutcome, redaction: &Redaction, reader: Reader) {
    if let Some(structured) = &mut outcome.structured {
        redaction.value(reader, structured.expose_mut());
    }
    let parts = outcome.content.iter_mut();
    let mut words: Vec<&mut String> = parts.filter_map(words).collect();
    redaction.row(reader, &mut words);
    for part in &mut outcome.content {
        labels(part, &mut |text| {
            let clean = redaction.text(reader, text);
            if clean != *text {
                *text = clean.into_owned();
            }
        });
    }
}

/// Makes words of bytes that are text.
fn as_words(part: &mut ToolContent) {
    let ToolContent::Resource { mime, body, .. } = part else {
        return;
    };
    if let (Some(mime), ResourceBody::Blob(data)) = (mime.as_deref(), &body)
        && let Some(words) = media::words(mime, data.expose())
    {
        *body = ResourceBody::Text(Private::new(words));
    }
}

fn see(text: &mut String) {
    if let std::borrow::Cow::Owned(seen) = visible(text).text {
        *text = seen;
    }
}

/// Does something to all texts of a part.
fn each(part: &mut ToolContent, act: &mut impl FnMut(&mut String)) {
    labels(part, act);
    if let Some(words) = words(part) {
        act(words);
    }
}

fn words(part: &mut ToolContent) -> Option<&mut String> {
    match part {
        ToolContent::Text(words)
        | ToolContent::Resource {
            body: ResourceBody::Text(words),
            ..
        } => Some(words.expose_mut()),
        _ => None,
    }
}

fn labels(part: &mut ToolContent, act: &mut impl FnMut(&mut String)) {
    match part {
        ToolContent::Text(_) => {}
        ToolContent::Image { mime, .. } | ToolContent::Audio { mime, .. } => act(mime),
        ToolContent::Resource { uri, mime, .. } => {
            act(uri);
            mime.iter_mut().for_each(act);
        }
        ToolContent::Link { uri, name, mime } => {
            act(uri);
            act(name);
            mime.iter_mut().for_each(act);
        }
    }
}
