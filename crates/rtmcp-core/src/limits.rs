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
