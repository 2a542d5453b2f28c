//! Server-sent events of a response, within limits.

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod reader;

use std::{collections::VecDeque, sync::Arc};

use futures_util::{StreamExt, stream, stream::BoxStream};
use rtmcp_core::limits;
use sse_stream::Sse;

pub(crate) use self::reader::SseReader;
use crate::{failure::Failure, loss::Loss};

/// The events of one response.
pub(crate) type Events = BoxStream<'static, Result<Sse, sse_stream::Error>>;

/// Reads the answer to one request as events: of [`limits::MCP_MESSAGE_BYTES`] each, and
/// [`limits::MCP_ANSWER_BYTES`] in all.
pub(crate) fn answer_events(response: reqwest::Response, loss: &Arc<Loss>) -> Events {
    let total = u64::try_from(limits::MCP_ANSWER_BYTES).unwrap_or(u64::MAX);
    events(response, SseReader::with_total(total), loss)
}

/// Reads a stream that goes on for as long as the connection does: of its events each has its
/// limit.
pub(crate) fn lasting_events(response: reqwest::Response, loss: &Arc<Loss>) -> Events {
    events(response, SseReader::default(), loss)
}

/// What is larger ends the whole connection, because rmcp would ask for it again and again.
fn events(response: reqwest::Response, reader: SseReader, loss: &Arc<Loss>) -> Events {
    let reading = Reading {
        chunks: response.bytes_stream().boxed(),
        reader,
        ready: VecDeque::new(),
        loss: Arc::clone(loss),
    };
    stream::unfold(Some(reading), |reading| async {
        let mut reading = reading?;
        match reading.next().await? {
            Ok(event) => Some((Ok(event), Some(reading))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

struct Reading {
    chunks: BoxStream<'static, reqwest::Result<tokio_util::bytes::Bytes>>,
    reader: SseReader,
    ready: VecDeque<Sse>,
    loss: Arc<Loss>,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Sse, sse_stream::Error>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            let chunk = match self.chunks.next().await? {
                Ok(chunk) => chunk,
                Err(error) => return Some(Err(sse_stream::Error::Body(Box::new(error)))),
            };
            if let Err(error) = self.reader.read(&chunk, &mut self.ready) {
                self.loss.report(Failure::TooLarge(error.limit));
                return Some(Err(sse_stream::Error::Body(Box::new(error))));
            }
        }
    }
}
