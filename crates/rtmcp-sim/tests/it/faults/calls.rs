//! Function calls that come twice and late.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{done, faulty, prepare, turn};
use crate::{
    client::{Client, start},
    stub::{StubBrain, call},
};

fn calls() -> Arc<StubBrain> {
    StubBrain::new(|_| vec![call("look", "{}"), call("find", "{}")])
}

/// The call ids of events of a type.
fn ids<'a>(events: &'a [Value], kind: &str) -> Vec<&'a str> {
    let events = events.iter().filter(|it| it["type"] == kind);
    let ids = events.filter_map(|it| it.get("call_id").or(it["item"].get("call_id")));
    ids.map(|it| it.as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_call_comes_twice_with_one_call_id() {
    let sim = start(faulty(calls(), &["duplicate-call@call=2"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let events = turn(&mut client).await;
    for kind in [
        "response.function_call_arguments.done",
        "response.output_item.done",
    ] {
        let ids = ids(&events, kind);
        assert_eq!(ids.len(), 3, "{kind}");
        assert!(ids[0] != ids[1] && ids[1] == ids[2], "{ids:?}");
    }
    let mut event_ids: Vec<_> = events
        .iter()
        .map(|it| it["event_id"].as_str().unwrap())
        .collect();
    event_ids.sort_unstable();
    assert!(
        event_ids.windows(2).all(|it| it[0] != it[1]),
        "{event_ids:?}"
    );
    assert_eq!(done(&events)["output"].as_array().unwrap().len(), 3);
    let next = turn(&mut client).await;
    assert_eq!(ids(&next, "response.output_item.done").len(), 2);
}

#[tokio::test]
async fn a_call_comes_after_the_end_of_its_response() {
    let sim = start(faulty(calls(), &["late-call=50"])).await;
    let mut client = Client::connect(&sim).await;
    prepare(&mut client).await;
    let events = turn(&mut client).await;
    let in_time = ids(&events, "response.output_item.done");
    assert_eq!(in_time.len(), 1);
    let listed = done(&events)["output"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["call_id"], in_time[0]);
    let late = client.until("conversation.item.done").await;
    let done = late
        .iter()
        .find(|it| it["type"] == "response.output_item.done");
    let item = &done.unwrap()["item"];
    assert_eq!(
        (&item["name"], &item["status"]),
        (&json!("look"), &json!("completed"))
    );
    // The session knows it, late as it is.
    let output = client
        .create(json!({"type": "function_call_output", "call_id": item["call_id"], "output": "1"}))
        .await;
    assert_eq!(output["call_id"], item["call_id"]);
}
