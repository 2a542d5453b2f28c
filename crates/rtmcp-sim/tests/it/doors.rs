//! Who is let in, who isn't, and how sessions end.

use futures_util::StreamExt;
use rtmcp_core::Private;
use rtmcp_sim::{Running, SimConfig};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{
        Error,
        client::IntoClientRequest,
        http::{HeaderValue, Request, StatusCode},
    },
};

use crate::{
    client::{Client, request, start},
    stub::{config, says, words},
};

pub(crate) fn locked() -> SimConfig {
    SimConfig {
        keys: Some(vec![Private::from("sk-right")]),
        ..config(says("Yes."))
    }
}

fn with(sim: &Running, name: &'static str, value: &str) -> Request<()> {
    let mut request = request(sim);
    let value = HeaderValue::from_str(value).unwrap();
    request.headers_mut().insert(name, value);
    request
}

/// Connects, and returns the status and the error of the answer.
pub(crate) async fn refused(request: Request<()>) -> (StatusCode, Value) {
    match connect_async(request).await {
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let body: Value = serde_json::from_slice(body).unwrap();
            (response.status(), body["error"].clone())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_opens_by_header_and_by_subprotocol() {
    let sim = start(locked()).await;
    for request in [
        with(&sim, "authorization", "Bearer sk-right"),
        with(
            &sim,
            "sec-websocket-protocol",
            "realtime, openai-insecure-api-key.sk-right",
        ),
    ] {
        let (_client, first) = Client::open(request).await.unwrap();
        assert_eq!(first["type"], "session.created");
    }
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_refused_before_the_upgrade() {
    let sim = start(locked()).await;
    for request in [
        request(&sim),
        with(&sim, "authorization", "Bearer sk-wrong"),
        with(
            &sim,
            "sec-websocket-protocol",
            "realtime, openai-insecure-api-key.sk-wrong",
        ),
    ] {
        let (status, error) = refused(request).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(error["code"], "invalid_api_key");
        assert_eq!(error["type"], "invalid_request_error");
        assert!(!error.to_string().contains("sk-"), "{error}");
    }
    assert_eq!(sim.sessions_so_far(), 0);
}

#[tokio::test]
async fn without_keys_anybody_may_come() {
    let sim = start(config(says("Yes."))).await;
    for request in [request(&sim), with(&sim, "authorization", "Bearer any")] {
        let (_client, first) = Client::open(request).await.unwrap();
        assert_eq!(first["type"], "session.created");
    }
}

#[tokio::test]
async fn a_session_is_named_by_exactly_one_parameter() {
    let sim = start(config(says("Yes."))).await;
    for (query, param) in [
        ("", "model"),
        ("?model=", "model"),
        ("?model=a&intent=transcription", "model"),
        ("?intent=transcription", "intent"),
    ] {
        let url = format!("{}{query}", sim.url());
        let (status, error) = refused(url.into_client_request().unwrap()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(error["param"], param, "{query}");
    }
}

#[tokio::test]
async fn beta_clients_are_told_and_closed() {
    let sim = start(config(says("Yes."))).await;
    for request in [
        with(&sim, "openai-beta", "realtime=v1"),
        with(
            &sim,
            "sec-websocket-protocol",
            "realtime, openai-insecure-api-key.x, openai-beta.realtime-v1",
        ),
    ] {
        let (client, first) = Client::open(request).await.unwrap();
        assert_eq!(first["error"]["code"], "beta_api_shape_disabled");
        let close = client.closed().await.unwrap();
        assert_eq!(u16::from(close.code), 4000);
        let reason = "invalid_request_error.beta_api_shape_disabled";
        assert_eq!(close.reason.as_str(), reason);
    }
}

#[tokio::test]
async fn a_model_that_is_not_served_is_not_found() {
    let sim = start(SimConfig {
        models: Some(vec!["gpt-realtime-2".to_owned()]),
        ..config(says("Yes."))
    })
    .await;
    let (client, first) = Client::open(request(&sim)).await.unwrap();
    assert_eq!(first["error"]["code"], "model_not_found");
    assert_eq!(u16::from(client.closed().await.unwrap().code), 4000);
}

#[tokio::test]
async fn two_sessions_never_see_each_other() {
    let brain = says("Yes.");
    let sim = start(config(brain.clone())).await;
    let mut one = Client::connect(&sim).await;
    let mut other = Client::connect(&sim).await;
    assert_eq!(sim.sessions(), 2);
    let item = one
        .create(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "A secret."}]}))
        .await;
    let retrieve = json!({"type": "conversation.item.retrieve", "item_id": item["id"]});
    let answer = other.ask(retrieve).await;
    assert_eq!(answer["error"]["code"], "item_not_found");
    other.say("Hello.").await;
    other.until("response.done").await;
    let seen: Vec<String> = brain.last_prompt().items.iter().map(words).collect();
    assert_eq!(seen, ["Hello."]);
    // Nothing of it came to the first one: its next event is the answer to its own.
    let answer = one.ask(json!({"type": "input_audio_buffer.clear"})).await;
    assert_eq!(answer["type"], "input_audio_buffer.cleared");
}

#[tokio::test]
async fn a_session_expires() {
    let sim = start(SimConfig {
        session_seconds: 1,
        ..config(says("Yes."))
    })
    .await;
    let mut client = Client::connect(&sim).await;
    let event = client.next().await;
    assert_eq!(event["error"]["code"], "session_expired");
    let message = "Your session hit the maximum duration of 1 seconds.";
    assert_eq!(event["error"]["message"], message);
    let close = client.closed().await.unwrap();
    assert_eq!(u16::from(close.code), 1001);
}

#[tokio::test]
async fn a_shutdown_says_goodbye_and_an_abort_does_not() {
    let sim = start(config(says("Yes."))).await;
    let client = Client::connect(&sim).await;
    let (close, ()) = tokio::join!(client.closed(), sim.shutdown());
    assert_eq!(u16::from(close.unwrap().code), 1001);

    let sim = start(config(says("Yes."))).await;
    let client = Client::connect(&sim).await;
    sim.abort();
    assert_eq!(client.closed().await, None);
}

#[tokio::test]
async fn fifteen_mebibytes_of_sound_fit_into_one_event() {
    let sim = start(config(says("Yes."))).await;
    let mut client = Client::connect(&sim).await;
    client
        .update(json!({"audio": {"input": {"turn_detection": null}}}))
        .await;
    let whole = 15 * 1024 * 1024 / 3 * 4;
    let append = |length| json!({"type": "input_audio_buffer.append", "audio": "A".repeat(length)});
    client.send(append(whole)).await;
    client
        .send(json!({"type": "input_audio_buffer.commit"}))
        .await;
    let events = client.until("conversation.item.done").await;
    assert_eq!(events[0]["type"], "input_audio_buffer.committed");
    let refused = client.ask(append(whole + 8)).await;
    assert_eq!(refused["error"]["param"], "audio");
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_nobody_else() {
    let sim = start(config(says("A long answer, again and again."))).await;
    let mut deaf = Client::connect(&sim).await;
    // More than the buffers of a socket hold.
    ask_for_megabytes(&mut deaf, 30).await;
    let mut other = Client::connect(&sim).await;
    other.say("Hello.").await;
    other.until("response.done").await;
    drop(deaf);
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_off() {
    let sim = start(config(says("Yes."))).await;
    let mut deaf = Client::connect(&sim).await;
    ask_for_megabytes(&mut deaf, 80).await;
    let whole = deaf.count_until_gone().await;
    assert!(whole < 80, "all {whole} events waited for it");
    assert_eq!(sim.sessions(), 0);
}

/// Asks so many times for an item of 1.4 MB, and reads none of it.
async fn ask_for_megabytes(client: &mut Client, times: usize) {
    let item = client
        .create(json!({"type": "message", "role": "user", "content":
            [{"type": "input_audio", "audio": "A".repeat(1_400_000)}]}))
        .await;
    let retrieve = json!({"type": "conversation.item.retrieve", "item_id": item["id"]});
    for _ in 0..times {
        client.send(retrieve.clone()).await;
    }
}

#[tokio::test]
async fn a_plain_request_is_told_to_upgrade() {
    let sim = start(config(says("Yes."))).await;
    let socket = tokio::net::TcpStream::connect(sim.addr()).await.unwrap();
    let (mut reading, mut writing) = socket.into_split();
    let text = "GET /v1/realtime?model=m HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut writing, text.as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut reading, &mut answer)
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 426"), "{answer}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_names() {
    let mut firsts = Vec::new();
    for _ in 0..2 {
        let sim = start(SimConfig {
            seed: Some(7),
            ..config(says("Yes."))
        })
        .await;
        for _ in 0..2 {
            let (mut client, first) = Client::open(request(&sim)).await.unwrap();
            client
                .send(json!({"type": "input_audio_buffer.clear"}))
                .await;
            firsts.push(format!(
                "{} {}",
                first["session"]["id"],
                client.next().await["event_id"]
            ));
            drop(client);
        }
    }
    assert_eq!(firsts[..2], firsts[2..]);
    assert_ne!(firsts[0], firsts[1]);
}

#[tokio::test]
async fn a_session_is_counted_until_its_client_leaves() {
    let sim = start(config(says("Yes."))).await;
    let (mut socket, _) = connect_async(request(&sim)).await.unwrap();
    socket.next().await;
    assert_eq!((sim.sessions(), sim.sessions_so_far()), (1, 1));
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    // The server counts down before it lets the connection go.
    assert_eq!(sim.sessions(), 0);
}
