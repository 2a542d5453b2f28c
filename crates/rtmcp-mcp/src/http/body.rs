//! Reading answers whole, within a limit.

use futures_util::StreamExt;
use rtmcp_core::Private;
use serde_json::Value;

use super::from_reqwest;
use crate::failure::{Failure, RpcError};

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read_bounded(
    response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let announced = response.content_length().unwrap_or(0);
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Failure::TooLarge(limit));
    }
    // What is announced may never come.
    let mut body = Vec::with_capacity(announced.min(ANNOUNCED));
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| from_reqwest(&error))?;
        if body.len() + chunk.len() > limit {
            return Err(Failure::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Finds the JSON-RPC error in a body, whatever its id is.
pub(crate) fn rpc_error(body: &[u8]) -> Option<RpcError> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let error = value.get("error")?;
    let message = error.get("message").and_then(Value::as_str);
    Some(RpcError {
        code: error.get("code")?.as_i64()?,
        message: Private::new(message.unwrap_or_default().to_owned()),
    })
}

/// What a JSON-RPC error has beside its words, such as the revisions that the server speaks.
pub(crate) fn error_data(body: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(body).ok()?;
    value.get("error")?.get("data").cloned()
}

const ANNOUNCED: usize = 64 * 1024;
