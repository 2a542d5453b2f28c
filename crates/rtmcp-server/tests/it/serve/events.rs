//! The stream of events: whole, in order, resumable, for several readers.

use rtmcp_api::{Diagnostic, Happening};
use serde_json::json;

use super::{browser::closed, stage::Stage};

fn kinds(diagnostics: &[Diagnostic]) -> Vec<String> {
    let kind = |it: &Diagnostic| serde_json::to_value(it).unwrap()["kind"].clone();
    let kinds = diagnostics.iter().map(kind);
    kinds.map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everything_is_told_once_and_in_order() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage
        .endpoint
        .call("c1", "get_weather", &json!({"city": "Paris"}));
    stage.endpoint.output("c1").await;
    browser.end(&call).await;
    events.rest().await;

    // A reader that comes late is told all of it.
    let all = browser
        .events_after(&call, None)
        .await
        .unwrap()
        .rest()
        .await;
    let seqs: Vec<_> = all.iter().map(|it| it.seq).collect();
    let expected: Vec<_> = (1..).take(all.len()).collect();
    assert_eq!(seqs, expected);
    assert!(all.is_sorted_by_key(|it| it.at_ms));
    assert_eq!(closed(&all), "asked");
    let kinds = kinds(&all);
    let place = |kind: &str| kinds.iter().position(|it| it == kind).unwrap();
    let told = ["ready", "tool_started", "tool_finished", "closed"];
    assert!(told.iter().is_sorted_by_key(|it| place(it)), "{kinds:?}");
    for kind in ["sent", "received", "server_ready"] {
        assert!(kinds.iter().any(|it| it == kind), "{kind}: {kinds:?}");
    }
    let started = &all[place("tool_started")].what;
    let Happening::ToolStarted {
        server,
        tool,
        arguments,
        ..
    } = started
    else {
        panic!("{started:?}")
    };
    assert_eq!((server.as_str(), tool.as_str()), ("shop", "get_weather"));
    assert_eq!(arguments.expose()["city"], "Paris");
}

#[tokio::test]
async fn a_reader_comes_back_to_where_it_was_and_others_read_on() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut steady = browser.events(&call).await;
    let mut early = browser.events(&call).await;
    let first = early.next().await.unwrap();
    assert_eq!(first.seq, 1);
    drop(early);
    steady.ready().await;
    browser.end(&call).await;
    let to_the_end = steady.rest().await;
    let last = to_the_end.last().unwrap().seq;
    let resumed = browser.events_after(&call, Some(first.seq)).await;
    let resumed = resumed.unwrap().rest().await;
    let seqs: Vec<_> = resumed.iter().map(|it| it.seq).collect();
    assert_eq!(seqs, (2..=last).collect::<Vec<_>>());
    // Nothing will come any more: a browser needn't come back.
    assert!(browser.events_after(&call, Some(last)).await.is_none());
}

#[tokio::test]
async fn a_reader_that_was_away_too_long_is_told_so() {
    let stage = Stage::with(|it| it.limits.events = 4).await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    let first = events.next().await.unwrap();
    events.ready().await;
    stage
        .endpoint
        .call("c1", "get_weather", &json!({"city": "Paris"}));
    stage.endpoint.output("c1").await;
    browser.end(&call).await;
    let last = events.rest().await.last().unwrap().seq;
    let late = browser.events_after(&call, Some(first.seq)).await;
    let late = late.unwrap().rest().await;
    assert_eq!(late[0].seq, last - 4);
    let events = last - 4 - first.seq;
    assert_eq!(late[0].what, Happening::Missed { events });
    assert_eq!((late.len(), closed(&late).as_str()), (5, "asked"));
}

#[tokio::test]
async fn sound_is_left_out() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    let sound = "QUJD".repeat(100);
    stage
        .endpoint
        .say(&json!({"type": "response.output_audio.delta", "item_id": "m", "delta": sound}));
    let shown = events.until(|it| match it {
        Happening::Received { event } => event.expose().get("delta").cloned(),
        _ => None,
    });
    let shown = shown.await;
    assert_eq!(shown, "(300 bytes of sound)");
    assert!(!browser.told().contains("QUJDQUJD"));
}
