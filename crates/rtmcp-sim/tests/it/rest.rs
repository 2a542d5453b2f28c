//! The REST side: secrets, bad requests, and what browsers ask first.

use reqwest::{Method, RequestBuilder, multipart::Form};
use rtmcp_sim::{Running, SimConfig};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::http::HeaderValue};

use crate::{
    caller::{Caller, form, offer, post},
    client::{Client, request, start},
    doors::{locked, refused},
    published,
    stub::{config, says},
};

const SDP: &str = "application/sdp";

/// Sends a request that must be refused, and returns the status and the error.
async fn refusal(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status}: {body}"));
    let error = &body["error"];
    for field in ["message", "type", "param", "code"] {
        assert!(error.get(field).is_some(), "no {field} in {body}");
    }
    (status, error.clone())
}

async fn mint(sim: &Running, body: Value) -> Value {
    let request = post(sim, "/client_secrets").bearer_auth("sk-right");
    let answer = request.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let minted = answer.json().await.unwrap();
    published::check_as("RealtimeCreateClientSecretResponse", &minted);
    minted
}

fn session(instructions: &str) -> Value {
    json!({"type": "realtime", "model": "gpt-realtime-2.1", "instructions": instructions,
        "audio": {"output": {"voice": "marin"}}})
}

#[tokio::test]
async fn a_secret_opens_calls_and_sessions_as_it_was_made_for() {
    let sim = start(locked()).await;
    let minted = mint(&sim, json!({"session": session("Be kind.")})).await;
    let secret = minted["value"].as_str().unwrap();
    assert!(secret.starts_with("ek_") && secret.len() == 35, "{secret}");
    assert_eq!(minted["session"]["instructions"], "Be kind.");
    assert_eq!(minted["session"]["object"], "realtime.session");
    assert_eq!(minted["session"]["tool_choice"], "auto");

    for _ in 0..2 {
        let (connection, offer) = offer().await;
        let ask = post(&sim, "/calls").bearer_auth(secret);
        let ask = ask.header("content-type", SDP).body(offer);
        let mut caller = Caller::answered(connection, ask.send().await.unwrap()).await;
        let tool = json!({"type": "session.update", "session":
            {"type": "realtime", "tool_choice": "none"}});
        let updated = caller.ask(tool).await;
        assert_eq!(updated["session"]["instructions"], "Be kind.");
        assert_eq!(updated["session"]["audio"]["output"]["voice"], "marin");
    }
    let mut by_protocol = request(&sim);
    let value = format!("realtime, openai-insecure-api-key.{secret}");
    let value = HeaderValue::from_str(&value).unwrap();
    let headers = by_protocol.headers_mut();
    headers.insert("sec-websocket-protocol", value);
    let (_socket, response) = connect_async(by_protocol.clone()).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "realtime");
    let (_client, first) = Client::open(by_protocol).await.unwrap();
    assert_eq!(first["session"]["instructions"], "Be kind.");
}

#[tokio::test]
async fn a_request_goes_before_the_secret_and_leaves_the_rest_of_it() {
    let sim = start(locked()).await;
    let minted = mint(&sim, json!({"session": session("Be kind.")})).await;
    let (connection, offer) = offer().await;
    let own = json!({"type": "realtime", "instructions": "Be brief.",
        "audio": {"input": {"turn_detection": null}}});
    let ask = post(&sim, "/calls").bearer_auth(minted["value"].as_str().unwrap());
    let answer = ask.multipart(form(offer, &own)).send().await.unwrap();
    let mut caller = Caller::answered(connection, answer).await;
    let update = json!({"type": "session.update", "session": {"type": "realtime"}});
    let session = &caller.ask(update).await["session"];
    assert_eq!(session["instructions"], "Be brief.");
    assert_eq!(session["audio"]["output"]["voice"], "marin");
    assert_eq!(session["audio"]["input"]["turn_detection"], Value::Null);
    assert_eq!(session["model"], "gpt-realtime-2.1");
}

#[tokio::test]
async fn a_secret_expires_and_what_it_opened_goes_on() {
    let sim = start(locked()).await;
    let before = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for (expires_after, seconds) in [
        (json!({"anchor": "created_at", "seconds": 10}), 10),
        (json!({"seconds": 7_200}), 7_200),
        (Value::Null, 600),
    ] {
        let minted = mint(&sim, json!({ "expires_after": expires_after })).await;
        let lasts = minted["expires_at"].as_u64().unwrap() - before;
        assert!((seconds..seconds + 30).contains(&lasts), "{lasts}");
    }
    let minted = mint(&sim, json!({"session": session("Be kind.")})).await;
    let secret = minted["value"].as_str().unwrap();
    let ask = |offer: String| {
        let ask = post(&sim, "/calls").bearer_auth(secret);
        ask.header("content-type", SDP).body(offer)
    };
    let (connection, sdp) = offer().await;
    let answer = ask(sdp).send().await.unwrap();
    let mut caller = Caller::answered(connection, answer).await;
    sim.expire_secrets();
    let (status, error) = refusal(ask(offer().await.1)).await;
    assert_eq!((status, &error["code"]), (401, &json!("invalid_api_key")));
    assert!(error["message"].as_str().unwrap().contains("expired"));
    let cleared = caller
        .ask(json!({"type": "input_audio_buffer.clear"}))
        .await;
    assert_eq!(cleared["type"], "input_audio_buffer.cleared");
}

#[tokio::test]
async fn secrets_are_made_with_keys_alone() {
    let sim = start(locked()).await;
    let minted = mint(&sim, json!({})).await;
    for key in [minted["value"].as_str().unwrap(), "sk-wrong", "ek_unknown"] {
        let request = post(&sim, "/client_secrets").bearer_auth(key);
        let (status, error) = refusal(request.json(&json!({}))).await;
        assert_eq!(status, 401);
        assert!(!error.to_string().contains(key), "{error}");
    }
    // A server that lets everybody in knows its own secrets all the same.
    let open = start(config(says("Yes."))).await;
    let request = post(&open, "/calls").bearer_auth("ek_unknown");
    assert_eq!(refusal(request).await.0, 401);
    let mut stranger = request_with_secret(&sim);
    stranger.headers_mut().remove("authorization");
    assert_eq!(refused(stranger).await.0, 401);
}

fn request_with_secret(sim: &Running) -> tokio_tungstenite::tungstenite::http::Request<()> {
    let mut request = request(sim);
    let value = HeaderValue::from_static("Bearer ek_unknown");
    request.headers_mut().insert("authorization", value);
    request
}

#[tokio::test]
async fn a_session_is_checked_before_it_is_bound() {
    let sim = start(locked()).await;
    let tool = |name: &str| json!({"type": "function", "name": name});
    for (body, code, param) in [
        (
            json!({"session": {"type": "realtime", "tools": [tool("good"), tool("no.dots")]}}),
            "invalid_value",
            "session.tools[1].name",
        ),
        (
            json!({"session": {}}),
            "missing_required_parameter",
            "session.type",
        ),
        (
            json!({"session": {"type": "realtime", "output_modalities": ["audio", "text"]}}),
            "invalid_value",
            "session.output_modalities",
        ),
        (
            json!({"expires_after": {"anchor": "created_at", "seconds": 9}}),
            "invalid_value",
            "expires_after.seconds",
        ),
        (
            json!({"expires_after": {"anchor": "never", "seconds": 10}}),
            "invalid_value",
            "expires_after.anchor",
        ),
        (json!({"secret": 1}), "unknown_parameter", "secret"),
    ] {
        let request = post(&sim, "/client_secrets").bearer_auth("sk-right");
        let (status, error) = refusal(request.json(&body)).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(
            (&error["code"], &error["param"]),
            (&json!(code), &json!(param))
        );
        let Some(session) = body.get("session") else {
            continue;
        };
        let request = post(&sim, "/calls").bearer_auth("sk-right");
        let (status, error) = refusal(request.multipart(form("v=0".to_owned(), session))).await;
        assert_eq!((status, &error["param"]), (400, &json!(param)));
    }
    assert_eq!(sim.sessions_so_far(), 0);
}

#[tokio::test]
async fn a_call_needs_an_offer_and_a_model() {
    let sim = start(SimConfig {
        models: Some(vec!["gpt-realtime-2.1".to_owned()]),
        ..locked()
    })
    .await;
    let ask = |path: &str| post(&sim, path).bearer_auth("sk-right");
    let sdp =
        |path: &str, offer: &str| ask(path).header("content-type", SDP).body(offer.to_owned());
    let good = offer().await.1;
    let model = "/calls?model=gpt-realtime-2.1";
    let silent = good.replace("m=audio", "m=video");
    let no_channel = good.split("m=application").next().unwrap();
    let unnamed = json!({"type": "realtime"});
    let no_offer = Form::new().text("session", unnamed.to_string());
    for (request, status, param) in [
        (sdp(model, ""), 400, "sdp"),
        (sdp(model, "hello"), 400, "sdp"),
        (sdp(model, &silent), 400, "sdp"),
        (sdp(model, no_channel), 400, "sdp"),
        (sdp("/calls", &good), 400, "session.model"),
        (sdp("/calls?model=other", &good), 404, "model"),
        (ask(model).multipart(Form::new()), 400, "body"),
        (ask(model).multipart(no_offer), 400, "sdp"),
        (
            ask("/calls").multipart(form(good.clone(), &unnamed)),
            400,
            "session.model",
        ),
        (
            ask(model).multipart(Form::new().text("spd", "v=0")),
            400,
            "spd",
        ),
        (
            ask(model).multipart(form(good.clone(), &json!([]))),
            400,
            "body",
        ),
    ] {
        let (is, error) = refusal(request).await;
        assert_eq!((is, &error["param"]), (status, &json!(param)), "{error}");
    }
    assert_eq!(sim.sessions_so_far(), 0);
    let fine = sdp(model, &good).send().await.unwrap();
    assert_eq!(fine.status(), 201);
}

#[tokio::test]
async fn what_is_no_request_for_a_call_is_refused_by_its_status() {
    let sim = start(locked()).await;
    let model = "/calls?model=gpt-realtime-2.1";
    let ask = |path: &str| post(&sim, path).bearer_auth("sk-right");
    let sdp = |offer: String| ask(model).header("content-type", SDP).body(offer);
    let good = offer().await.1;
    let (status, _) = refusal(ask(model).json(&json!({}))).await;
    assert_eq!(status, 415);
    let (status, _) = refusal(sdp("x".repeat((4 << 20) + 1))).await;
    assert_eq!(status, 413);
    let (status, _) = refusal(post(&sim, model).body(good.clone())).await;
    assert_eq!(status, 401);
    let (status, error) = refusal(sdp(good).header("openai-beta", "realtime=v1")).await;
    assert_eq!(status, 400);
    assert_eq!(error["code"], "beta_api_shape_disabled");
    for (method, path, status) in [
        (Method::POST, "/sessions", 404),
        (Method::GET, "/client_secrets", 405),
    ] {
        let url = format!("{}{path}", sim.http_url());
        let other = reqwest::Client::new().request(method, url);
        assert_eq!(refusal(other).await.0, status);
    }
    assert_eq!(sim.sessions_so_far(), 0);
}

#[tokio::test]
async fn a_page_of_any_origin_may_call() {
    let sim = start(locked()).await;
    let url = format!("{}/calls", sim.http_url());
    let asked = "authorization,content-type,openai-safety-identifier";
    let first = reqwest::Client::new()
        .request(Method::OPTIONS, url)
        .header("origin", "https://example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", asked);
    let answer = first.send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("POST"));
    assert_eq!(header("access-control-allow-headers"), asked);

    // Errors can be read, too.
    let request = post(&sim, "/calls").header("origin", "https://example.com");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert_eq!(header("access-control-expose-headers"), "Location");
}
