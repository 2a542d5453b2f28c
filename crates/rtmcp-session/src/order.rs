//! [`place`]: the order of a conversation, which is the endpoint's own, by `previous_item_id`.

use rtmcp_core::{ItemId, Nullable};

/// Something that has its place in a conversation.
pub(crate) trait Placed {
    /// Returns the item that it is, or stands for.
    fn item_id(&self) -> &ItemId;
}

/// Finds an item, from the newest on: that is the one most events are about.
pub(crate) fn position<T: Placed>(list: &[T], item_id: &ItemId) -> Option<usize> {
    list.iter().rposition(|it| it.item_id() == item_id)
}

/// Puts an item behind another one, or moves the place that it has. Returns its place.
pub(crate) fn place<T: Placed>(
    list: &mut Vec<T>,
    item_id: &ItemId,
    previous: &Nullable<ItemId>,
    new: impl FnOnce() -> T,
) -> usize {
    let found = position(list, item_id);
    let behind = match previous {
        Nullable::Null => Some(0),
        Nullable::Absent => None,
        // The item before may have no place here.
        Nullable::Set(previous) => position(list, previous).map(|at| at + 1),
    };
    match (found, behind) {
        // Without a word about the order, the place that it has is as good as any.
        (Some(at), None) => at,
        (Some(from), Some(to)) => {
            let it = list.remove(from);
            let to = if from < to { to - 1 } else { to };
            list.insert(to, it);
            to
        }
        (None, to) => {
            let at = to.unwrap_or(list.len());
            list.insert(at, new());
            at
        }
    }
}
