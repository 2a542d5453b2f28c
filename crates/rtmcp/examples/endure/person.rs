//! [`talk`]: what somebody says for so long, and whether the answers fit.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rtmcp::{Bridge, CallSetup, Event, core::Role, session};
use tokio::time::{interval, timeout};

use crate::{
    Size,
    model::{Conversation, SLOWLY},
    report::{Gaps, Report},
    stage::{Stage, speech},
};

/// Cities whose weather is known.
const CITIES: [&str; 4] = ["Paris", "Rome", "Berlin", "London"];

/// Said first, and asked for last.
const NAME: &str = "My name is Ada.";

/// No turn takes as long, not even one whose connection falls silent.
const TURN: Duration = Duration::from_secs(90);

/// How long a slow answer takes.
const SLOW: u64 = 6_000;

/// Between two turns.
const BREATH: Duration = Duration::from_millis(700);

/// Talks for as long as is wanted.
pub(crate) async fn talk(size: Size) -> anyhow::Result<Report> {
    let stage = Stage::new(size).await?;
    let gaps = Gaps::default();
    let setup = CallSetup {
        observers: vec![Arc::new(gaps.clone())],
        ..CallSetup::default()
    };
    let bridge = stage.agent.connect_with(setup).await?;
    let mut person = Person {
        bridge,
        speech: speech()?,
        said: Vec::new(),
        gaps,
        report: Report::new(size.expiry),
        stage,
    };
    let begun = Instant::now();
    person.turn(NAME, How::Typed, "").await?;
    let mut turns = 0;
    while begun.elapsed() < size.span {
        person.next(turns).await?;
        turns += 1;
        tokio::time::sleep(BREATH).await;
    }
    person.turn("What is my name?", How::Spoken, "Ada").await?;
    person.leave(begun).await
}

/// How something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Typed,
    Spoken,
}

struct Person {
    stage: Stage,
    bridge: Bridge,
    speech: Vec<Vec<u8>>,
    /// Everything that was said so far.
    said: Vec<String>,
    gaps: Gaps,
    report: Report,
}

impl Person {
    /// Has the next turn of many.
    async fn next(&mut self, nth: usize) -> anyhow::Result<()> {
        let city = CITIES[nth % CITIES.len()];
        let weather = format!("What is the weather in {city}?");
        match nth % 4 {
            0 => self.turn(&weather, How::Typed, city).await,
            1 => self.turn(&weather, How::Spoken, city).await,
            2 => {
                let slowly = format!("{SLOWLY}{SLOW}");
                self.turn(&slowly, How::Typed, "").await
            }
            _ => self.turn(&weather, How::Spoken, city).await,
        }
    }

    /// Says something, waits until all of the answer was heard, and looks at it: it must have this
    /// in it.
    async fn turn(&mut self, words: &str, how: How, expected: &str) -> anyhow::Result<()> {
        self.said.push(words.to_owned());
        self.stage.memory.take();
        let answer = timeout(TURN, self.have(words, how)).await;
        let answer = answer.with_context(|| format!("no end of the answer to “{words}”"))??;
        self.report.turn(how == How::Spoken);
        if answer.trim().is_empty() || !answer.contains(expected) {
            let trouble = format!("“{words}” was answered with “{answer}”");
            self.report.trouble(trouble);
        }
        let seen = self.stage.memory.take();
        match seen.last() {
            Some(seen) => self.compare(seen),
            None => self
                .report
                .trouble(format!("nobody thought about “{words}”")),
        }
        Ok(())
    }

    /// Looks at what the model was given to answer.
    fn compare(&mut self, seen: &Conversation) {
        let nth = self.said.len();
        if seen.said != self.said {
            let trouble = format!("in turn {nth} the model knows {:?}", seen.said);
            self.report.trouble(trouble);
        }
        if seen.calls != seen.outputs {
            let trouble = format!("in turn {nth} {:?} have {:?}", seen.calls, seen.outputs);
            self.report.trouble(trouble);
        }
        self.report.items = seen.said.len() + seen.answered.len() + 2 * seen.calls.len();
    }

    /// Says something, and returns the last of what is answered to it.
    async fn have(&mut self, words: &str, how: How) -> anyhow::Result<String> {
        let mut answer = String::new();
        let mut pieces = Vec::new().into_iter();
        match how {
            How::Typed => self.bridge.send_text(words),
            How::Spoken => {
                self.stage.ear.tell(words);
                pieces = self.speech.clone().into_iter();
            }
        }
        let mut clock = interval(Duration::from_millis(20));
        let mut is_answered = false;
        loop {
            let event = tokio::select! {
                event = self.bridge.next() => event.context("the session is over")?,
                _ = clock.tick(), if pieces.len() > 0 => {
                    pieces.next().into_iter().for_each(|it| self.bridge.send_audio(&it));
                    continue;
                }
            };
            match event {
                Event::Session(session::Event::Transcript {
                    role: Role::Assistant,
                    text,
                    done: true,
                    ..
                }) => {
                    is_answered = true;
                    text.expose().clone_into(&mut answer);
                }
                Event::Session(session::Event::Idle) if is_answered && pieces.len() == 0 => {
                    return Ok(answer);
                }
                event => self.note(event)?,
            }
        }
    }

    /// Takes note of what happens besides.
    fn note(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Session(session::Event::Trouble(trouble)) => {
                self.report.trouble(format!("{trouble:?}"));
            }
            Event::ToolFinished(finish) => {
                self.report.calls += 1;
                if finish.kind != "answered" {
                    let trouble = format!("{}: {}", finish.function, finish.kind);
                    self.report.trouble(trouble);
                }
            }
            Event::Closed(closed) => bail!("{closed}"),
            _ => {}
        }
        Ok(())
    }

    /// Ends the session, and sums up.
    async fn leave(mut self, begun: Instant) -> anyhow::Result<Report> {
        self.bridge.close();
        while self.bridge.next().await.is_some() {}
        let servers = [&self.stage.shop, &self.stage.trouble];
        let tools = servers.map(|it| it.stats().now().tools);
        let started: u64 = tools
            .iter()
            .flat_map(|it| it.values())
            .map(|it| it.started)
            .sum();
        let mut report = self.report;
        self.gaps.take().into_iter().for_each(|it| report.gap(it));
        if usize::try_from(started)? != report.calls {
            report.trouble(format!("{} calls, made {started} times", report.calls));
        }
        report.span = begun.elapsed();
        report.sessions = self.stage.sim.sessions_so_far();
        self.stage.agent.shutdown().await;
        Ok(report)
    }
}
