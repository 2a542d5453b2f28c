//! Calls and keys over the REST API, whose sessions have our tools, too.

use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
    multipart::{Form, Part},
};
use rtmcp_core::Private;
use serde_json::{Value, json};

use super::{
    client::PROXY_KEY,
    stage::{own, proxied},
};
use crate::{
    serve::{
        endpoint::{ANSWER, REPEAT},
        stage::Stage,
    },
    stage::KEY,
};

const OFFER: &str = "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\n";

fn post(stage: &Stage, path: &str, key: &str) -> reqwest::RequestBuilder {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/v1/realtime{path}", stage.addr);
    http.post(url).bearer_auth(key)
}

async fn mint(stage: &Stage, body: &Value) -> Value {
    let asked = post(stage, "/client_secrets", PROXY_KEY).json(body);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

/// Makes a call as a browser does that has a key for it.
async fn call(stage: &Stage, key: &str) -> Response {
    let offer = post(stage, "/calls", key).body(OFFER);
    let offer = offer.header(CONTENT_TYPE, "application/sdp");
    offer.send().await.unwrap()
}

fn names(session: &Value) -> Vec<&str> {
    let tools = session["tools"].as_array().unwrap().iter();
    tools.map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_key_for_browsers_has_our_tools_and_opens_the_proxy() {
    let stage = proxied(own()).await;
    assert_eq!(call(&stage, "ek_for_a_browser").await.status(), 401);
    let theirs = json!({"type": "function", "name": "theirs", "parameters": {"type": "object"}});
    let body = json!({"expires_after": {"anchor": "created_at", "seconds": 60},
        "session": {"type": "realtime", "model": "m", "tools": [theirs], "odd": {"a": [1]}}});
    let minted = mint(&stage, &body).await;
    assert_eq!(minted["value"], "ek_for_a_browser");
    let asked: Value = serde_json::from_str(&stage.endpoint.asked()[0]).unwrap();
    assert_eq!(asked["expires_after"], body["expires_after"]);
    assert_eq!(asked["session"]["odd"], json!({"a": [1]}));
    let names = names(&asked["session"]);
    assert_eq!(names[0], "theirs");
    assert!(
        names.contains(&"get_weather") && names.contains(&"issue_refund"),
        "{names:?}"
    );
    // The endpoint that is played takes its own key alone, and says so.
    let refused = call(&stage, "ek_for_a_browser").await;
    assert_eq!(refused.status(), 401);
    let refused: Value = refused.json().await.unwrap();
    let said = refused["error"]["message"].as_str().unwrap();
    assert!(
        said.contains("Bearer ek_for_a_browser"),
        "its own words: {said}"
    );
    // Nothing of a session: our tools are bound in all the same.
    mint(&stage, &json!({})).await;
    let asked: Value = serde_json::from_str(&stage.endpoint.asked()[1]).unwrap();
    assert_eq!(asked["session"]["type"], "realtime");
    assert!(asked["session"]["tools"].as_array().unwrap().len() > 3);
}

#[tokio::test]
async fn a_call_gains_our_tools_and_its_sideband_answers_them() {
    let stage = proxied(own()).await;
    let session = json!({"type": "realtime", "model": "m", "instructions": "Be short."});
    let part = |text: String, kind: &str| Part::text(text).mime_str(kind).unwrap();
    let form = Form::new()
        .part("sdp", part(OFFER.to_owned(), "application/sdp"))
        .part("session", part(session.to_string(), "application/json"));
    let answer = post(&stage, "/calls", PROXY_KEY)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()[LOCATION], "/v1/realtime/calls/rtc_1");
    assert_eq!(answer.text().await.unwrap(), ANSWER);
    let asked = stage.endpoint.asked()[0].clone();
    assert!(
        asked.contains("Be short.") && asked.contains("get_weather"),
        "{asked}"
    );
    assert!(asked.contains("application/sdp") && asked.contains("application/json"));
    stage
        .endpoint
        .call("call_1", "get_weather", &json!({"city": "Paris"}));
    let output = stage.endpoint.output("call_1").await;
    assert!(output.contains("Paris"), "{output}");
    let ended = post(&stage, "/calls/rtc_1/hangup", PROXY_KEY)
        .send()
        .await
        .unwrap();
    assert_eq!(ended.status(), StatusCode::OK);
    stage.endpoint.hung_up("rtc_1").await;
}

#[tokio::test]
async fn what_needs_approval_is_refused_in_words() {
    let stage = proxied(own()).await;
    assert_eq!(call(&stage, PROXY_KEY).await.status(), StatusCode::CREATED);
    let arguments = json!({"order": 1042, "amount": 20});
    stage.endpoint.call("call_1", "issue_refund", &arguments);
    let output = stage.endpoint.output("call_1").await;
    assert!(output.contains("nobody can be asked"), "{output}");
}

#[tokio::test]
async fn no_answer_gives_the_proxys_key_away() {
    let stage = proxied(own()).await;
    let minted = mint(&stage, &json!({"session": {"instructions": REPEAT}})).await;
    assert!(!minted.to_string().contains(KEY), "{minted}");
    let form = Form::new().part("sdp", Part::text(OFFER)).part(
        "session",
        Part::text(json!({"instructions": REPEAT}).to_string()),
    );
    let answer = post(&stage, "/calls", PROXY_KEY)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert!(!answer.text().await.unwrap().contains(KEY));
}

#[tokio::test]
async fn an_endpoint_that_refuses_the_proxys_key_is_no_affair_of_the_client() {
    let wrong = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.proxy = Some(own());
        it.endpoints[0].realtime.api_key = Some(Private::from("sk-wrong-here"));
    };
    let stage = Stage::with(wrong).await;
    let answer = call(&stage, PROXY_KEY).await;
    assert_eq!(answer.status(), 502);
    let body = answer.text().await.unwrap();
    assert!(
        body.contains("key of this proxy") && !body.contains("sk-wrong"),
        "{body}"
    );
}
