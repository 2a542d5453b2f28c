//! What goes through as it is.

use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::{
    client::{Client, bare, request, with},
    far::Far,
    stage::{before, pair},
};
use crate::stage::KEY;
use futures_util::SinkExt;

/// Texts that a careful decoder would write in another way, or not read at all.
const ODD: [&str; 6] = [
    r#"{"type":"vendor.something_new", "z":1,"a":[ 2.50 ,1e3, -0.0],"a":"again"}"#,
    "{ \"event_id\" : \"e\",\t\"type\" : \"input_audio_buffer.append\", \"audio\" : \"AAA=\" }",
    r#"{"type":"response.output_audio.delta","delta":"\u0041\u00e4🎉","extra":null}"#,
    r#"{"type":17}"#,
    "not even JSON",
    "",
];

#[tokio::test]
async fn what_nobody_knows_goes_both_ways_byte_for_byte() {
    let (_stage, mut client, mut far) = pair().await;
    for text in ODD {
        far.send(text).await;
        assert_eq!(client.text().await, text);
        client.socket.send(Message::text(text)).await.unwrap();
        assert_eq!(far.text().await, text);
    }
}

#[tokio::test]
async fn binary_frames_go_both_ways() {
    let (_stage, mut client, mut far) = pair().await;
    let bytes = Message::Binary(Bytes::from_static(&[0, 255, 7]));
    far.socket.send(bytes.clone()).await.unwrap();
    assert_eq!(client.message().await.unwrap().unwrap(), bytes);
    client.socket.send(bytes.clone()).await.unwrap();
    assert_eq!(far.message().await.unwrap().unwrap(), bytes);
}

#[tokio::test]
async fn the_endpoint_is_asked_as_the_client_asks_but_for_key_and_beta() {
    let far = Far::new().await;
    let stage = before(far.addr(), |_| {}).await;
    let protocols = format!(
        "realtime, openai-insecure-api-key.{}, openai-beta.realtime-v1, openai-project.proj_1, \
         openai-agents-sdk.0.9",
        super::client::PROXY_KEY
    );
    let asked = bare(stage.addr, "?model=some%20model&extra=1");
    let asked = with(asked, "sec-websocket-protocol", &protocols);
    let asked = with(asked, "openai-beta", "realtime=v1");
    let asked = with(asked, "openai-organization", "org_1");
    let asked = with(asked, "openai-safety-identifier", "user-1");
    let asked = with(asked, "cookie", "a=b");
    let (client, end) = tokio::join!(Client::open(asked), far.accept());
    let answer = client.unwrap().answer;
    assert_eq!(answer.headers()["sec-websocket-protocol"], "realtime");
    assert_eq!(answer.headers()["x-request-id"], "req_1");
    let (uri, headers) = (end.asked.uri(), end.asked.headers());
    assert_eq!(uri.path(), "/v1/realtime");
    assert_eq!(uri.query(), Some("model=some+model&extra=1"));
    assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(headers["openai-organization"], "org_1");
    assert_eq!(headers["openai-project"], "proj_1");
    assert_eq!(headers["openai-safety-identifier"], "user-1");
    let all = format!("{headers:?}").to_lowercase();
    for gone in ["beta", "cookie", super::client::PROXY_KEY, "forwarded"] {
        assert!(!all.contains(gone), "{gone}: {all}");
    }
}

#[tokio::test]
async fn a_client_that_names_no_model_gets_the_configured_one() {
    let far = Far::new().await;
    let stage = before(far.addr(), |it| {
        it.endpoints[0].realtime.model = "m".to_owned()
    })
    .await;
    for (query, expected) in [
        ("", "model=m"),
        ("?intent=transcription", "intent=transcription"),
        ("?call_id=rtc_1", "call_id=rtc_1"),
    ] {
        let (client, end) = tokio::join!(Client::open(request(stage.addr, query)), far.accept());
        let client = client.unwrap();
        assert!(
            !client
                .answer
                .headers()
                .contains_key("sec-websocket-protocol")
        );
        assert_eq!(end.asked.uri().query(), Some(expected));
    }
}
