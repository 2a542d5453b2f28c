//! Faults that a scenario asks for.

use std::sync::Arc;

use rtmcp_sim::{
    SimConfig,
    engine::{Scenario, brain},
};

use super::{done, prepare, text, turn};
use crate::{
    client::{Client, start},
    stub::{config, says},
};

/// A simulator's configuration with the brain and the faults of a scenario.
fn staged(scenario: &str) -> SimConfig {
    let scenario = Scenario::parse(scenario).unwrap();
    let mut config = config(says(""));
    config.faults = scenario.faults.iter().cloned().collect();
    config.engines.brain = Arc::new(brain::Script::new(scenario));
    config
}

#[tokio::test]
async fn a_step_strikes_the_response_of_its_turn() {
    let sim = start(staged(
        r#"
        faults = ["fail@response=3"]
        [[turn]]
        steps = [{ say = "One two." }]
        [[turn]]
        steps = [{ say = "One two." }, { fault = "cancel" }]
        "#,
    ))
    .await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let events = turn(&mut client).await;
        let status = done(&events)["status"].as_str().unwrap().to_owned();
        seen.push((status, text(&events)));
    }
    let expected = [
        ("completed", "One two."),
        ("cancelled", "One"),
        ("failed", ""),
    ];
    let expected = expected.map(|(status, text)| (status.to_owned(), text.to_owned()));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_call_of_a_step_comes_twice() {
    let sim = start(staged(
        r#"
        [[turn]]
        steps = [{ fault = "duplicate-call" }, { call = { name = "look" } }]
        "#,
    ))
    .await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let events = turn(&mut client).await;
    assert_eq!(done(&events)["output"].as_array().unwrap().len(), 2);
}

#[test]
fn a_fault_that_is_none_is_told_with_its_line_and_those_that_there_are() {
    for (text, hint) in [
        ("\nfaults = ['clsoe']", "half-open"),
        ("\n[[turn]]\nsteps = [{ fault = 'clsoe' }]", "half-open"),
        (
            "\n[[turn]]\nsteps = [{ fault = 'loss=5' }]",
            "under `faults`",
        ),
    ] {
        let error = Scenario::parse(text).unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
        assert!(error.contains("line "), "{error}");
    }
}
