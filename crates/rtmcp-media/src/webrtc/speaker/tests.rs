//! Pacing and positions, without a network.

use std::time::{Duration, Instant};

use super::{Cleared, Playback, Speaker, Turn};

const FRAME: usize = 480;

struct Clock {
    speaker: Speaker,
    now: Instant,
}

impl Clock {
    fn new() -> Self {
        let mut speaker = Speaker::new(24_000, 32_000).unwrap();
        let now = Instant::now();
        speaker.start(now);
        Self { speaker, now }
    }

    /// Sends what is due until so much later, and returns when it was sent and what changed.
    fn run(&mut self, frames: u32) -> Vec<Option<Turn>> {
        let mut turns = Vec::new();
        for _ in 0..frames {
            while let Some((_, turn)) = self.speaker.poll(self.now) {
                turns.push(turn);
            }
            self.now += Duration::from_millis(20);
        }
        turns
    }
}

#[test]
fn silence_is_sent_while_nothing_is_said() {
    let mut clock = Clock::new();
    assert_eq!(clock.run(5), [None; 5]);
    let (packets, bytes) = clock.speaker.counts();
    assert_eq!(packets, 5);
    assert!(bytes < 250, "{bytes} bytes of silence");
    assert_eq!(clock.speaker.playback().position, 0);
}

#[test]
fn a_last_part_is_sent_when_nothing_more_comes() {
    let mut clock = Clock::new();
    assert_eq!(clock.speaker.play(&[9; FRAME + 10]), 0..490);
    let started = Some(Turn::Started { position: 0 });
    assert_eq!(clock.run(3), [started, None, None]);
    let waiting = Playback {
        position: 480,
        queued: 10,
        playing: true,
    };
    assert_eq!(clock.speaker.playback(), waiting);
    clock.speaker.finish();
    let stopped = Some(Turn::Stopped { position: 490 });
    assert_eq!(clock.run(3), [None, stopped, None]);
    assert!(!clock.speaker.playback().playing);
}

#[test]
fn sound_that_runs_out_goes_on_where_it_was() {
    let mut clock = Clock::new();
    clock.speaker.play(&[9; FRAME]);
    clock.run(5);
    assert_eq!(clock.speaker.play(&[9; FRAME]), 480..960);
    assert_eq!(clock.run(2), [None; 2]);
    assert_eq!(clock.speaker.playback().position, 960);
}

#[test]
fn finishing_or_clearing_nothing_changes_nothing() {
    let mut clock = Clock::new();
    clock.speaker.finish();
    let nothing = Cleared {
        position: 0,
        dropped: 0,
        playing: false,
    };
    assert_eq!(clock.speaker.clear(), nothing);
    clock.speaker.play(&[]);
    assert_eq!(clock.run(2), [None; 2]);
}

#[test]
fn what_was_cleared_before_it_began_was_not_playing() {
    let mut clock = Clock::new();
    clock.speaker.play(&[9; 3 * FRAME]);
    let cleared = clock.speaker.clear();
    assert_eq!((cleared.dropped, cleared.playing), (1_440, false));
    clock.speaker.play(&[9; 3 * FRAME]);
    clock.run(1);
    let cleared = clock.speaker.clear();
    assert_eq!(
        (cleared.position, cleared.dropped, cleared.playing),
        (480, 960, true)
    );
    assert_eq!(clock.run(2), [None; 2]);
}

#[test]
fn a_short_delay_is_caught_up_and_a_long_one_is_left_out() {
    let mut clock = Clock::new();
    clock.run(1);
    clock.now += Duration::from_millis(60);
    assert_eq!(clock.run(1).len(), 4);
    clock.now += Duration::from_secs(10);
    let mut last = None;
    while let Some((spoken, _)) = clock.speaker.poll(clock.now) {
        last = Some(spoken);
    }
    let last = last.unwrap();
    assert!(last.sequence < 10, "{} packets", last.sequence);
    // Ten seconds and five frames have passed for the other side as well.
    assert_eq!(last.timestamp, 480_000 + 5 * 960);
}
