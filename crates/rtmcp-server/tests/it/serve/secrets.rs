//! No secret reaches a page, and none a log: whatever endpoints and servers repeat.

use std::{
    io,
    sync::{Arc, Mutex},
};

use rtmcp::{
    mcp::{Endpoint, ServerConfig},
    router::ServerRules,
};
use rtmcp_api::Call;
use rtmcp_core::Private;
use rtmcp_server::serve::BackendConfig;
use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::{browser::Browser, stage::Stage};
use crate::stage::KEY;

/// What the backend is given and pages must not see.
const SECRETS: [&str; 5] = [
    KEY,
    "token-of-the-shop",
    "header-of-the-page",
    "\"quoted\\secret\"",
    "sk-brought-by-the-page",
];

/// What people and tools say: pages may see it, and logs not.
const WORDS: [&str; 2] = ["Ouagadougou", "xylophone"];

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

/// Lets pages bring what they like, and gives the backend secrets of each kind.
fn full_of_secrets(config: &mut BackendConfig) {
    config.own_key = true;
    config.own_servers = true;
    let shop = &mut config.servers[0];
    shop.bearer = Some(Private::from("token-of-the-shop"));
    let quoted = Private::from("\"quoted\\secret\"");
    shop.headers.push(("x-quoted".to_owned(), quoted));
    let mut missing = ServerConfig::stdio("missing", "no-such-program", [""; 0]);
    if let Endpoint::Stdio { env, .. } = &mut missing.endpoint {
        env.push(("TOKEN".to_owned(), Private::from("token-of-the-shop")));
    }
    config.servers.push(missing);
    let rules = ServerRules::new("missing");
    config.router.servers.push(rules);
}

/// Asks for all that there is, with right and wrong secrets.
async fn ask_for_everything(stage: &Stage, browser: &Browser) -> Call {
    let own = json!({"name": "mine", "url": stage.shop.url_mcp(),
        "headers": {"authorization": "Bearer header-of-the-page"}});
    let wrong = ["sk-brought-by-the-page", "sk-brought by"];
    for setup in wrong.map(|key| json!({"key": key})) {
        browser.call_with(setup.clone()).await;
        browser.post("/api/token", &setup).await;
    }
    let servers = [json!({"name": "shop"}), json!({"name": "missing"}), own];
    for server in &servers {
        browser.post("/api/tools", &json!({"server": server})).await;
    }
    browser.post("/api/token", &json!({})).await;
    let setup = json!({"servers": servers});
    browser.call_with(setup).await.json()
}

/// The endpoint and the model repeat all they can.
async fn repeat(stage: &Stage, browser: &Browser, call: &Call) {
    let mut events = browser.events(call).await;
    events.ready().await;
    // The last one was refused, so that this call knows nothing of it.
    let repeated = SECRETS[..4].join(" and ");
    stage.endpoint.say(&json!({"type": "error",
        "error": {"type": "x", "code": "x", "message": repeated}}));
    let arguments = json!({"city": format!("{} {repeated}", WORDS[0])});
    for (call_id, function) in [("c1", "shop_get_weather"), ("c2", "no_such_function")] {
        stage.endpoint.call(call_id, function, &arguments);
        stage.endpoint.output(call_id).await;
    }
    let reason = json!({"approve": false, "reason": WORDS[1]});
    browser.decide(call, "c1", &reason).await;
    browser.end(call).await;
    events.rest().await;
    stage.endpoint.hung_up(&call.call_id).await;
}

#[tokio::test]
async fn no_secret_is_in_any_answer_or_log() {
    let log = Log::default();
    let filter = EnvFilter::new(format!("trace,{}", rtmcp::QUIET_LOGS));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let stage = Stage::with(full_of_secrets).await;
    let browser = stage.browser().await;
    let call = ask_for_everything(&stage, &browser).await;
    repeat(&stage, &browser, &call).await;
    stage.backend.shutdown().await;

    let told = browser.told();
    assert!(told.contains(WORDS[0]) && told.contains("(secret)"));
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for line in ["call begins", "call ends"] {
        assert!(log.contains(line), "`{line}` is logged");
    }
    let cookie = browser.cookie.split_once('=').unwrap().1;
    let escaped = r#"\"quoted\\secret\""#;
    for secret in SECRETS.iter().chain([&escaped]) {
        let line = told.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` was told to a page");
    }
    for secret in SECRETS.iter().chain(&WORDS).chain([&cookie, &escaped]) {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
    assert!(!log.contains(&call.id), "the log names sessions by tags");
}
