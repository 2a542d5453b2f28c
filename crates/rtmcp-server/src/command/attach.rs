//! `rtmcp attach`: answers the tools of a call that somebody else speaks in.

use std::{path::PathBuf, sync::Arc};

use rtmcp::{
    Agent, Bridge, CallSetup, Closed, Config, Event, Observer,
    record::Recorded,
    session::{self, Trouble},
};
use rtmcp_core::{RealtimeCallId, Role};
use tokio::time::Instant;

use super::{
    recording::{self, RecordArgs},
    session::{Calls, Recorder, Steps, told},
};
use crate::{
    approval::{Approve, Approver},
    console,
    failure::{Failure, Outcome},
    handover, reach,
    signals::Stop,
};

/// Answer the tools of a call that runs, until it ends or Ctrl-C.
///
/// Opens a connection of its own to the call (a sideband), sets it up as the configuration says,
/// and prints what is said and called, with the seconds since then. Whoever made the call, a browser
/// for instance, speaks in it and knows its id. Exactly one party may answer the tools of a call.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The call, as the endpoint names it: the end of the `Location` that the offer was answered
    /// with.
    #[arg(value_name = "CALL_ID", value_parser = parse_call_id)]
    pub(crate) call_id: RealtimeCallId,

    /// The configuration of the agent.
    #[arg(long, default_value = "rtmcp.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// Where to keep every event of the wire, one JSON object a line: `at_ms`, `dir`, `event`.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) events: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) recording: RecordArgs,

    /// How to decide about calls that need approval.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) approve: Approve,
}

/// Attaches to the call, and follows it.
pub(crate) async fn run(args: Args) -> Outcome {
    let mut stop = Stop::new()?;
    let config = Config::from_file(&args.config);
    let config = config.map_err(|error| Failure::config(&args.config, &error))?;
    let recorder = args.events.clone().map(Recorder::create).transpose()?;
    let agent = reach::agent(config, Some(&args.config))?;
    let outcome = lead(&agent, &args, recorder.as_ref(), &mut stop).await;
    agent.shutdown().await;
    let recorded = recorder.map_or(Ok(()), Recorder::finish);
    outcome.and(recorded)
}

/// Leads the call to its end.
async fn lead(agent: &Agent, args: &Args, recorder: Option<&Recorder>, stop: &mut Stop) -> Outcome {
    let observers = recorder.map(Recorder::observer);
    let observers = observers.map(|it| Arc::new(it) as Arc<dyn Observer>);
    let setup = CallSetup {
        observers: observers.into_iter().collect(),
        record: args.recording.recorder()?,
        ..CallSetup::default()
    };
    let mut bridge = tokio::select! {
        attached = agent.attach(&args.call_id, setup) => attached?,
        () = stop.asked() => return Err(Failure::stopped()),
    };
    let mut approver = Approver::new(args.approve);
    let mut watch = Watch::new(args.call_id.clone());
    let mut kept = Ok(());
    loop {
        tokio::select! {
            event = bridge.next() => match event {
                Some(Event::Closed(closed)) => return watch.closed(closed).and(kept),
                Some(Event::Recorded(recorded)) => kept = watch.recorded(&recorded),
                Some(event) => watch.take(event, &bridge, &mut approver),
                None => return Ok(()),
            },
            decision = approver.answer(), if watch.calls.is_asking() => {
                watch.calls.decide(watch.steps, decision, &bridge);
                watch.calls.ask_next(&mut approver);
            }
            // Calls that are open get their outputs, and the call goes on.
            () = stop.asked() => bridge.close(),
        }
    }
}

/// Tells what happens in a call.
#[derive(Debug)]
struct Watch {
    call_id: RealtimeCallId,
    steps: Steps,
    calls: Calls,
}

impl Watch {
    fn new(call_id: RealtimeCallId) -> Self {
        Self {
            call_id,
            steps: Steps::from(Instant::now()),
            calls: Calls::default(),
        }
    }

    fn take(&mut self, event: Event, bridge: &Bridge, approver: &mut Approver) {
        let steps = self.steps;
        match event {
            Event::Session(session::Event::Ready { .. }) => {
                self.steps = Steps::from(Instant::now());
                self.steps
                    .tell("attached", &console::plain(self.call_id.as_str()));
            }
            Event::Session(event) => self.session(event),
            Event::Approval { call, request, .. } => {
                self.calls.ask(steps, (call, request), bridge, approver);
            }
            Event::ApprovalOver(line) => self.calls.approval_over(steps, &line),
            Event::ApprovalNotAsked { message, .. } => steps.tell("not asked", &message),
            Event::ToolStarted(call) => self.calls.started(steps, &call),
            Event::ToolFinished(call) => self.calls.finished(steps, &call),
            Event::ServerDown { server, error } => self.calls.server_down(server, &error),
            Event::ServerReady { server, .. } => self.calls.server_ready(server),
            // The model asks the person in the call what a server asks.
            event => drop(told::tell(steps, event)),
        }
        self.calls.ask_next(approver);
    }

    fn session(&mut self, event: session::Event) {
        match event {
            session::Event::Transcript {
                role,
                text,
                done: true,
                ..
            } => {
                let what = match role {
                    Role::Assistant => "reply",
                    _ => "heard",
                };
                let text = console::plain(text.expose().trim());
                self.steps.tell(what, &text);
            }
            session::Event::HandedOver(over) => {
                self.steps.tell("hand-over", &handover::goes_on(&over));
            }
            session::Event::Interrupted { .. } => self.steps.tell("silence", "the reply's cut off"),
            session::Event::Call {
                call_id,
                state,
                name,
            } => self.calls.state(self.steps, &call_id, &name, state),
            session::Event::TranscriptFailed { message, .. }
            | session::Event::Trouble(
                Trouble::Endpoint { message, .. }
                | Trouble::ResponseFailed { message, .. }
                | Trouble::OutputRefused { message, .. },
            ) => self.steps.tell("trouble", &console::plain(&message)),
            session::Event::Trouble(Trouble::NotUnderstood { kind, trouble }) => {
                console::warn(format!("an event `{kind}` was not understood: {trouble}"));
            }
            _ => {}
        }
    }

    fn recorded(&self, recorded: &Recorded) -> Outcome {
        recording::kept(recorded)?;
        self.steps
            .tell("recorded", &recorded.path.display().to_string());
        Ok(())
    }

    fn closed(&self, closed: Closed) -> Outcome {
        if closed.is_failure() {
            return Err(self.calls.lost(closed));
        }
        let words = match closed {
            Closed::Asked => "the call goes on without its tools".to_owned(),
            closed => closed.to_string(),
        };
        self.steps.tell("left", &words);
        Ok(())
    }
}

/// Reads the id of a call.
fn parse_call_id(text: &str) -> Result<RealtimeCallId, &'static str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if text.is_empty() || !text.chars().all(is_word) {
        return Err(
            "write it as the endpoint does, like `rtc_u1_9c6574da8b8a41a18da9308f4ad974ce`",
        );
    }
    Ok(RealtimeCallId::from(text))
}

const EXAMPLES: &str = "\
Examples:
  rtmcp attach rtc_u1_9c6574da8b8a41a18da9308f4ad974ce --config rtmcp.toml
  rtmcp attach rtc_u1_9c6574da8b8a41a18da9308f4ad974ce --approve all --events events.jsonl";
