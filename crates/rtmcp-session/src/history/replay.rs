//! [`Replay`]: a history as items that another conversation can be given.

use rtmcp_core::{FunctionCall, FunctionCallOutput, Item, ItemId, ItemStatus};

use super::{Entry, What};
use crate::Loss;

/// What a new, empty conversation is given, and what it can't be given.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// In the order of the conversation, each with the id that it had.
    pub(crate) items: Vec<Item>,
    pub(crate) lost: Vec<Loss>,
}

impl Replay {
    /// Adds an item, and what of it can't be given.
    pub(super) fn add(&mut self, entry: &Entry) {
        let item_id = entry.item_id.clone();
        match &entry.what {
            What::Message(said) => {
                let message = said.message(&item_id, &mut self.lost);
                self.items.extend(message.map(Item::from));
            }
            What::Call(call, whole) => self.add_call(item_id, call, *whole),
            What::Output(output) => self.items.push(Item::from(FunctionCallOutput {
                id: Some(item_id),
                call_id: output.call_id.clone(),
                output: output.output.clone(),
                ..FunctionCallOutput::default()
            })),
            // The endpoint makes that anew from the tools of the session.
            What::Foreign(kind) if kind == "mcp_list_tools" => {}
            What::Foreign(kind) => self.lost.push(Loss::Foreign {
                item_id,
                kind: kind.clone(),
            }),
        }
    }

    fn add_call(&mut self, item_id: ItemId, call: &FunctionCall, whole: bool) {
        if !whole {
            let call_id = call.call_id.clone().unwrap_or_default();
            return self.lost.push(Loss::Call { call_id });
        }
        self.items.push(Item::from(FunctionCall {
            id: Some(item_id),
            status: Some(ItemStatus::Completed),
            call_id: call.call_id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            ..FunctionCall::default()
        }));
    }
}
