//! The reader of event streams, as fuzz targets see it.

use std::collections::VecDeque;

use sse_stream::Sse;

use super::SseReader;

/// An event that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEvent {
    /// Its kind.
    pub event: Option<String>,
    /// Its data.
    pub data: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// How long to wait before the stream is opened anew, in milliseconds.
    pub retry: Option<u64>,
}

/// Reads a stream that comes in these chunks, up to what is too large.
pub fn read_events(chunks: &[&[u8]]) -> Vec<ReadEvent> {
    let mut reader = SseReader::default();
    let mut ready = VecDeque::new();
    let _ = chunks
        .iter()
        .try_for_each(|chunk| reader.read(chunk, &mut ready));
    ready.into_iter().map(ReadEvent::from).collect()
}

impl From<Sse> for ReadEvent {
    fn from(sse: Sse) -> Self {
        Self {
            event: sse.event,
            data: sse.data,
            id: sse.id,
            retry: sse.retry,
        }
    }
}
