//! [`Shaping`]: the rules by which a result becomes what the model reads.

use std::sync::Arc;

use rtmcp_core::ServerName;

use crate::{catalog::Tool, redact::Redaction, schema::Check};

/// The rules by which a result becomes what the model reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Shaping {
    /// The most that the model reads of one result, in [estimated](crate::estimate_tokens) tokens.
    pub tokens: usize,
    /// Bytes of the largest picture that is given to the model; none is where it is zero.
    pub image_bytes: usize,
    /// Whether a session keeps what is cut, so that the model can read on.
    pub keeps: bool,
    /// The server whose results these are, where they are to be marked as a stranger's data.
    pub stranger: Option<ServerName>,
    /// What is hidden, and from whom.
    pub redaction: Redaction,
    /// What a structured result is held against.
    pub promise: Promise,
}

impl Shaping {
    /// Rules of a server that is trusted, and hides nothing.
    pub fn new(tokens: usize) -> Self {
        Self {
            tokens: tokens.max(MIN_OUTPUT_TOKENS),
            image_bytes: IMAGE_BYTES,
            keeps: true,
            stranger: None,
            redaction: Redaction::default(),
            promise: Promise::default(),
        }
    }
}

/// The form that a tool promises for its structured results, where it promises one.
#[derive(Clone, Debug, Default)]
pub struct Promise(Option<Arc<Tool>>);

impl Promise {
    pub(crate) fn of(tool: &Arc<Tool>) -> Self {
        Self(tool.promise.is_some().then(|| Arc::clone(tool)))
    }

    /// Returns what results are checked with. A schema that nothing can be checked with promises
    /// nothing.
    pub(super) fn schema(&self) -> Option<&Check> {
        self.0.as_ref()?.promise.as_ref()?.as_ref().ok()
    }
}

/// Promises are the same where they have the same words.
impl PartialEq for Promise {
    fn eq(&self, other: &Self) -> bool {
        let words = |it: &Self| {
            it.0.as_ref()
                .and_then(|tool| tool.spec.output_schema.clone())
        };
        words(self) == words(other)
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
