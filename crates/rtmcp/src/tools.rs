//! [`run()`]: calls of the model on MCP servers, under the owner's rules.

mod finish;
mod follow;
mod questions;
mod run;
mod turns;

use std::{collections::HashMap, sync::Arc, time::Duration};

use rtmcp_core::{CallId, CallPolicy, Private, Timestamp, ToolCall};
use rtmcp_mcp::{CallOptions, Elicitation, Pool, Progress};
use rtmcp_router::{
    ApprovalRequest, Approvals, Asked, AuditLine, Channel, DecideError, Decision, Ending, Kept,
    Route, Router, Target,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::event::{ToolFinish, ToolStart};
use finish::{answered, ended, refused, started};
use follow::follow;
use questions::Numbers;
use turns::Turns;

pub(crate) use finish::{over, own};
pub use run::{Ran, run};
pub use turns::{CALLS_PER_SESSION, CALLS_WAITING};

/// News of a call that runs.
#[derive(Debug)]
pub(crate) enum News {
    Progress(CallId, Progress),
    /// It is over; what was cut of its result is to be kept.
    Finished(Box<ToolFinish>, Option<Kept>),
    /// Its server asks the person something.
    Asked(String, CallId, Elicitation),
    /// A question of a server is answered, or no answer counts any more.
    AnswerOver(String),
    /// Somebody outside of the session decided about a call that waits.
    Decided(Box<Decision>),
    /// Somebody who was to decide couldn't be asked.
    NotAsked {
        call_id: CallId,
        channel: Channel,
        message: String,
    },
}

/// What becomes of a call at once.
#[derive(Debug)]
pub(crate) enum Begun {
    /// It runs; the session must hear of its end in this time.
    Running(ToolStart, Duration, CallPolicy),
    /// Somebody must decide.
    Asking(ToolStart, Box<ApprovalRequest>),
    /// It is over already.
    Over(Box<ToolFinish>),
}

/// How much longer than its own deadline a call may take before the session gives up on it. The
/// deadline itself ends it with better words.
const GRACE: Duration = Duration::from_secs(2);

/// The calls of one session.
#[derive(Debug)]
pub(crate) struct Tools {
    pool: Arc<Pool>,
    pub(crate) router: Router,
    running: HashMap<CallId, CancellationToken>,
    approvals: Approvals,
    /// When the session began: the clock of the approvals.
    since: Instant,
    /// Of the questions that servers ask.
    numbers: Numbers,
    news: mpsc::UnboundedSender<News>,
    turns: Turns,
}

impl Tools {
    pub(crate) fn new(pool: Arc<Pool>, router: Router) -> (Self, mpsc::UnboundedReceiver<News>) {
        let (news, receiver) = mpsc::unbounded_channel();
        let tools = Self {
            pool,
            router,
            running: HashMap::new(),
            approvals: Approvals::default(),
            since: Instant::now(),
            numbers: Numbers::default(),
            news,
            turns: Turns::default(),
        };
        (tools, receiver)
    }

    /// Runs so many calls at a time; the others wait.
    pub(crate) fn with_turns(mut self, most: usize) -> Self {
        self.turns = Turns::new(most);
        self
    }

    /// Takes a call of the model.
    pub(crate) fn begin(&mut self, call: &ToolCall) -> Begun {
        match self.router.route(call) {
            Route::To(target) => self.start(&call.call_id, target),
            Route::Ask(target) => {
                let start = started(&call.call_id, &target);
                // A model that goes on asking is in a loop, and people agree to what wears them down.
                if self.approvals.pending().len() >= CALLS_WAITING {
                    let limit = self.turns.most();
                    let ending = Ending::SessionBusy { limit };
                    return Begun::Over(ended(&call.call_id, &target, &ending));
                }
                match self.approvals.ask(self.now(), &call.call_id, target) {
                    Asked::Waits(request) => Begun::Asking(start, request),
                    Asked::Granted(target) => self.start(&call.call_id, *target),
                }
            }
            Route::Answer(shaped) => Begun::Over(answered(call, *shaped)),
            Route::Refuse(refusal) => Begun::Over(refused(call, &refusal)),
        }
    }

    /// Takes a decision: runs the call, or ends it.
    pub(crate) fn decide(&mut self, decision: Decision) -> Result<Begun, DecideError> {
        let call_id = decision.call_id.clone();
        let decided = self.approvals.decide(self.now(), decision)?;
        let (target, reason) = (decided.target, decided.reason);
        let ending = match decided.allowed {
            true if self.router.is_as_routed(&target) => return Ok(self.start(&call_id, target)),
            true => Ending::ToolChanged,
            false => Ending::Denied { reason },
        };
        Ok(Begun::Over(ended(&call_id, &target, &ending)))
    }

    /// Ends a call that waits where there is nobody to ask.
    pub(crate) fn refuse(&mut self, call_id: &CallId, reason: &str) -> Option<Begun> {
        let (_, target) = self.approvals.withdraw(self.now(), call_id)?;
        // Nobody was asked, so that there is nothing to write down.
        drop(self.approvals.take_audit());
        let reason = Some(Private::from(reason));
        let ending = Ending::Denied { reason };
        Some(Begun::Over(ended(call_id, &target, &ending)))
    }

    /// Takes how requests ended since it was asked last.
    pub(crate) fn take_audit(&mut self) -> Vec<AuditLine> {
        self.approvals.take_audit().collect()
    }

    /// Returns by what it hears of what happens elsewhere.
    pub(crate) fn news(&self) -> mpsc::UnboundedSender<News> {
        self.news.clone()
    }

    fn now(&self) -> Timestamp {
        Timestamp::ZERO + self.since.elapsed()
    }

    /// Stops a call, whether it runs or waits. Nothing more is heard of it.
    pub(crate) fn cancel(&mut self, call_id: &CallId) {
        self.approvals.withdraw(self.now(), call_id);
        if let Some(running) = self.running.remove(call_id) {
            running.cancel();
        }
    }

    /// Takes the end of a call off the list, and keeps what was cut of its result. Returns whether
    /// anybody still waits for it.
    pub(crate) fn finished(&mut self, call_id: &CallId, kept: Option<Kept>) -> bool {
        let is_awaited = self.running.remove(call_id).is_some();
        if let Some(kept) = kept.filter(|_| is_awaited) {
            self.router.keep(kept);
        }
        is_awaited
    }

    fn start(&mut self, call_id: &CallId, target: Target) -> Begun {
        if self.turns.is_full(self.running.len()) {
            let limit = self.turns.most();
            let ending = Ending::SessionBusy { limit };
            return Begun::Over(ended(call_id, &target, &ending));
        }
        let cancel = CancellationToken::new();
        self.running.insert(call_id.clone(), cancel.clone());
        let begun = Begun::Running(
            started(call_id, &target),
            self.pool
                .longest_call(&target.server, target.timeout)
                .saturating_add(GRACE),
            target.policy,
        );
        let (pool, router) = (Arc::clone(&self.pool), self.router.clone());
        let (news, call_id) = (self.news.clone(), call_id.clone());
        let (progress, steps) = mpsc::unbounded_channel();
        let turns = self.turns.clone();
        let mut options = CallOptions {
            timeout: target.timeout,
            cancel: cancel.clone(),
            progress: Some(progress),
            repeatable: target.repeatable,
            elicitations: Some(questions::follow(&call_id, &self.numbers, news.clone())),
            ..CallOptions::default()
        };
        tokio::spawn(async move {
            let begun = Instant::now();
            // Whoever waits for nothing any more leaves the line.
            let turn = tokio::select! {
                () = cancel.cancelled() => return,
                turn = turns.take(turns::patience(target.timeout)) => turn,
            };
            let ran = if turn.is_some() {
                options.timeout = target.timeout.saturating_sub(begun.elapsed());
                let called = run(&pool, &router, &target, options);
                follow(called, steps, |step| {
                    let _ = news.send(News::Progress(call_id.clone(), step));
                })
                .await
            } else {
                let limit = turns.most();
                Ran::ended(&Ending::SessionBusy { limit }, &target)
            };
            drop(turn);
            // A session that is gone needs no news.
            let finish = Box::new(ToolFinish {
                call_id,
                function: target.function.to_string(),
                end: ran.end,
                kind: ran.kind,
                output: ran.shaped.text,
                outcome: ran.shaped.result,
                cut: ran.shaped.cut,
                images: ran.shaped.images,
                warnings: ran.shaped.warnings,
                advice: ran.advice,
                took: begun.elapsed(),
            });
            let _ = news.send(News::Finished(finish, ran.shaped.kept));
        });
        begun
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        self.running.values().for_each(CancellationToken::cancel);
    }
}
