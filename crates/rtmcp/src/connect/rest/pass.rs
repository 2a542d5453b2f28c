//! Requests of the proxy's clients to the REST API, passed on as they are but for their key.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::Form,
};
use rtmcp_core::Private;

use super::Rest;
use crate::{
    Realtime,
    connect::{ConnectError, key},
};

/// What a client asks for.
#[derive(Debug)]
pub(crate) struct Passed<'a> {
    /// Below `/v1/realtime`.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(String, String)],
    /// In place of the configured one.
    pub(crate) key: Option<&'a Private<String>>,
    /// Besides that of the key and of the content.
    pub(crate) headers: HeaderMap,
    pub(crate) body: PassedBody,
}

/// What it sends.
#[derive(Debug)]
pub(crate) enum PassedBody {
    Bytes(Option<HeaderValue>, Vec<u8>),
    Form(Form),
}

/// What the endpoint answers, whatever it is.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: reqwest::StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Rest {
    /// Passes a request on, and the answer back.
    pub(crate) async fn pass(&self, passed: Passed<'_>) -> Result<Answered, ConnectError> {
        let realtime = &self.config.realtime;
        let mut url = realtime.rest_url(passed.path);
        if !passed.query.is_empty() {
            url.query_pairs_mut().extend_pairs(passed.query);
        }
        let request = self.client()?.request(Method::POST, url);
        let mut request = request.timeout(realtime.connect_timeout);
        request = request.headers(passed.headers);
        if let Some((name, value)) = shown_key(realtime, passed.key)? {
            request = request.header(name, value);
        }
        request = match passed.body {
            PassedBody::Form(form) => request.multipart(form),
            PassedBody::Bytes(None, bytes) => request.body(bytes),
            PassedBody::Bytes(Some(kind), bytes) => request.header(CONTENT_TYPE, kind).body(bytes),
        };
        let sent = request.send().await;
        let response = sent.map_err(|error| ConnectError::from_rest(realtime, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answered {
            status,
            headers,
            body: self.read(response).await?,
        })
    }
}

fn shown_key(
    realtime: &Realtime,
    own: Option<&Private<String>>,
) -> Result<Option<(reqwest::header::HeaderName, HeaderValue)>, ConnectError> {
    match own {
        None => key::of_request(realtime),
        Some(own) => key::of_request(&Realtime {
            api_key: Some(own.clone()),
            ..realtime.clone()
        }),
    }
}
