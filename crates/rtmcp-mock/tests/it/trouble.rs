//! What the misbehaving tools do, and that it is counted.

use std::num::NonZeroUsize;
use std::time::Duration;

use rmcp::ServiceError;
use rmcp::model::{
    ClientRequest, ContentBlock, ErrorCode, ListToolsRequest, PaginatedRequestParams, Tool,
};
use rmcp::service::PeerRequestOptions;
use rtmcp_mock::Sample;
use rtmcp_mock::stats::Stats;
use rtmcp_mock::trouble::{Faults, Pace, Trouble};
use serde_json::{Value, json};

use crate::client::{
    Client, Heard, Listener, begin, bind, call, listening, piped, sse, stateless, streamable, text,
};

#[tokio::test]
async fn a_cancelled_call_is_counted_on_every_transport() {
    let running = bind(Trouble::new()).await;
    hang_and_cancel(streamable(&running).await, running.stats(), 1).await;
    hang_and_cancel(stateless(&running).await, running.stats(), 2).await;
    hang_and_cancel(sse(&running).await, running.stats(), 3).await;
    running.shutdown().await;

    let trouble = Trouble::new();
    hang_and_cancel(piped(trouble.clone()).await, trouble.stats(), 1).await;
}

async fn hang_and_cancel(client: Client, stats: &Stats, nth: u64) {
    let call = begin(&client, "hang").await;
    stats
        .wait_until(|seen| seen.tool("hang").started == nth)
        .await;
    assert_eq!(stats.tool("hang").running(), 1);
    call.cancel(None).await.unwrap();
    stats
        .wait_until(|seen| seen.tool("hang").cancelled == nth)
        .await;
    assert_eq!(stats.tool("hang").running(), 0);
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_slow_call_tells_of_its_progress() {
    let running = bind(Trouble::new()).await;
    let (listener, mut hearing) = Listener::new();
    let client = listening(&running, listener).await;
    let done = call(&client, "slow", json!({ "ms": 50 })).await.unwrap();
    assert_eq!(text(&done), "Done after 50 milliseconds.");
    for step in 1..=10 {
        assert_eq!(hearing.recv().await, Some(Heard::Progress(f64::from(step))));
    }
    running.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_takes_as_long_as_it_says() {
    let client = piped(Trouble::new()).await;
    let began = tokio::time::Instant::now();
    call(&client, "slow", json!({ "ms": 60_000 }))
        .await
        .unwrap();
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test]
async fn results_are_as_bad_as_promised() {
    let client = piped(Trouble::new()).await;
    let echo = call(&client, "echo", json!({ "text": "hello" }))
        .await
        .unwrap();
    assert_eq!(text(&echo), "hello");
    let huge = call(&client, "huge", json!({ "bytes": 3_000_000 }))
        .await
        .unwrap();
    assert_eq!(text(&huge).len(), 3_000_000);
    let too_huge = call(&client, "huge", json!({ "bytes": 1_u64 << 40 }))
        .await
        .unwrap();
    assert_eq!(too_huge.is_error, Some(true));
    let fail = call(&client, "fail", json!({})).await.unwrap();
    assert_eq!(fail.is_error, Some(true));
    match call(&client, "protocol_error", json!({})).await {
        Err(ServiceError::McpError(error)) => assert_eq!(error.code, ErrorCode::INTERNAL_ERROR),
        other => panic!("not a JSON-RPC error: {other:?}"),
    }
    let image = call(&client, "image", json!({})).await.unwrap();
    assert_eq!(image.content[0].as_image().unwrap().mime_type, "image/png");
    let audio = call(&client, "audio", json!({})).await.unwrap();
    assert_eq!(audio.content[0].as_audio().unwrap().mime_type, "audio/wav");
    let resource = call(&client, "resource", json!({})).await.unwrap();
    assert!(matches!(
        resource.content[..],
        [ContentBlock::Resource(_), ContentBlock::ResourceLink(_)]
    ));
}

#[tokio::test]
async fn schemas_are_as_bad_as_promised() {
    let client = piped(Trouble::new()).await;
    let tools = client.list_all_tools().await.unwrap();
    let tool = |name: &str| tools.iter().find(|tool| tool.name == name).unwrap();

    assert_eq!(tool("bad_schema").schema_as_json_value(), json!({}));
    let odd = tool("odd_schema").schema_as_json_value();
    assert_eq!(odd["properties"]["nothing"], false);
    assert!(odd.get("type").is_none());
    let given = call(&client, "odd_schema", json!({ "anything": [1] }))
        .await
        .unwrap();
    assert_eq!(text(&given), r#"{"anything":[1]}"#);

    let promised = Value::Object(tool("wrong_type").output_schema.as_deref().unwrap().clone());
    let wrong = call(&client, "wrong_type", json!({})).await.unwrap();
    assert!(!jsonschema::is_valid(
        &promised,
        &wrong.structured_content.unwrap()
    ));
}

#[tokio::test]
async fn tools_come_in_pages() {
    let trouble = Trouble::with(Faults {
        page_size: NonZeroUsize::new(5),
        ..Faults::default()
    });
    let client = piped(trouble.clone()).await;
    let tools = client.list_all_tools().await.unwrap();
    let all = piped(Trouble::new()).await.list_all_tools().await.unwrap();
    assert_eq!(names(&tools), names(&all));
    assert_eq!(trouble.stats().now().listed, tools.len().div_ceil(5) as u64);

    let lost = PaginatedRequestParams::default().with_cursor(Some("nowhere".to_owned()));
    match client.list_tools(Some(lost)).await {
        Err(ServiceError::McpError(error)) => assert_eq!(error.code, ErrorCode::INVALID_PARAMS),
        other => panic!("not an error: {other:?}"),
    }
}

fn names(tools: &[Tool]) -> Vec<&str> {
    tools.iter().map(|tool| tool.name.as_ref()).collect()
}

#[tokio::test(start_paused = true)]
async fn opening_and_listing_can_be_late() {
    let late = Pace::After(Duration::from_secs(20));
    let client = piped(Trouble::with(Faults {
        opening: late,
        listing: late,
        ..Faults::default()
    }));
    let began = tokio::time::Instant::now();
    let client = client.await;
    assert_eq!(began.elapsed().as_secs(), 20);
    client.list_tools(None).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 40);
}

#[tokio::test]
async fn listing_can_hang() {
    let running = bind(Trouble::with(Faults {
        listing: Pace::Never,
        ..Faults::default()
    }))
    .await;
    let client = streamable(&running).await;
    let request = ClientRequest::ListToolsRequest(ListToolsRequest::default());
    let listing = client.send_cancellable_request(request, PeerRequestOptions::no_options());
    let mut listing = listing.await.unwrap();
    running.stats().wait_until(|seen| seen.listed == 1).await;
    // A call that overtakes it is answered; the list still isn't there.
    call(&client, "echo", json!({ "text": "first" }))
        .await
        .unwrap();
    assert!(listing.rx.try_recv().is_err());
    running.shutdown().await;
}

#[tokio::test]
async fn changes_are_announced() {
    let running = bind(Trouble::new()).await;
    let (listener, mut hearing) = Listener::new();
    let client = listening(&running, listener).await;
    call(&client, "announce", json!({ "times": 3 }))
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(hearing.recv().await, Some(Heard::ToolsChanged));
    }
    running.shutdown().await;
}
