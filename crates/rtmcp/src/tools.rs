//! [`run`]: calls of the model on MCP servers, under the owner's rules.

mod finish;
mod follow;
mod run;

use std::{collections::HashMap, time::Duration};

use rtmcp_core::{CallId, CallPolicy, Private, ToolCall};
use rtmcp_mcp::{CallOptions, Pool, Progress};
use rtmcp_router::{Ending, Route, Router, Target};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::event::{ToolFinish, ToolStart};
use finish::{answered, ended, refused, started};
use follow::follow;

pub use run::{Ran, run};

/// News of a call that runs.
#[derive(Debug)]
pub(crate) enum News {
    Progress(CallId, Progress),
    Finished(Box<ToolFinish>),
}

/// What becomes of a call at once.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It runs; the session must hear of its end in this time.
    Running(ToolStart, Duration, CallPolicy),
    /// Somebody must decide.
    Asking {
        call: ToolStart,
        why: String,
        expires: Duration,
    },
    /// It is over already.
    Over(Box<ToolFinish>),
}

/// How much longer than its own deadline a call may take before the session gives up on it. The
/// deadline itself ends it with better words.
const GRACE: Duration = Duration::from_secs(2);

/// The calls of one session.
#[derive(Debug)]
pub(crate) struct Tools {
    pool: std::sync::Arc<Pool>,
    pub(crate) router: Router,
    running: HashMap<CallId, CancellationToken>,
    waiting: HashMap<CallId, Target>,
    news: mpsc::UnboundedSender<News>,
}

impl Tools {
    pub(crate) fn new(
        pool: std::sync::Arc<Pool>,
        router: Router,
    ) -> (Self, mpsc::UnboundedReceiver<News>) {
        let (news, receiver) = mpsc::unbounded_channel();
        let tools = Self {
            pool,
            router,
            running: HashMap::new(),
            waiting: HashMap::new(),
            news,
        };
        (tools, receiver)
    }

    /// Takes a call of the model.
    pub(crate) fn begin(&mut self, call: &ToolCall) -> Begun {
        match self.router.route(call) {
            Route::To(target) => self.start(&call.call_id, target),
            Route::Ask(target) => {
                let asking = Begun::Asking {
                    call: started(&call.call_id, &target),
                    why: target.approval.to_string(),
                    expires: target.approval_expires,
                };
                self.waiting.insert(call.call_id.clone(), target);
                asking
            }
            Route::Answer(shaped) => Begun::Over(answered(call, *shaped)),
            Route::Refuse(refusal) => Begun::Over(refused(call, &refusal)),
        }
    }

    /// Runs a call that somebody approved; none if nobody was asked about it, or not any more.
    pub(crate) fn approve(&mut self, call_id: &CallId) -> Option<Begun> {
        let target = self.waiting.remove(call_id)?;
        Some(self.start(call_id, target))
    }

    /// Ends a call that somebody denied.
    pub(crate) fn deny(
        &mut self,
        call_id: &CallId,
        reason: Option<Private<String>>,
    ) -> Option<Begun> {
        let target = self.waiting.remove(call_id)?;
        let ending = Ending::Denied { reason };
        Some(Begun::Over(ended(call_id, &target, &ending)))
    }

    /// Stops a call, whether it runs or waits. Nothing more is heard of it.
    pub(crate) fn cancel(&mut self, call_id: &CallId) {
        self.waiting.remove(call_id);
        if let Some(running) = self.running.remove(call_id) {
            running.cancel();
        }
    }

    /// Takes the end of a call off the list. Returns whether anybody still waits for it.
    pub(crate) fn finished(&mut self, call_id: &CallId) -> bool {
        self.running.remove(call_id).is_some()
    }

    fn start(&mut self, call_id: &CallId, target: Target) -> Begun {
        let cancel = CancellationToken::new();
        self.running.insert(call_id.clone(), cancel.clone());
        let begun = Begun::Running(
            started(call_id, &target),
            target.timeout.saturating_add(GRACE),
            target.policy,
        );
        let (pool, router) = (std::sync::Arc::clone(&self.pool), self.router.clone());
        let (news, call_id) = (self.news.clone(), call_id.clone());
        let (progress, steps) = mpsc::unbounded_channel();
        let options = CallOptions {
            timeout: target.timeout,
            cancel,
            progress: Some(progress),
            ..CallOptions::default()
        };
        tokio::spawn(async move {
            let begun = Instant::now();
            let called = run(&pool, &router, &target, options);
            let ran = follow(called, steps, |step| {
                let _ = news.send(News::Progress(call_id.clone(), step));
            })
            .await;
            // A session that is gone needs no news.
            let _ = news.send(News::Finished(Box::new(ToolFinish {
                call_id,
                function: target.function.to_string(),
                end: ran.end,
                kind: ran.kind,
                output: ran.output,
                outcome: ran.outcome,
                advice: ran.advice,
                took: begun.elapsed(),
            })));
        });
        begun
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        self.running.values().for_each(CancellationToken::cancel);
    }
}
