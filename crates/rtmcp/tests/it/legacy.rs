//! An endpoint that speaks the older names alone: the simulator behind a translator of its own.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use rtmcp::{
    Closed,
    core::{Dialect, Private},
};
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{accept_async, connect_async, tungstenite::Message};

use crate::stage::{LOOPBACK, Seen, config, endpoint, trouble};

/// Settings of a session: their older name, and where they are today.
const SETTINGS: &[(&str, &str)] = &[
    ("max_response_output_tokens", "/max_output_tokens"),
    ("input_audio_transcription", "/audio/input/transcription"),
    ("turn_detection", "/audio/input/turn_detection"),
    ("voice", "/audio/output/voice"),
];

/// What the endpoint was told and said, in the older names.
#[derive(Debug, Default)]
struct Traffic {
    told: Vec<Value>,
    said: Vec<Value>,
}

/// Starts the translator, and returns its address.
async fn translator(endpoint: String) -> (String, Arc<Mutex<Traffic>>) {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
    let traffic = Arc::new(Mutex::new(Traffic::default()));
    let shared = Arc::clone(&traffic);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            translate(client, &endpoint, &shared).await;
        }
    });
    (url, traffic)
}

/// Stands between one client and the simulator, until one of them leaves.
async fn translate(client: TcpStream, endpoint: &str, traffic: &Mutex<Traffic>) {
    let mut client = accept_async(client).await.unwrap();
    let url = format!("{endpoint}?model=gpt-realtime-2.1");
    let (mut server, _) = connect_async(url).await.unwrap();
    loop {
        tokio::select! {
            message = client.next() => {
                let Some(Ok(Message::Text(text))) = message else { return };
                let told: Value = serde_json::from_str(&text).unwrap();
                traffic.lock().unwrap().told.push(told.clone());
                let text = today(told).to_string();
                server.send(Message::text(text)).await.unwrap();
            }
            message = server.next() => {
                let Some(Ok(message)) = message else { return };
                let Message::Text(text) = message else { continue };
                let Some(said) = before(serde_json::from_str(&text).unwrap()) else { continue };
                traffic.lock().unwrap().said.push(said.clone());
                if client.send(Message::text(said.to_string())).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Takes a client at its older words.
fn today(mut event: Value) -> Value {
    let within = match event["type"].as_str().unwrap() {
        "session.update" => "session",
        "response.create" => "response",
        _ => return event,
    };
    if let Some(Value::Object(flat)) = event.get_mut(within) {
        let mut whole = json!({});
        if within == "session" {
            whole["type"] = json!("realtime");
        }
        for (name, value) in std::mem::take(flat) {
            match name.as_str() {
                // An endpoint of those days would have refused these.
                "type" | "audio" | "output_modalities" => panic!("{name} in {within}"),
                "modalities" => {
                    let speaks = value.as_array().unwrap().contains(&json!("audio"));
                    whole["output_modalities"] = json!([if speaks { "audio" } else { "text" }]);
                }
                "input_audio_format" => put(&mut whole, "/audio/input/format", format(&value)),
                "output_audio_format" => put(&mut whole, "/audio/output/format", format(&value)),
                _ => match SETTINGS.iter().find(|(old, _)| *old == name) {
                    Some((_, new)) => put(&mut whole, new, value),
                    None => whole[&name] = value,
                },
            }
        }
        event[within] = whole;
    }
    event
}

/// Says a server's event in older words; none where there were none.
fn before(mut event: Value) -> Option<Value> {
    let kind = event["type"].as_str().unwrap().to_owned();
    match kind.as_str() {
        "conversation.item.done" => return None,
        "conversation.item.added" => event["type"] = json!("conversation.item.created"),
        _ => event["type"] = json!(kind.replace("response.output_", "response.")),
    }
    if kind.starts_with("response.output_item") {
        event["type"] = json!(kind);
    }
    if kind == "response.function_call_arguments.done" {
        event.as_object_mut().unwrap().shift_remove("name");
    }
    for within in ["session", "response"] {
        if let Some(Value::Object(whole)) = event.get_mut(within) {
            flatten(whole);
        }
    }
    if let Some(item) = event.get_mut("item") {
        rename_parts(item);
    }
    Some(event)
}

fn flatten(whole: &mut Map<String, Value>) {
    let snapshot = Value::Object(whole.clone());
    whole.shift_remove("type");
    whole.shift_remove("audio");
    whole.shift_remove("max_output_tokens");
    if let Some(modalities) = whole.shift_remove("output_modalities") {
        let speaks = modalities == json!(["audio"]);
        let modalities = if speaks {
            json!(["audio", "text"])
        } else {
            modalities
        };
        whole.insert("modalities".to_owned(), modalities);
    }
    for (old, new) in SETTINGS {
        if let Some(value) = snapshot.pointer(new) {
            whole.insert((*old).to_owned(), value.clone());
        }
    }
    for side in ["input", "output"] {
        if snapshot.pointer(&format!("/audio/{side}/format")).is_some() {
            whole.insert(format!("{side}_audio_format"), json!("pcm16"));
        }
    }
    let output = whole.get_mut("output").and_then(Value::as_array_mut);
    output.into_iter().flatten().for_each(rename_parts);
}

fn rename_parts(item: &mut Value) {
    let parts = item.get_mut("content").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        if let Some(short) = part["type"].as_str().unwrap().strip_prefix("output_") {
            part["type"] = json!(short);
        }
    }
}

fn format(word: &Value) -> Value {
    assert_eq!(word, "pcm16");
    json!({"type": "audio/pcm", "rate": 24000})
}

fn put(object: &mut Value, pointer: &str, value: Value) {
    let names = pointer.split('/').skip(1);
    *names.fold(object, |place, name| &mut place[name]) = value;
}

#[tokio::test]
async fn a_tool_turn_runs_at_an_endpoint_of_older_names() {
    let (endpoint, trouble) = (endpoint().await, trouble().await);
    let (url, traffic) = translator(endpoint.url()).await;
    let mut config = config(&endpoint, &[("trouble", &trouble)]);
    config.realtime.url = url.parse().unwrap();
    config.realtime.dialect = Dialect::Legacy;
    config.realtime.session.instructions = Some(Private::from("Be brief."));
    let mut seen = Seen::open(config).await;
    seen.bridge
        .send_text(r#"echo {"text":"It is sunny in Paris."}"#);
    assert_eq!(seen.finished().await.kind, "answered");
    assert!(seen.reply().await.contains("sunny in Paris"));
    seen.until(|event| matches!(event, rtmcp::Event::Audio { .. }).then_some(()))
        .await;
    seen.bridge.close();
    assert_eq!(seen.closed().await, Closed::Asked);
    assert_eq!(trouble.stats().tool("echo").finished, 1);
    let traffic = traffic.lock().unwrap();
    let has = |events: &[Value], kind: &str| events.iter().any(|it| it["type"] == kind);
    assert!(has(&traffic.said, "response.audio.delta"));
    assert!(has(&traffic.said, "conversation.item.created"));
    assert!(!has(&traffic.said, "response.output_audio.delta"));
    let update = traffic
        .told
        .iter()
        .find(|it| it["type"] == "session.update");
    let session = &update.unwrap()["session"];
    assert_eq!(session["instructions"], "Be brief.");
    assert!(session.get("audio").is_none() && session["tools"].is_array());
}
