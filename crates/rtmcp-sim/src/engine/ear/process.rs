//! An ear that is another program.

mod child;

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rtmcp_media::pcm;
use tokio::sync::{mpsc, oneshot};

use crate::engine::{Ear, EngineError, Sound, Thinking};
use child::{Child, Trouble};

/// What errors call it.
const NAME: &str = "ear process";
/// The longest that the program may take to load its model.
const START_LIMIT: Duration = Duration::from_secs(120);
/// The longest that one piece of speech may take.
const HEAR_LIMIT: Duration = Duration::from_secs(30);

/// Asks a long-lived program that speaks JSON lines on its stdin and stdout:
///
/// ```text
/// first  {"ready": true, "engine": "what I am"}
/// in     {"id": 1, "rate": 24000, "audio": "<base64 of 16-bit little-endian mono PCM>"}
/// out    {"id": 1, "text": "What is the weather in Paris?"}
/// or     {"id": 1, "error": "…"}
/// ```
///
/// It is started by [`prepare`](Ear::prepare) or the first speech, asked one thing at a time, and
/// started anew once if it ends in the middle. Its stderr goes to the log at `debug`. It is ended
/// when this is dropped.
#[derive(Debug)]
pub struct Process {
    command: Vec<String>,
    hear_limit: Duration,
    jobs: OnceLock<mpsc::UnboundedSender<Job>>,
    warned: AtomicBool,
}

/// What the program is asked, and where the answer goes.
#[derive(Debug)]
enum Job {
    Prepare(oneshot::Sender<Result<String, EngineError>>),
    Hear(Sound, oneshot::Sender<Result<String, EngineError>>),
}

impl Process {
    /// An ear of a program and its arguments. Nothing is started yet.
    pub fn new(command: Vec<String>) -> Self {
        Self {
            command,
            hear_limit: HEAR_LIMIT,
            jobs: OnceLock::new(),
            warned: AtomicBool::new(false),
        }
    }

    /// The same ear with another limit for one piece of speech; 30 seconds where none is named.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.hear_limit = limit;
        self
    }

    async fn ask(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<String, EngineError>>) -> Job,
    ) -> Result<String, EngineError> {
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.get_or_init(|| {
            let (jobs, queue) = mpsc::unbounded_channel();
            tokio::spawn(work(self.command.clone(), self.hear_limit, queue));
            jobs
        });
        // The worker lives as long as this sender and always answers.
        let gone = || EngineError::new(NAME, "the simulator is shutting down");
        jobs.send(job(answer)).map_err(|_| gone())?;
        let result = answered.await.map_err(|_| gone())?;
        if result.is_err() && !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(program = self.command.first(), "the ear process fails");
        }
        result
    }
}

impl Ear for Process {
    fn hear(&self, speech: Sound) -> Thinking<'_, String> {
        Box::pin(self.ask(|answer| Job::Hear(speech, answer)))
    }

    fn prepare(&self) -> Thinking<'_, String> {
        Box::pin(self.ask(Job::Prepare))
    }
}

/// Owns the program. A caller that gives up doesn't disturb it.
async fn work(command: Vec<String>, limit: Duration, mut queue: mpsc::UnboundedReceiver<Job>) {
    let mut worker = Worker {
        command,
        limit,
        child: None,
        last_id: 0,
    };
    while let Some(job) = queue.recv().await {
        match job {
            Job::Prepare(answer) => {
                let result = worker.running().await.map(|it| it.engine.clone());
                answer.send(result).ok();
            }
            // Nobody waits for it any more.
            Job::Hear(_, answer) if answer.is_closed() => {}
            Job::Hear(speech, answer) => {
                let result = worker.hear(&speech).await;
                answer.send(result).ok();
            }
        }
    }
}

struct Worker {
    command: Vec<String>,
    limit: Duration,
    child: Option<Child>,
    last_id: u64,
}

impl Worker {
    async fn running(&mut self) -> Result<&mut Child, EngineError> {
        let child = match self.child.take() {
            Some(child) => child,
            None => Child::start(&self.command, START_LIMIT).await?,
        };
        Ok(self.child.insert(child))
    }

    async fn hear(&mut self, speech: &Sound) -> Result<String, EngineError> {
        match self.attempt(speech).await {
            Err(Trouble::Ended) => match self.attempt(speech).await {
                Err(Trouble::Ended) => Err(EngineError::new(
                    NAME,
                    "the program ended in the middle, and again after a restart; run it by hand to \
                     see why, or run `cargo xtask setup` again",
                )),
                other => other.map_err(Trouble::into_error),
            },
            other => other.map_err(Trouble::into_error),
        }
    }

    async fn attempt(&mut self, speech: &Sound) -> Result<String, Trouble> {
        self.last_id += 1;
        let (id, limit) = (self.last_id, self.limit);
        let audio = STANDARD.encode(pcm::to_bytes(&speech.samples));
        let request = serde_json::json!({"id": id, "rate": speech.rate, "audio": audio});
        let child = self.running().await.map_err(Trouble::Told)?;
        let answer = tokio::time::timeout(limit, child.ask(id, &request.to_string())).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(Trouble::Hung(format!(
                "the program didn't answer within {} s and was ended; give it shorter speech or a \
                 smaller model",
                limit.as_secs_f32()
            )))
        });
        // One that ended or hangs is of no more use.
        if matches!(answer, Err(Trouble::Ended | Trouble::Hung(_))) {
            self.child = None;
        }
        answer
    }
}
