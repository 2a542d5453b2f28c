//! [`Jobs`]: the questions that engines work on.

use std::{collections::HashMap, sync::Arc};

use tokio::task::{AbortHandle, Id, JoinSet};

use crate::{
    engine::{EngineError, Engines},
    session::{Answer, Job, Question},
};

/// The questions that engines work on.
pub(super) struct Jobs {
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
    pub(super) fn new(engines: Engines) -> Self {
        Self {
            engines,
            tasks: JoinSet::new(),
            asked: HashMap::new(),
        }
    }

    pub(super) fn ask(&mut self, job: Job, question: Question) {
        let (subject, task) = match question {
            Question::Hear(sound) => {
                let ear = Arc::clone(&self.engines.ear);
                let work = async move { Answer::Heard(ear.hear(sound).await) };
                (Subject::Ear, self.tasks.spawn(work))
            }
            Question::Think(_, prompt) => {
                let brain = Arc::clone(&self.engines.brain);
                let work = async move { Answer::Thought(brain.think(*prompt).await) };
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

    pub(super) fn abandon(&mut self, abandoned: Job) {
        self.asked.retain(|_, (job, _, task)| {
            if *job == abandoned {
                task.abort();
            }
            *job != abandoned
        });
    }

    /// Waits for the next answer that is still wanted; `None` while nothing is asked.
    pub(super) async fn next(&mut self) -> Option<(Job, Answer)> {
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
