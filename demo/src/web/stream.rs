//! [`Stream`]: what the backend tells of a session.

use std::rc::Rc;

use web_sys::{EventSource, MessageEvent};

use super::listen::Listener;
use crate::model::input::News;

/// What the backend tells of a session; closed when it is dropped.
///
/// When the connection breaks, the browser makes a new one and says which event it saw last.
pub(super) struct Stream {
    source: EventSource,
    _listeners: [Listener; 3],
}

impl Stream {
    pub(super) fn open(path: &str, report: impl Fn(News) + 'static) -> Option<Self> {
        let source = EventSource::new(path).ok()?;
        let report = Rc::new(report);
        let (opened, told, lost) = (Rc::clone(&report), Rc::clone(&report), report);
        let broken = source.clone();
        let listeners = [
            Listener::new::<web_sys::Event>(&source, "open", move |_| opened(News::BackendOpen)),
            Listener::new::<MessageEvent>(&source, "message", move |event| {
                if let Some(text) = event.data().as_string() {
                    told(News::Backend(text));
                }
            }),
            Listener::new::<web_sys::Event>(&source, "error", move |_| {
                lost(if broken.ready_state() == EventSource::CLOSED {
                    News::BackendGone
                } else {
                    News::BackendLost
                });
            }),
        ];
        Some(Self {
            source,
            _listeners: listeners,
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}
