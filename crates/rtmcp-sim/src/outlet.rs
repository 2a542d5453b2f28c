//! [`Outlet`]: the way to a client, which never makes a session wait.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::mpsc;

/// Bytes that may wait for a client. One that reads slower than that is cut off: about 20 minutes
/// of speech, or ten of the largest events.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// What goes to a client.
pub(crate) enum Outgoing {
    Text(String),
    Close {
        code: u16,
        reason: String,
    },
    /// Nothing more is said or heard.
    Hush,
}

/// The sending end.
pub(crate) struct Outlet {
    queue: Option<mpsc::UnboundedSender<Outgoing>>,
    waiting: Arc<AtomicUsize>,
}

/// The end that a connection drains.
pub(crate) struct Drain {
    queue: mpsc::UnboundedReceiver<Outgoing>,
    waiting: Arc<AtomicUsize>,
}

/// Makes both ends.
pub(crate) fn outlet() -> (Outlet, Drain) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let outlet = Outlet {
        queue: Some(sender),
        waiting: Arc::clone(&waiting),
    };
    let drain = Drain {
        queue: receiver,
        waiting,
    };
    (outlet, drain)
}

impl Outlet {
    /// Sends a text, or closes the way when too much waits already.
    pub(crate) fn send(&mut self, text: String) {
        let before = self.waiting.fetch_add(text.len(), Ordering::Relaxed);
        if before > MOST_WAITING {
            tracing::warn!(bytes = before, "a client doesn't read; it is cut off");
            self.queue = None;
        }
        self.put(Outgoing::Text(text));
    }

    /// Lets the connection fall silent after all that waits.
    pub(crate) fn hush(&mut self) {
        self.put(Outgoing::Hush);
    }

    /// Ends the connection after all that waits.
    pub(crate) fn close(&mut self, code: u16, reason: String) {
        self.put(Outgoing::Close { code, reason });
        self.queue = None;
    }

    /// Tells whether nothing can be sent any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue
            .as_ref()
            .is_none_or(mpsc::UnboundedSender::is_closed)
    }

    fn put(&mut self, outgoing: Outgoing) {
        if let Some(queue) = &self.queue
            && queue.send(outgoing).is_err()
        {
            self.queue = None;
        }
    }
}

impl Drain {
    /// Waits for what is to be sent next; `None` when nothing will be.
    pub(crate) async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.recv().await?;
        if let Outgoing::Text(text) = &outgoing {
            self.waiting.fetch_sub(text.len(), Ordering::Relaxed);
        }
        Some(outgoing)
    }
}
