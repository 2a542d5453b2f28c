//! [`Impairment`]: a bad network between a connection and its socket, made up and repeatable.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    net::SocketAddr,
    time::{Duration, Instant},
};

/// What the datagrams of a [`Connection`](super::Connection) meet, both ways: for tests of how a
/// call does on a bad network.
///
/// What befalls the n-th datagram of a direction follows from the seed alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Impairment {
    /// How many of a hundred datagrams are lost.
    pub loss_percent: f64,
    /// How much longer each takes.
    pub delay: Duration,
    /// How much longer than that one may take; datagrams overtake each other then.
    pub jitter: Duration,
    /// What chance is made from.
    pub seed: u64,
}

impl Impairment {
    /// A cut cable: nothing arrives any more, either way.
    pub const CUT: Self = Self {
        loss_percent: 100.0,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        seed: 0,
    };

    fn is_none(&self) -> bool {
        self.loss_percent <= 0.0 && self.delay.is_zero() && self.jitter.is_zero()
    }
}

/// Both directions of a network that may be impaired.
#[derive(Debug, Default)]
pub(super) struct Roads {
    pub(super) out: Road,
    pub(super) home: Road,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Road {
    impairment: Impairment,
    random: u64,
    entered: u64,
    flying: BinaryHeap<Reverse<Flight>>,
}

/// A datagram on its way; the one that arrives first is the least.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flight {
    arrival: Instant,
    number: u64,
    /// Where it goes, or where it comes from.
    pub(super) far: SocketAddr,
    pub(super) bytes: Vec<u8>,
}

impl Roads {
    /// Makes both as bad; what is on its way arrives as it would have.
    pub(super) const fn impair(&mut self, impairment: Impairment) {
        self.out.impair(impairment, impairment.seed);
        self.home.impair(impairment, !impairment.seed);
    }

    /// Tells whether datagrams needn't take them: nothing befalls them there.
    pub(super) fn are_clear(&self) -> bool {
        [&self.out, &self.home]
            .iter()
            .all(|it| it.impairment.is_none() && it.flying.is_empty())
    }

    /// Returns when the next datagram arrives.
    pub(super) fn next(&self) -> Option<Instant> {
        let arrivals = [&self.out, &self.home].into_iter();
        arrivals
            .filter_map(|it| Some(it.flying.peek()?.0.arrival))
            .min()
    }
}

impl Road {
    const fn impair(&mut self, impairment: Impairment, seed: u64) {
        self.impairment = impairment;
        self.random = seed;
    }

    /// Takes a datagram, or loses it.
    pub(super) fn enter(&mut self, now: Instant, far: SocketAddr, bytes: &[u8]) {
        // Both are always drawn, so that losing more doesn't change how late the others are.
        let (luck, lateness) = (self.chance(), self.chance());
        self.entered += 1;
        if luck * 100.0 < self.impairment.loss_percent {
            return;
        }
        self.flying.push(Reverse(Flight {
            arrival: now + self.impairment.delay + self.impairment.jitter.mul_f64(lateness),
            number: self.entered,
            far,
            bytes: bytes.to_vec(),
        }));
    }

    /// Returns a datagram that has arrived.
    pub(super) fn leave(&mut self, now: Instant) -> Option<Flight> {
        let arrived = self.flying.peek()?.0.arrival <= now;
        let flight = arrived.then(|| self.flying.pop())??;
        Some(flight.0)
    }

    /// A number from 0 to 1, by SplitMix64.
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv4Addr, SocketAddr},
        time::{Duration, Instant},
    };

    use super::{Impairment, Roads};

    const FAR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

    /// The arrivals of a thousand datagrams, one each millisecond: which, and when.
    fn arrivals(impairment: Impairment) -> Vec<(u16, u128)> {
        let mut roads = Roads::default();
        roads.impair(impairment);
        let begun = Instant::now();
        for number in 0..1_000_u16 {
            let now = begun + Duration::from_millis(number.into());
            roads.out.enter(now, FAR, &number.to_be_bytes());
        }
        let mut arrivals = Vec::new();
        while let Some(at) = roads.next() {
            let flight = roads.out.leave(at).unwrap();
            assert_eq!(flight.far, FAR);
            let number = u16::from_be_bytes(flight.bytes.try_into().unwrap());
            arrivals.push((number, (at - begun).as_millis()));
        }
        arrivals
    }

    #[test]
    fn nothing_befalls_datagrams_unless_it_is_said() {
        assert!(Roads::default().are_clear());
        let all: Vec<_> = (0..1_000).map(|it| (it, u128::from(it))).collect();
        assert_eq!(arrivals(Impairment::default()), all);
    }

    #[test]
    fn the_seed_decides_which_are_lost_and_how_late_the_others_are() {
        let bad = Impairment {
            loss_percent: 5.0,
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(40),
            seed: 7,
        };
        let arrived = arrivals(bad);
        assert!((920..=980).contains(&arrived.len()), "{}", arrived.len());
        let late = |(number, at): &(u16, u128)| at - u128::from(*number);
        assert!(arrived.iter().all(|it| (20..=60).contains(&late(it))));
        assert!(!arrived.is_sorted_by_key(|it| it.0), "none was overtaken");
        assert_eq!(arrived, arrivals(bad));
        assert_ne!(arrived, arrivals(Impairment { seed: 8, ..bad }));
    }

    #[test]
    fn nothing_passes_a_cut_cable_but_what_had_passed_before() {
        let mut roads = Roads::default();
        let now = Instant::now();
        roads.home.enter(now, FAR, b"before");
        roads.impair(Impairment::CUT);
        roads.home.enter(now, FAR, b"after");
        assert_eq!(roads.home.leave(now).unwrap().bytes, b"before");
        assert_eq!((roads.next(), roads.are_clear()), (None, false));
    }
}
