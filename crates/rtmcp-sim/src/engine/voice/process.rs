//! A voice that is another program.

use std::{process::Output, time::Duration};

use tokio::io::AsyncWriteExt;

use crate::engine::{EngineError, Sound, Thinking, Utterance, Voice, command, ready};

const NAME: &str = "voice process";
/// The longest that one utterance may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Words a minute at normal speed: espeak-ng's own.
const WORDS_PER_MINUTE: f64 = 175.0;

/// Runs a program for each utterance, which writes a WAV file to its stdout.
///
/// The text is in its stdin, or in the place of `{text}` in an argument; `{wpm}` in an argument
/// becomes the words per minute, 175 being normal. For example
/// `espeak-ng --stdout --stdin -v en-us -s {wpm}`.
#[derive(Clone, Debug)]
pub struct Process {
    command: Vec<String>,
    limit: Duration,
}

impl Process {
    /// A voice of a program and its arguments.
    pub fn new(command: Vec<String>) -> Self {
        Self {
            command,
            limit: TIME_LIMIT,
        }
    }

    /// The same voice with another limit for one utterance; 30 seconds where none is named.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    async fn say(&self, utterance: &Utterance) -> Result<Sound, EngineError> {
        let text = utterance.text.expose().trim();
        if text.is_empty() {
            return Ok(Sound {
                rate: 24_000,
                samples: Vec::new(),
            });
        }
        let output = tokio::time::timeout(self.limit, self.run(text, utterance.speed)).await;
        let output = output.map_err(|_| {
            let limit = self.limit.as_secs_f32();
            EngineError::new(
                NAME,
                format!("the program took longer than {limit} s and was ended"),
            )
        })??;
        if !output.status.success() {
            let trouble = format!(
                "the program failed ({}); run it by hand to see why",
                output.status
            );
            return Err(EngineError::new(NAME, trouble));
        }
        Sound::from_wav(&output.stdout)
            .map_err(|error| EngineError::new(NAME, format!("the program's stdout is {error}")))
    }

    async fn run(&self, text: &str, speed: f64) -> Result<Output, EngineError> {
        let in_argument = self.command.iter().any(|it| it.contains("{text}"));
        let arguments: Vec<String> = self
            .command
            .iter()
            .map(|it| filled_in(it, text, speed))
            .collect();
        let mut child = command::start(NAME, &arguments)?;
        let stdin = child.stdin.take();
        let write = async move {
            if let (Some(mut stdin), false) = (stdin, in_argument) {
                // A program that doesn't read to the end says so by its status.
                stdin.write_all(text.as_bytes()).await.ok();
            }
        };
        // Both at once: the program may speak before it has read everything.
        let ((), output) = tokio::join!(write, child.wait_with_output());
        output.map_err(|error| EngineError::new(NAME, format!("the program broke off ({error})")))
    }
}

impl Voice for Process {
    fn speak(&self, utterance: Utterance) -> Thinking<'_, Sound> {
        Box::pin(async move { self.say(&utterance).await })
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready(format!("`{}`", self.command.join(" ")))
    }
}

fn filled_in(argument: &str, text: &str, speed: f64) -> String {
    let wpm = (WORDS_PER_MINUTE * speed).round().to_string();
    // A text such as "-h" must not become an option.
    let dash = if argument == "{text}" && text.starts_with('-') {
        " "
    } else {
        ""
    };
    let argument = argument.replace("{wpm}", &wpm);
    argument.replace("{text}", &format!("{dash}{text}"))
}
