//! Telephone keys (DTMF), which cross as packets of their own in place of sound (RFC 4733).

use std::collections::VecDeque;

use super::jitter::FRAME;

/// The keys in the order of their codes.
const KEYS: &[u8] = b"0123456789*#ABCD";

/// How long a key is held: 100 ms.
const HELD: u16 = 5;
/// How often its end is said, as packets get lost.
const ENDS: u16 = 3;
/// How long nothing is pressed after it: 60 ms.
const PAUSE: u16 = 3;
/// How loud it is, in dB below the loudest.
const VOLUME: u8 = 10;
/// The bit that says that a key was let go.
const END: u8 = 0x80;

/// The code of the last key.
pub(super) const LAST: u8 = KEYS.len() as u8 - 1;

/// A key that isn't sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such key.
    #[error("no telephone has this key; press 0 to 9, *, # or A to D")]
    Unknown,
    /// The other side didn't say that it takes keys, or there is no connection.
    #[error("the other side takes no keys; connect first, to one that does")]
    NotTaken,
}

/// Returns the codes of keys.
pub(super) fn codes(keys: &str) -> Result<Vec<u8>, KeyError> {
    let code = |key: u8| {
        let at = KEYS.iter().position(|it| it.eq_ignore_ascii_case(&key));
        at.map(|at| at as u8).ok_or(KeyError::Unknown)
    };
    keys.bytes().map(code).collect()
}

/// Keys that are pressed one after the other.
#[derive(Debug, Default)]
pub(super) struct Keypad {
    waiting: VecDeque<u8>,
    pressed: Option<Pressed>,
}

#[derive(Debug)]
struct Pressed {
    code: u8,
    /// When it was pressed, on the clock of the sound.
    timestamp: u32,
    /// For how many frames of 20 ms.
    frames: u16,
}

/// A packet that goes in place of a frame of sound.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyPacket {
    pub(super) payload: [u8; 4],
    pub(super) timestamp: u32,
    pub(super) first: bool,
}

impl Keypad {
    pub(super) fn press(&mut self, codes: Vec<u8>) {
        self.waiting.extend(codes);
    }

    /// Returns what is sent now in place of sound, if anything is.
    pub(super) fn next(&mut self, now: u32) -> Option<KeyPacket> {
        if self.pressed.is_none() {
            self.pressed = self.waiting.pop_front().map(|code| Pressed {
                code,
                timestamp: now,
                frames: 0,
            });
        }
        let pressed = self.pressed.as_mut()?;
        pressed.frames += 1;
        let frames = pressed.frames;
        if frames > HELD + ENDS {
            if frames >= HELD + ENDS + PAUSE {
                self.pressed = None;
            }
            return None;
        }
        let end = if frames > HELD { END } else { 0 };
        let [high, low] = (frames.min(HELD) * FRAME as u16).to_be_bytes();
        Some(KeyPacket {
            payload: [pressed.code, end | VOLUME, high, low],
            timestamp: pressed.timestamp,
            first: frames == 1,
        })
    }
}

/// Keys that the other side presses.
#[derive(Debug, Default)]
pub(super) struct HeardKeys {
    /// When the last one was pressed, and what is known of it.
    last: Option<(u64, u8)>,
}

impl HeardKeys {
    /// Takes a packet, and returns the key that it tells of first.
    pub(super) fn take(&mut self, timestamp: u64, payload: &[u8]) -> Option<char> {
        let [code, _, _, _] = *payload.first_chunk::<4>()?;
        let key = char::from(*KEYS.get(usize::from(code))?);
        // A key that is held for long goes on with another timestamp.
        let known = self.last.is_some_and(|(last, of)| {
            let since = timestamp.saturating_sub(last);
            timestamp <= last || (of == code && since == u64::from(u16::MAX))
        });
        if !known || self.last.is_some_and(|(last, _)| timestamp > last) {
            self.last = Some((timestamp, code));
        }
        (!known).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presses keys, and returns each packet with the time that it leaves.
    fn pressed(keys: &str) -> Vec<(u32, KeyPacket)> {
        let mut keypad = Keypad::default();
        keypad.press(codes(keys).unwrap());
        let frames = (0..100).map(|nth| nth * 960);
        let packets = frames.filter_map(|now| Some((now, keypad.next(now)?)));
        packets.collect()
    }

    #[test]
    fn a_key_is_held_and_let_go_thrice() {
        let packets = pressed("5");
        let durations = packets.iter().map(|(_, it)| {
            let [_, _, high, low] = it.payload;
            u16::from_be_bytes([high, low])
        });
        let durations: Vec<_> = durations.collect();
        assert_eq!(durations, [960, 1920, 2880, 3840, 4800, 4800, 4800, 4800]);
        let ends = packets.iter().map(|(_, it)| it.payload[1] & END != 0);
        let ends: Vec<_> = ends.collect();
        assert_eq!(ends, [false, false, false, false, false, true, true, true]);
        assert!(packets.iter().all(|(_, it)| it.timestamp == 0));
        assert_eq!(packets.iter().filter(|(_, it)| it.first).count(), 1);
    }

    #[test]
    fn keys_come_one_after_the_other_and_each_is_heard_once() {
        let packets = pressed("1*#d11");
        let mut heard = HeardKeys::default();
        // Every third packet is lost.
        let arrived = packets.iter().enumerate().filter(|(nth, _)| nth % 3 != 0);
        let keys = arrived.filter_map(|(_, (_, packet))| {
            heard.take(u64::from(packet.timestamp), &packet.payload)
        });
        assert_eq!(keys.collect::<String>(), "1*#D11");
        assert!(packets.windows(2).all(|it| it[0].0 < it[1].0));
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert_eq!(codes("12x"), Err(KeyError::Unknown));
        let mut heard = HeardKeys::default();
        assert_eq!(heard.take(0, &[16, 0, 0, 0]), None);
        assert_eq!(heard.take(0, &[1, 0]), None);
        // One that is held on, and the same one pressed again.
        assert_eq!(heard.take(960, &[1, 10, 3, 192]), Some('1'));
        assert_eq!(heard.take(960 + 65_535, &[1, 10, 3, 192]), None);
        assert_eq!(
            heard.take(960 + 65_535 + 9_600, &[1, 10, 3, 192]),
            Some('1')
        );
    }
}
