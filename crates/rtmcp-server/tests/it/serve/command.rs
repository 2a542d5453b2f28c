//! `rtmcp serve`, as it is started and stopped.

use reqwest::{Client, StatusCode, header::HOST};
use rtmcp_api::{Health, Settings};
use rustix::process::Signal;

use super::{
    browser::{Browser, closed},
    endpoint::Endpoint,
};
use crate::stage::{KEY, Stage, config, endpoint, mcp, shop};

#[tokio::test]
async fn it_serves_a_configuration_until_it_is_told_to_stop() {
    let (stage, endpoint, shop) = (Stage::new(), endpoint().await, shop().await);
    let server = mcp("shop", &shop.url_mcp(), "");
    stage.write("rtmcp.toml", config(endpoint.addr(), &server));
    let args = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--public-url",
        "https://voice.example",
        "--own-keys",
        "--no-tokens",
        "--record",
        "recordings",
    ];
    let mut running = stage.rtmcp(&args).env("RTMCP_KEY", KEY).start();
    let line = running.line().await;
    let url = line.strip_prefix("listening on ").unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let get = |path: &str| client.get(format!("{url}{path}"));
    let health: Health = get("/health").send().await.unwrap().json().await.unwrap();
    assert_eq!((health.status.as_str(), health.calls), ("ok", 0));
    assert_eq!(health.version, env!("CARGO_PKG_VERSION"));
    let settings = get("/settings").header(HOST, "voice.example");
    let settings: Settings = settings.send().await.unwrap().json().await.unwrap();
    assert_eq!(settings.servers[0].name, "shop");
    assert_eq!(settings.endpoints[0].name, "realtime");
    assert!(settings.own_key && !settings.own_servers);
    assert!(stage.path().join("recordings").is_dir());
    let token = client
        .post(format!("{url}/token"))
        .json(&serde_json::json!({}));
    let token = token.header("sec-fetch-site", "same-origin");
    let token = token.send().await.unwrap().text().await.unwrap();
    assert!(token.contains("gives no keys away"), "{token}");
    let elsewhere = get("/health").header(HOST, "evil.example");
    let elsewhere = elsewhere.send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
    running.signal(Signal::TERM);
    let ran = running.end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
}

#[tokio::test]
async fn it_logs_calls_without_a_private_word_and_hangs_them_up() {
    let (stage, endpoint) = (Stage::new(), Endpoint::new().await);
    stage.write("rtmcp.toml", config(endpoint.addr, ""));
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let mut running = stage.rtmcp(&args).env("RTMCP_KEY", KEY).start();
    let line = running.line().await;
    let addr = line.strip_prefix("listening on http://").unwrap();
    let browser = Browser::new(addr.strip_suffix("/api").unwrap().parse().unwrap()).await;
    let call = browser.call().await;
    let mut events = browser.events(&call).await;
    events.ready().await;
    running.signal(Signal::INT);
    assert_eq!(closed(&events.rest().await), "shutdown");
    endpoint.hung_up(&call.call_id).await;
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let lines: Vec<_> = ran.stderr.lines().collect();
    let [began, ended] = lines.as_slice() else {
        panic!("{ran:?}")
    };
    assert!(began.contains("call begins"), "{began}");
    for word in ["call ends", "endpoint=\"realtime\"", "reason=\"shutdown\""] {
        assert!(ended.contains(word), "{ended}");
    }
    let cookie = browser.cookie.split_once('=').unwrap().1;
    for secret in [KEY, cookie, &call.id] {
        assert!(!ran.stderr.contains(secret), "{ran:?}");
    }
}
