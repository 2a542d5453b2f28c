//! A session on a clock that moves when the test says.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rtmcp_core::{ServerEvent, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Command, Input, Job, Output, Player, Question, Session, Setup};
use crate::{
    config::{Pacing, Rates},
    engine::{EngineError, Sound, Thought},
};

/// A session, its clock, and the engine questions that weren't answered yet.
pub(super) struct Bench {
    pub(super) session: Session,
    now: Timestamp,
    said: &'static str,
    /// When each event was sent, in milliseconds.
    pub(super) events: Vec<(u64, ServerEvent)>,
    asked: Vec<(Job, Question)>,
    abandoned: Vec<Job>,
    /// What the server's player was to do, and wasn't looked at yet.
    pub(super) commands: Vec<Command>,
    closed: Option<u16>,
}

impl Bench {
    fn new(said: &'static str) -> Self {
        Self::with(said, Player::Client)
    }

    pub(super) fn with(said: &'static str, player: Player) -> Self {
        let setup = Setup {
            model: "m".to_owned(),
            updates: Vec::new(),
            player,
            pacing: Pacing::Paced(Rates::FAITHFUL),
            seed: 1,
            seconds: 3_600,
            expires_at: 3_600,
        };
        let session = Session::new(&setup, Timestamp::ZERO).unwrap();
        let mut bench = Self {
            session,
            now: Timestamp::ZERO,
            said,
            events: Vec::new(),
            asked: Vec::new(),
            abandoned: Vec::new(),
            commands: Vec::new(),
            closed: None,
        };
        bench.input(Input::Tick);
        bench
    }

    pub(super) fn send(&mut self, event: &Value) {
        self.input(Input::Client(event.to_string()));
    }

    pub(super) fn input(&mut self, input: Input) {
        for output in self.session.handle(self.now, input) {
            match output {
                Output::Send(event) | Output::Reply(event) => {
                    self.events.push((self.now.as_millis(), *event))
                }
                Output::Ask(job, question) => self.asked.push((job, question)),
                Output::Abandon(job) => self.abandoned.push(job),
                Output::Player(command) => self.commands.push(command),
                Output::Close { code, .. } => self.closed = Some(code),
                Output::Text(_) | Output::Hush | Output::Detach { .. } => {
                    panic!("a session has no faults of its own")
                }
            }
        }
    }

    /// Lets the engines answer all that is asked.
    pub(super) fn think(&mut self) {
        while let Some((job, question)) = self.asked.pop() {
            let answer = match question {
                Question::Hear(_) => Answer::Heard(Ok("hello".to_owned())),
                Question::Think(..) => Answer::Thought(Ok(vec![Thought::Say(self.said.into())])),
                // 100 ms a character.
                Question::Speak(it) => Answer::Spoken(Ok(Sound {
                    rate: 24_000,
                    samples: vec![1; it.text.expose().len() * 2_400],
                })),
            };
            self.input(Input::Answered(job, answer));
        }
    }

    /// Moves the clock on, waking the session whenever it wants.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.session.wake() <= end {
            self.now = self.session.wake().max(self.now);
            self.input(Input::Tick);
            self.think();
            if self.closed.is_some() {
                return;
            }
        }
        self.now = end;
    }

    pub(super) fn times(&self, kind: &str) -> Vec<u64> {
        let found = self.events.iter().filter(|(_, it)| it.kind() == kind);
        found.map(|(at, _)| *at).collect()
    }
}

fn second() -> Duration {
    Duration::from_secs(1)
}

#[test]
fn speech_is_made_four_times_faster_than_it_is_played() {
    let mut bench = Bench::new("0123456789");
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    assert_eq!(bench.times("response.output_audio.delta"), [0]);
    bench.pass(second());
    assert_eq!(
        bench.times("response.output_audio.delta"),
        [0, 50, 100, 150, 200]
    );
    assert_eq!(bench.times("response.done"), [200]);
}

#[test]
fn a_cancelled_response_is_silent_at_once() {
    let mut bench = Bench::new("0123456789");
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    bench.pass(Duration::from_millis(60));
    bench.send(&json!({"type": "response.cancel"}));
    bench.pass(second());
    assert_eq!(bench.times("response.output_audio.delta"), [0, 50]);
    assert_eq!(bench.times("response.done"), [60]);
}

#[test]
fn an_engine_is_not_waited_for_once_nobody_wants_its_answer() {
    let mut bench = Bench::new("Hello.");
    bench.send(&json!({"type": "response.create"}));
    let (job, _) = bench.asked.pop().unwrap();
    bench.send(&json!({"type": "response.cancel"}));
    assert_eq!(bench.abandoned, [job]);
    let thought = Ok(vec![Thought::Say("Too late.".into())]);
    bench.input(Input::Answered(job, Answer::Thought(thought)));
    assert!(bench.times("response.output_item.added").is_empty());
}

#[test]
fn a_brain_or_a_voice_that_fails_ends_the_response() {
    let broken = || EngineError {
        engine: "stub".to_owned(),
        trouble: "broken".to_owned(),
    };
    for voice in [false, true] {
        let mut bench = Bench::new("Hello.");
        bench.send(&json!({"type": "response.create"}));
        let (mut job, _) = bench.asked.pop().unwrap();
        let mut answer = Answer::Thought(Err(broken()));
        if voice {
            let thought = Ok(vec![Thought::Say("Hello.".into())]);
            bench.input(Input::Answered(job, Answer::Thought(thought)));
            (job, _) = bench.asked.pop().unwrap();
            answer = Answer::Spoken(Err(broken()));
        }
        bench.input(Input::Answered(job, answer));
        let events = bench.events.iter().rev();
        let done = events
            .map(|(_, it)| it)
            .find(|it| it.kind() == "response.done");
        let done: Value = serde_json::from_str(&done.unwrap().encode()).unwrap();
        assert_eq!(done["response"]["status"], "failed");
        let error = &done["response"]["status_details"]["error"];
        assert_eq!(error["message"], "stub: broken");
    }
}

#[test]
fn the_model_speaks_up_when_nobody_does() {
    let mut bench = Bench::new("0123456789");
    let detection = json!({"type": "server_vad", "idle_timeout_ms": 5_000});
    bench.send(&json!({"type": "session.update", "session":
        {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}}));
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    // The second of speech is played to the end, and then nobody speaks for five.
    bench.pass(Duration::from_millis(5_999));
    assert!(
        bench
            .times("input_audio_buffer.timeout_triggered")
            .is_empty()
    );
    bench.pass(Duration::from_millis(2));
    assert_eq!(bench.times("input_audio_buffer.timeout_triggered"), [6_000]);
    assert_eq!(bench.times("input_audio_buffer.committed"), [6_000]);
    assert_eq!(bench.times("response.created"), [0, 6_000]);
}

#[test]
fn nobody_is_disturbed_who_wants_no_timeout() {
    let mut bench = Bench::new("Hello.");
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    bench.pass(Duration::from_secs(600));
    assert_eq!(bench.times("response.created"), [0]);
}

#[test]
fn a_session_ends_after_its_hour() {
    let mut bench = Bench::new("Hello.");
    bench.pass(Duration::from_secs(3_599));
    assert_eq!(bench.closed, None);
    bench.pass(second());
    assert_eq!(bench.times("error"), [3_600_000]);
    let (_, last) = bench.events.last().unwrap();
    assert!(last.encode().contains("maximum duration of 60 minutes."));
    assert_eq!(bench.closed, Some(1001));
    bench.events.clear();
    bench.send(&json!({"type": "response.create"}));
    assert!(bench.events.is_empty(), "a session that ended says nothing");
}

#[test]
fn what_is_still_written_to_a_truncated_item_is_not_heard() {
    let mut bench = Bench::new("aaaa bbbb cccc dddd");
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    bench.pass(Duration::from_millis(120));
    let id = bench.session.history.last().unwrap();
    bench.send(
        &json!({"type": "conversation.item.truncate", "item_id": id.as_str(),
            "content_index": 0, "audio_end_ms": 500}),
    );
    assert_eq!(bench.times("conversation.item.truncated"), [120]);
    bench.pass(second());
    assert_eq!(bench.times("response.done").len(), 1);
    let entry = bench.session.history.get(&id).unwrap();
    assert_eq!(entry.sound.len(), 500 * 24);
    let heard = serde_json::to_string(&entry.as_heard()).unwrap();
    assert!(heard.contains("aaaa") && !heard.contains("bbbb"), "{heard}");
}

#[test]
fn silence_is_not_kept() {
    let mut bench = Bench::new("Hello.");
    let seconds = STANDARD.encode(vec![0; 5 * 48_000]);
    for _ in 0..3 {
        bench.send(&json!({"type": "input_audio_buffer.append", "audio": seconds}));
    }
    assert!(bench.session.input.length_ms() < 2_000.0);
    assert_eq!(bench.session.input.position_ms(), 15_000);
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    let run = || {
        let mut bench = Bench::new("Hello there.");
        bench.send(&json!({"type": "response.create"}));
        bench.think();
        bench.pass(second());
        let texts = bench
            .events
            .iter()
            .map(|(at, it)| format!("{at} {}", it.encode()));
        texts.collect::<Vec<String>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn limits_recover() {
    let mut bench = Bench::new("Hello.");
    let mut remaining = Vec::new();
    for _ in 0..3 {
        bench.send(&json!({"type": "response.create", "response": {"input": []}}));
        bench.think();
        bench.pass(second());
        let limits = bench.events.iter().rev().find_map(|(_, it)| match it {
            ServerEvent::RateLimitsUpdated(it) => Some(it.rate_limits.clone()),
            _ => None,
        });
        remaining.push(limits.unwrap()[0].remaining.unwrap());
        // A minute and the allowance is whole again.
        bench.pass(Duration::from_secs(60) * remaining.len() as u32 / 2);
    }
    assert_eq!(remaining, [999, 999, 999]);
}
