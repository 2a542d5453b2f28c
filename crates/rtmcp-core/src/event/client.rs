//! The 11 events that a client sends.

use crate::{
    EventId, Item, ItemId, Private, ResponseId, event::events, response::ResponseParams,
    session::SessionConfig, shape::wire,
};

events! {
    /// What a client says.
    ClientEvent {
        /// Changes the session; only the fields that are there.
        SessionUpdate = "session.update",
        /// Sends sound; never acknowledged.
        InputAudioBufferAppend = "input_audio_buffer.append",
        /// Ends the turn by hand.
        InputAudioBufferCommit = "input_audio_buffer.commit",
        /// Drops the sound that wasn't committed.
        InputAudioBufferClear = "input_audio_buffer.clear",
        /// Stops playback at the endpoint (WebRTC and SIP); after `response.cancel`.
        OutputAudioBufferClear = "output_audio_buffer.clear",
        /// Adds an item.
        ConversationItemCreate = "conversation.item.create",
        /// Asks for an item.
        ConversationItemRetrieve = "conversation.item.retrieve",
        /// Cuts the speech of the model back to what was heard.
        ConversationItemTruncate = "conversation.item.truncate",
        /// Removes an item.
        ConversationItemDelete = "conversation.item.delete",
        /// Asks for an answer.
        ResponseCreate = "response.create",
        /// Ends an answer.
        ResponseCancel = "response.cancel",
    }
}

impl ClientEvent {
    /// Returns the id that the client gave the event, which an error would name.
    pub fn event_id(&self) -> Option<&EventId> {
        match self {
            Self::SessionUpdate(e) => e.event_id.as_ref(),
            Self::InputAudioBufferAppend(e) => e.event_id.as_ref(),
            Self::InputAudioBufferCommit(e) => e.event_id.as_ref(),
            Self::InputAudioBufferClear(e) => e.event_id.as_ref(),
            Self::OutputAudioBufferClear(e) => e.event_id.as_ref(),
            Self::ConversationItemCreate(e) => e.event_id.as_ref(),
            Self::ConversationItemRetrieve(e) => e.event_id.as_ref(),
            Self::ConversationItemTruncate(e) => e.event_id.as_ref(),
            Self::ConversationItemDelete(e) => e.event_id.as_ref(),
            Self::ResponseCreate(e) => e.event_id.as_ref(),
            Self::ResponseCancel(e) => e.event_id.as_ref(),
            Self::Unknown(_) => None,
        }
    }
}

wire! {
    /// Changes the session; only the fields that are there. Answered by `session.updated`.
    SessionUpdate {
        /// The client's id for this event.
        event_id?: EventId,
        /// What changes.
        session!: Box<SessionConfig>,
    }

    /// Sends sound; never acknowledged.
    InputAudioBufferAppend {
        /// The client's id for this event.
        event_id?: EventId,
        /// Base64 in the session's input format, at most 15 MiB of sound.
        audio!: Private<String>,
    }

    /// Ends the turn by hand: the sound so far becomes an item.
    InputAudioBufferCommit {
        /// The client's id for this event.
        event_id?: EventId,
    }

    /// Drops the sound that wasn't committed.
    InputAudioBufferClear {
        /// The client's id for this event.
        event_id?: EventId,
    }

    /// Stops playback at the endpoint (WebRTC and SIP); after `response.cancel`.
    OutputAudioBufferClear {
        /// The client's id for this event.
        event_id?: EventId,
    }

    /// Adds an item. Answered by `conversation.item.added` and `.done`.
    ConversationItemCreate {
        /// The client's id for this event.
        event_id?: EventId,
        /// The item before it; at the end where it isn't named, at the front for `root`.
        previous_item_id?: ItemId,
        /// The item.
        item!: Box<Item>,
    }

    /// Asks for an item. Answered by `conversation.item.retrieved`.
    ConversationItemRetrieve {
        /// The client's id for this event.
        event_id?: EventId,
        /// The item.
        item_id!: ItemId,
    }

    /// Cuts the speech of the model back to what was heard, and drops its transcript.
    ConversationItemTruncate {
        /// The client's id for this event.
        event_id?: EventId,
        /// The message of the model.
        item_id!: ItemId,
        /// Its part; 0.
        content_index: u32,
        /// How much was heard, in milliseconds; not more than there is.
        audio_end_ms!: u64,
    }

    /// Removes an item. Answered by `conversation.item.deleted`.
    ConversationItemDelete {
        /// The client's id for this event.
        event_id?: EventId,
        /// The item.
        item_id!: ItemId,
    }

    /// Asks for an answer; refused while another one is being written.
    ResponseCreate {
        /// The client's id for this event.
        event_id?: EventId,
        /// What differs from the session.
        response?: Box<ResponseParams>,
    }

    /// Ends an answer.
    ResponseCancel {
        /// The client's id for this event.
        event_id?: EventId,
        /// Which one; the one being written where it isn't named.
        response_id?: ResponseId,
    }
}
