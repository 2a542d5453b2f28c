//! [`Calls`]: the calls that are going on, by their ids.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::mpsc;

use super::{admission::Caller, refusal::Refusal};
use crate::driver::{Arrival, LineId};

/// All calls that are going on.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    by_id: Mutex<HashMap<String, Call>>,
}

/// One of them.
#[derive(Debug)]
struct Call {
    inbox: mpsc::Sender<Arrival>,
    caller: Caller,
    lines: AtomicU64,
}

/// A way into a call for a further client.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) id: LineId,
    pub(crate) inbox: mpsc::Sender<Arrival>,
}

impl Calls {
    /// Notes a call that begins.
    pub(crate) fn open(&self, id: &str, inbox: mpsc::Sender<Arrival>, caller: Caller) {
        let call = Call {
            inbox,
            caller,
            lines: AtomicU64::new(0),
        };
        self.lock().insert(id.to_owned(), call);
    }

    /// Returns a line to a call for somebody who may have it: with a key, or with the secret that
    /// the call was opened with.
    pub(crate) fn join(&self, id: &str, caller: &Caller) -> Result<Line, Refusal> {
        let calls = self.lock();
        let call = calls.get(id).filter(|it| it.is_open_to(caller));
        let call = call.ok_or_else(|| Refusal::no_call(id))?;
        Ok(Line {
            id: LineId::further(call.lines.fetch_add(1, Ordering::Relaxed)),
            inbox: call.inbox.clone(),
        })
    }

    /// Forgets a call that has ended.
    pub(crate) fn close(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Call>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    fn is_open_to(&self, caller: &Caller) -> bool {
        match (caller, &self.caller) {
            (Caller::Trusted, _) => true,
            (Caller::Browser(_), Caller::Trusted) => false,
            (Caller::Browser(theirs), Caller::Browser(its)) => Arc::ptr_eq(theirs, its),
        }
    }
}
