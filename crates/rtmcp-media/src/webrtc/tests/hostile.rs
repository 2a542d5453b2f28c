//! Descriptions that nobody sends by mistake: they are refused or taken, and never a panic.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::super::{Peer, PeerConfig, PeerError};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    /// Returns a number below another.
    fn roll(&mut self, below: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        let bits = usize::try_from(self.0 >> 33).unwrap();
        bits % below.max(1)
    }
}

fn config(port: u16) -> PeerConfig {
    PeerConfig {
        addresses: vec![SocketAddr::from(([10, 0, 0, 1], port))],
        ..PeerConfig::default()
    }
}

/// An offer of a peer that can be reached.
fn offer(now: Instant) -> String {
    let (_, offer) = Peer::offer(config(4_000), now).unwrap();
    assert!(offer.contains("a=candidate:"), "{offer}");
    offer
}

/// Answers an offer, and lets time pass.
fn answer(offer: &str, now: Instant) -> Result<(), PeerError> {
    let (mut peer, _) = Peer::answer(offer, config(5_000), now)?;
    for seconds in 0..4 {
        peer.wake(now + Duration::from_secs(seconds));
        while peer.poll_transmit().is_some() {}
        while peer.poll_event().is_some() {}
    }
    Ok(())
}

#[test]
fn a_name_that_fits_no_question_is_refused() {
    let now = Instant::now();
    let offer = offer(now);
    let name = offer.lines().find_map(|it| it.strip_prefix("a=ice-ufrag:"));
    let name = name.unwrap();
    for (bytes, is_good) in [(4, true), (64, true), (65, false), (300, false)] {
        let named = offer.replace(name, &"x".repeat(bytes));
        assert_eq!(answer(&named, now).is_ok(), is_good, "{bytes}");
    }
}

#[test]
fn no_description_makes_a_panic() {
    let now = Instant::now();
    let offer = offer(now);
    let lines: Vec<_> = offer.lines().collect();
    let mut dice = Dice(7);
    let mut taken = 0;
    for _ in 0..1_000 {
        let mut lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(lines.len());
            let from = lines[dice.roll(lines.len())].clone();
            match dice.roll(5) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, from),
                2 => lines[at].truncate(dice.roll(from.len())),
                3 => lines[at].push_str(&"9".repeat(dice.roll(400))),
                _ => lines[at] = lines[at].replace(['0', '1'], "4294967296"),
            }
        }
        let changed = lines.join("\r\n") + "\r\n";
        taken += usize::from(answer(&changed, now).is_ok());
    }
    assert!((100..1_000).contains(&taken), "{taken} were taken");
}
