//! Who is let in, with which key the endpoint is asked, and which pages may ask.

use rtmcp_core::Private;
use rtmcp_sim::Sim;
use serde_json::Value;

use super::{
    client::{Client, PROXY_KEY, bare, request, with},
    stage::{before, own, passing, proxied},
};
use crate::{
    serve::stage::Stage,
    stage::{KEY, LOOPBACK, endpoint, nowhere, sim_config},
};

const MODEL: &str = "?model=gpt-realtime-2.1";

#[tokio::test]
async fn without_a_proxy_there_are_no_routes() {
    let stage = Stage::new().await;
    let (status, _) = Client::open(request(stage.addr, MODEL)).await.unwrap_err();
    assert_eq!(status, 404);
}

#[tokio::test]
async fn only_keys_of_the_proxy_open_it_and_the_endpoint_sees_its_own() {
    let sim = endpoint().await;
    let stage = before(sim.addr(), |_| {}).await;
    for key in [PROXY_KEY, "another-key-of-it"] {
        let bearer = format!("Bearer {key}");
        let asked = with(bare(stage.addr, MODEL), "authorization", &bearer);
        let mut client = Client::open(asked).await.unwrap();
        assert_eq!(client.event().await["type"], "session.created");
    }
    for header in [
        None,
        Some(format!("Bearer {KEY}")),
        Some("Bearer ek_1".to_owned()),
    ] {
        let asked = bare(stage.addr, MODEL);
        let asked = match &header {
            Some(header) => with(asked, "authorization", header),
            None => asked,
        };
        let (code, said) = Client::refused(asked, 401).await;
        assert_eq!(code, "invalid_api_key");
        assert!(!said.contains(KEY), "{said}");
    }
}

#[tokio::test]
async fn keys_of_the_endpoint_are_passed_on_with_its_own_words_about_them() {
    let sim = endpoint().await;
    let stage = before(sim.addr(), |it| it.proxy = Some(passing())).await;
    let good = format!("realtime, openai-insecure-api-key.{KEY}");
    let good = with(bare(stage.addr, MODEL), "sec-websocket-protocol", &good);
    let mut client = Client::open(good).await.unwrap();
    assert_eq!(client.event().await["type"], "session.created");
    let wrong = with(bare(stage.addr, MODEL), "authorization", "Bearer sk-wrong");
    let (code, said) = Client::refused(wrong, 401).await;
    assert_eq!(
        (code, said.as_str()),
        ("invalid_api_key".into(), "Incorrect API key provided.")
    );
    Client::refused(bare(stage.addr, MODEL), 401).await;
}

#[tokio::test]
async fn what_keeps_the_endpoint_from_answering_is_told() {
    let other_key = |it: &mut rtmcp_sim::SimConfig| it.keys = Some(vec![Private::from("other")]);
    let mut config = sim_config();
    other_key(&mut config);
    let sim = Sim::bind(LOOPBACK, config).await.unwrap();
    let stage = before(sim.addr(), |_| {}).await;
    let (code, said) = Client::refused(request(stage.addr, MODEL), 502).await;
    assert!(said.contains("key of this proxy"), "{said}");
    assert_eq!(code, Value::Null, "it isn't the client's key that is wrong");
    let stage = before(nowhere().await, |_| {}).await;
    let (_, said) = Client::refused(request(stage.addr, MODEL), 502).await;
    assert!(
        said.contains("can't be reached") && !said.contains("127.0.0.1"),
        "{said}"
    );
    // The endpoint's own words about what the client asks for.
    let sim = endpoint().await;
    let stage = before(sim.addr(), |_| {}).await;
    let (_, said) = Client::refused(request(stage.addr, "?call_id=rtc_none"), 404).await;
    assert!(said.contains("rtc_none"), "{said}");
}

#[tokio::test]
async fn pages_of_other_origins_need_a_key_or_a_name() {
    let page = |stage: &Stage, origin: &str| {
        let asked = request(stage.addr, MODEL);
        with(asked, "origin", origin)
    };
    let sim = endpoint().await;
    let stage = before(sim.addr(), |_| {}).await;
    assert!(
        Client::open(page(&stage, "https://any.example"))
            .await
            .is_ok()
    );
    // Without keys of its own: an endpoint that takes any word for a key.
    let config = rtmcp_sim::SimConfig {
        keys: None,
        ..sim_config()
    };
    let sim = Sim::bind(LOOPBACK, config).await.unwrap();
    let stage = before(sim.addr(), |it| it.proxy = Some(passing())).await;
    for origin in ["https://any.example", "null", "http://127.0.0.1:1"] {
        let (_, said) = Client::refused(page(&stage, origin), 403).await;
        assert!(said.contains("proxy.origins"), "{said}");
    }
    let own_page = format!("http://{}", stage.addr);
    for origin in ["https://app.example", &own_page] {
        assert!(Client::open(page(&stage, origin)).await.is_ok(), "{origin}");
    }
    // A name that was made to mean this machine.
    let mut rebound = page(&stage, "http://evil.example");
    let host = "evil.example".parse().unwrap();
    rebound.headers_mut().insert("host", host);
    Client::refused(rebound, 403).await;
}

#[tokio::test]
async fn browsers_may_read_what_is_answered() {
    let stage = proxied(own()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/v1/realtime/calls", stage.addr);
    let asked = http
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "https://any.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let headers = answer.headers();
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://any.example"
    );
    assert_eq!(
        headers["access-control-allow-headers"],
        "authorization,content-type"
    );
    assert_eq!(headers["access-control-allow-methods"], "GET, POST");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    let posted = http
        .post(&url)
        .header("origin", "https://any.example")
        .send();
    let answer = posted.await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "https://any.example"
    );
}
