//! The guarantees under as many random interleavings as `cargo xtask soak` asks for. Each has a
//! number, by which it can be had again.

use std::ops::Range;

use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

use crate::{handover::drops, random};

/// Invariants 3 and 4 on one connection: each call has one output, each word its reply.
#[test]
fn calls() {
    let actions = vec(random::action(), 0..120);
    let what = (random::manners(), random::plans(), actions);
    soak(&what, |(manners, plans, actions)| {
        random::assert_answered_once(manners, plans, &actions);
    });
}

/// Invariant 3 at the end of a session, whenever it comes.
#[test]
fn ends() {
    let actions = vec(random::action(), 0..120);
    let what = (random::manners(), random::plans(), actions, any::<bool>());
    soak(&what, |(manners, plans, actions, lost)| {
        random::assert_none_outlives(manners, plans, &actions, lost);
    });
}

/// Invariants 3 and 4 over many connections.
#[test]
fn connections() {
    let what = (vec(drops::action(), 0..24), vec(0..5_000_u64, 8));
    soak(&what, |(actions, tools)| {
        drops::assert_answered_once(actions, &tools);
    });
}

/// Invariant 3 over many connections, where the person cuts answers off.
#[test]
fn interruptions() {
    let actions = vec(drops::action(), 0..24);
    let what = (actions, vec(0..5_000_u64, 8), any::<bool>());
    soak(&what, |(actions, tools, refused)| {
        drops::assert_none_open(actions, &tools, refused);
    });
}

/// Tries a range of interleavings, and names the first that breaks a guarantee, with as few steps as
/// break it.
fn soak<S: Strategy>(what: &S, check: impl Fn(S::Value)) {
    let (numbers, seed) = (numbers(), seed());
    for number in numbers {
        let mut runner = runner(seed, number);
        let tree = what.new_tree(&mut runner).unwrap();
        let checked = runner.run_one(tree, |value| {
            check(value);
            Ok(())
        });
        if let Err(TestError::Fail(reason, steps)) = checked {
            panic!("interleaving {number} of seed {seed}: {reason}\n{steps:?}");
        }
    }
}

/// The random numbers of one interleaving.
fn runner(seed: u64, number: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, rng)
}

/// Which interleavings to try, as `FIRST..END`.
fn numbers() -> Range<u64> {
    let range = variable("RTMCP_SOAK");
    let Some(range) = range else { return 0..SHORT };
    let (first, end) = range.split_once("..").unwrap();
    first.parse().unwrap()..end.parse().unwrap()
}

fn seed() -> u64 {
    let seed = variable("RTMCP_SOAK_SEED");
    seed.map_or(SEED, |seed| seed.parse().unwrap())
}

/// How many are tried where nobody asks for more.
const SHORT: u64 = 100;
const SEED: u64 = 20_260_728;

#[expect(
    clippy::disallowed_methods,
    reason = "a test takes how long it runs from who runs it"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
