//! The model's speech: its pace, and where it is cut.

use std::time::Duration;

use rtmcp::{Agent, CallSetup, Event, Playback, core::ItemId, session};

use crate::stage::{Seen, config, endpoint};

#[tokio::test]
async fn speech_is_handed_out_at_the_pace_at_which_it_sounds() {
    let endpoint = endpoint().await;
    let mut seen = Seen::open(config(&endpoint, &[])).await;
    seen.bridge.send_text("one two three");
    let first = seen
        .until(|event| match event {
            Event::Audio { .. } => Some(std::time::Instant::now()),
            _ => None,
        })
        .await;
    seen.until(|event| matches!(event, Event::AudioEnd { .. }).then_some(()))
        .await;
    let bytes: usize = seen.events.iter().map(audio_len).sum();
    let sounds = Duration::from_millis(bytes as u64 / 48);
    assert!(
        sounds > Duration::from_millis(100),
        "some speech: {sounds:?}"
    );
    assert!(first.elapsed() + Duration::from_millis(40) >= sounds);
}

#[tokio::test]
async fn an_interruption_cuts_at_what_was_handed_out() {
    let endpoint = endpoint().await;
    let mut seen = Seen::open(config(&endpoint, &[])).await;
    seen.bridge
        .send_text("a long sentence that goes on and on and on for quite a while");
    let mut frames = 0;
    while frames < 10 {
        frames += seen
            .until(|event| (audio_len(event) > 0).then_some(1))
            .await;
    }
    seen.bridge.interrupt();
    let heard = seen
        .until(|event| match event {
            Event::Session(session::Event::Interrupted { heard, .. }) => Some(*heard),
            _ => None,
        })
        .await;
    let bytes: usize = seen.events.iter().map(audio_len).sum();
    assert_eq!(heard, Duration::from_millis(bytes as u64 / 48));
    let stop = seen
        .events
        .iter()
        .position(|event| *event == Event::AudioStop);
    let after = &seen.events[stop.unwrap()..];
    assert!(
        after.iter().all(|event| audio_len(event) == 0),
        "silence after the stop"
    );
}

#[tokio::test]
async fn an_application_that_knows_what_was_heard_says_so() {
    let endpoint = endpoint().await;
    let agent = Agent::new(config(&endpoint, &[])).unwrap();
    let setup = CallSetup {
        playback: Playback::Reported,
        ..CallSetup::default()
    };
    let mut seen = Seen::of(agent.connect_with(setup).await.unwrap());
    seen.bridge
        .send_text("a long sentence that goes on and on and on for quite a while");
    let item_id: ItemId = seen
        .until(|event| match event {
            Event::AudioEnd { item_id } => Some(item_id.clone()),
            _ => None,
        })
        .await;
    seen.bridge.interrupt();
    seen.until(|event| (*event == Event::AudioStop).then_some(()))
        .await;
    let heard = Some((item_id, Duration::from_millis(123)));
    seen.bridge.played(session::Playback::Stopped { heard });
    let cut = seen
        .until(|event| match event {
            Event::Session(session::Event::Interrupted { heard, .. }) => Some(*heard),
            _ => None,
        })
        .await;
    assert_eq!(cut, Duration::from_millis(123));
}

fn audio_len(event: &Event) -> usize {
    match event {
        Event::Audio { bytes, .. } => bytes.expose().len(),
        _ => 0,
    }
}
