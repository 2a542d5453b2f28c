//! [`run`]: calls of the model on MCP servers, under the owner's rules.

use std::{collections::HashMap, pin::pin, time::Duration};

use rtmcp_core::{CallId, CallPolicy, Private, ToolCall, ToolOutcome};
use rtmcp_mcp::{CallError, CallOptions, Pool, Progress};
use rtmcp_router::{Ending, Refusal, Route, Router, Shaped, Target};
use rtmcp_session::ToolEnd;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::event::{ToolFinish, ToolStart};

/// Runs one routed call to its end.
///
/// It always comes back, with words for the model whatever happened; dropping it cancels the call.
pub async fn run(pool: &Pool, router: &Router, target: &Target, options: CallOptions) -> Ran {
    let arguments = target.arguments.expose().clone();
    let called = pool.call(&target.server, &target.tool, arguments, options);
    match called.await {
        Ok(outcome) => Ran {
            end: ToolEnd::Answered,
            kind: if outcome.is_error {
                "tool_error"
            } else {
                "answered"
            },
            output: router.shape(target, &outcome).text,
            outcome: Some(outcome),
            advice: None,
        },
        Err(error) => {
            let ending = ending(&error, target);
            Ran {
                end: ToolEnd::Failed,
                kind: ending.kind(),
                output: Private::new(ending.output(target)),
                outcome: None,
                advice: Some(error.to_string()),
            }
        }
    }
}

/// How a call went.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// How it ended.
    pub end: ToolEnd,
    /// A stable word for how it ended.
    pub kind: &'static str,
    /// What the model reads.
    pub output: Private<String>,
    /// The whole result, where there is one.
    pub outcome: Option<ToolOutcome>,
    /// Words for people on what to do, where there is no result.
    pub advice: Option<String>,
}

/// Says how a call without a result ended.
fn ending(error: &CallError, target: &Target) -> Ending {
    let server = target.server.clone();
    if error.is_cancelled() {
        return if error.may_have_run() {
            Ending::Cancelled
        } else {
            Ending::NotStarted
        };
    }
    if error.is_protocol() {
        return Ending::ProtocolError {
            code: error.code(),
            message: error.message().cloned().unwrap_or_default(),
        };
    }
    match (error.is_timeout(), error.may_have_run()) {
        (_, false) => Ending::ServerDown { server },
        (true, true) => Ending::TimedOut {
            after: target.timeout,
        },
        (false, true) => Ending::ConnectionLost { server },
    }
}

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
        Some(Begun::Over(Box::new(ToolFinish {
            call_id: call_id.clone(),
            function: target.function.to_string(),
            end: ToolEnd::Refused,
            kind: ending.kind(),
            output: Private::new(ending.output(&target)),
            outcome: None,
            advice: None,
            took: Duration::ZERO,
        })))
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

/// How often a call may say how far it is: a person reads no faster, and a server that floods must
/// not fill the memory of a session that is slower.
const PACE: Duration = Duration::from_millis(100);

/// Waits for a call, and tells its newest step now and then; the last one before the end.
async fn follow<T, S>(
    called: impl Future<Output = T>,
    mut steps: mpsc::UnboundedReceiver<S>,
    mut tell: impl FnMut(S),
) -> T {
    let mut called = pin!(called);
    let mut newest = None;
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            done = &mut called => {
                while let Ok(step) = steps.try_recv() {
                    newest = Some(step);
                }
                newest.into_iter().for_each(tell);
                return done;
            }
            Some(step) = steps.recv() => newest = Some(step),
            () = sleep_until(next), if newest.is_some() => {}
        }
        if Instant::now() >= next {
            newest.take().into_iter().for_each(&mut tell);
            next = Instant::now() + PACE;
        }
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        self.running.values().for_each(CancellationToken::cancel);
    }
}

fn started(call_id: &CallId, target: &Target) -> ToolStart {
    ToolStart {
        call_id: call_id.clone(),
        function: target.function.clone(),
        server: target.server.clone(),
        tool: target.tool.clone(),
        arguments: target.arguments.clone(),
    }
}

/// A function of the router's own was called.
fn answered(call: &ToolCall, shaped: Shaped) -> Box<ToolFinish> {
    Box::new(ToolFinish {
        call_id: call.call_id.clone(),
        function: call.name.clone(),
        end: ToolEnd::Answered,
        kind: "answered",
        output: shaped.text,
        outcome: None,
        advice: None,
        took: Duration::ZERO,
    })
}

fn refused(call: &ToolCall, refusal: &Refusal) -> Box<ToolFinish> {
    Box::new(ToolFinish {
        call_id: call.call_id.clone(),
        function: call.name.clone(),
        end: ToolEnd::Refused,
        kind: refusal.kind(),
        output: Private::new(refusal.output()),
        outcome: None,
        advice: None,
        took: Duration::ZERO,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_a_flood_of_steps_the_newest_are_told_now_and_then_and_the_last() {
        let (sender, steps) = mpsc::unbounded_channel();
        let flood = async move {
            for thousand in 0..100_u32 {
                let steps = thousand * 1000..(thousand + 1) * 1000;
                steps.for_each(|step| sender.send(step).unwrap());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            "done"
        };
        let mut told = Vec::new();
        assert_eq!(follow(flood, steps, |step| told.push(step)).await, "done");
        assert!(
            (10..=12).contains(&told.len()),
            "a second's worth: {told:?}"
        );
        assert!(told.is_sorted() && told.last() == Some(&99_999));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_is_told_though_no_other_follows() {
        let (sender, steps) = mpsc::unbounded_channel();
        let called = async move {
            sender.send((1, Instant::now())).unwrap();
            tokio::time::sleep(PACE / 2).await;
            sender.send((2, Instant::now())).unwrap();
            tokio::time::sleep(PACE * 10).await;
        };
        let mut told = Vec::new();
        follow(called, steps, |(step, at): (u32, Instant)| {
            told.push((step, at.elapsed()));
        })
        .await;
        assert_eq!(told.len(), 2);
        assert!(told[0].1 < PACE && told[1].1 < PACE, "{told:?}");
    }
}
