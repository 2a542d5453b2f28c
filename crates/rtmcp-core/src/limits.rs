//! Named maxima, with the reason for each number.

/// Characters of a function name. Documented by Azure and for chat; the Realtime pattern names
/// none, and longer names are refused in practice.
pub const FUNCTION_NAME_CHARS: usize = 64;

/// Tools in a session. The Realtime documentation names no number; this is the one of chat.
pub const TOOLS_PER_SESSION: usize = 128;

/// Characters of an item id that a client chooses.
pub const ITEM_ID_CHARS: usize = 32;

/// Characters of a client's event id, by the published schema.
pub const EVENT_ID_CHARS: usize = 512;

/// Bytes of audio in one `input_audio_buffer.append`, before base64.
pub const APPEND_BYTES: usize = 15 * 1024 * 1024;

/// Bytes of one event that a peer has to take: [`APPEND_BYTES`] as base64, and some room.
pub const FRAME_BYTES: usize = 24 * 1024 * 1024;

/// The least audio that can be committed, in milliseconds.
pub const COMMIT_MIN_MS: u64 = 100;

/// Bytes of one message of an MCP server: an answer in JSON, an event of a stream, or a line of a
/// program's output. As much as other MCP clients take.
pub const MCP_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of the whole answer to one request where it is an event stream: some large messages, and
/// much progress.
pub const MCP_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Headers of one HTTP answer.
pub const HTTP_HEADERS: usize = 100;

/// Bytes that are read of an HTTP error's body: its words are looked at, not kept.
pub const MCP_ERROR_BYTES: usize = 64 * 1024;

/// Bytes of an event's id that are sent back when a stream is asked to go on. Longer ids don't fit
/// into the headers that servers take.
pub const MCP_EVENT_ID_BYTES: usize = 4096;

/// The least time that a server can have us wait before its stream is opened anew, in milliseconds:
/// one that says 0 and ends each stream would be asked without a pause.
pub const MCP_RETRY_MIN_MS: u64 = 250;

/// The most time that a server can have us wait before its stream is opened anew, in milliseconds.
pub const MCP_RETRY_MAX_MS: u64 = 60_000;

/// Tools, resources or prompts of one MCP server. The largest servers have some hundreds of tools.
pub const MCP_TOOLS: usize = 10_000;

/// Pages in which one MCP server lists what it has.
pub const MCP_LIST_PAGES: usize = 100;

/// Bytes of all pages of such a list, with descriptions and schemas: some hundred times what fits a
/// model's context.
pub const MCP_LIST_BYTES: usize = 32 * 1024 * 1024;
