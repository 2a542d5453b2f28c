//! No word of a conversation reaches a log.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tracing_subscriber::{Layer, filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt};

use crate::{
    caller::{Caller, post},
    client::{Client, start},
    stub::{StubBrain, call, config, say},
};

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_word_of_a_conversation_is_logged() {
    let log = Log::default();
    // Of this crate alone: the HTTP stack beneath it traces whole frames, which is its own choice.
    let ours =
        tracing_subscriber::filter::Targets::new().with_target("rtmcp_sim", LevelFilter::TRACE);
    let layer = tracing_subscriber::fmt::layer().with_writer(log.clone());
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(ours));
    let _guard = tracing::subscriber::set_default(subscriber);

    let secrets = "swordfish";
    let brain = StubBrain::new(|_| vec![say("The swordfish."), call("f", r#"{"a":"swordfish"}"#)]);
    let sim = start(config(brain)).await;
    let mut client = Client::connect(&sim).await;
    client.update(json!({"instructions": "swordfish"})).await;
    client.say("swordfish?").await;
    client.until("rate_limits.updated").await;
    let refused = client.ask(json!({"type": "swordfish"})).await;
    assert_eq!(refused["error"]["code"], "invalid_value");

    let session = json!({"type": "realtime", "model": "m", "instructions": secrets});
    let mint = post(&sim, "/client_secrets").json(&json!({"session": session}));
    let minted: Value = mint.send().await.unwrap().json().await.unwrap();
    let secret = minted["value"].as_str().unwrap();
    let mut caller = Caller::call(&sim, json!({"instructions": secrets})).await;
    caller.say("swordfish?").await;
    caller.until("output_audio_buffer.stopped").await;
    caller.handle().close();
    caller.closed().await;
    assert!(!format!("{sim:?}").contains(secret), "the server shows it");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("refused an event"),
        "something is logged: {log}"
    );
    assert!(!log.contains(secrets) && !log.contains(secret), "{log}");
}
