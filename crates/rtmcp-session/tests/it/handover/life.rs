//! Two hours of talk at an endpoint that ends every session after three minutes.

use std::time::Duration;

use rtmcp_core::Timestamp;
use rtmcp_session::{Event, HandOverReason, Options, Phase};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::world::World;

/// Numbers that look random, the same ones for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % most
    }
}

pub(crate) fn live(seed: u64, drops: bool, options: Options) -> World {
    let mut dice = Dice(seed);
    let mut world = World::with(Some(180), options);
    let mut question = 0;
    while world.now < Timestamp::ZERO + Duration::from_secs(2 * 60 * 60) {
        question += 1;
        world
            .tools
            .push_back(Duration::from_millis(dice.below(6_000)));
        match dice.below(3) {
            0 => world.ask(question),
            _ => {
                world.listen();
                world.speak(question);
            }
        }
        if drops && dice.below(8) == 0 {
            world.pass(dice.below(4_000));
            world.drop_line();
        }
        world.pass(dice.below(60_000));
    }
    world.pass(60_000);
    assert_eq!(
        (world.closed.clone(), world.session.phase()),
        (None, Phase::Ready)
    );
    assert!(world.session.is_idle());
    world.assert_answered(1..=question);
    world
}

#[test]
fn a_talk_of_two_hours_outlives_sessions_of_three_minutes() {
    let world = live(1, false, Options::default());
    assert!(world.reports.len() > 50, "{}", world.reports.len());
    for report in &world.reports {
        assert_eq!(report.why, HandOverReason::Expiring);
        assert_eq!(report.lost, [], "{report:?}");
    }
}

#[test]
fn it_outlives_lost_connections_as_well() {
    let world = live(2, true, Options::default());
    let dropped = HandOverReason::Dropped;
    let dropped = |event: &&Event| **event == Event::HandingOver { why: dropped };
    assert!(world.events.iter().filter(dropped).count() > 10);
}
