//! How connections end, and what each side is told of the other's end.

use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use super::stage::pair;

fn close(code: u16, reason: &str) -> Message {
    Message::Close(Some(CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }))
}

#[tokio::test]
async fn the_client_is_told_how_the_endpoint_ended() {
    for (code, reason) in [
        (1000, "bye"),
        (1001, ""),
        (1008, "policy"),
        (1011, "broken"),
        (1013, "later"),
        (3000, "own"),
        (4000, "beta_api_shape_disabled"),
    ] {
        let (_stage, mut client, mut far) = pair().await;
        far.send("the last word").await;
        far.socket.send(close(code, reason)).await.unwrap();
        assert_eq!(client.text().await, "the last word");
        assert_eq!(client.closed().await, Some((code, reason.to_owned())));
        // Its own close was answered.
        assert_eq!(far.closed().await, Some((code, reason.to_owned())));
    }
}

#[tokio::test]
async fn an_end_without_a_word_stays_one_and_a_break_is_told() {
    let (_stage, mut client, mut far) = pair().await;
    far.socket.send(Message::Close(None)).await.unwrap();
    assert_eq!(client.closed().await, Some((1005, String::new())));
    let (_stage, mut client, far) = pair().await;
    drop(far);
    let (code, reason) = client.closed().await.unwrap();
    assert_eq!(code, 1011);
    assert!(
        reason.contains("broke off") || reason.contains("closed"),
        "{reason}"
    );
}

#[tokio::test]
async fn the_endpoint_is_told_how_the_client_ended() {
    for (code, reason) in [(1000, "done"), (1001, "page closed"), (4321, "own")] {
        let (_stage, mut client, mut far) = pair().await;
        client
            .socket
            .send(Message::text("the last word"))
            .await
            .unwrap();
        client.socket.send(close(code, reason)).await.unwrap();
        assert_eq!(far.text().await, "the last word");
        assert_eq!(far.closed().await, Some((code, reason.to_owned())));
        assert_eq!(client.closed().await, Some((code, reason.to_owned())));
    }
    let (_stage, client, mut far) = pair().await;
    drop(client);
    assert_eq!(far.closed().await.unwrap().0, 1001);
}

#[tokio::test]
async fn both_are_told_when_the_proxy_ends() {
    let (stage, mut client, mut far) = pair().await;
    let (_, told, heard) = tokio::join!(stage.backend.shutdown(), client.closed(), far.closed());
    let gone = Some((1001, "the proxy is shutting down".to_owned()));
    assert_eq!((told, heard), (gone.clone(), gone));
}
