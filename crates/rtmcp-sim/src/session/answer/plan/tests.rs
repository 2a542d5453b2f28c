//! Plans by hand.

use std::time::Duration;

use rtmcp_core::Timestamp;

use super::{Budget, Delta, Plan, whole_words, words};
use crate::config::{Pacing, Rates};

fn budget(tokens: Option<u64>) -> Budget {
    Budget {
        now: Timestamp::from_millis(1_000),
        pacing: Pacing::Paced(Rates {
            audio_speed: 4.0,
            audio_chunk: Duration::from_millis(200),
            text_gap: Duration::from_millis(20),
        }),
        tokens,
    }
}

fn steps(plan: &Plan) -> Vec<(u64, Delta)> {
    let steps = plan.steps.iter();
    steps.map(|it| (it.at.as_millis(), it.what)).collect()
}

#[test]
fn words_keep_every_space() {
    for text in ["", "one", " one  two\n", "drei vier fünf", "  "] {
        assert_eq!(words(text).concat(), text);
    }
    assert_eq!(words("one two  three"), ["one", " two", "  three"]);
}

#[test]
fn only_whole_words_are_heard() {
    let ends: Vec<usize> = (0..=9).map(|end| whole_words("one two a", end)).collect();
    assert_eq!(ends, [0, 0, 0, 3, 3, 3, 3, 7, 7, 9]);
}

#[test]
fn text_comes_word_by_word() {
    let plan = Plan::text("one two three", budget(None));
    assert_eq!(
        steps(&plan),
        [
            (1_000, Delta::Text(3)),
            (1_020, Delta::Text(7)),
            (1_040, Delta::Text(13))
        ]
    );
}

#[test]
fn speech_comes_faster_than_it_is_played_each_word_before_its_sound() {
    // 600 ms of sound for three words of the same length.
    let plan = Plan::speech("one two six", 14_400, budget(None));
    assert_eq!(
        steps(&plan),
        [
            (1_000, Delta::Text(3)),
            (1_000, Delta::Text(7)),
            (1_000, Delta::Sound(4_800)),
            (1_050, Delta::Text(11)),
            (1_050, Delta::Sound(9_600)),
            (1_100, Delta::Sound(14_400))
        ]
    );
}

#[test]
fn words_without_sound_are_said_all_the_same() {
    let plan = Plan::speech("one two", 0, budget(None));
    let said: Vec<Delta> = plan.steps.iter().map(|it| it.what).collect();
    assert_eq!(said, [Delta::Text(3), Delta::Text(7)]);
}

#[test]
fn arguments_come_in_pieces_that_split_no_character() {
    let arguments = r#"{"city":"Köln ist groß"}"#;
    let plan = Plan::arguments(arguments, budget(None));
    let mut text = String::new();
    for step in &plan.steps {
        let Delta::Text(end) = step.what else {
            panic!("sound in arguments")
        };
        text.push_str(&arguments[text.len()..end]);
    }
    assert_eq!(text, arguments);
    assert!(plan.steps.len() > 3);
}

#[test]
fn a_plan_ends_where_the_tokens_do() {
    // 4 characters are a token.
    let plan = Plan::text("one two three four", budget(Some(2)));
    assert!(plan.cut);
    assert_eq!(plan.steps.len(), 2);
    let plan = Plan::text("one two", budget(Some(2)));
    assert!(!plan.cut);
    assert_eq!(plan.steps.len(), 2);
}
