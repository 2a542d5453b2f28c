//! The body of a client's request: bytes, or parts of a form.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request},
    http::header::CONTENT_TYPE,
};
use rtmcp::{ProxyBody, ProxyPart};
use rtmcp_core::Private;
use tokio::time::timeout;

use super::refusal::Refusal;

/// Bytes of an offer and a session with its tools and instructions.
const MOST: usize = 1024 * 1024;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Parts of a form: the API has two.
const PARTS: usize = 16;

/// Reads a body to its end.
pub(super) async fn read(request: Request) -> Result<ProxyBody, Refusal> {
    let (parts, body) = request.into_parts();
    let read = timeout(PATIENCE, to_bytes(body, MOST)).await;
    let read = read.map_err(|_| Refusal::bad(None, "The body didn't come in time: try again."))?;
    let bytes = read.map_err(|_| {
        Refusal::too_large(format!(
            "The body is longer than {MOST} bytes, or it broke off."
        ))
    })?;
    let kind = parts.headers.get(CONTENT_TYPE).cloned();
    let is_form = kind.as_ref().is_some_and(|it| {
        let kind = it.as_bytes().get(..FORM.len());
        kind.is_some_and(|it| it.eq_ignore_ascii_case(FORM.as_bytes()))
    });
    match is_form {
        true => form(Request::from_parts(parts, Body::from(bytes))).await,
        false => Ok(ProxyBody::Bytes(kind, Private::new(bytes.into()))),
    }
}

const FORM: &str = "multipart/form-data";

async fn form(request: Request) -> Result<ProxyBody, Refusal> {
    let malformed = || {
        Refusal::bad(
            None,
            "The form can't be read: send the parts 'sdp' and 'session'.",
        )
    };
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|_| malformed())?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| malformed())? {
        let name = field.name().unwrap_or_default().to_owned();
        let content_type = field.headers().get(CONTENT_TYPE).cloned();
        let bytes: Bytes = field.bytes().await.map_err(|_| malformed())?;
        parts.push(ProxyPart {
            name,
            content_type,
            bytes: Private::new(bytes.into()),
        });
        if parts.len() > PARTS {
            return Err(malformed());
        }
    }
    Ok(ProxyBody::Form(parts))
}
