//! What every request passes: host, origin, cookie, budgets, and the shape of refusals.

use std::time::Duration;

use reqwest::{
    Method, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, ORIGIN, RETRY_AFTER, SET_COOKIE},
};
use rtmcp_api::{Health, ProblemCode, Settings};
use rtmcp_server::serve::{ROUTES, Rate};
use serde_json::json;

use super::{browser::Browser, stage::Stage};

/// The routes, as addresses.
fn paths() -> Vec<(Method, String)> {
    let fill = |path: &str| path.replace("{id}", "0").replace("{call_id}", "c");
    let routes = ROUTES.iter();
    routes
        .map(|it| (it.method.clone(), fill(it.path)))
        .collect()
}

#[tokio::test]
async fn no_other_site_and_no_other_name_gets_through() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    for (method, path) in paths() {
        let request = browser.request(method.clone(), &path).body("{}");
        let elsewhere = request.header(HOST, "evil.example");
        browser
            .send(elsewhere)
            .await
            .problem(ProblemCode::Forbidden);
        for site in ["cross-site", "same-site"] {
            let request = browser.request(method.clone(), &path).body("{}");
            let foreign = request.header("sec-fetch-site", site);
            browser.send(foreign).await.problem(ProblemCode::Forbidden);
        }
        if method.is_safe() {
            continue;
        }
        let bare = || browser.bare(method.clone(), &path).json(&json!({}));
        let foreign = bare().header(ORIGIN, "http://evil.example");
        browser.send(foreign).await.problem(ProblemCode::Forbidden);
        // A webhook is a program, and known by a token: it doesn't say where it comes from.
        let is_of_programs = path.starts_with("/api/approvals/");
        let unsaid = browser.send(bare()).await.status;
        assert_eq!(unsaid == StatusCode::FORBIDDEN, !is_of_programs, "{path}");
        let fetched = bare().header("sec-fetch-site", "same-origin");
        assert_ne!(browser.send(fetched).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn the_cookie_is_for_the_backend_alone_and_given_once() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    let fresh = browser.bare(Method::GET, "/api/settings");
    let answer = browser.send(fresh).await;
    let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
    let (pair, rest) = cookie.split_once("; ").unwrap();
    assert_eq!(rest, "Path=/; HttpOnly; SameSite=Lax");
    let value = pair.strip_prefix("rtmcp_visitor=").unwrap();
    assert!(value.len() == 32 && pair != browser.cookie, "{pair}");
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    let again = browser.send(browser.get("/api/settings")).await;
    assert!(!again.headers.contains_key(SET_COOKIE));
    let forged = browser.bare(Method::GET, "/api/health");
    let forged = forged.header(COOKIE, "rtmcp_visitor=me");
    let answer = browser.send(forged).await;
    assert!(answer.headers.contains_key(SET_COOKIE));
}

#[tokio::test]
async fn behind_https_the_cookie_is_a_secure_one() {
    let public = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.public_url = Some("https://voice.example".parse().unwrap());
    };
    let stage = Stage::with(public).await;
    let browser = stage.browser().await;
    assert!(browser.cookie.starts_with("__Host-rtmcp_visitor="));
    let request = browser.bare(Method::GET, "/api/health");
    let answer = browser.send(request.header(HOST, "voice.example")).await;
    let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"));
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let few = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.limits.visitor = Rate {
            burst: 6,
            per_second: 1,
        };
    };
    let stage = Stage::with(few).await;
    let (one, other) = (stage.browser().await, stage.browser().await);
    assert_eq!(one.delete("/api/sessions/0").await.status, 404);
    // One that opens connections elsewhere counts five times.
    let answer = one.post("/api/tools", &json!({})).await;
    answer.problem(ProblemCode::TooMany);
    let seconds: u64 = answer.headers[RETRY_AFTER]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=5).contains(&seconds), "{seconds}");
    let answer = other.send(other.get("/api/health")).await;
    assert_eq!(answer.status, StatusCode::OK, "another has its own budget");
}

#[tokio::test]
async fn a_new_cookie_for_each_request_is_no_way_round() {
    let few = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.limits.peer = Rate {
            burst: 5,
            per_second: 1,
        };
    };
    let stage = Stage::with(few).await;
    let browser = stage.browser().await;
    let health = || browser.bare(Method::GET, "/api/health");
    for _ in 0..4 {
        assert_eq!(browser.send(health()).await.status, StatusCode::OK);
    }
    let answer = browser.send(health()).await;
    answer.problem(ProblemCode::TooMany);
    let forwarded = health().header("x-forwarded-for", "10.1.1.1");
    browser.send(forwarded).await.problem(ProblemCode::TooMany);
}

#[tokio::test]
async fn a_trusted_proxy_says_who_asks() {
    let proxied = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.behind_proxy = true;
        it.limits.peer = Rate {
            burst: 1,
            per_second: 1,
        };
    };
    let stage = Stage::with(proxied).await;
    let browser = Browser::new(stage.addr).await;
    for (forwarded, status) in [
        ("10.1.1.1", 200),
        ("10.1.1.2, 10.1.1.1", 429),
        ("10.1.1.1, 10.1.1.2", 200),
    ] {
        let request = browser.get("/api/health");
        let request = request.header("x-forwarded-for", forwarded);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, status, "{forwarded}");
    }
}

#[tokio::test]
async fn only_so_many_calls_run_at_once() {
    let few = |it: &mut rtmcp_server::serve::BackendConfig| {
        it.limits.calls_per_visitor = 1;
        it.limits.calls = 2;
    };
    let stage = Stage::with(few).await;
    let (one, other, third) = (
        stage.browser().await,
        stage.browser().await,
        stage.browser().await,
    );
    let call = one.call().await;
    let refused = one.call_with(json!({})).await;
    refused.problem(ProblemCode::TooMany);
    assert!(refused.headers.contains_key(RETRY_AFTER));
    other.call().await;
    let refused = third.call_with(json!({})).await;
    refused.problem(ProblemCode::TooMany);
    let health: Health = one.send(one.get("/api/health")).await.json();
    assert_eq!((health.status.as_str(), health.calls), ("ok", 2));
    let mut events = one.events(&call).await;
    one.end(&call).await;
    events.rest().await;
    stage.endpoint.hung_up(&call.call_id).await;
    // The room is free a moment after the call is hung up.
    let freed = async { while third.call_with(json!({})).await.status != 201 {} };
    tokio::time::timeout(Duration::from_secs(20), freed)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_refusal_is_a_problem_in_json() {
    let stage = Stage::new().await;
    let browser = stage.browser().await;
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/sessions/0/events/more",
    ] {
        let answer = browser.send(browser.get(path)).await;
        answer.problem(ProblemCode::NotFound);
    }
    let answer = browser.send(browser.get("/api/calls")).await;
    answer.problem(ProblemCode::WrongMethod);
    assert_eq!(answer.headers[ALLOW], "POST");
    let post = |path: &str| browser.request(Method::POST, path);
    let untyped = post("/api/calls").body("{}");
    browser.send(untyped).await.problem(ProblemCode::NotJson);
    let form = post("/api/calls").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    browser
        .send(form.body("a=b"))
        .await
        .problem(ProblemCode::NotJson);
    let long = json!({"sdp": format!("v=0{}", "x".repeat(64 * 1024))});
    let answer = browser.post("/api/calls", &long).await;
    assert!(
        answer
            .problem(ProblemCode::TooLarge)
            .contains("65536 bytes")
    );
    for (path, body, words) in [
        ("/api/calls", "", "not JSON"),
        ("/api/calls", "{\"sdp\":", "not JSON"),
        ("/api/calls", "[]", "expected"),
        ("/api/calls", "{}", "one of `sdp` and `call_id`"),
        ("/api/calls", r#"{"sdp":"hello"}"#, "createOffer"),
        ("/api/calls", r#"{"call_id":"../../x"}"#, "`call_id`"),
        (
            "/api/calls",
            r#"{"sdp":"v=0","server":[]}"#,
            "unknown field",
        ),
        ("/api/token", r#"{"seconds":5}"#, "between 10 and 7200"),
        (
            "/api/tools",
            r#"{"server":"shop"}"#,
            "expected struct Server",
        ),
    ] {
        let request = post(path).header(CONTENT_TYPE, "application/json; charset=utf-8");
        let answer = browser.send(request.body(body)).await;
        let said = answer.problem(ProblemCode::BadRequest);
        assert!(said.contains(words), "{path} {body}: {said}");
    }
}

#[tokio::test]
async fn pages_beside_the_api_pass_the_same_door() {
    let stage = Stage::new().await;
    let page = axum::Router::new().route("/", axum::routing::get(async || "a page"));
    let app = stage.backend.pages(page).merge(stage.backend.router());
    let listener = tokio::net::TcpListener::bind(crate::stage::LOOPBACK).await;
    let listener = listener.unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = async { axum::serve(listener, app).await.unwrap() };
    let serving = tokio::spawn(serving);
    let browser = Browser::new(addr).await;
    let fresh = browser.bare(Method::GET, "/");
    let answer = browser.send(fresh).await;
    assert_eq!(answer.body, "a page");
    let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
    // The API knows the visitor that the page made.
    let pair = cookie.split(';').next().unwrap();
    let api = browser.bare(Method::GET, "/api/settings");
    let answer = browser.send(api.header(COOKIE, pair)).await;
    assert!(!answer.headers.contains_key(SET_COOKIE));
    let _: Settings = answer.json();
    let elsewhere = browser.get("/").header(HOST, "evil.example");
    browser
        .send(elsewhere)
        .await
        .problem(ProblemCode::Forbidden);
    serving.abort();
}
