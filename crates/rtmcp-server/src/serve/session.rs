//! [`Session`]: a call that the backend leads for a page, from its first event to a minute after
//! its last.

use std::{sync::Arc, time::Duration};

use rtmcp::{
    Agent, Bridge, Handle,
    core::RealtimeCallId,
    mcp::{Answer, BadAnswer, Pool},
    router::{DecideError, Decision},
};
use rtmcp_api::{Approval, Happening};
use rtmcp_core::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use super::{
    approvals::Approvals,
    calls::CallSlot,
    diagnostics::Diagnostics,
    journal,
    lookout::Sightings,
    recorder::{Ending, Recorder},
    visitor::Visitor,
};

/// A call, as requests about it see it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) visitor: Visitor,
    pub(super) diagnostics: Arc<Diagnostics>,
    /// Its servers.
    pub(super) pool: Arc<Pool>,
    approvals: Arc<Approvals>,
    handle: Handle,
    ending: watch::Sender<Option<Ending>>,
    begun: Instant,
}

impl Session {
    pub(super) fn new(
        id: String,
        visitor: Visitor,
        diagnostics: Arc<Diagnostics>,
        handle: Handle,
        pool: Arc<Pool>,
    ) -> Arc<Self> {
        Arc::new(Self {
            id,
            visitor,
            diagnostics,
            pool,
            approvals: Arc::default(),
            handle,
            ending: watch::Sender::new(None),
            begun: Instant::now(),
        })
    }

    /// Returns how long ago it began.
    pub(super) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Tells its readers that nobody leads it any more, if nobody told them of its end.
    pub(super) fn fail(&self) {
        let at_ms = u64::try_from(self.age().as_millis()).unwrap_or(u64::MAX);
        let closed = Happening::Closed {
            reason: "fatal".to_owned(),
            message: "the backend failed: begin a new call".to_owned(),
        };
        self.diagnostics.push(at_ms, closed);
    }

    /// Ends the call. What was the first reason stays it.
    pub(super) fn end(&self, why: Ending) {
        self.ending.send_if_modified(|ending| {
            let is_first = ending.is_none();
            ending.get_or_insert(why);
            is_first
        });
    }

    /// Waits until somebody ends the call, or nobody has watched it for so long.
    async fn ending(&self, unread: Duration) -> Ending {
        let mut ending = self.ending.subscribe();
        tokio::select! {
            () = self.diagnostics.left(unread) => Ending::Left,
            // The sender lives as long as `self`.
            why = ending.wait_for(Option::is_some) => {
                why.ok().and_then(|it| *it).unwrap_or(Ending::Asked)
            }
        }
    }

    /// Returns the calls that wait for a decision.
    pub(super) fn approvals(&self) -> Vec<Approval> {
        self.approvals.list()
    }

    /// Answers a question of a server.
    pub(super) async fn answer(&self, question: &str, answer: Answer) -> Result<(), BadAnswer> {
        self.handle.answer(question, answer).await
    }

    /// Decides about a call that waits.
    pub(super) async fn decide(&self, decision: Decision) -> Result<(), DecideError> {
        self.handle.decide(decision).await
    }
}

/// What a running call is made of, besides what requests see.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) endpoint: String,
    /// The call at the endpoint; none where it ends here, and with the bridge.
    pub(super) call_id: Option<RealtimeCallId>,
    pub(super) bridge: Bridge,
    pub(super) seen: Sightings,
    pub(super) lead: Lead,
    /// Another call may begin when this one is over.
    pub(super) slot: CallSlot,
    /// How long it goes on without anybody reading its events.
    pub(super) unread: Duration,
}

/// The agent that leads a call.
#[derive(Debug)]
pub(super) enum Lead {
    /// One of many of this agent.
    Shared(Agent),
    /// The only one: its servers were chosen for it.
    Own(Agent),
}

impl Lead {
    pub(super) const fn agent(&self) -> &Agent {
        match self {
            Self::Shared(agent) | Self::Own(agent) => agent,
        }
    }

    /// Ends the connections to servers that nobody else uses.
    pub(super) async fn end(self) {
        if let Self::Own(agent) = self {
            agent.shutdown().await;
        }
    }
}

impl Running {
    /// Runs the call to its end, whoever ends it.
    pub(super) async fn run(mut self, session: Arc<Session>) {
        journal::began(&session, &self.endpoint);
        let diagnostics = Arc::clone(&session.diagnostics);
        let mut recorder = Recorder::new(diagnostics, Arc::clone(&session.approvals));
        self.lead_on(&session, &mut recorder).await;
        while let Some(seen) = self.seen.rest() {
            recorder.take(seen);
        }
        let reason = recorder.end(Timestamp::ZERO + session.age());
        if let Some(call_id) = &self.call_id {
            // Whoever speaks there is led by nobody any more. Mostly the call is over already.
            let hung_up = self.lead.agent().hang_up(call_id).await;
            if let Err(error) = hung_up {
                tracing::debug!(%error, "the call could not be hung up");
            }
        }
        self.lead.end().await;
        journal::ended(&session, &self.endpoint, reason, recorder.calls());
        drop(self.slot);
    }

    /// Writes down what happens until the bridge is closed.
    async fn lead_on(&mut self, session: &Session, recorder: &mut Recorder) {
        let ending = session.ending(self.unread);
        tokio::pin!(ending);
        let mut late = None;
        loop {
            tokio::select! {
                Some(seen) = self.seen.next() => recorder.take(seen),
                event = self.bridge.next() => if event.is_none() { return },
                why = &mut ending, if late.is_none() => {
                    recorder.ending = Some(why);
                    self.bridge.close();
                    late = Some(Instant::now() + CLOSING);
                }
                () = until(late) => return,
            }
        }
    }
}

/// How long an endpoint gets to take the last outputs.
const CLOSING: Duration = Duration::from_secs(10);

async fn until(late: Option<Instant>) {
    match late {
        Some(late) => sleep_until(late).await,
        None => std::future::pending().await,
    }
}

/// Keeps a session that is over for readers that come late, unless nothing is kept any more.
pub(super) async fn linger(readable: Duration, stopped: impl Future<Output = ()>) {
    let _ = timeout(readable, stopped).await;
}
