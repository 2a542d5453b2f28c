//! A session whose player does what the test says, when it says.

use std::time::Duration;

use rtmcp_core::{ItemId, ServerEvent};
use serde_json::json;

use super::{Command, Moment, Player};
use crate::session::{Input, tests::Bench};

/// A session that has made a second of speech, all of it given to the player.
fn said_all() -> Bench {
    let mut bench = Bench::with("aaaa bbbb ", Player::Server);
    respond(&mut bench);
    bench
}

fn respond(bench: &mut Bench) {
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    bench.pass(Duration::from_secs(1));
}

fn played(bench: &mut Bench, moment: Moment) {
    bench.input(Input::Playback(moment));
}

fn clear(bench: &mut Bench) {
    bench.send(&json!({"type": "output_audio_buffer.clear"}));
}

/// The samples that the player was given since this was asked last, and what else it was to do.
fn given(bench: &mut Bench) -> (usize, Vec<Command>) {
    let mut samples = 0;
    let mut others = Vec::new();
    for command in bench.commands.drain(..) {
        match command {
            Command::Play(sound) => samples += sound.len(),
            other => others.push(other),
        }
    }
    (samples, others)
}

/// What was said of the player, each with what it is about.
fn told(bench: &Bench) -> Vec<String> {
    let events = bench.events.iter();
    let told = events.filter_map(|(_, event)| match event {
        ServerEvent::OutputAudioBufferStarted(_) => Some("started".to_owned()),
        ServerEvent::OutputAudioBufferStopped(_) => Some("stopped".to_owned()),
        ServerEvent::OutputAudioBufferCleared(_) => Some("cleared".to_owned()),
        ServerEvent::ConversationItemTruncated(it) => {
            Some(format!("truncated at {}", it.audio_end_ms))
        }
        ServerEvent::ResponseDone(_) => Some("done".to_owned()),
        _ => None,
    });
    told.collect()
}

fn last_item(bench: &Bench) -> ItemId {
    bench.session.history.last().unwrap()
}

#[test]
fn sound_goes_to_the_player_and_not_to_the_client() {
    let mut bench = said_all();
    assert_eq!(given(&mut bench), (24_000, vec![Command::Finish]));
    assert!(bench.times("response.output_audio.delta").is_empty());
    assert_eq!(bench.times("response.output_audio.done").len(), 1);
    let words = bench.times("response.output_audio_transcript.delta");
    assert_eq!(words.len(), 3);
    played(&mut bench, Moment::Started { position: 0 });
    played(&mut bench, Moment::Stopped { position: 24_000 });
    assert_eq!(told(&bench), ["done", "started", "stopped"]);
}

#[test]
fn a_client_that_plays_has_no_player_to_clear() {
    let mut bench = Bench::with("Hello.", Player::Client);
    clear(&mut bench);
    assert_eq!(bench.times("error"), [0]);
    assert_eq!(given(&mut bench), (0, Vec::new()));
}

#[test]
fn clearing_cuts_the_item_where_it_was_heard() {
    let mut bench = said_all();
    played(&mut bench, Moment::Started { position: 0 });
    given(&mut bench);
    clear(&mut bench);
    assert_eq!(given(&mut bench), (0, vec![Command::Clear]));
    played(&mut bench, Moment::Cleared { position: 13_000 });
    let expected = ["done", "started", "cleared", "truncated at 541"];
    assert_eq!(told(&bench), expected);
    let id = last_item(&bench);
    let heard = bench.session.history.get(&id).unwrap().as_heard();
    let heard = serde_json::to_string(&heard).unwrap();
    assert!(heard.contains("aaaa") && !heard.contains("bbbb"), "{heard}");
    // What the player had said before it was cleared comes after.
    played(&mut bench, Moment::Stopped { position: 13_000 });
    clear(&mut bench);
    assert_eq!(told(&bench), expected);
    assert_eq!(given(&mut bench), (0, Vec::new()));
}

#[test]
fn what_was_heard_to_the_end_is_not_cut() {
    let mut bench = said_all();
    clear(&mut bench);
    // Both of the player's events are still on their way.
    played(&mut bench, Moment::Cleared { position: 24_000 });
    played(&mut bench, Moment::Started { position: 0 });
    played(&mut bench, Moment::Stopped { position: 24_000 });
    assert_eq!(told(&bench), ["done", "started", "stopped"]);
}

#[test]
fn what_was_not_begun_is_cleared_and_forgotten() {
    let mut bench = said_all();
    clear(&mut bench);
    played(&mut bench, Moment::Cleared { position: 0 });
    assert_eq!(told(&bench), ["done", "cleared", "truncated at 0"]);
}

#[test]
fn a_response_waits_until_the_one_before_was_heard() {
    let mut bench = said_all();
    respond(&mut bench);
    assert_eq!(given(&mut bench), (24_000, vec![Command::Finish]));
    played(&mut bench, Moment::Started { position: 0 });
    played(&mut bench, Moment::Stopped { position: 24_000 });
    assert_eq!(given(&mut bench), (24_000, vec![Command::Finish]));
    played(&mut bench, Moment::Started { position: 24_000 });
    played(&mut bench, Moment::Stopped { position: 48_000 });
    let expected = ["done", "done", "started", "stopped", "started", "stopped"];
    assert_eq!(told(&bench), expected);
}

#[test]
fn all_that_waits_is_cut_with_what_is_heard() {
    let mut bench = said_all();
    respond(&mut bench);
    played(&mut bench, Moment::Started { position: 0 });
    clear(&mut bench);
    played(&mut bench, Moment::Cleared { position: 2_400 });
    let cut = ["started", "cleared", "truncated at 100"];
    let waited = ["cleared", "truncated at 0"];
    assert_eq!(told(&bench)[2..], [&cut[..], &waited[..]].concat());
    respond(&mut bench);
    played(&mut bench, Moment::Started { position: 2_400 });
    played(&mut bench, Moment::Stopped { position: 26_400 });
    assert_eq!(told(&bench)[7..], ["done", "started", "stopped"]);
}

#[test]
fn cancelling_ends_the_making_and_not_the_playing() {
    let mut bench = Bench::with("aaaa bbbb ", Player::Server);
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    bench.pass(Duration::from_millis(60));
    bench.send(&json!({"type": "response.cancel"}));
    bench.pass(Duration::from_secs(1));
    // Two chunks of 200 ms were made, and are played to their end.
    assert_eq!(given(&mut bench), (9_600, vec![Command::Finish]));
    played(&mut bench, Moment::Started { position: 0 });
    played(&mut bench, Moment::Stopped { position: 9_600 });
    assert_eq!(told(&bench), ["done", "started", "stopped"]);
}

#[test]
fn a_response_that_is_cleared_while_it_is_made_stays_unheard() {
    let mut bench = Bench::with("aaaa bbbb ", Player::Server);
    bench.send(&json!({"type": "response.create"}));
    bench.think();
    bench.pass(Duration::from_millis(60));
    played(&mut bench, Moment::Started { position: 0 });
    given(&mut bench);
    clear(&mut bench);
    played(&mut bench, Moment::Cleared { position: 4_800 });
    bench.pass(Duration::from_secs(1));
    assert_eq!(given(&mut bench), (0, vec![Command::Clear]));
    let expected = ["started", "cleared", "truncated at 200", "done"];
    assert_eq!(told(&bench), expected);
    // The next one is heard again.
    respond(&mut bench);
    assert_eq!(given(&mut bench), (24_000, vec![Command::Finish]));
}

#[test]
fn the_model_waits_for_somebody_to_speak_from_the_end_of_what_is_heard() {
    let mut bench = Bench::with("aaaa bbbb ", Player::Server);
    let detection = json!({"type": "server_vad", "idle_timeout_ms": 5_000});
    bench.send(&json!({"type": "session.update", "session":
        {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}}));
    respond(&mut bench);
    played(&mut bench, Moment::Started { position: 0 });
    bench.pass(Duration::from_secs(20));
    let kind = "input_audio_buffer.timeout_triggered";
    assert!(bench.times(kind).is_empty());
    played(&mut bench, Moment::Stopped { position: 24_000 });
    bench.pass(Duration::from_millis(5_001));
    assert_eq!(bench.times(kind), [26_000]);
}
