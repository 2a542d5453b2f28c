//! [`Loss`]: the one signal that a connection is gone, raised by whoever sees it first.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rmcp::model::RequestId;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// Shared by a connection's transport, its calls and its supervisor.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    lost: CancellationToken,
    reasons: Mutex<Reasons>,
    doubt: Notify,
}

#[derive(Debug, Default)]
struct Reasons {
    loss: Option<Failure>,
    refusal: Option<Failure>,
    unsent: VecDeque<(RequestId, Failure)>,
}

impl Loss {
    /// The connection is gone; the first reason stays.
    pub(crate) fn report(&self, failure: Failure) {
        self.reasons().loss.get_or_insert(failure);
        self.lost.cancel();
    }

    /// Remembers why a request failed: rmcp's worker says only that it ended when a request of the
    /// handshake does.
    pub(crate) fn note(&self, failure: &Failure) {
        self.reasons().refusal = Some(failure.clone());
    }

    /// The failure of the last request that failed.
    pub(crate) fn noted(&self) -> Option<Failure> {
        self.reasons().refusal.clone()
    }

    /// Remembers why a request could not be sent: rmcp forgets it when the connection ends at the
    /// same moment, and only this tells that the server surely didn't act on it.
    pub(crate) fn note_unsent(&self, request: RequestId, failure: Failure) {
        let mut reasons = self.reasons();
        if reasons.unsent.len() == UNSENT {
            // Left by a call that nobody waited for.
            reasons.unsent.pop_front();
        }
        reasons.unsent.push_back((request, failure));
    }

    /// Why the request could not be sent, if that is what happened to it.
    pub(crate) fn unsent(&self, request: &RequestId) -> Option<Failure> {
        let reasons = self.reasons();
        let mut unsent = reasons.unsent.iter();
        unsent
            .find(|(id, _)| id == request)
            .map(|(_, why)| why.clone())
    }

    /// The connection may be gone: the supervisor should look.
    pub(crate) fn doubt(&self) {
        self.doubt.notify_one();
    }

    pub(crate) async fn doubted(&self) {
        self.doubt.notified().await;
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Waits for the loss and returns its reason.
    pub(crate) async fn lost(&self) -> Failure {
        self.lost.cancelled().await;
        self.reason().unwrap_or(Failure::Closed)
    }

    pub(crate) fn reason(&self) -> Option<Failure> {
        self.reasons().loss.clone()
    }

    fn reasons(&self) -> MutexGuard<'_, Reasons> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More requests than are ever under way at once on one connection.
const UNSENT: usize = 64;
