//! Server-sent events of a response, with a limit to the size of one.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream::BoxStream};
use sse_stream::{Sse, SseStream};
use tokio_util::bytes::Bytes;

use crate::{failure::Failure, loss::Loss};

/// The most bytes of one event: as much as rmcp takes over its other transports.
pub(crate) const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// The events of one response.
pub(crate) type Events = BoxStream<'static, Result<Sse, sse_stream::Error>>;

/// Reads a response as events of at most [`EVENT_BYTES`] each.
///
/// A larger one ends the whole connection, because rmcp would ask for it again and again.
pub(crate) fn events(response: reqwest::Response, loss: &Arc<Loss>) -> Events {
    let loss = Arc::clone(loss);
    let chunks = bounded(response.bytes_stream(), EVENT_BYTES).inspect(move |chunk| {
        if matches!(chunk, Err(StreamError::TooLarge)) {
            loss.report(Failure::TooLarge(EVENT_BYTES));
        }
    });
    SseStream::from_bytes_stream(chunks).boxed()
}

fn bounded<E>(
    chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    limit: usize,
) -> BoxStream<'static, Result<Bytes, StreamError>>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let meter = Meter::default();
    chunks
        .scan((meter, false), move |(meter, over), chunk| {
            if *over {
                return std::future::ready(None);
            }
            let item = chunk.map_err(|error| StreamError::Body(Box::new(error)));
            let item = item.and_then(|chunk| match meter.add(&chunk) {
                size if size > limit => Err(StreamError::TooLarge),
                _ => Ok(chunk),
            });
            *over = item.is_err();
            std::future::ready(Some(item))
        })
        .boxed()
}

#[derive(Debug, thiserror::Error)]
enum StreamError {
    #[error("the stream broke")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("an event is too large")]
    TooLarge,
}

/// Measures the event that is being received.
#[derive(Debug, Default)]
struct Meter {
    lines: usize,
    line: usize,
    is_comment: bool,
}

impl Meter {
    /// Takes in a chunk and returns the size of the largest event that has a part in it, so far.
    fn add(&mut self, chunk: &[u8]) -> usize {
        let mut largest = 0;
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            if self.line == 0 {
                self.is_comment = part.first() == Some(&b':');
            }
            let ends = part.last() == Some(&b'\n');
            self.line += part.len();
            largest = largest.max(self.lines + self.line);
            if ends {
                self.end_line(part);
            }
        }
        largest
    }

    fn end_line(&mut self, part: &[u8]) {
        let is_blank = self.line == part.len() && matches!(part, b"\n" | b"\r\n");
        if is_blank {
            self.lines = 0;
        } else if !self.is_comment {
            // Comments keep a connection alive for days and are not kept by the parser.
            self.lines += self.line;
        }
        self.line = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_measured_over_its_lines_and_chunks() {
        let mut meter = Meter::default();
        assert_eq!(meter.add(b"data: 1234\nda"), 13);
        assert_eq!(meter.add(b"ta: 5\n\n"), 20);
        assert_eq!(meter.add(b"data: 1\r\n\r\n"), 11);
    }

    #[test]
    fn comments_never_add_up() {
        let mut meter = Meter::default();
        let sizes = (0..1000).map(|_| meter.add(b": keep-alive\n"));
        assert_eq!(sizes.max(), Some(13));
    }

    #[tokio::test]
    async fn a_larger_event_ends_the_stream() {
        let chunks = [
            &b"data: 1\n\n"[..],
            b"data: 12345678901234\n\n",
            b"data: 2\n\n",
        ];
        let chunks = chunks.map(|chunk| Ok::<_, std::io::Error>(Bytes::from_static(chunk)));
        let stream = bounded(futures_util::stream::iter(chunks), 16);
        let kept: Vec<bool> = stream.map(|item| item.is_ok()).collect().await;
        assert_eq!(kept, [true, false]);
    }
}
