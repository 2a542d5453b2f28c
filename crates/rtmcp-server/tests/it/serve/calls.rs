//! Calls: relayed, led, watched by their own visitor alone.

use reqwest::{Method, StatusCode};
use rtmcp_api::{CallEnd, Happening, ProblemCode, Token};
use serde_json::{Value, json};

use super::{
    browser::{closed, ends},
    endpoint::ANSWER,
    stage::Stage,
};

/// Returns a value of the session that an endpoint was asked for last.
fn asked(stage: &Stage, pointer: &str) -> Value {
    let asked = stage.endpoint.asked();
    let text = asked.last().unwrap();
    // A form has the session as one of its parts.
    let json = text.lines().find(|it| it.starts_with('{')).unwrap();
    let json: Value = serde_json::from_str(json).unwrap();
    json.pointer(pointer).cloned().unwrap_or_default()
}

#[tokio::test]
async fn an_offer_is_passed_on_and_the_call_is_led() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let call = browser.call().await;
    assert_eq!(call.sdp.as_deref(), Some(ANSWER));
    assert_eq!(call.call_id, "rtc_1");
    let instructions = "You help the customers of a small shop.";
    assert_eq!(asked(&stage, "/instructions"), instructions);
    let tools = asked(&stage, "/tools");
    let names = tools.as_array().unwrap().iter().map(|it| &it["name"]);
    assert!(names.clone().any(|it| it == "get_weather"), "{tools}");
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage
        .endpoint
        .call("c1", "get_weather", &json!({"city": "Paris"}));
    let finished = events.until(|it| match it {
        Happening::ToolFinished { .. } => Some(it.clone()),
        _ => None,
    });
    let Happening::ToolFinished {
        call_id,
        function,
        end,
        reason,
        output,
        result,
        ..
    } = finished.await
    else {
        unreachable!()
    };
    assert_eq!((call_id.as_str(), function.as_str()), ("c1", "get_weather"));
    assert_eq!((end, reason.as_str()), (CallEnd::Answered, "answered"));
    let heard = stage.endpoint.output("c1").await;
    assert_eq!(*output.expose(), heard);
    assert!(heard.contains("Paris"));
    let result = result.unwrap().into_exposed();
    assert_eq!(result["isError"], false);
    browser.end(&call).await;
    let rest = events.rest().await;
    assert_eq!(closed(&rest), "asked");
    assert!(ends(&rest).is_empty(), "one end for one call: {rest:?}");
    stage.endpoint.hung_up("rtc_1").await;
    assert_eq!(stage.endpoint.outputs("c1"), 1);
}

#[tokio::test]
async fn visitors_do_not_see_each_other() {
    let stage = Stage::new().await;
    let (one, other) = (stage.browser().await, stage.browser().await);
    let (mine, theirs) = (one.call().await, other.call().await);
    assert_ne!(mine.id, theirs.id);
    let events = format!("/api/sessions/{}/events", theirs.id);
    let seen = one.send(one.get(&events)).await;
    let nothing = one.send(one.get("/api/sessions/0/events")).await;
    let words = seen.problem(ProblemCode::NotFound);
    assert_eq!(words, nothing.problem(ProblemCode::NotFound));
    let deleted = one.delete(&format!("/api/sessions/{}", theirs.id)).await;
    deleted.problem(ProblemCode::NotFound);
    let decided = one.decide(&theirs, "c1", &json!({"approve": true})).await;
    decided.problem(ProblemCode::NotFound);
    // It runs on, and says nothing of the other one.
    let mut events = other.events(&theirs).await;
    events.ready().await;
    assert!(!other.told().contains(&mine.id));
}

#[tokio::test]
async fn two_tabs_of_one_browser_are_two_sessions() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let (first, second) = (browser.call().await, browser.call().await);
    let mut events = browser.events(&first).await;
    browser.end(&second).await;
    let rest = browser.events(&second).await.rest().await;
    assert_eq!(closed(&rest), "asked");
    events.ready().await;
}

#[tokio::test]
async fn no_key_is_minted_where_the_owner_gives_none() {
    let stage = Stage::with(|config| config.tokens = false).await;
    let browser = stage.browser().await;
    let answer = browser.post("/api/token", &json!({})).await;
    let message = answer.problem(ProblemCode::Forbidden);
    assert!(message.contains("POST /api/calls"), "{message}");
    assert!(
        stage.endpoint.asked().is_empty(),
        "the endpoint isn't bothered"
    );
    // Calls go on as ever.
    let call = browser.call().await;
    browser.events(&call).await.ready().await;
}

#[tokio::test]
async fn a_key_is_minted_with_the_session_bound_into_it_and_the_call_is_then_led() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let setup = json!({"voice": "marin", "seconds": 120});
    let answer = browser.post("/api/token", &setup).await;
    let token: Token = answer.json();
    assert_eq!(token.value.expose(), "ek_for_a_browser");
    assert!(token.calls_url.ends_with("/v1/realtime/calls"), "{token:?}");
    assert_eq!(asked(&stage, "/expires_after/seconds"), 120);
    assert_eq!(asked(&stage, "/session/audio/output/voice"), "marin");
    assert_eq!(asked(&stage, "/session/tools/0/type"), "function");

    let attach = json!({"call_id": "rtc_of_the_browser"});
    let answer = browser.post("/api/calls", &attach).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let call: rtmcp_api::Call = answer.json();
    assert_eq!(
        (call.sdp.as_ref(), &*call.call_id),
        (None, "rtc_of_the_browser")
    );
    // Two that answer one call would run its tools twice.
    let again = browser.post("/api/calls", &attach).await;
    again.problem(ProblemCode::Attached);
    let mut events = browser.events(&call).await;
    events.ready().await;
    stage
        .endpoint
        .call("c1", "get_weather", &json!({"city": "Oslo"}));
    assert!(stage.endpoint.output("c1").await.contains("Oslo"));
    browser.end(&call).await;
    events.rest().await;
    stage.endpoint.hung_up("rtc_of_the_browser").await;
}

#[tokio::test]
async fn a_page_that_goes_away_while_the_call_is_opened_leaves_none_behind() {
    let soon = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.limits.unread = std::time::Duration::from_millis(200);
    };
    let stage = Stage::with(soon).await;
    let browser = stage.browser().await;
    let offer = json!({"sdp": super::browser::OFFER});
    let request = browser.request(Method::POST, "/api/calls").json(&offer);
    let asking = tokio::spawn(request.send());
    let asked = async {
        while stage.endpoint.asked().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(super::endpoint::PATIENCE, asked)
        .await
        .unwrap();
    asking.abort();
    stage.endpoint.hung_up("rtc_1").await;
}

#[tokio::test]
async fn slow_servers_do_not_hold_up_the_answer() {
    let silent = tokio::net::TcpListener::bind(crate::stage::LOOPBACK).await;
    let silent = silent.unwrap();
    let url = format!("http://{}/mcp", silent.local_addr().unwrap());
    let slow = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.own_servers = true;
        it.wait_for_tools = std::time::Duration::from_millis(100);
    };
    let stage = Stage::with(slow).await;
    let browser = stage.browser().await;
    let servers = json!({"servers": [{"name": "slow", "url": url}, {"name": "shop"}]});
    let begun = std::time::Instant::now();
    let answer = browser.call_with(servers).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    let mut events = browser.events(&answer.json()).await;
    events.ready().await;
}
