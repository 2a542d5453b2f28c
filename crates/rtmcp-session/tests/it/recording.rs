//! What was recorded is what happens again, also where its words are hidden.

use std::{env, fs, path::Path, time::Duration};

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest},
    sample,
};
use rtmcp_core::{ServerEvent, Timestamp};
use rtmcp_session::{
    Handover, Input, Options, Output, Session,
    record::{End, Keep, Recording, Scribe},
};
use serde_json::{Value, json};

use crate::{handover, random};

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

/// Any JSON, with fields that events have, at the wrong places too. All that isn't a kind is private.
fn anything() -> impl Strategy<Value = Value> {
    const FIELDS: [&str; 14] = [
        "arguments",
        "audio",
        "content",
        "delta",
        "error",
        "item",
        "message",
        "metadata",
        "note",
        "part",
        "response",
        "session",
        "text",
        "transcript",
    ];
    const KINDS: [&str; 4] = ["message", "input_text", "mcp_call", "unheard_of"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_i32..9).prop_map(Value::from),
        (-9_i32..9).prop_map(|it| Value::from(f64::from(it) / 4.0)),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let fields = vec((sample::select(&FIELDS[..]), inner.clone()), 0..4);
        let object = (sample::select(&KINDS[..]), fields).prop_map(|(kind, fields)| {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            let kind = ("type".to_owned(), Value::from(kind));
            Value::Object(fields.chain([kind]).collect())
        });
        prop_oneof![vec(inner, 0..3).prop_map(Value::Array), object]
    })
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

fn record(
    told: impl IntoIterator<Item = (Timestamp, Input)>,
    keep: Keep,
    options: Options,
) -> String {
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

/// What a conversation is restored from is its words: without them it is restored all the same.
#[test]
fn a_talk_over_many_connections_happens_again_without_its_words() {
    let world = handover::life::live(2, true, Options::default());
    let end = Timestamp::ZERO + Duration::from_secs(20 * 60);
    let told = world.told.into_iter().take_while(|(now, _)| *now < end);
    let options = Options {
        handover: Handover::Replay,
        ..Options::default()
    };
    let recording = record(told, Keep::default(), options);
    assert!(recording.matches("\"handed_over\"").count() > 8);
    let mut replay = Recording::read(&recording).unwrap().replay();
    for step in replay.by_ref() {
        let step = step.unwrap();
        assert_eq!(step.difference, None, "at {:?}", step.input);
    }
    assert_eq!(replay.end(), End::Whole);
}

/// Every file of `tests/recordings` is a test: what it records happens again. Where it is meant that
/// it doesn't, `UPDATE_RECORDINGS=1` writes down what happens now.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test may read files and be told by the environment to write them"
)]
fn every_recording_is_what_happens_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let files = fs::read_dir(folder).unwrap();
    let mut replayed = 0;
    for file in files {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        if env::var("UPDATE_RECORDINGS").is_ok() {
            fs::write(&path, as_now(&text)).unwrap();
            continue;
        }
        let recording = Recording::read(&text).unwrap_or_else(|error| panic!("{name} {error}"));
        let mut replay = recording.replay();
        for step in replay.by_ref() {
            let step = step.unwrap_or_else(|error| panic!("{name} {error}"));
            let (number, input) = (step.number, &step.input);
            assert_eq!(step.difference, None, "{name}: input {number}, {input:?}");
        }
        assert!(replay.inputs() > 0, "{name} has no inputs");
        replayed += 1;
    }
    assert!(replayed > 0 || env::var("UPDATE_RECORDINGS").is_ok());
}

/// Puts in place of what a session did then what it does now.
fn as_now(recording: &str) -> String {
    let recording_now = Recording::read(recording).unwrap();
    let scribe = Scribe::new(recording_now.header().keep);
    let mut replay = recording_now.replay();
    let mut now = String::new();
    for line in recording.split_inclusive('\n') {
        if line.starts_with("{\"out\"") {
            continue;
        }
        now += line;
        if line.starts_with("{\"at\"") && line.contains("\"in\"") {
            now += &scribe.outputs(&replay.next().unwrap().unwrap().outputs);
        }
    }
    now
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

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
        let recording = record(told, Keep { words: keeps_words, sound }, Options::default());
        assert!(keeps_words || !recording.contains(MARK), "{recording}");
        let mut replay = Recording::read(&recording).unwrap().replay();
        for step in replay.by_ref() {
            let step = step.unwrap();
            assert_eq!(step.difference, None, "at {:?}\n{recording}", step.input);
        }
        assert_eq!(replay.end(), End::Whole);
    }

    /// A recording that breaks off anywhere is replayed as far as it goes.
    #[test]
    fn a_broken_recording_is_what_happened_so_far(
        plans in random::plans(),
        actions in vec(random::action(), 0..40),
        share in 0.0..1.0_f64,
    ) {
        let world = random::run(crate::endpoint::Manners::GOOD, plans, &actions);
        let recording = record(world.told, Keep::default(), Options::default());
        let first = recording.find('\n').unwrap() + 1;
        let cut = first + ((recording.len() - 1 - first) as f64 * share) as usize;
        let cut = recording.floor_char_boundary(cut);
        let mut replay = Recording::read(&recording[..cut]).unwrap().replay();
        for step in replay.by_ref() {
            assert_eq!(step.unwrap().difference, None);
        }
        assert_eq!(replay.end(), End::BrokenOff);
    }

    /// No event gives a word away, whatever it looks like, and each comes back as it was hidden.
    #[test]
    fn no_event_gives_a_word_away(
        kind in sample::select(ServerEvent::KINDS),
        mut event in anything(),
    ) {
        if let Value::Object(fields) = &mut event {
            fields.insert("type".to_owned(), kind.into());
        }
        let input = Input::from(ServerEvent::decode(&event.to_string()));
        let written = json!(input).to_string();
        assert_eq!(serde_json::from_str::<Input>(&written).unwrap(), input);
        let told = [Input::Tick, input].map(|input| (Timestamp::ZERO, input));
        let recording = record(told, Keep::default(), Options::default());
        assert!(!recording.contains(MARK), "{recording}");
        let mut replay = Recording::read(&recording).unwrap().replay();
        assert!(replay.by_ref().all(|step| step.unwrap().difference.is_none()));
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
