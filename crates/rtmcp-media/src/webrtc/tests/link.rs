//! Two peers over a network that is made up, on a clock of their own.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::webrtc::{Peer, PeerConfig, PeerEvent, Transmit};

/// What a datagram meets on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Road {
    /// How long the fastest datagram takes.
    pub(super) least: Duration,
    /// How much longer another one may take.
    pub(super) jitter: Duration,
    /// How many of a hundred don't arrive.
    pub(super) lost_percent: u64,
}

impl Road {
    pub(super) const CLEAN: Self = Self {
        least: Duration::from_millis(5),
        jitter: Duration::ZERO,
        lost_percent: 0,
    };
    pub(super) const BAD: Self = Self {
        least: Duration::from_millis(20),
        jitter: Duration::from_millis(40),
        lost_percent: 5,
    };
}

/// One of the two.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) peer: Peer,
    /// What happened, and when since the beginning.
    pub(super) events: Vec<(Duration, PeerEvent)>,
    address: SocketAddr,
}

/// Both, and what is between them. The offerer is the first.
pub(super) struct Link {
    pub(super) sides: [Side; 2],
    pub(super) road: Road,
    begun: Instant,
    now: Instant,
    random: u64,
    sent: u64,
    flying: BinaryHeap<Reverse<Flight>>,
}

/// A datagram on its way; the one that arrives first is the least.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    arrival: Instant,
    number: u64,
    to: usize,
    datagram: Vec<u8>,
}

impl Link {
    /// Two that have each other's descriptions and nothing more.
    pub(super) fn new(road: Road, seed: u64) -> Self {
        Self::with(road, seed, &PeerConfig::default())
    }

    pub(super) fn with(road: Road, seed: u64, config: &PeerConfig) -> Self {
        let now = Instant::now();
        let config = |last: u8| PeerConfig {
            addresses: vec![SocketAddr::from(([10, 0, 0, last], 4_000))],
            ..config.clone()
        };
        let (mut offerer, offer) = Peer::offer(config(1), now).unwrap();
        let (answerer, answer) = Peer::answer(&offer, config(2), now).unwrap();
        offerer.accept_answer(&answer, now).unwrap();
        let side = |peer, last: u8| Side {
            peer,
            events: Vec::new(),
            address: config(last).addresses[0],
        };
        Self {
            sides: [side(offerer, 1), side(answerer, 2)],
            road,
            begun: now,
            now,
            random: seed,
            sent: 0,
            flying: BinaryHeap::new(),
        }
    }

    /// Two whose channel is open.
    pub(super) fn connected(road: Road, seed: u64) -> Self {
        let mut link = Self::new(road, seed);
        link.run_until(Duration::from_secs(20), |it| {
            it.iter().all(|it| it.peer.is_open())
        });
        link
    }

    /// How long it has been.
    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.begun
    }

    /// Lets so much time pass.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.collect();
        while self.step(end) {
            self.collect();
        }
    }

    /// Lets time pass until it is so, or panics when that takes too long.
    pub(super) fn run_until(
        &mut self,
        most: Duration,
        mut done: impl FnMut(&mut [Side; 2]) -> bool,
    ) {
        let end = self.now + most;
        self.collect();
        while !done(&mut self.sides) {
            assert!(self.step(end), "not within {most:?}: {:?}", self.sides);
            self.collect();
        }
    }

    /// Goes to what is next, if it is before the end.
    fn step(&mut self, end: Instant) -> bool {
        let arrival = self.flying.peek().map(|it| it.0.arrival);
        let deadlines = self.sides.iter().filter_map(|it| it.peer.deadline());
        let next = deadlines.chain(arrival).min().unwrap_or(end).max(self.now);
        if next >= end {
            self.now = end;
            return false;
        }
        self.now = next;
        if arrival.is_some_and(|it| it <= next) {
            if let Some(Reverse(Flight { to, datagram, .. })) = self.flying.pop() {
                let (source, destination) = (self.sides[1 - to].address, self.sides[to].address);
                self.sides[to]
                    .peer
                    .receive(next, source, destination, &datagram);
            }
            return true;
        }
        for side in &mut self.sides {
            if side.peer.deadline().is_some_and(|it| it <= next) {
                side.peer.wake(next);
            }
        }
        true
    }

    fn collect(&mut self) {
        let elapsed = self.elapsed();
        for from in 0..2 {
            while let Some(event) = self.sides[from].peer.poll_event() {
                self.sides[from].events.push((elapsed, event));
            }
            while let Some(transmit) = self.sides[from].peer.poll_transmit() {
                self.fly(from, transmit);
            }
        }
    }

    fn fly(&mut self, from: usize, transmit: Transmit) {
        assert_eq!(transmit.source, self.sides[from].address);
        assert_eq!(transmit.destination, self.sides[1 - from].address);
        let (lost, later) = (self.below(100), self.below(1_000));
        if lost < self.road.lost_percent {
            return;
        }
        let arrival = self.now + self.road.least + self.road.jitter * later as u32 / 1_000;
        self.sent += 1;
        let flight = Flight {
            arrival,
            number: self.sent,
            to: 1 - from,
            datagram: transmit.bytes,
        };
        self.flying.push(Reverse(flight));
    }

    /// A number below `most`, the same ones for the same seed (Knuth's constants).
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % most
    }
}

impl Side {
    /// The messages that arrived, oldest first.
    pub(super) fn messages(&self) -> Vec<&str> {
        let events = self.events.iter();
        let messages = events.filter_map(|(_, it)| match it {
            PeerEvent::Message(it) => Some(it.expose().as_str()),
            _ => None,
        });
        messages.collect()
    }

    /// All sound that was handed out.
    pub(super) fn sound(&self) -> Vec<i16> {
        let mut sound = Vec::new();
        for (_, event) in &self.events {
            if let PeerEvent::Audio(frame) = event {
                assert_eq!(frame.position, sound.len() as u64, "a frame is missing");
                sound.extend(&frame.samples);
            }
        }
        sound
    }

    /// The first event that is so, and when it came.
    pub(super) fn first(&self, is: impl Fn(&PeerEvent) -> bool) -> Option<(Duration, &PeerEvent)> {
        let found = self.events.iter().find(|(_, it)| is(it));
        found.map(|(at, event)| (*at, event))
    }

    /// The last statistics.
    pub(super) fn stats(&self) -> crate::webrtc::PeerStats {
        let stats = self.events.iter().rev().find_map(|(_, it)| match it {
            PeerEvent::Stats(it) => Some(*it),
            _ => None,
        });
        stats.unwrap()
    }
}
