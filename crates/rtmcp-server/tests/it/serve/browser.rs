//! A browser, as far as the backend can see: a cookie, an origin, and readers of events.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
};

use futures_util::{Stream, StreamExt};
use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN, SET_COOKIE},
};
use rtmcp_api::{Call, Diagnostic, Happening, Problem, ProblemCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::endpoint::PATIENCE;

/// An offer, as far as an endpoint that is played reads it.
pub(super) const OFFER: &str = "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\n";

/// A browser with a cookie of its own.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    client: Client,
    base: String,
    pub(super) cookie: String,
    /// Everything that came from the backend: headers, bodies, events.
    told: Arc<Mutex<String>>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self) -> T {
        let json = serde_json::from_str(&self.body);
        json.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Expects a refusal, and returns its words.
    pub(super) fn problem(&self, code: ProblemCode) -> String {
        assert_eq!(self.headers[CONTENT_TYPE], "application/json", "{self:?}");
        let problem: Problem = self.json();
        assert_eq!(problem.code, code, "{self:?}");
        assert_eq!(self.status.as_u16(), code.status(), "{self:?}");
        assert!(!problem.message.is_empty());
        problem.message
    }
}

impl Browser {
    /// Opens a page of the backend.
    pub(super) async fn new(addr: SocketAddr) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        let mut browser = Self {
            client,
            base: format!("http://{addr}"),
            cookie: String::new(),
            told: Arc::default(),
        };
        let answer = browser.send(browser.get("/api/settings")).await;
        let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.bare(Method::GET, path).header(COOKIE, &self.cookie)
    }

    /// A request without anything that a browser adds by itself.
    pub(super) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.client.request(method, url)
    }

    /// A request of a page.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.bare(method, path).header(COOKIE, &self.cookie);
        request.header(ORIGIN, &self.base)
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = timeout(PATIENCE, answer.text()).await.unwrap().unwrap();
        self.note(&format!("{headers:?}\n{body}\n"));
        Answer {
            status,
            headers,
            body,
        }
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        self.send(request).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Begins a call, with a setup.
    pub(super) async fn call_with(&self, setup: Value) -> Answer {
        let mut body = setup;
        body["sdp"] = json!(OFFER);
        self.post("/api/calls", &body).await
    }

    /// Begins a call.
    pub(super) async fn call(&self) -> Call {
        let answer = self.call_with(json!({})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json()
    }

    pub(super) async fn end(&self, call: &Call) {
        let answer = self.delete(&format!("/api/sessions/{}", call.id)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }

    /// Decides about a function call.
    pub(super) async fn decide(&self, call: &Call, call_id: &str, body: &Value) -> Answer {
        let path = format!("/api/sessions/{}/approvals/{call_id}", call.id);
        self.post(&path, body).await
    }

    /// Reads the events of a call.
    pub(super) async fn events(&self, call: &Call) -> Events {
        self.events_after(call, None).await.unwrap()
    }

    /// Reads the events of a call behind one; `None` where there are no more.
    pub(super) async fn events_after(&self, call: &Call, after: Option<u64>) -> Option<Events> {
        let path = format!("/api/sessions/{}/events", call.id);
        let mut request = self.get(&path);
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let answer = timeout(PATIENCE, request.send()).await.unwrap().unwrap();
        self.note(&format!("{:?}\n", answer.headers()));
        if answer.status() == StatusCode::NO_CONTENT {
            return None;
        }
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/event-stream");
        let told = Arc::clone(&self.told);
        Some(Events {
            bytes: Box::pin(answer.bytes_stream().map(|it| it.unwrap().to_vec())),
            text: String::new(),
            told,
        })
    }

    /// Returns everything that came from the backend.
    pub(super) fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    fn note(&self, text: &str) {
        self.told.lock().unwrap().push_str(text);
    }
}

/// Reads events.
pub(super) struct Events {
    bytes: Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>,
    text: String,
    told: Arc<Mutex<String>>,
}

impl Events {
    /// Waits for the next event; `None` where the stream ends.
    pub(super) async fn next(&mut self) -> Option<Diagnostic> {
        loop {
            while let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(diagnostic) = read(&frame) {
                    return Some(diagnostic);
                }
            }
            let bytes = timeout(PATIENCE, self.bytes.next()).await.unwrap()?;
            let text = String::from_utf8(bytes).unwrap();
            self.told.lock().unwrap().push_str(&text);
            self.text.push_str(&text);
        }
    }

    /// Waits for something.
    pub(super) async fn until<T>(&mut self, wanted: impl Fn(&Happening) -> Option<T>) -> T {
        loop {
            let diagnostic = self.next().await.unwrap();
            if let Some(found) = wanted(&diagnostic.what) {
                return found;
            }
        }
    }

    /// Waits until the session listens.
    pub(super) async fn ready(&mut self) {
        let ready = |it: &Happening| matches!(it, Happening::Ready { .. }).then_some(());
        self.until(ready).await;
    }

    /// Reads to the end, and returns all of it.
    pub(super) async fn rest(&mut self) -> Vec<Diagnostic> {
        let mut rest = Vec::new();
        while let Some(diagnostic) = self.next().await {
            rest.push(diagnostic);
        }
        rest
    }
}

/// Reads a frame; none where it is a comment.
fn read(frame: &str) -> Option<Diagnostic> {
    let field = |name: &str| {
        let prefix = format!("{name}: ");
        frame.lines().find_map(|it| it.strip_prefix(&prefix))
    };
    let diagnostic: Diagnostic = serde_json::from_str(field("data")?).unwrap();
    assert_eq!(field("id").unwrap(), diagnostic.seq.to_string());
    Some(diagnostic)
}

/// Returns the ends of calls: each call, and its reason.
pub(super) fn ends(diagnostics: &[Diagnostic]) -> Vec<(String, String)> {
    let ends = diagnostics.iter().filter_map(|it| match &it.what {
        Happening::ToolFinished {
            call_id, reason, ..
        } => Some((call_id.clone(), reason.clone())),
        _ => None,
    });
    ends.collect()
}

/// Returns why a session was closed, which is the last that is told.
pub(super) fn closed(diagnostics: &[Diagnostic]) -> String {
    match &diagnostics.last().unwrap().what {
        Happening::Closed { reason, .. } => reason.clone(),
        other => panic!("{other:?}"),
    }
}
