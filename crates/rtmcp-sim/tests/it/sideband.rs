//! Further connections to a call.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{client::IntoClientRequest, http::Request};

use crate::{
    caller::{Caller, post},
    client::{Client, kinds, start},
    doors::{locked, refused},
    speech::question,
    stub::{StubBrain, call, config, say, says, words},
};

fn request(sim: &rtmcp_sim::Running, call_id: &str) -> Request<()> {
    let url = format!("{}?call_id={call_id}", sim.url());
    url.into_client_request().unwrap()
}

async fn join(sim: &rtmcp_sim::Running, caller: &Caller) -> Client {
    let (client, first) = Client::open(request(sim, &caller.id)).await.unwrap();
    assert_eq!(first["type"], "session.created");
    client
}

#[tokio::test]
async fn a_sideband_sees_the_call_and_answers_its_tools() {
    let brain = StubBrain::new(|prompt| {
        let answered = prompt.items.iter().map(words).find(|it| it == "22 degrees");
        vec![match answered {
            Some(_) => say("It is warm."),
            None => call("get_weather", r#"{"city":"Paris"}"#),
        }]
    });
    let sim = start(config(brain)).await;
    let mut caller = Caller::call(&sim, json!({"instructions": "Be brief."})).await;
    let (mut sideband, first) = Client::open(request(&sim, &caller.id)).await.unwrap();
    assert_eq!(first["type"], "session.created");
    assert_eq!(first["session"]["instructions"], "Be brief.");
    let tools = json!([{"type": "function", "name": "get_weather",
        "parameters": {"type": "object", "properties": {}}}]);
    sideband.update(json!({ "tools": tools })).await;
    let updated = caller.next().await;
    assert_eq!(updated["session"]["tools"][0]["name"], "get_weather");

    caller.speak(question());
    let mut seen = sideband.until("response.done").await;
    let output = &seen[seen.len() - 1]["response"]["output"][0];
    assert_eq!(output["name"], "get_weather");
    let item = json!({"type": "function_call_output", "call_id": output["call_id"],
        "output": "22 degrees"});
    sideband
        .send(json!({"type": "conversation.item.create", "item": item}))
        .await;
    sideband.send(json!({"type": "response.create"})).await;
    let rest = sideband.until("output_audio_buffer.stopped").await;
    seen.extend(rest);
    assert!(!kinds(&seen).contains(&"response.output_audio.delta"));
    // The caller saw the same.
    let heard = caller.until("output_audio_buffer.stopped").await;
    assert_eq!(heard, seen);
    assert_eq!((sim.sessions(), sim.sessions_so_far()), (1, 1));
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_told_to_its_sender() {
    let sim = start(config(says("Yes."))).await;
    let mut caller = Caller::call(&sim, json!({})).await;
    let mut one = join(&sim, &caller).await;
    let mut two = join(&sim, &caller).await;
    let answer = one.ask(json!({"type": "response.cancel"})).await;
    assert_eq!(answer["error"]["code"], "response_cancel_not_active");
    // The others see only what comes of the next one.
    two.send(json!({"type": "input_audio_buffer.clear"})).await;
    for event in [caller.next().await, one.next().await, two.next().await] {
        assert_eq!(event["type"], "input_audio_buffer.cleared");
    }
}

#[tokio::test]
async fn a_sideband_may_leave_and_the_call_may_not() {
    let sim = start(config(says("Yes."))).await;
    let mut caller = Caller::call(&sim, json!({})).await;
    drop(join(&sim, &caller).await);
    let sideband = join(&sim, &caller).await;
    caller.say("Hello.").await;
    caller.until("output_audio_buffer.stopped").await;
    caller.handle().close();
    let close = sideband.last_words().await.unwrap();
    assert_eq!(u16::from(close.code), 1000);
    assert_eq!(sim.sessions(), 0);
    let (status, error) = refused(request(&sim, &caller.id)).await;
    assert_eq!(status, 404);
    assert_eq!(error["code"], "call_id_not_found");
}

#[tokio::test]
async fn a_caller_who_is_lost_ends_the_call() {
    let sim = start(config(says("Yes."))).await;
    let caller = Caller::call(&sim, json!({})).await;
    let sideband = join(&sim, &caller).await;
    caller.handle().abandon();
    let close = sideband.last_words().await.unwrap();
    assert_eq!(u16::from(close.code), 1000);
    assert_eq!(sim.sessions(), 0);
}

#[tokio::test]
async fn a_hangup_and_a_shutdown_close_it() {
    let sim = start(config(says("Yes."))).await;
    let caller = Caller::call(&sim, json!({})).await;
    let sideband = join(&sim, &caller).await;
    let path = format!("/calls/{}/hangup", caller.id);
    post(&sim, &path).send().await.unwrap();
    let close = sideband.last_words().await.unwrap();
    assert_eq!(u16::from(close.code), 1000);

    let caller = Caller::call(&sim, json!({})).await;
    let sideband = join(&sim, &caller).await;
    let (close, ()) = tokio::join!(sideband.last_words(), sim.shutdown());
    assert_eq!(u16::from(close.unwrap().code), 1001);
}

#[tokio::test]
async fn a_sideband_needs_a_key_or_the_secret_of_the_call() {
    let sim = start(locked()).await;
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let mint = post(&sim, "/client_secrets").bearer_auth("sk-right");
        let body = json!({"session": {"type": "realtime", "model": "gpt-realtime-2.1"}});
        let minted: Value = mint.json(&body).send().await.unwrap().json().await.unwrap();
        secrets.push(minted["value"].as_str().unwrap().to_owned());
    }
    let (connection, offer) = crate::caller::offer().await;
    let ask = post(&sim, "/calls").bearer_auth(&secrets[0]);
    let ask = ask.header("content-type", "application/sdp").body(offer);
    let caller = Caller::answered(connection, ask.send().await.unwrap()).await;
    let with = |key: &str| {
        let mut request = request(&sim, &caller.id);
        let value = format!("realtime, openai-insecure-api-key.{key}");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", value.parse().unwrap());
        request
    };
    for key in ["sk-right", &secrets[0]] {
        let (_client, first) = Client::open(with(key)).await.unwrap();
        assert_eq!(first["type"], "session.created");
    }
    let (status, _) = refused(with(&secrets[1])).await;
    assert_eq!(status, 404, "the secret of somebody else");
    let (status, _) = refused(with("sk-wrong")).await;
    assert_eq!(status, 401);
    let path = format!("/calls/{}/hangup", caller.id);
    for (key, status) in [(&secrets[1], 404), (&secrets[0], 200)] {
        let answer = post(&sim, &path).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn sidebands_are_cut_off_and_join_again_while_the_call_goes_on() {
    let faults = ["detach=1012@response=1"];
    let sim = start(crate::faults::faulty(says("Yes."), &faults)).await;
    let mut caller = Caller::call(&sim, json!({})).await;
    let sideband = join(&sim, &caller).await;
    caller.say("Hello.").await;
    let close = sideband.last_words().await.unwrap();
    assert_eq!(u16::from(close.code), 1012);
    caller.until("output_audio_buffer.stopped").await;
    let mut again = join(&sim, &caller).await;
    caller.say("Hello again.").await;
    let seen = again.until("output_audio_buffer.stopped").await;
    assert!(kinds(&seen).contains(&"response.done"));
    caller.until("output_audio_buffer.stopped").await;
}
