//! [`Ids`]: names for all that a session makes, the same ones for the same seed.

use rtmcp_core::{CallId, ConversationId, EventId, ItemId, ResponseId, SessionId};

/// Makes ids of the form of OpenAI's: a prefix and letters and digits.
#[derive(Debug)]
pub(crate) struct Ids {
    state: u64,
}

impl Ids {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn event(&mut self) -> EventId {
        self.name("event_", 21).into()
    }

    pub(crate) fn session(&mut self) -> SessionId {
        self.name("sess_", 21).into()
    }

    pub(crate) fn realtime_call(&mut self) -> String {
        self.name("rtc_", 21)
    }

    pub(crate) fn conversation(&mut self) -> ConversationId {
        self.name("conv_", 21).into()
    }

    pub(crate) fn item(&mut self) -> ItemId {
        self.name("item_", 21).into()
    }

    pub(crate) fn response(&mut self) -> ResponseId {
        self.name("resp_", 21).into()
    }

    pub(crate) fn call(&mut self) -> CallId {
        self.name("call_", 16).into()
    }

    fn name(&mut self, prefix: &str, length: usize) -> String {
        let mut name = String::with_capacity(prefix.len() + length);
        name.push_str(prefix);
        name.extend((0..length).map(|_| self.character()));
        name
    }

    fn character(&mut self) -> char {
        const CHARACTERS: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        char::from(CHARACTERS[(self.next() % 62) as usize])
    }

    /// SplitMix64: short, and good enough for names that nobody has to guess.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
