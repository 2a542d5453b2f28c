//! What the model says, as it says it: text, speech, the words of the speech, playback.

use super::server_events;
use crate::{Content, ItemId, Private, ResponseId};

server_events! {
    /// A part of a message began.
    ResponseContentPartAdded {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
        /// The part, empty so far.
        part!: Content,
    }

    /// A part of a message ended.
    ResponseContentPartDone {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
        /// The part, whole.
        part!: Content,
    }

    /// More text.
    ResponseOutputTextDelta {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
        /// The text.
        delta!: Private<String>,
    }

    /// All the text.
    ResponseOutputTextDone {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
        /// The text.
        text!: Private<String>,
    }

    /// More words of the speech.
    ResponseOutputAudioTranscriptDelta {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
        /// The words.
        delta!: Private<String>,
    }

    /// All the words of the speech.
    ResponseOutputAudioTranscriptDone {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
        /// The words.
        transcript!: Private<String>,
    }

    /// More sound.
    ResponseOutputAudioDelta {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
        /// Base64 in the session's output format.
        delta!: Private<String>,
    }

    /// No more sound.
    ResponseOutputAudioDone {
        /// The response.
        response_id: ResponseId,
        /// The item.
        item_id: ItemId,
        /// The item's place in the response.
        output_index: u32,
        /// The part's place in the item.
        content_index: u32,
    }

    /// The endpoint began to play (WebRTC and SIP).
    OutputAudioBufferStarted {
        /// The response.
        response_id!: ResponseId,
    }

    /// It played to the end.
    OutputAudioBufferStopped {
        /// The response.
        response_id!: ResponseId,
    }

    /// It was cut off.
    OutputAudioBufferCleared {
        /// The response.
        response_id!: ResponseId,
    }
}
