//! How soon sound is heard by those who listen in different ways.

use std::time::Duration;

use super::{
    RATE,
    link::{Link, Road},
    speech,
};
use crate::{
    compare, rms,
    webrtc::{Listener, PeerConfig, PeerEvent},
};

fn link(road: Road, seed: u64, listener: Listener) -> Link {
    let config = PeerConfig {
        listener,
        ..PeerConfig::default()
    };
    let mut link = Link::with(road, seed, &config);
    link.run_until(Duration::from_secs(20), |it| {
        it.iter().all(|it| it.peer.is_open())
    });
    link
}

fn is_loud(event: &PeerEvent) -> bool {
    matches!(event, PeerEvent::Audio(frame) if rms(&frame.samples) > 0.01)
}

/// How long after it was sent the first frame of a sound is heard, after a while of silence.
fn delay(listener: Listener) -> Duration {
    let mut link = link(Road::CLEAN, 21, listener);
    link.run(Duration::from_secs(2));
    let tone: Vec<i16> = (0..RATE / 2)
        .map(|nth| (8_000.0 * (f64::from(nth) * 0.115).sin()) as i16)
        .collect();
    link.sides[0].peer.play(&tone);
    link.run(Duration::from_secs(1));
    let started = |it: &PeerEvent| matches!(it, PeerEvent::PlaybackStarted { .. });
    let (sent, _) = link.sides[0].first(started).unwrap();
    let (heard, _) = link.sides[1].first(is_loud).unwrap();
    heard - sent
}

#[test]
fn a_program_hears_at_once_and_a_loudspeaker_as_soon_as_it_is_safe() {
    let way = Road::CLEAN.least;
    let program = delay(Listener::Program);
    assert!(program <= way + Duration::from_millis(1), "{program:?}");
    // 10 ms is the least that it waits.
    let loudspeaker = delay(Listener::Loudspeaker);
    assert!(
        loudspeaker <= way + Duration::from_millis(12),
        "{loudspeaker:?}"
    );
}

#[test]
fn a_program_hears_everything_after_a_bad_road() {
    let mut link = link(Road::BAD, 22, Listener::Program);
    link.run(Duration::from_secs(3));
    let before = link.sides[1].sound().len();
    let speech = speech();
    link.sides[0].peer.play(&speech);
    link.run(Duration::from_secs(6));
    let sound = link.sides[1].sound();
    let likeness = compare::speech_likeness(&speech, &sound);
    assert!(likeness > 0.75, "{likeness}");
    let heard = (sound.len() - before) as f64 / f64::from(RATE);
    assert!((5.8..6.2).contains(&heard), "{heard} s of 6");
    let stats = link.sides[1].stats().received;
    assert_eq!(
        stats.late, 0,
        "whoever waits makes nothing up that still comes"
    );
}

#[test]
fn time_passes_for_a_program_also_when_nothing_comes() {
    let mut link = link(Road::CLEAN, 23, Listener::Program);
    link.run(Duration::from_secs(1));
    link.road.lost_percent = 100;
    let before = link.sides[1].sound().len();
    link.run(Duration::from_secs(2));
    let silent = (link.sides[1].sound().len() - before) as f64 / f64::from(RATE);
    assert!((1.8..=2.0).contains(&silent), "{silent} s of 2");
    // And what comes then is heard at once again.
    link.road.lost_percent = 0;
    link.run(Duration::from_secs(2));
    let whole = (link.sides[1].sound().len() - before) as f64 / f64::from(RATE);
    assert!((3.9..=4.1).contains(&whole), "{whole} s of 4");
}
