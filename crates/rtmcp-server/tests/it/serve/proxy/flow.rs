//! Much at once: large events, many events, and clients that are slow.

use std::time::Duration;

use futures_util::SinkExt;
use rtmcp::{NativeTools, ProxyConfig};
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::{
    client::{Client, request},
    far::Far,
    stage::{before, own, pair},
};

/// 15 MiB of sound as base64.
const LARGEST: usize = 20 * 1024 * 1024;

fn large(size: usize, mark: usize) -> String {
    let sound = "UklN".repeat(size / 4);
    format!(r#"{{"type":"input_audio_buffer.append","n":{mark},"audio":"{sound}"}}"#)
}

#[tokio::test]
async fn the_largest_events_pass_both_ways() {
    let (_stage, mut client, mut far) = pair().await;
    let event = large(LARGEST, 0);
    let (_, received) = tokio::join!(
        async {
            client
                .socket
                .send(Message::text(event.clone()))
                .await
                .unwrap()
        },
        far.text()
    );
    assert!(received == event, "{} bytes came", received.len());
    let (_, received) = tokio::join!(far.send(event.clone()), client.text());
    assert!(received == event, "{} bytes came", received.len());
}

#[tokio::test]
async fn many_events_keep_their_order_and_none_is_lost() {
    let (_stage, mut client, mut far) = pair().await;
    const COUNT: usize = 20_000;
    let event =
        |nth: usize| format!(r#"{{"type":"response.output_audio_transcript.delta","n":{nth}}}"#);
    let sending = async {
        for nth in 0..COUNT {
            far.socket.feed(Message::text(event(nth))).await.unwrap();
        }
        far.socket.flush().await.unwrap();
    };
    let receiving = async {
        for nth in 0..COUNT {
            assert_eq!(client.text().await, event(nth));
        }
    };
    tokio::join!(sending, receiving);
}

#[tokio::test]
async fn who_is_slow_holds_up_the_endpoint_and_gets_everything() {
    let (_stage, mut client, mut far) = pair().await;
    const SIZE: usize = 256 * 1024;
    // Until nothing goes any more: what waits is in buffers of the system, and little here.
    let mut sent = 0;
    loop {
        let event = Message::text(large(SIZE, sent));
        let written = timeout(Duration::from_millis(500), far.socket.send(event)).await;
        sent += 1;
        if written.is_err() {
            break;
        }
        assert!(
            sent * SIZE < 64 * 1024 * 1024,
            "so much fits into no buffer"
        );
    }
    // The other way is open.
    client
        .socket
        .send(Message::text("still here"))
        .await
        .unwrap();
    assert_eq!(far.text().await, "still here");
    let rest = async { far.socket.flush().await.unwrap() };
    let reading = async {
        for nth in 0..sent {
            assert!(client.text().await == large(SIZE, nth), "event {nth}");
        }
    };
    tokio::join!(rest, reading);
}

#[tokio::test]
async fn who_reads_no_answers_of_the_proxy_is_not_listened_to() {
    let far = Far::new().await;
    let emulates = ProxyConfig {
        native: NativeTools::Emulate,
        ..own()
    };
    let stage = before(far.addr(), |it| it.proxy = Some(emulates)).await;
    let asked = request(stage.addr, "?model=gpt-realtime-2.1");
    let (client, _far) = tokio::join!(Client::open(asked), far.accept());
    let mut client = client.unwrap();
    // Each is answered by the proxy itself, in as many words.
    const SIZE: usize = 256 * 1024;
    let approval = json!({"type": "conversation.item.create", "item": {
        "type": "mcp_approval_response",
        "approval_request_id": "a".repeat(SIZE),
        "approve": true,
    }});
    let approval = approval.to_string();
    for sent in 0.. {
        let approval = Message::text(approval.clone());
        let written = timeout(Duration::from_millis(500), client.socket.send(approval)).await;
        if written.is_err() {
            break;
        }
        assert!(
            sent * SIZE < 64 * 1024 * 1024,
            "so much fits into no buffer"
        );
    }
    // It is when it reads again.
    assert!(client.text().await.contains("No open approval request"));
}

#[tokio::test]
async fn pings_are_answered_by_the_proxy_itself() {
    let (_stage, mut client, mut far) = pair().await;
    let ping = Message::Ping(Bytes::from_static(b"there?"));
    let pong = Message::Pong(Bytes::from_static(b"there?"));
    client.socket.send(ping.clone()).await.unwrap();
    assert_eq!(client.message().await.unwrap().unwrap(), pong);
    far.socket.send(ping).await.unwrap();
    assert_eq!(far.message().await.unwrap().unwrap(), pong);
    client.socket.send(Message::text("a")).await.unwrap();
    let first = far.message().await.unwrap().unwrap();
    assert_eq!(first, Message::text("a"), "and goes no further");
}
