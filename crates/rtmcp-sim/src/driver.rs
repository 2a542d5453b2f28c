//! [`drive`]: the one loop of a session, which joins it with its engines, its clock and its client.

use std::{collections::HashMap, sync::Arc};

use rtmcp_core::Timestamp;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, Id, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    engine::{EngineError, Engines},
    outlet::Outlet,
    session::{Answer, GOING_AWAY, Input, Job, Output, Question, Session, Setup},
};

/// Drives a session until it ends, the client is gone or doesn't read, or `stop` is called.
pub(crate) async fn drive(
    setup: Setup,
    engines: Engines,
    mut inbox: mpsc::Receiver<String>,
    mut outlet: Outlet,
    stop: CancellationToken,
) {
    let origin = Instant::now();
    let mut session = match Session::new(&setup, Timestamp::ZERO) {
        Ok(session) => session,
        Err(fault) => return outlet.close(INTERNAL_ERROR, fault.message().to_owned()),
    };
    let mut jobs = Jobs::new(engines);
    let mut input = Input::Tick;
    loop {
        let now = Timestamp::ZERO + origin.elapsed();
        for output in session.handle(now, input) {
            match output {
                Output::Send(event) => outlet.send(event.encode()),
                Output::Ask(job, question) => jobs.ask(job, question),
                Output::Abandon(job) => jobs.abandon(job),
                Output::Close { code, reason } => outlet.close(code, reason),
            }
        }
        if outlet.is_closed() {
            return;
        }
        let wake = origin + (session.wake() - Timestamp::ZERO);
        input = tokio::select! {
            text = inbox.recv() => match text {
                Some(text) => Input::Client(text),
                None => return,
            },
            Some((job, answer)) = jobs.next() => Input::Answered(job, answer),
            () = tokio::time::sleep_until(wake) => Input::Tick,
            () = stop.cancelled() => {
                return outlet.close(GOING_AWAY, "The server is shutting down.".to_owned());
            }
        };
    }
}

/// WebSocket's "internal error".
const INTERNAL_ERROR: u16 = 1011;

/// The questions that engines work on.
struct Jobs {
    engines: Engines,
    tasks: JoinSet<Answer>,
    asked: HashMap<Id, (Job, Subject, AbortHandle)>,
}

/// Which engine was asked.
#[derive(Clone, Copy)]
enum Subject {
    Ear,
    Brain,
    Voice,
}

impl Jobs {
    fn new(engines: Engines) -> Self {
        Self {
            engines,
            tasks: JoinSet::new(),
            asked: HashMap::new(),
        }
    }

    fn ask(&mut self, job: Job, question: Question) {
        let (subject, task) = match question {
            Question::Hear(sound) => {
                let ear = Arc::clone(&self.engines.ear);
                let work = async move { Answer::Heard(ear.hear(sound).await) };
                (Subject::Ear, self.tasks.spawn(work))
            }
            Question::Think(prompt) => {
                let brain = Arc::clone(&self.engines.brain);
                let work = async move { Answer::Thought(brain.think(prompt).await) };
                (Subject::Brain, self.tasks.spawn(work))
            }
            Question::Speak(utterance) => {
                let voice = Arc::clone(&self.engines.voice);
                let work = async move { Answer::Spoken(voice.speak(utterance).await) };
                (Subject::Voice, self.tasks.spawn(work))
            }
        };
        self.asked.insert(task.id(), (job, subject, task));
    }

    fn abandon(&mut self, abandoned: Job) {
        self.asked.retain(|_, (job, _, task)| {
            if *job == abandoned {
                task.abort();
            }
            *job != abandoned
        });
    }

    /// Waits for the next answer that is still wanted; `None` while nothing is asked.
    async fn next(&mut self) -> Option<(Job, Answer)> {
        loop {
            let (id, answer) = match self.tasks.join_next_with_id().await? {
                Ok((id, answer)) => (id, Some(answer)),
                Err(error) => (error.id(), None),
            };
            if let Some((job, subject, _)) = self.asked.remove(&id) {
                return Some((job, answer.unwrap_or_else(|| subject.broken())));
            }
        }
    }
}

impl Subject {
    /// The answer of an engine that panicked.
    fn broken(self) -> Answer {
        let error = |engine: &str| EngineError {
            engine: engine.to_owned(),
            trouble: "it panicked; this is a bug in the engine".to_owned(),
        };
        match self {
            Self::Ear => Answer::Heard(Err(error("ear"))),
            Self::Brain => Answer::Thought(Err(error("brain"))),
            Self::Voice => Answer::Spoken(Err(error("voice"))),
        }
    }
}
