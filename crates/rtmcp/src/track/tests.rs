//! Sound and events in the orders in which networks bring them.

use serde_json::json;

use super::*;

fn event(event: &serde_json::Value) -> ServerEvent {
    ServerEvent::decode(&event.to_string())
}

fn at(track: &mut Track, ms: u64, kind: &str) -> Vec<Sound> {
    let event = event(&json!({"type": kind, "response_id": "r"}));
    track.event(Timestamp::from_millis(ms), &event)
}

fn started(track: &mut Track) -> Vec<Sound> {
    at(track, 0, "output_audio_buffer.started")
}

/// A track on which the response `r` has the message `m`.
fn track() -> Track {
    let mut track = Track::default();
    for (id, kind) in [("c", "function_call"), ("m", "message"), ("n", "message")] {
        let item = json!({"type": kind, "id": id, "role": "assistant", "content": []});
        let added =
            event(&json!({"type": "response.output_item.added", "response_id": "r", "item": item}));
        assert_eq!(track.event(Timestamp::ZERO, &added), []);
    }
    track
}

fn loud(samples: i16) -> Vec<i16> {
    vec![samples; 480]
}

fn quiet() -> Vec<i16> {
    vec![1; 480]
}

fn heard(samples: Vec<i16>) -> Sound {
    let item_id = "m".into();
    Sound::Heard { item_id, samples }
}

fn end() -> Sound {
    Sound::End {
        item_id: "m".into(),
    }
}

#[test]
fn what_sounds_between_the_events_is_the_message_and_pauses_are_part_of_it() {
    let mut track = track();
    assert_eq!(track.frame(quiet()), []);
    assert_eq!(started(&mut track), []);
    assert_eq!(track.frame(quiet()), [], "it is still on its way");
    assert_eq!(track.frame(loud(900)), [heard(loud(900))]);
    assert_eq!(track.frame(quiet()), [heard(quiet())], "a pause");
    assert!(track.is_busy());
}

#[test]
fn what_is_late_is_heard_until_it_is_quiet_for_longer_than_a_pause() {
    let mut track = track();
    started(&mut track);
    track.frame(loud(900));
    assert_eq!(at(&mut track, 1000, "output_audio_buffer.stopped"), []);
    for _ in 0..QUIET_FRAMES - 1 {
        assert_eq!(track.frame(quiet()), [heard(quiet())]);
    }
    assert_eq!(track.frame(loud(800)), [heard(loud(800))]);
    let last: Vec<Sound> = (0..QUIET_FRAMES)
        .flat_map(|_| track.frame(quiet()))
        .collect();
    assert_eq!(last.len(), QUIET_FRAMES as usize + 1);
    assert_eq!(last.last(), Some(&end()));
    assert!(!track.is_busy() && track.due().is_none());
    assert_eq!(track.frame(quiet()), []);
}

#[test]
fn a_track_that_brings_nothing_more_ends_by_the_clock() {
    let mut track = track();
    started(&mut track);
    at(&mut track, 1000, "output_audio_buffer.stopped");
    let due = track.due().unwrap();
    assert_eq!(due, Timestamp::from_millis(1000) + LATE);
    assert_eq!(track.wake(Timestamp::from_millis(1499)), None);
    assert_eq!(track.wake(due), Some(end()));
    assert_eq!(track.wake(due), None);
}

#[test]
fn sound_that_comes_before_its_event_is_kept_a_moment() {
    let mut track = track();
    assert_eq!(track.frame(loud(700)), []);
    assert_eq!(track.frame(quiet()), [], "that was nothing");
    for level in 0..EARLY as i16 + 2 {
        assert_eq!(track.frame(loud(900 + level)), []);
    }
    let sounds = started(&mut track);
    assert_eq!(sounds.len(), EARLY);
    assert_eq!(sounds[0], heard(loud(902)));
    assert_eq!(track.frame(quiet()), [heard(quiet())]);
}

#[test]
fn what_was_cut_off_is_not_heard_again() {
    let mut track = track();
    started(&mut track);
    track.frame(loud(900));
    let cleared = "output_audio_buffer.cleared";
    assert_eq!(at(&mut track, 50, cleared), [Sound::Cut]);
    assert_eq!(at(&mut track, 60, cleared), [], "once");
    assert_eq!(track.frame(loud(900)), [], "on its way when it was cut");
    assert_eq!(track.frame(quiet()), []);
    assert_eq!(track.frame(loud(500)), [], "the next, before its event");
    assert_eq!(started(&mut track), [heard(loud(500))]);
}

#[test]
fn a_response_that_follows_at_once_ends_the_one_before() {
    let mut track = track();
    started(&mut track);
    track.frame(loud(900));
    let next = event(&json!({"type": "output_audio_buffer.started", "response_id": "unknown"}));
    assert_eq!(track.event(Timestamp::ZERO, &next), [end()]);
    let item_id = ItemId::from("unknown");
    let samples = loud(400);
    assert_eq!(
        track.frame(samples.clone()),
        [Sound::Heard { item_id, samples }]
    );
}
