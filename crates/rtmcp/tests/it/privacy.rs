//! Nothing that people say, no argument, no result and no key is ever logged.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use rtmcp::{Agent, Transport};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::stage::{LOOPBACK, Seen, config, connect, shop, sim_config, trouble};

const KEY: &str = "key-4242";
const WORD: &str = "xylophone";

/// Keeps every line of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_most_detailed_log_holds_nothing_private() {
    let log = Log::default();
    // Everything, but the libraries that log whole messages.
    let filter = EnvFilter::new(format!("trace,{}", rtmcp::QUIET_LOGS));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let sim = rtmcp_sim::SimConfig {
        keys: Some(vec![KEY.into()]),
        ..sim_config()
    };
    let endpoint = rtmcp_sim::Sim::bind(LOOPBACK, sim).await.unwrap();
    let (shop, trouble) = (shop().await, trouble().await);
    let config = config(&endpoint, &[("shop", &shop), ("trouble", &trouble)]).api_key(KEY);
    let mut seen = Seen::of(connect(config.clone()).await);
    let mut config = config.instructions(format!("Say {WORD}."));
    config.realtime.transport = Transport::WebRtc;
    let agent = Agent::new(config).unwrap();
    let mut over_webrtc = Seen::of(agent.connect().await.unwrap());
    for text in [
        format!(r#"get_weather {{"city":"{WORD}"}}"#),
        format!(r#"echo {{"text":"{WORD}"}}"#),
        format!(r#"echo {{"wrong":"{WORD}"}}"#),
        format!("{WORD} {{}}"),
        format!("{WORD} speaks"),
    ] {
        seen.bridge.send_text(text);
        seen.reply().await;
    }
    seen.bridge.close();
    seen.closed().await;

    // The same over WebRTC, led from a sideband and bound into a key.
    over_webrtc.bridge.send_text(format!("{WORD} speaks"));
    over_webrtc.reply().await;
    over_webrtc.bridge.send_audio(&[1; 9600]);
    let call_id = over_webrtc.bridge.call_id().unwrap().clone();
    agent
        .attach(&call_id, rtmcp::CallSetup::default())
        .await
        .unwrap_err();
    let secret = agent.mint(Duration::from_secs(60)).await.unwrap();
    over_webrtc.bridge.close();
    over_webrtc.closed().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("rtmcp_session"), "something was logged");
    for secret in [KEY, WORD, secret.value.expose()] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
}
