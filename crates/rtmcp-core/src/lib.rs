//! stub
mod audio;
mod id;
pub mod limits;
mod private;
mod time;
mod tool;

pub use audio::{AudioFormat, AudioKind, decoded_len};
pub use id::{CallId, ConversationId, EventId, ItemId, ResponseId, ServerName, SessionId};
pub use private::Private;
pub use time::Timestamp;
pub use tool::{
    BadFunctionName, FunctionName, ResourceBody, ToolAnnotations, ToolCall, ToolContent,
    ToolOutcome, ToolSpec,
};
