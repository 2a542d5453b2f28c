//! Order, timing and counts of packets, without sound.

use std::time::{Duration, Instant};

use super::{FRAME, JitterBuffer, Next};

/// A packet of 20 ms (SILK, wideband, one frame) with a number in it.
fn packet(number: u64) -> Vec<u8> {
    vec![0x48, number as u8]
}

struct Player {
    buffer: JitterBuffer,
    begun: Instant,
}

impl Player {
    fn new() -> Self {
        let begun = Instant::now();
        Self {
            buffer: JitterBuffer::new(begun),
            begun,
        }
    }

    /// Packet `number`, which was made `number` frames after the beginning.
    fn insert(&mut self, at_ms: u64, number: u64) {
        let now = self.begun + Duration::from_millis(at_ms);
        let timestamp = 1_000_000 + number * FRAME as u64;
        self.buffer.insert(now, number, timestamp, &packet(number));
    }

    fn take(&mut self, at_ms: u64) -> Option<Next> {
        let now = self.begun + Duration::from_millis(at_ms);
        self.buffer.take(now, false)
    }
}

fn next(number: u64) -> Option<Next> {
    Some(Next::Packet(packet(number)))
}

#[test]
fn nothing_comes_before_the_first_packet() {
    let mut player = Player::new();
    assert_eq!(player.take(0), None);
    player.insert(100, 0);
    assert_eq!(player.take(120), next(0));
}

#[test]
fn packets_come_out_in_order_and_one_that_is_missing_is_made_up() {
    let mut player = Player::new();
    for (at_ms, number) in [(0, 0), (25, 2), (30, 1), (80, 4), (90, 5)] {
        player.insert(at_ms, number);
    }
    let taken: Vec<_> = (0..6).map(|it| player.take(95 + it * 20)).collect();
    let recovered = Some(Next::Recover(packet(4)));
    assert_eq!(
        taken,
        [next(0), next(1), next(2), recovered, next(4), next(5)]
    );
    assert_eq!(player.buffer.counts(), (5, 10, 1));
}

#[test]
fn a_packet_after_its_time_is_late_and_the_delay_grows() {
    let mut player = Player::new();
    for number in 0..100 {
        player.insert(number * 20, number);
        let at_ms = number * 20 + 20;
        assert_eq!(player.take(at_ms), next(number), "{number}");
    }
    let before = player.buffer.delay();
    assert!(before <= FRAME, "{before} ticks");
    let mut late = 0;
    let mut missed = 0;
    let mut waiting = Vec::new();
    for number in 100..300 {
        // Every fourth takes 50 ms longer.
        waiting.push((number * 20 + if number % 4 == 0 { 50 } else { 0 }, number));
        waiting.sort_unstable();
        while waiting.first().is_some_and(|it| it.0 <= number * 20 + 20) {
            let (at_ms, number) = waiting.remove(0);
            player.insert(at_ms, number);
        }
        let got = player.take(number * 20 + 20);
        missed += u32::from(!matches!(got, Some(Next::Packet(_))));
        if number == 200 {
            late = player.buffer.late();
        }
    }
    assert!(late > 0 && missed < 20, "{late} late, {missed} missed");
    assert_eq!(
        player.buffer.late(),
        late,
        "none was late once the delay was known"
    );
    assert!(
        player.buffer.delay() >= FRAME * 5 / 2,
        "{}",
        player.buffer.delay()
    );
}

#[test]
fn a_delay_that_is_no_longer_needed_is_given_up_in_a_pause() {
    let mut player = Player::new();
    // The first 60 ms are slow, and all others are not.
    for number in 0..3 {
        player.insert(60 + number, number);
    }
    let mut skipped = 0;
    for number in 3..400 {
        player.insert(number * 20, number);
        let now = player.begun + Duration::from_millis(number * 20 + 60);
        let mut got = player.buffer.take(now, true);
        while matches!(got, Some(Next::Skip(_))) {
            skipped += 1;
            got = player.buffer.take(now, true);
        }
    }
    assert!((1..=3).contains(&skipped), "{skipped} skipped");
    let now = player.begun + Duration::from_millis(400 * 20 + 1);
    player.insert(400 * 20, 400);
    assert!(matches!(
        player.buffer.take(now, true),
        Some(Next::Packet(_) | Next::Conceal)
    ));
}

#[test]
fn a_sender_that_paused_or_began_again_is_followed() {
    for first_after in [100_000, 500_000] {
        let mut player = Player::new();
        let begin = 300_000;
        for number in begin..begin + 10 {
            player.insert((number - begin) * 20, number);
            assert_eq!(player.take((number - begin) * 20 + 20), next(number));
        }
        player.insert(300, first_after);
        assert_eq!(player.take(320), next(first_after));
    }
    // One that went on where it was, but three seconds later.
    let mut player = Player::new();
    player.insert(0, 0);
    assert_eq!(player.take(20), next(0));
    for nth in 0..100 {
        player.take(40 + nth * 20);
    }
    let numbers = 1..=20;
    let heard = numbers.filter(|number| {
        player.insert(2_040 + number * 20, *number);
        player.take(2_060 + number * 20) == next(*number)
    });
    assert!(heard.count() >= 10);
}

#[test]
fn jitter_is_reckoned_as_the_standard_says() {
    let mut player = Player::new();
    for number in 0..500 {
        player.insert(number * 20 + number % 2 * 10, number);
    }
    let jitter = player.buffer.jitter();
    assert!(
        jitter.abs_diff(Duration::from_millis(10)) < Duration::from_millis(1),
        "{jitter:?}"
    );
}
