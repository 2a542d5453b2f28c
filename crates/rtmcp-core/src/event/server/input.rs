//! What the person does: speak, fall silent, press a key; and the words of it.

use serde_json::Map;

use super::server_events;
use crate::{ItemId, Private, shape::wire};

server_events! {
    /// The person began to speak.
    InputAudioBufferSpeechStarted {
        /// Where in all the sound of the session, in milliseconds, with the padding before it.
        audio_start_ms: u64,
        /// The item that the speech will be.
        item_id: ItemId,
    }

    /// The person stopped.
    InputAudioBufferSpeechStopped {
        /// Where in all the sound of the session, in milliseconds.
        audio_end_ms: u64,
        /// The item that the speech will be.
        item_id: ItemId,
    }

    /// The sound became an item.
    InputAudioBufferCommitted {
        /// The item before it; none at the front.
        previous_item_id??: ItemId,
        /// The item.
        item_id: ItemId,
    }

    /// The sound was dropped.
    InputAudioBufferCleared {}

    /// The person was silent for too long.
    InputAudioBufferTimeoutTriggered {
        /// Where the silence began, in milliseconds.
        audio_start_ms: u64,
        /// Where it ended, in milliseconds.
        audio_end_ms: u64,
        /// The item that is made of it.
        item_id: ItemId,
    }

    /// More words of the person.
    InputAudioTranscriptionDelta {
        /// The person's item.
        item_id: ItemId,
        /// Its part.
        content_index?: u32,
        /// The words.
        delta?: Private<String>,
        /// How sure the transcription is.
        logprobs?: Vec<LogProb>,
    }

    /// A segment of what a person said, with its speaker.
    InputAudioTranscriptionSegment {
        /// The person's item.
        item_id: ItemId,
        /// Its part.
        content_index: u32,
        /// The words.
        text!: Private<String>,
        /// The segment.
        id: String,
        /// Who spoke.
        speaker: String,
        /// Where it begins, in seconds.
        start: f64,
        /// Where it ends, in seconds.
        end: f64,
    }

    /// All the words of the person.
    InputAudioTranscriptionCompleted {
        /// The person's item.
        item_id: ItemId,
        /// Its part.
        content_index: u32,
        /// The words.
        transcript!: Private<String>,
        /// The languages heard.
        languages?: Vec<TranscriptionLanguage>,
        /// How sure the transcription is.
        logprobs?: Vec<LogProb>,
        /// What it cost.
        usage: TranscriptionUsage,
    }

    /// What the person said couldn't be written down.
    InputAudioTranscriptionFailed {
        /// The person's item.
        item_id: ItemId,
        /// Its part.
        content_index: u32,
        /// Why.
        error: TranscriptionError,
    }
}

wire! {
    /// The person pressed a key of the telephone (SIP). It has no id.
    InputAudioBufferDtmfEventReceived {
        /// The key.
        event!: Private<String>,
        /// When, in seconds since 1970.
        received_at: u64,
    }

    /// How sure the transcription is of one token.
    LogProb {
        /// The token.
        token: Private<String>,
        /// Its log probability.
        logprob: f64,
        /// Its bytes.
        bytes: Private<Vec<u8>>,
    }

    /// A language that was heard.
    TranscriptionLanguage {
        /// ISO 639-1.
        code: String,
    }

    /// What a transcription cost.
    TranscriptionUsage {
        /// `tokens` or `duration`.
        kind as "type": String,
        /// Length of the sound, for `duration`.
        seconds?: f64,
        /// Tokens in, for `tokens`.
        input_tokens?: u64,
        /// Tokens in by kind.
        input_token_details?: Map<String, serde_json::Value>,
        /// Tokens out.
        output_tokens?: u64,
        /// Both.
        total_tokens?: u64,
    }

    /// Why a transcription failed.
    TranscriptionError {
        /// Its class.
        kind as "type"?: String,
        /// Its code.
        code?: String,
        /// Words for people.
        message?: String,
        /// The field at fault.
        param?: String,
    }
}
