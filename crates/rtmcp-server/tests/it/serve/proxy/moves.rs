//! A conversation whose connection to the endpoint is lost, while the client stays.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use super::{
    client::Client,
    far::{Far, FarEnd},
    stage::pair_at,
};
use crate::serve::stage::Stage;

/// Says what an endpoint says of a text, and returns the text.
pub(super) async fn obey(far: &mut FarEnd) -> Value {
    let event: Value = serde_json::from_str(&far.text().await).unwrap();
    let reply = match event["type"].as_str().unwrap() {
        "session.update" => vec![json!({"type": "session.updated", "session": session()})],
        // A client that doesn't read is sent little.
        "conversation.item.create" if event.to_string().len() > 1000 => Vec::new(),
        "conversation.item.create" => ["added", "done"]
            .map(|it| json!({"type": format!("conversation.item.{it}"), "item": event["item"]}))
            .to_vec(),
        _ => Vec::new(),
    };
    for event in reply {
        far.send(event.to_string()).await;
    }
    event
}

fn session() -> Value {
    json!({"type": "realtime", "id": "sess_1", "model": "m"})
}

pub(super) async fn greet(far: &mut FarEnd) {
    let created = json!({"type": "session.created", "session": session()});
    far.send(created.to_string()).await;
}

pub(super) fn item(id: &str, text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    let item = json!({"id": id, "type": "message", "role": "user", "content": content});
    json!({"type": "conversation.item.create", "item": item})
}

/// Opens a conversation, and says something in it.
async fn begin(far: &Far) -> (Stage, Client, FarEnd) {
    let (stage, mut client, mut end) = pair_at(far).await;
    greet(&mut end).await;
    client.until("session.created").await;
    client.send(item("item_1", "Remember me.")).await;
    while obey(&mut end).await["type"] != "conversation.item.create" {}
    client.until("conversation.item.done").await;
    (stage, client, end)
}

#[tokio::test]
async fn it_goes_on_over_another_connection_with_what_was_said() {
    let far = Far::new().await;
    let (_stage, mut client, end) = begin(&far).await;
    drop(end);
    // The client speaks on meanwhile, and notices nothing.
    client.send(item("item_2", "Still here.")).await;
    let mut next = far.accept().await;
    greet(&mut next).await;
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let event = obey(&mut next).await;
        if event["type"] == "conversation.item.create" {
            heard.push(event["item"]["content"][0]["text"].clone());
        }
    }
    assert_eq!(heard, ["Remember me.", "Still here."]);
    client.until("conversation.item.done").await;
    next.send(r#"{"type":"vendor.something"}"#).await;
    client.until("vendor.something").await;
}

#[tokio::test]
async fn an_end_that_the_endpoint_means_is_one() {
    let far = Far::new().await;
    let (_stage, mut client, mut end) = begin(&far).await;
    let frame = CloseFrame {
        code: 1000.into(),
        reason: "over".into(),
    };
    end.socket.close(Some(frame)).await.unwrap();
    assert_eq!(client.closed().await, Some((1000, "over".to_owned())));
}

#[tokio::test]
async fn a_client_that_is_far_ahead_is_held_up_until_the_conversation_is_there() {
    let far = Far::new().await;
    let (_stage, mut client, end) = begin(&far).await;
    drop(end);
    let mut next = far.accept().await;
    let large = "A".repeat(256 * 1024);
    let mut sent = 0;
    loop {
        let event = item(&format!("large_{sent}"), &large).to_string();
        let message = Message::text(event);
        let sending = client.socket.send(message);
        sent += 1;
        if timeout(Duration::from_millis(500), sending).await.is_err() {
            break;
        }
        assert!(sent < 256, "so much fits into no buffer");
    }
    greet(&mut next).await;
    let hearing = async {
        let mut heard = 0;
        while heard < sent {
            let event = obey(&mut next).await;
            let id = event["item"]["id"].as_str().unwrap_or_default();
            heard += usize::from(id.starts_with("large_"));
        }
    };
    let (flushed, ()) = tokio::join!(client.socket.flush(), hearing);
    flushed.unwrap();
}
