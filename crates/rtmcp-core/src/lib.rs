//! The words of the Realtime protocol: ids, time, audio formats, items, tools, settings, events.
//!
//! Every other crate of rtmcp speaks in these types. There is no IO here, no clock, no async and
//! no global state; the crate builds for `wasm32-unknown-unknown`.
//!
//! The two vocabularies are [`ClientEvent`] (11 kinds) and [`ServerEvent`] (46 kinds).
//!
//! - **Decoding is total.** An unknown event is kept whole as `Unknown`, and unknown fields in
//!   `extra`; a field of another type than published is kept there too, and named by `misread`, so
//!   that it costs itself and not its event; null and absence are the same, except where the
//!   protocol gives null a meaning ([`Nullable`]). Encoding gives back what came.
//! - **Older names are a [`Dialect`].** Endpoints that speak them are read into today's events.
//! - **Speech and results are [`Private`].** No `Debug` output shows what people say, what tools
//!   are given, or what they answer.
//!
//! # Example
//!
//! ```
//! use rtmcp_core::{ClientEvent, Item, ServerEvent, event::client::ResponseCreate};
//!
//! let text = r#"{"type":"response.output_item.done","event_id":"e1","response_id":"r1",
//!     "output_index":0,"item":{"type":"function_call","status":"completed","call_id":"call_1",
//!     "name":"get_weather","arguments":"{\"city\":\"Paris\"}"},"new_in_2027":true}"#;
//! let ServerEvent::ResponseOutputItemDone(done) = ServerEvent::decode(text) else {
//!     panic!("a known event");
//! };
//! let Item::FunctionCall(call) = &done.item else { panic!("a call") };
//! assert_eq!(call.name, "get_weather");
//! assert!(!format!("{call:?}").contains("Paris"));
//! assert!(done.extra.0.contains_key("new_in_2027"));
//!
//! let reply = ClientEvent::from(ResponseCreate::default());
//! assert_eq!(reply.encode(), r#"{"type":"response.create"}"#);
//! ```

mod audio;
mod dialect;
pub mod event;
mod id;
mod item;
pub mod limits;
mod policy;
mod private;
pub mod response;
pub mod session;
mod shape;
mod time;
mod tool;
mod wire;

pub use audio::{AudioFormat, AudioKind, decoded_len};
pub use dialect::{Dialect, UnknownDialect};
pub use event::{ClientEvent, ServerEvent};
pub use id::{
    CallId, ConversationId, EventId, ItemId, RealtimeCallId, ResponseId, ServerName, SessionId,
};
pub use item::{
    Content, ContentKind, FunctionCall, FunctionCallOutput, Item, ItemReference, ItemStatus,
    McpApprovalRequest, McpApprovalResponse, McpCall, McpError, McpListTools, McpListedTool,
    Message, Role,
};
pub use policy::{CallPolicy, Duplicates, OnBargeIn, ReplyMode};
pub use private::Private;
pub use response::{Response, ResponseParams, ResponseStatus, StatusDetails, Usage};
pub use session::SessionConfig;
pub use shape::{Extra, Nullable, Unknown};
pub use time::Timestamp;
pub use tool::{
    BadFunctionName, FunctionName, ResourceBody, ToolAnnotations, ToolCall, ToolContent,
    ToolOutcome, ToolSpec,
};
pub use wire::kind_of;
