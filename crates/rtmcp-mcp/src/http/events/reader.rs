//! [`SseReader`]: chunks of bytes into events, as the HTML standard says, within limits.

use std::collections::VecDeque;

use rtmcp_core::limits;
use sse_stream::Sse;

/// Reads one stream.
///
/// It takes whatever the HTML standard takes: any of the three line ends, also where chunks part
/// them; fields that nobody knows; bytes that are no UTF-8. It never keeps more than the limits.
#[derive(Debug)]
pub(crate) struct SseReader {
    /// The line that is being received.
    line: Vec<u8>,
    /// What its event has so far.
    event: Event,
    /// The last byte was a `\r`: a `\n` would belong to it.
    after_cr: bool,
    /// A mark of byte order may stand before the first line.
    is_first: bool,
    /// How many more bytes may come.
    left: u64,
}

/// An event that is being received.
#[derive(Debug, Default)]
struct Event {
    sse: Sse,
    is_begun: bool,
    /// Bytes of its lines.
    bytes: usize,
}

/// More than is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event stream has more than {limit} bytes")]
pub(crate) struct TooLarge {
    pub(crate) limit: usize,
}

impl SseReader {
    /// Reads a stream of at most `bytes`.
    pub(crate) fn with_total(bytes: u64) -> Self {
        Self {
            line: Vec::new(),
            event: Event::default(),
            after_cr: false,
            is_first: true,
            left: bytes,
        }
    }

    /// Takes a chunk, and adds the events that end in it to `ready`.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] for one event or for all of them.
    pub(crate) fn read(
        &mut self,
        mut chunk: &[u8],
        ready: &mut VecDeque<Sse>,
    ) -> Result<(), TooLarge> {
        let size = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(size).ok_or(TooLarge {
            limit: limits::MCP_ANSWER_BYTES,
        })?;
        if self.after_cr && !chunk.is_empty() {
            self.after_cr = false;
            chunk = chunk.strip_prefix(b"\n").unwrap_or(chunk);
        }
        while let Some(end) = chunk.iter().position(|it| matches!(it, b'\n' | b'\r')) {
            let (part, rest) = chunk.split_at(end);
            self.collect(part)?;
            self.end_line(ready);
            chunk = match rest {
                [b'\r', b'\n', rest @ ..] => rest,
                [b'\r'] => {
                    self.after_cr = true;
                    &[]
                }
                [_, rest @ ..] => rest,
                [] => &[],
            };
        }
        self.collect(chunk)
    }

    fn collect(&mut self, part: &[u8]) -> Result<(), TooLarge> {
        if self.event.bytes + self.line.len() + part.len() > limits::MCP_MESSAGE_BYTES {
            let limit = limits::MCP_MESSAGE_BYTES;
            return Err(TooLarge { limit });
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn end_line(&mut self, ready: &mut VecDeque<Sse>) {
        let mut line = std::mem::take(&mut self.line);
        let mut bytes = line.as_slice();
        if std::mem::take(&mut self.is_first) {
            bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        }
        if bytes.is_empty() {
            let event = std::mem::take(&mut self.event);
            ready.extend(event.is_begun.then_some(event.sse));
        } else {
            self.event.take(bytes);
        }
        // Of a large line the memory isn't kept for the days that a stream may last.
        if line.capacity() <= KEPT_LINE {
            line.clear();
            self.line = line;
        }
    }
}

/// Without a limit to all events together.
impl Default for SseReader {
    fn default() -> Self {
        Self::with_total(u64::MAX)
    }
}

impl Event {
    fn take(&mut self, line: &[u8]) {
        let colon = line.iter().position(|it| *it == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                let value = String::from_utf8_lossy(value);
                match &mut self.sse.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(&value);
                    }
                    none => *none = Some(value.into_owned()),
                }
            }
            b"event" => self.sse.event = Some(String::from_utf8_lossy(value).into_owned()),
            b"id" if can_return(value) => {
                self.sse.id = Some(String::from_utf8_lossy(value).into_owned());
            }
            b"retry" => match wait(value) {
                Some(wait) => self.sse.retry = Some(wait),
                None => return,
            },
            // Comments, and fields that nobody knows. They keep a connection alive for days, so
            // that they must not add up.
            _ => return,
        }
        self.is_begun = true;
        self.bytes += line.len() + 1;
    }
}

/// Tells whether an id can be sent back as a header.
fn can_return(id: &[u8]) -> bool {
    id.len() <= limits::MCP_EVENT_ID_BYTES && !id.iter().any(u8::is_ascii_control)
}

/// How long a server wants us to wait before we come back: no shorter than it takes to bother
/// it, and no longer than a conversation can wait.
fn wait(value: &[u8]) -> Option<u64> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_number)?;
    // Digits that are no number are too many of them.
    let wait = text.parse().unwrap_or(u64::MAX);
    Some(wait.clamp(limits::MCP_RETRY_MIN_MS, limits::MCP_RETRY_MAX_MS))
}

const KEPT_LINE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<Sse> {
        let mut reader = SseReader::default();
        let mut ready = VecDeque::new();
        for chunk in chunks {
            reader.read(chunk, &mut ready).unwrap();
        }
        ready.into()
    }

    fn data(text: &str) -> Sse {
        Sse::default().data(text)
    }

    #[test]
    fn lines_end_in_three_ways_wherever_chunks_part_them() {
        let text = b"data: 1\r\ndata: 2\r\rdata: 3\n\nevent: x\r\ndata:4\r\n\r\n";
        let expected = [data("1\n2"), data("3"), data("4").event("x")];
        for size in 1..text.len() {
            let chunks: Vec<_> = text.chunks(size).collect();
            assert_eq!(read(&chunks), expected, "in chunks of {size}");
        }
    }

    #[test]
    fn what_the_standard_ignores_is_ignored() {
        let text = b"\xEF\xBB\xBFdata: a\nnonsense\nfoo: bar\n: comment\nretry: soon\nid: \0\ndata\n\n\n\n: only\n\n";
        assert_eq!(read(&[text]), [data("a\n")]);
        assert_eq!(read(&[b"data: \xff!\n\n"]), [data("\u{fffd}!")]);
        // An event that isn't ended never was.
        assert_eq!(read(&[b"data: a\n"]), []);
    }

    #[test]
    fn the_last_of_two_is_meant() {
        let text = b"event: a\nevent: b\nid: 1\nid: 2\ndata:\n\n";
        assert_eq!(read(&[text]), [data("").event("b").id("2")]);
    }

    #[test]
    fn an_id_that_no_header_can_carry_is_none() {
        let long = format!("id: {}\ndata: x\n\n", "i".repeat(5000));
        for text in ["id: a\tb\ndata: x\n\n", "id: \x1b[2J\ndata: x\n\n", &long] {
            assert_eq!(read(&[text.as_bytes()]), [data("x")]);
        }
    }

    #[test]
    fn a_server_can_not_make_us_come_back_at_once_or_never() {
        for (wait, expected) in [
            ("0", limits::MCP_RETRY_MIN_MS),
            ("1000", 1000),
            ("99999999999999999999999", limits::MCP_RETRY_MAX_MS),
        ] {
            let events = read(&[format!("retry: {wait}\n\n").as_bytes()]);
            assert_eq!(events, [Sse::default().retry(expected)]);
        }
    }

    #[test]
    fn comments_never_add_up_and_events_do_however_their_lines_end() {
        let mut ready = VecDeque::new();
        let mut reader = SseReader::default();
        let comment = [b": ".as_slice(), &[b'x'; 1 << 20], b"\n"].concat();
        for _ in 0..20 {
            reader.read(&comment, &mut ready).unwrap();
        }
        // A `\r` ends the comment, so that what follows is the event's.
        for end in ["\n", "\r", "\r\n"] {
            let mut reader = SseReader::default();
            let text = format!(": \rdata: {}{end}", "x".repeat(1 << 20));
            let mut read = || reader.read(text.as_bytes(), &mut ready);
            let taken = (0..20).take_while(|_| read().is_ok()).count();
            assert_eq!(taken, 15, "{end:?}");
        }
        let mut endless = SseReader::default();
        let mut read = || endless.read(&[b'x'; 1 << 20], &mut ready);
        assert_eq!((0..20).take_while(|_| read().is_ok()).count(), 16);
        assert!(ready.is_empty());
    }

    #[test]
    fn an_answer_has_an_end() {
        let mut reader = SseReader::with_total(20);
        let mut ready = VecDeque::new();
        reader.read(b"data: 1\n\n", &mut ready).unwrap();
        reader.read(b"data: 2\n\n", &mut ready).unwrap();
        let error = reader.read(b"data: 3\n\n", &mut ready).unwrap_err();
        assert_eq!(error.limit, limits::MCP_ANSWER_BYTES);
        assert_eq!(ready.len(), 2);
    }
}
