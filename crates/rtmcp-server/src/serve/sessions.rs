//! [`Sessions`]: the calls of all visitors, each seen by its own visitor alone.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use rtmcp_api::ProblemCode;
use rtmcp_core::CallId;

use super::{Shared, recorder::Ending, refusal::Refusal, session::Session, visitor::Visitor};

/// All sessions, also those that are over and can still be read.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    all: HashMap<String, Arc<Session>>,
    /// Those that are over, the oldest first.
    over: VecDeque<String>,
}

impl Sessions {
    pub(super) fn add(&self, session: &Arc<Session>) {
        let session = Arc::clone(session);
        self.lock().all.insert(session.id.clone(), session);
    }

    /// Keeps a session that is over, as one of so many: the oldest makes room.
    pub(super) fn over(&self, session: &Session, most: usize) {
        let mut known = self.lock();
        known.over.push_back(session.id.clone());
        while known.over.len() > most {
            let Some(oldest) = known.over.pop_front() else {
                break;
            };
            known.all.remove(&oldest);
        }
    }

    pub(super) fn remove(&self, id: &str) {
        let mut known = self.lock();
        known.over.retain(|it| it != id);
        known.all.remove(id);
    }

    /// Ends all of them.
    pub(super) fn end(&self, why: Ending) {
        self.lock().all.values().for_each(|it| it.end(why));
    }

    /// Finds a session of a visitor. That there is one of somebody else, nobody is told.
    fn find(&self, visitor: &Visitor, id: &str) -> Option<Arc<Session>> {
        let known = self.lock();
        let session = known.all.get(id).filter(|it| it.visitor == *visitor);
        session.cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session that a request's path names, and the function call or the question, where it names
/// one.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) session: Arc<Session>,
    pub(super) call_id: CallId,
    pub(super) question: String,
}

impl FromRequestParts<Shared> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, backend: &Shared) -> Result<Self, Refusal> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, backend).await;
        let mut path = path.map(|Path(path)| path).unwrap_or_default();
        let id = path.remove("id").unwrap_or_default();
        let call_id = path.remove("call_id").unwrap_or_default();
        let visitor = parts.extensions.get::<Visitor>();
        let session = visitor.and_then(|it| backend.sessions.find(it, &id));
        let session = session.ok_or_else(|| {
            let message = "you have no such session: it is over, or was never yours";
            Refusal::new(ProblemCode::NotFound, message)
        })?;
        Ok(Self {
            session,
            call_id: CallId::from(call_id),
            question: path.remove("question").unwrap_or_default(),
        })
    }
}
