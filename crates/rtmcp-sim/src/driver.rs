//! [`drive`]: the one loop of a session, which joins it with its engines, its clock, its clients and
//! its player.

mod jobs;

use rtmcp_core::Timestamp;
use rtmcp_media::webrtc::ConnectionHandle;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    engine::Engines,
    faults::{Dealt, Faulted},
    outlet::Outlet,
    session::{Command, GOING_AWAY, Input, Moment, Output, Session, Setup, encode},
    sim::unix_seconds,
};
use jobs::Jobs;

/// WebSocket's "normal closure".
pub(crate) const NORMAL: u16 = 1000;
/// WebSocket's "internal error".
const INTERNAL_ERROR: u16 = 1011;

/// One connection of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineId(u64);

/// What comes to a session from outside.
pub(crate) enum Arrival {
    /// Another client is there.
    Joined(LineId, Outlet),
    /// A client sent this text.
    Said(LineId, String),
    /// The person's sound.
    Sound(Vec<i16>),
    /// The person pressed a key of a telephone.
    Key(char),
    /// The player got further.
    Playback(Moment),
    /// The session is over.
    Over,
}

/// What a session runs with.
pub(crate) struct Stage {
    pub(crate) engines: Engines,
    pub(crate) inbox: mpsc::Receiver<Arrival>,
    /// The way to the client that the session lives and ends with.
    pub(crate) outlet: Outlet,
    /// What plays, where the server does.
    pub(crate) player: Option<ConnectionHandle>,
    pub(crate) faults: Dealt,
    pub(crate) stop: CancellationToken,
}

/// What is left of a session: those who are to be told of its end.
pub(crate) struct Farewell {
    outlets: Vec<Outlet>,
    code: u16,
    reason: String,
}

/// Drives a session until it ends, its first client is gone or doesn't read, or it is to stop.
pub(crate) async fn drive(setup: Setup, stage: Stage) -> Farewell {
    let Stage {
        engines,
        mut inbox,
        outlet,
        player,
        faults,
        stop,
    } = stage;
    let mut lines = Lines(vec![(LineId::FIRST, outlet)]);
    let mut session = match Session::new(&setup, Timestamp::ZERO) {
        Ok(session) => Faulted::new(session, faults, setup.seed),
        Err(fault) => return lines.farewell(INTERNAL_ERROR, fault.message()),
    };
    let origin = Instant::now();
    let mut floor = Floor {
        jobs: Jobs::new(engines),
        player,
        end: None,
    };
    let (mut from, mut input) = (LineId::FIRST, Input::Tick);
    loop {
        let now = Timestamp::ZERO + origin.elapsed();
        let outputs = session.handle(now, from, input);
        if let Some(moment) = floor.perform(outputs, &mut lines) {
            let outputs = session.handle(now, from, Input::Playback(moment));
            floor.perform(outputs, &mut lines);
        }
        if let Some((code, reason)) = floor.end {
            return lines.farewell(code, &reason);
        }
        if !lines.drop_closed() {
            return lines.farewell(NORMAL, OVER);
        }
        let wake = origin + (session.wake() - Timestamp::ZERO);
        input = tokio::select! {
            arrival = inbox.recv() => match arrival {
                Some(Arrival::Joined(line, outlet)) => {
                    lines.0.push((line, outlet));
                    from = line;
                    Input::Joined
                }
                Some(Arrival::Said(line, text)) => {
                    from = line;
                    Input::Client(text)
                }
                Some(Arrival::Sound(samples)) => Input::Sound(samples),
                Some(Arrival::Key(key)) => Input::Key(key, unix_seconds()),
                Some(Arrival::Playback(moment)) => Input::Playback(moment),
                Some(Arrival::Over) | None => return lines.farewell(NORMAL, OVER),
            },
            Some((job, answer)) = floor.jobs.next() => Input::Answered(job, answer),
            () = tokio::time::sleep_until(wake) => Input::Tick,
            () = stop.cancelled() => {
                return lines.farewell(GOING_AWAY, "The server is shutting down.");
            }
        };
    }
}

/// What those hear who were on a session that has ended.
pub(crate) const OVER: &str = "The session has ended.";

impl LineId {
    /// The one that the session lives and ends with.
    pub(crate) const FIRST: Self = Self(0);

    /// Another one.
    pub(crate) const fn further(number: u64) -> Self {
        Self(number + 1)
    }
}

impl Farewell {
    /// Ends all connections.
    pub(crate) fn say(self) {
        for mut outlet in self.outlets {
            outlet.close(self.code, self.reason.clone());
        }
    }
}

/// The ways to the clients of a session.
struct Lines(Vec<(LineId, Outlet)>);

impl Lines {
    fn send(&mut self, text: &str) {
        for (_, outlet) in &mut self.0 {
            outlet.send(text.to_owned());
        }
    }

    fn reply(&mut self, to: LineId, text: String) {
        if let Some((_, outlet)) = self.0.iter_mut().find(|(line, _)| *line == to) {
            outlet.send(text);
        }
    }

    fn hush(&mut self) {
        for (_, outlet) in &mut self.0 {
            outlet.hush();
        }
    }

    /// Ends all connections but the first.
    fn detach(&mut self, code: u16, reason: &str) {
        for (_, outlet) in self.0.iter_mut().filter(|(line, _)| *line != LineId::FIRST) {
            outlet.close(code, reason.to_owned());
        }
    }

    /// Forgets who is gone; tells whether the first one is still there.
    fn drop_closed(&mut self) -> bool {
        self.0.retain(|(_, outlet)| !outlet.is_closed());
        self.0
            .first()
            .is_some_and(|(line, _)| *line == LineId::FIRST)
    }

    fn farewell(self, code: u16, reason: &str) -> Farewell {
        Farewell {
            outlets: self.0.into_iter().map(|(_, outlet)| outlet).collect(),
            code,
            reason: reason.to_owned(),
        }
    }
}

/// What a session's outputs are done with.
struct Floor {
    jobs: Jobs,
    player: Option<ConnectionHandle>,
    /// The session ended itself, with this code and reason.
    end: Option<(u16, String)>,
}

impl Floor {
    /// Does what a session wants, in order; returns where the player was cleared, if it was.
    fn perform(&mut self, outputs: Vec<(LineId, Output)>, lines: &mut Lines) -> Option<Moment> {
        let mut cleared = None;
        for (from, output) in outputs {
            match output {
                Output::Send(event) => lines.send(&encode(&event)),
                Output::Reply(event) => lines.reply(from, encode(&event)),
                Output::Text(text) => lines.send(&text),
                Output::Hush => lines.hush(),
                Output::Detach { code, reason } => lines.detach(code, &reason),
                Output::Ask(job, question) => self.jobs.ask(job, question),
                Output::Abandon(job) => self.jobs.abandon(job),
                Output::Close { code, reason } => self.end = Some((code, reason)),
                Output::Player(command) => cleared = self.play(command).or(cleared),
            }
        }
        cleared
    }

    fn play(&self, command: Command) -> Option<Moment> {
        let player = self.player.as_ref()?;
        match command {
            Command::Play(samples) => {
                player.play(&samples);
                None
            }
            Command::Finish => {
                player.finish_playback();
                None
            }
            Command::Clear => {
                let position = player.clear_playback().position;
                Some(Moment::Cleared { position })
            }
        }
    }
}
