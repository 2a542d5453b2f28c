//! [`Section`]: one part of a result as the model reads it: a label, and words or JSON.

use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};
use serde_json::Value;

use super::{ShapedImage, label, media::Media, repeats::repeats};

/// One part of a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    /// Names it, where it has more than one part, or can't be read: `result-3.2`.
    pub(crate) handle: String,
    /// What it is, where that isn't clear from what it says.
    pub(crate) label: Option<String>,
    pub(crate) body: Body,
}

/// What can be read of a part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Nothing,
    Text(String),
    /// As it was written, and what it means.
    Json(String, Value),
}

impl Body {
    /// Knows a list or an object for what it is.
    fn of(text: String) -> Self {
        if text.trim_start().starts_with(['{', '['])
            && let Ok(value) = serde_json::from_str(&text)
        {
            return Self::Json(text, value);
        }
        Self::Text(text)
    }

    pub(crate) fn written(&self) -> &str {
        match self {
            Self::Nothing => "",
            Self::Text(text) | Self::Json(text, _) => text,
        }
    }
}

/// Pictures that are lifted out of a result, and the most that each may have.
#[derive(Debug)]
pub(super) struct Lift {
    /// Bytes of one picture; none is lifted where it is zero.
    pub(super) bytes: usize,
    pub(super) images: Vec<ShapedImage>,
}

/// Takes a result apart. `handle` names all of it.
pub(super) fn sections(outcome: ToolOutcome, handle: &str, lift: &mut Lift) -> Vec<Section> {
    let structured = outcome.structured.map(Private::into_exposed);
    let said: Vec<ToolContent> = outcome.content.into_iter().filter(says_something).collect();
    let adds = structured.filter(|value| said.is_empty() || !repeats(&said, value));
    let count = said.len() + usize::from(adds.is_some());
    let name = |nth: usize| match count {
        1 => handle.to_owned(),
        _ => format!("{handle}.{}", nth + 1),
    };
    let mut sections: Vec<Section> = Vec::with_capacity(count);
    for part in said {
        let section = section(part, name(sections.len()), lift);
        sections.push(section);
    }
    if let Some(value) = adds {
        sections.push(Section {
            handle: name(sections.len()),
            label: None,
            body: Body::Json(value.to_string(), value),
        });
    }
    sections
}

fn says_something(part: &ToolContent) -> bool {
    !matches!(part, ToolContent::Text(words) if words.expose().trim().is_empty())
}

fn section(part: ToolContent, handle: String, lift: &mut Lift) -> Section {
    let (label, body) = match part {
        ToolContent::Text(words) => (None, Body::of(words.into_exposed())),
        ToolContent::Image { mime, data } => {
            (Some(image(&mime, data, &handle, lift)), Body::Nothing)
        }
        ToolContent::Audio { mime, data } => {
            let media = Media::look(&mime, data.expose());
            (Some(unreadable("audio", &media, &handle)), Body::Nothing)
        }
        ToolContent::Resource { uri, mime, body } => {
            let mime = mime.as_deref().unwrap_or_default();
            match body {
                ResourceBody::Text(words) => {
                    let mime = if mime.is_empty() {
                        "unknown type"
                    } else {
                        mime
                    };
                    let label = format!("[resource {}, {}]", label(&uri), label(mime));
                    (Some(label), Body::of(words.into_exposed()))
                }
                ResourceBody::Blob(data) => {
                    let media = Media::look(mime, data.expose());
                    let what = format!("resource {}", label(&uri));
                    (Some(unreadable(&what, &media, &handle)), Body::Nothing)
                }
            }
        }
        ToolContent::Link { uri, name, mime } => {
            let mime = mime
                .map(|it| format!(", {}", label(&it)))
                .unwrap_or_default();
            let words = format!(
                "[link to {}: {}{mime}, not opened]",
                label(&name),
                label(&uri)
            );
            (Some(words), Body::Nothing)
        }
    };
    Section {
        handle,
        label,
        body,
    }
}

/// Lifts a picture out, where an endpoint takes it; else says what it is.
fn image(mime: &str, data: Private<String>, handle: &str, lift: &mut Lift) -> String {
    let media = Media::look(mime, data.expose());
    let is_small = media.bytes() <= lift.bytes as u64;
    if media.is_picture_for_models() && is_small && lift.images.len() < IMAGES {
        let words = format!("[an image follows: {media}]");
        lift.images.push(ShapedImage {
            mime: media.mime,
            data,
        });
        return words;
    }
    unreadable("image", &media, handle)
}

fn unreadable(what: &str, media: &Media, handle: &str) -> String {
    format!("[{what}: {media}, kept for people as {handle}, not readable here]")
}

/// Pictures of one result that are lifted: each costs a model as much as a page of text.
pub(super) const IMAGES: usize = 4;
