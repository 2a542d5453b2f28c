//! [`Shaping`]: the rules by which a result becomes what the model reads.

use std::sync::Arc;

use rtmcp_core::ServerName;

use crate::{catalog::Tool, redact::Redaction};

/// The rules by which a result becomes what the model reads.
#[derive(Clone, Debug)]
pub struct Shaping {
    /// The most that the model reads of one result, in [estimated](crate::estimate_tokens) tokens.
    pub tokens: usize,
    /// Bytes of the largest picture that is given to the model; none is where it is zero.
    pub image_bytes: usize,
    /// The server whose results these are, where they are to be marked as a stranger's data.
    pub stranger: Option<ServerName>,
    /// What is hidden, and from whom.
    pub redaction: Redaction,
    /// The tool, which may promise a form.
    pub(crate) tool: Option<Arc<Tool>>,
}

impl Shaping {
    /// Rules of a server that is trusted, and hides nothing.
    pub fn new(tokens: usize) -> Self {
        Self {
            tokens: tokens.max(MIN_OUTPUT_TOKENS),
            image_bytes: IMAGE_BYTES,
            stranger: None,
            redaction: Redaction::default(),
            tool: None,
        }
    }
}

/// Rules are the same where they come from the same words.
impl PartialEq for Shaping {
    fn eq(&self, other: &Self) -> bool {
        let promise = |it: &Self| {
            it.tool
                .as_ref()
                .and_then(|tool| tool.spec.output_schema.clone())
        };
        (self.tokens, self.image_bytes, &self.stranger)
            == (other.tokens, other.image_bytes, &other.stranger)
            && self.redaction == other.redaction
            && promise(self) == promise(other)
    }
}

/// What the model reads of one result unless something else is set, in tokens: some 16 KiB of text,
/// which a voice would read for a quarter of an hour.
pub const OUTPUT_TOKENS: usize = 4000;

/// The least budget of a result: room for a few sentences and the notice of a cut.
pub const MIN_OUTPUT_TOKENS: usize = 128;

/// Bytes of the largest picture that is lifted unless something else is set. As base64 in an event it
/// stays far below what endpoints and data channels take.
pub const IMAGE_BYTES: usize = 1024 * 1024;
