//! [`Inbox`]: what a server sends of its own accord, sorted to whom it concerns.

mod log;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use rmcp::model::{
    ClientRequest, GetExtensions, GetMeta, ProgressNotificationParam, ProgressToken, RequestId,
    ServerNotification,
};
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    ServerConfig,
    call::{CallOptions, Progress},
    clock::Clock,
    convert,
    elicit::Elicitation,
    notice::NoticeBoard,
};
use log::Limiter;

/// A call as the server's messages concern it.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) tool: String,
    pub(crate) clock: Clock,
    pub(crate) elicitations: Option<mpsc::UnboundedSender<Elicitation>>,
    progress: Option<mpsc::UnboundedSender<Progress>>,
    extends: bool,
    asked: AtomicU32,
}

impl Caller {
    /// A call that begins now.
    pub(crate) fn new(tool: &str, options: &CallOptions) -> Self {
        Self {
            tool: tool.to_owned(),
            asked: AtomicU32::new(0),
            clock: Clock::new(options.timeout, options.max_total),
            elicitations: options.elicitations.clone(),
            progress: options.progress.clone(),
            extends: options.max_total.is_some(),
        }
    }

    /// Counts a question; not more than so many are put in one call.
    pub(crate) fn may_be_asked(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) < MAX_QUESTIONS
    }

    fn progressed(&self, params: &ProgressNotificationParam) {
        if self.extends {
            self.clock.progressed();
        }
        if let Some(progress) = &self.progress {
            // Whoever started the call may have stopped listening.
            let _ = progress.send(convert::progress(params));
        }
    }
}

/// A request carries its caller in its extensions to where its id and its progress token are known.
#[derive(Clone, Debug)]
pub(crate) struct CallerSlot(pub(crate) Arc<Caller>);

/// One connection's inbox, shared by its transport, its host and its supervisor.
#[derive(Debug)]
pub(crate) struct Inbox {
    running: Mutex<Vec<Running>>,
    tools_changed: Notify,
    heard: Mutex<Instant>,
    log: Mutex<Limiter>,
    board: NoticeBoard,
}

#[derive(Debug)]
struct Running {
    request: RequestId,
    token: Option<ProgressToken>,
    caller: Arc<Caller>,
    ended: CancellationToken,
}

impl Inbox {
    pub(crate) fn new(config: &ServerConfig, board: NoticeBoard) -> Self {
        Self {
            running: Mutex::default(),
            tools_changed: Notify::new(),
            heard: Mutex::new(Instant::now()),
            log: Mutex::new(Limiter::new(config)),
            board,
        }
    }

    /// A request goes out.
    pub(crate) fn begin(&self, id: &RequestId, request: &mut ClientRequest) {
        let Some(CallerSlot(caller)) = request.extensions_mut().remove() else {
            return;
        };
        locked(&self.running).push(Running {
            request: id.clone(),
            token: request.get_meta().get_progress_token(),
            caller,
            ended: CancellationToken::new(),
        });
    }

    /// A request is answered, or nobody waits for it any more.
    pub(crate) fn end(&self, id: &RequestId) {
        locked(&self.running).retain(|running| {
            let is_it = running.request == *id;
            if is_it {
                running.ended.cancel();
            }
            !is_it
        });
    }

    /// Takes in a notification. Returns whether it was for us, not for rmcp.
    pub(crate) fn take(&self, notification: &ServerNotification) -> bool {
        match notification {
            ServerNotification::ProgressNotification(progress) => {
                let token = &progress.params.progress_token;
                let running = locked(&self.running);
                let mut callers = running.iter();
                if let Some(it) = callers.find(|it| it.token.as_ref() == Some(token)) {
                    it.caller.progressed(&progress.params);
                }
                true
            }
            ServerNotification::LoggingMessageNotification(message) => {
                if let Some(notice) = locked(&self.log).admit(&message.params) {
                    self.board.post(notice);
                }
                true
            }
            ServerNotification::ToolListChangedNotification(_) => {
                self.tools_changed.notify_one();
                // rmcp passes it on to the subscription that it belongs to.
                false
            }
            _ => false,
        }
    }

    /// The tools may be others than they were.
    pub(crate) fn doubt_tools(&self) {
        self.tools_changed.notify_one();
    }

    /// Waits until the tools may be others.
    pub(crate) async fn tools_changed(&self) {
        self.tools_changed.notified().await;
    }

    /// Something came from the server.
    pub(crate) fn hear(&self) {
        *locked(&self.heard) = Instant::now();
    }

    /// When something last came from the server.
    pub(crate) fn heard(&self) -> Instant {
        *locked(&self.heard)
    }

    /// The call in whose course the server made a request, and its end; none if that can't be told.
    ///
    /// Only Streamable HTTP says which of ours it `came_with`. Elsewhere, a single call must be it.
    pub(crate) fn caller_of(
        &self,
        came_with: Option<&RequestId>,
    ) -> Option<(Arc<Caller>, CancellationToken)> {
        let running = locked(&self.running);
        let found = match came_with {
            Some(id) => running.iter().find(|it| it.request == *id),
            None if running.len() == 1 => running.first(),
            None => None,
        };
        found.map(|it| (Arc::clone(&it.caller), it.ended.clone()))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A person who is asked more than that in one call is being worn down.
pub(crate) const MAX_QUESTIONS: u32 = 5;
