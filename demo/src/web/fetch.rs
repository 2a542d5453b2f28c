//! Requests to the backend.

use rtmcp_api::Problem;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::model::trouble::Failure;

/// Asks for something.
pub(super) async fn get<A: DeserializeOwned>(path: &str) -> Result<A, Failure> {
    read(&send("GET", path, None).await?).await
}

/// Asks for something that takes a body.
pub(super) async fn post<Q: Serialize, A: DeserializeOwned>(
    path: &str,
    question: &Q,
) -> Result<A, Failure> {
    read(&send("POST", path, Some(body(question)?)).await?).await
}

/// Says something that has no answer.
pub(super) async fn post_only<Q: Serialize>(path: &str, question: &Q) -> Result<(), Failure> {
    send("POST", path, Some(body(question)?)).await.map(drop)
}

/// Removes something.
pub(super) async fn delete(path: &str) -> Result<(), Failure> {
    send("DELETE", path, None).await.map(drop)
}

fn body<Q: Serialize>(question: &Q) -> Result<String, Failure> {
    serde_json::to_string(question).map_err(|_| Failure::Strange { status: 0 })
}

/// Sends a request, and returns the answer if it is a good one.
async fn send(method: &str, path: &str, body: Option<String>) -> Result<Response, Failure> {
    let response = begin(method, path, body).map_err(|_| Failure::Unreachable)?;
    let response = JsFuture::from(response).await;
    let response = response.ok().and_then(|it| it.dyn_into::<Response>().ok());
    let response = response.ok_or(Failure::Unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    let header = response.headers().get("Retry-After").ok().flatten();
    let retry_after = header.and_then(|seconds| seconds.trim().parse().ok());
    let problem: Problem = read(&response).await?;
    Err(Failure::Problem {
        problem,
        retry_after,
    })
}

fn begin(method: &str, path: &str, body: Option<String>) -> Result<js_sys::Promise, JsValue> {
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = body {
        let headers = Headers::new()?;
        headers.set("Content-Type", "application/json")?;
        init.set_headers(&headers);
        init.set_body(&JsValue::from_str(&body));
    }
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    Ok(window.fetch_with_str_and_init(path, &init))
}

async fn read<A: DeserializeOwned>(response: &Response) -> Result<A, Failure> {
    let status = response.status();
    let text = response.text().map_err(|_| Failure::Unreachable)?;
    let text = JsFuture::from(text).await;
    let text = text.map_err(|_| Failure::Unreachable)?.as_string();
    serde_json::from_str(&text.unwrap_or_default()).map_err(|_| Failure::Strange { status })
}
