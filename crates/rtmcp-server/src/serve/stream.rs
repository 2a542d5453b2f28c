//! `GET /api/sessions/{id}/events`: the diagnostics of a session as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, stream};

use super::{
    diagnostics::{Entry, Reader},
    refusal::Refusal,
    sessions::Named,
};

/// Streams what happens, from the beginning or from where a reader left off.
pub(super) async fn events(
    Named { session, .. }: Named,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let after = headers.get(LAST_EVENT_ID).and_then(|it| it.to_str().ok());
    let after = after.and_then(|it| it.trim().parse().ok());
    let Some(reader) = session.diagnostics.read(after)? else {
        // A browser that is answered so doesn't come back.
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let sse = Sse::new(frames(reader)).keep_alive(KeepAlive::new().interval(ALIVE));
    let mut response = sse.into_response();
    // A proxy must not keep events back until it has many of them.
    let unbuffered = (ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response.headers_mut().extend([unbuffered]);
    Ok(response)
}

fn frames(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    let step = async |mut reader: Reader| {
        let entry = reader.next().await?;
        Some((Ok(frame(&entry)), reader))
    };
    let opening = async { Ok(Event::default().retry(RETRY)) };
    stream::once(opening).chain(stream::unfold(reader, step))
}

fn frame(entry: &Entry) -> Event {
    let event = Event::default().data(&*entry.json);
    event.id(entry.seq.to_string())
}

/// How often a comment shows that the line is alive, and finds out whether the reader is.
const ALIVE: Duration = Duration::from_secs(5);

/// When a browser whose line broke comes back: well before the session is given up.
const RETRY: Duration = Duration::from_secs(1);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
