//! [`Tickets`]: decisions that whoever holds a token can make, each once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rtmcp_core::{CallId, Private};
use rtmcp_router::{DecideError, Decision, Digest};

use crate::Handle;

/// Decisions that whoever holds a token can make, each once: the answers of webhooks that come
/// later. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Tickets(Arc<Mutex<HashMap<Private<String>, Ticket>>>);

#[derive(Clone, Debug)]
struct Ticket {
    handle: Handle,
    call_id: CallId,
    hash: Digest,
}

impl Tickets {
    /// Decides in the place of the webhook that was given a token. The call and the arguments are
    /// those that the token was made for, whatever the decision says.
    ///
    /// # Errors
    ///
    /// [`DecideError`], as [`Handle::decide`] gives it; [`DecideError::Unknown`] also where there is
    /// no such token. A token that has decided is gone.
    pub async fn decide(&self, token: &str, mut decision: Decision) -> Result<(), DecideError> {
        let token = Private::from(token);
        let ticket = self.lock().get(&token).cloned();
        let Some(ticket) = ticket else {
            return Err(DecideError::Unknown);
        };
        decision.call_id = ticket.call_id;
        if decision.hash.is_some_and(|hash| hash != ticket.hash) {
            return Err(DecideError::OtherArguments);
        }
        decision.hash = Some(ticket.hash);
        let decided = ticket.handle.decide(decision).await;
        if decided.is_ok() {
            self.lock().remove(&token);
        }
        decided
    }

    /// Lets whoever holds the token decide about a call.
    pub(crate) fn issue(
        &self,
        token: Private<String>,
        handle: Handle,
        call_id: CallId,
        hash: Digest,
    ) {
        let ticket = Ticket {
            handle,
            call_id,
            hash,
        };
        self.lock().insert(token, ticket);
    }

    /// Takes a token back: it is decided otherwise, or too late.
    pub(crate) fn revoke(&self, token: &Private<String>) {
        self.lock().remove(token);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Private<String>, Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
