//! The conversation: items come, grow whole, are cut and go.

use super::server_events;
use crate::{ConversationId, Item, ItemId, shape::wire};

server_events! {
    /// A conversation began.
    ConversationCreated {
        /// The conversation.
        conversation: Conversation,
    }

    /// An item was added, perhaps not whole yet.
    ConversationItemAdded {
        /// The item before it; none at the front.
        previous_item_id??: ItemId,
        /// The item.
        item: Item,
    }

    /// An item was added; older servers send it instead of `added` and `done`.
    ConversationItemCreated {
        /// The item before it; none at the front.
        previous_item_id??: ItemId,
        /// The item.
        item: Item,
    }

    /// An item is whole.
    ConversationItemDone {
        /// The item before it; none at the front.
        previous_item_id??: ItemId,
        /// The item.
        item: Item,
    }

    /// Answers `conversation.item.retrieve`.
    ConversationItemRetrieved {
        /// The item.
        item: Item,
    }

    /// Answers `conversation.item.truncate`.
    ConversationItemTruncated {
        /// The message of the model.
        item_id!: ItemId,
        /// Its part.
        content_index: u32,
        /// How much is left, in milliseconds.
        audio_end_ms: u64,
    }

    /// Answers `conversation.item.delete`.
    ConversationItemDeleted {
        /// The item that is gone.
        item_id!: ItemId,
    }
}

wire! {
    /// A conversation.
    Conversation {
        /// Its id.
        id?: ConversationId,
        /// `realtime.conversation`.
        object?: String,
    }
}
