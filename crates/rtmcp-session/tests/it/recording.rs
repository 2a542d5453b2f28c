//! What was recorded is what happens again, also where its words are hidden.

use proptest::{
    collection::vec,
    prelude::{ProptestConfig, Strategy, any, proptest},
    sample,
};
use rtmcp_core::Timestamp;
use rtmcp_session::{
    Input, Options, Output, Session,
    record::{End, Keep, Recording, Scribe},
};
use serde_json::{Value, json};

use crate::random;

/// Stands in every text that is private.
const MARK: char = 'Ω';

/// What people say: now and then the same, the same length, or the same words apart.
fn words() -> impl Strategy<Value = String> {
    const TEXTS: [&str; 6] = [
        "",
        "Ωa",
        "Ωa Ωb",
        "Ωa Ωc",
        "Ωa\u{2003}Ω日本 é😀",
        "{\"Ω\":4242}",
    ];
    sample::select(&TEXTS[..]).prop_map(str::to_owned)
}

/// Puts other words where there are some.
fn say(value: &mut Value, words: &mut impl Iterator<Item = String>) {
    match value {
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str);
            let is_sound = kind == Some("response.output_audio.delta");
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("delta", Value::String(_)) if is_sound => {}
                    (
                        "arguments" | "delta" | "message" | "output" | "send_text" | "text"
                        | "transcript",
                        Value::String(text),
                    ) => *text = words.next().unwrap_or_default(),
                    (_, value) => say(value, words),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| say(value, words)),
        _ => {}
    }
}

fn record(told: impl IntoIterator<Item = (Timestamp, Input)>, keep: Keep) -> String {
    let options = Options::default();
    let mut scribe = Scribe::new(keep);
    let mut recording = scribe.header("some time", &options);
    let mut session = Session::new(options);
    for (now, input) in told {
        recording += &scribe.input(now, &input);
        let outputs: Vec<Output> = session.handle(now, input).collect();
        recording += &scribe.outputs(&outputs);
    }
    recording + &scribe.end()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Invariant 8, through a file: a session does again what it did, and without its words the
    /// same without its words.
    #[test]
    fn a_recording_is_what_happens_again(
        manners in random::manners(),
        plans in random::plans(),
        actions in vec(random::action(), 0..120),
        words in vec(words(), 1..20),
        (keeps_words, sound) in (any::<bool>(), any::<bool>()),
    ) {
        let world = random::run(manners, plans, &actions);
        let mut words = words.into_iter().cycle();
        let told = world.told.into_iter().map(|(now, input)| {
            let mut written = json!(input);
            say(&mut written, &mut words);
            (now, serde_json::from_value(written).unwrap())
        });
        let recording = record(told, Keep { words: keeps_words, sound });
        assert!(keeps_words || !recording.contains(MARK), "{recording}");
        let mut replay = Recording::read(&recording).unwrap().replay();
        for step in replay.by_ref() {
            let step = step.unwrap();
            assert_eq!(step.difference, None, "at {:?}\n{recording}", step.input);
        }
        assert_eq!(replay.end(), End::Whole);
    }

    /// Whatever a session is told can be written down and read again.
    #[test]
    fn inputs_come_back(plans in random::plans(), actions in vec(random::action(), 0..60)) {
        for (_, input) in random::run(crate::endpoint::Manners::GOOD, plans, &actions).told {
            let written = json!(input).to_string();
            assert_eq!(serde_json::from_str::<Input>(&written).unwrap(), input);
        }
    }
}
