//! [`Elicitation`]: what an MCP server asks the person, and [`ElicitationAnswer`].

use rtmcp_core::Private;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A question of an MCP server to the person, in the course of a call. The model asks them, too: the
/// first answer counts.
///
/// The words are a stranger's: a page shows who asks, as text and never as markup, and opens no
/// address that the person hasn't seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Elicitation {
    /// Names the question in this session.
    pub id: String,
    /// The call in whose course it is asked.
    pub call_id: String,
    /// The server that asks.
    pub server: String,
    /// The tool that was called, by its name there.
    pub tool: String,
    /// What it asks.
    pub message: Private<String>,
    /// The fields to fill in, as JSON Schema of a flat object: texts, numbers, yes or no, choices;
    /// with defaults. None where a page is to be visited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Private<Map<String, Value>>>,
    /// A page to visit instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Private<String>>,
    /// When it is cancelled, in milliseconds from now.
    pub expires_ms: u64,
}

/// Answers a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElicitationAnswer {
    /// What the person does.
    pub action: ElicitationAction,
    /// The fields, with `accept`; those that are absent get their defaults.
    #[serde(default)]
    pub content: Private<Map<String, Value>>,
}

/// What a person does with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElicitationAction {
    /// Answers it, or opens the page.
    Accept,
    /// Says no.
    Decline,
    /// Closes it.
    Cancel,
}
