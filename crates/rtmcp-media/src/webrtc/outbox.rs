//! [`Outbox`]: messages that wait until the network takes them.

use std::collections::VecDeque;

use super::config::SendError;

/// What WebRTC assumes where a description says nothing (RFC 8841).
const DEFAULT_MOST_BYTES: usize = 65_536;
/// The most that waits in the network layer, and so the longest message, whatever the other side
/// takes.
pub(super) const MOST_BYTES: usize = 4 << 20;
const MOST_BYTES_ATTRIBUTE: &str = "a=max-message-size:";

/// Messages in order, and how long one may be.
#[derive(Default)]
pub(super) struct Outbox {
    messages: VecDeque<Vec<u8>>,
    bytes: usize,
    most: usize,
}

impl Outbox {
    /// Reads from the other side's description how long a message may be.
    pub(super) fn read_limit(&mut self, sdp: &str) {
        let limit = sdp
            .lines()
            .find_map(|it| it.strip_prefix(MOST_BYTES_ATTRIBUTE));
        self.most = match limit.and_then(|it| it.trim().parse().ok()) {
            Some(0) => MOST_BYTES,
            Some(limit) => MOST_BYTES.min(limit),
            None => DEFAULT_MOST_BYTES,
        };
    }

    /// The most bytes of a message; none before the other side was heard.
    pub(super) fn most(&self) -> Option<usize> {
        (self.most > 0).then_some(self.most)
    }

    /// Adds a message.
    pub(super) fn push(&mut self, message: String) -> Result<(), SendError> {
        let (length, most) = (message.len(), self.most);
        if length > most {
            return Err(SendError::TooLong { length, most });
        }
        self.bytes += length;
        self.messages.push_back(message.into_bytes());
        Ok(())
    }

    /// The message that is next.
    pub(super) fn front(&self) -> Option<&[u8]> {
        self.messages.front().map(Vec::as_slice)
    }

    /// Forgets the message that was next.
    pub(super) fn pop(&mut self) {
        if let Some(message) = self.messages.pop_front() {
            self.bytes -= message.len();
        }
    }

    /// Returns the bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Outbox, SendError};

    fn outbox(sdp: &str) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.read_limit(sdp);
        outbox
    }

    #[test]
    fn the_other_side_says_how_long_a_message_may_be() {
        let long = "x".repeat(70_000);
        let too_long = |most| {
            Err(SendError::TooLong {
                length: 70_000,
                most,
            })
        };
        assert_eq!(Outbox::default().most(), None);
        let mut narrow = outbox("v=0\r\na=max-message-size:16384\r\n");
        assert_eq!(narrow.most(), Some(16_384));
        assert_eq!(narrow.push(long.clone()), too_long(16_384));
        assert_eq!(outbox("v=0\r\n").push(long.clone()), too_long(65_536));
        assert_eq!(
            outbox("a=max-message-size:0\r\n").push(long.clone()),
            Ok(())
        );
        assert_eq!(outbox("a=max-message-size:70000\r\n").push(long), Ok(()));
    }

    #[test]
    fn what_waits_is_counted_and_kept_in_order() {
        let mut outbox = outbox("a=max-message-size:0\r\n");
        for message in ["one", "three"] {
            outbox.push(message.to_owned()).unwrap();
        }
        assert_eq!((outbox.front(), outbox.bytes()), (Some(&b"one"[..]), 8));
        outbox.pop();
        assert_eq!((outbox.front(), outbox.bytes()), (Some(&b"three"[..]), 5));
        outbox.pop();
        assert_eq!((outbox.front(), outbox.bytes()), (None, 0));
    }
}
