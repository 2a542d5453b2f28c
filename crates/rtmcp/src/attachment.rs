//! [`Attachment`]: sees to it that one session of this process leads a call.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::{LazyLock, Mutex, PoisonError},
};

use rtmcp_core::RealtimeCallId;

use crate::{ConnectError, config::Realtime, connect::place};

/// The calls that are led from this process, each with its endpoint.
///
/// One list for the whole process, as two agents could attach to the same call: both would see
/// every function call, and run it twice.
static LED: LazyLock<Mutex<HashSet<(String, RealtimeCallId)>>> = LazyLock::new(Mutex::default);

/// The right to answer the tools of a call, until it is dropped.
#[derive(Debug)]
pub(crate) struct Attachment {
    at: (String, RealtimeCallId),
}

/// Makes a name for a call that no endpoint has named.
pub(crate) fn own_call_id() -> RealtimeCallId {
    let random = || RandomState::new().hash_one(0);
    RealtimeCallId::from(format!("rtc_own{:016x}{:016x}", random(), random()))
}

impl Attachment {
    /// Takes the right, unless another session has it.
    pub(crate) fn take(
        realtime: &Realtime,
        call_id: &RealtimeCallId,
    ) -> Result<Self, ConnectError> {
        let at = (place(&realtime.rest_url(&["calls"])), call_id.clone());
        let mut led = LED.lock().unwrap_or_else(PoisonError::into_inner);
        if led.insert(at.clone()) {
            Ok(Self { at })
        } else {
            let call_id = call_id.clone();
            Err(ConnectError::Attached { call_id })
        }
    }

    /// Returns the call.
    pub(crate) fn call_id(&self) -> &RealtimeCallId {
        &self.at.1
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let mut led = LED.lock().unwrap_or_else(PoisonError::into_inner);
        led.remove(&self.at);
    }
}
