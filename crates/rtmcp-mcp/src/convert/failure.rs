//! rmcp's errors to ours.

use std::error::Error;

use rmcp::{
    ErrorData, ServiceError,
    service::ClientInitializeError,
    transport::{DynamicTransportError, streamable_http_client::StreamableHttpError},
};
use rtmcp_core::Private;

use crate::{
    failure::{Failure, RpcError},
    http::HttpError,
};

/// Its answer to the handshake is of another kind.
pub(crate) const NO_HANDSHAKE: &str = "its answer to the handshake is none";

/// Why a handshake failed.
pub(crate) fn from_handshake(error: &ClientInitializeError) -> Failure {
    match error {
        ClientInitializeError::TransportError { error, .. } => from_transport(error),
        ClientInitializeError::JsonRpcError(error) => rpc(error),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => from_handshake(fallback),
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            Failure::NotMcp("it speaks no revision that we speak")
        }
        ClientInitializeError::ConnectionClosed(_) => Failure::Closed,
        _ => Failure::NotMcp(NO_HANDSHAKE),
    }
}

/// Why a request failed.
pub(crate) fn from_call(error: &ServiceError) -> Failure {
    match error {
        ServiceError::McpError(error) => rpc(error),
        ServiceError::TransportSend(error) => from_transport(error),
        ServiceError::TransportClosed => Failure::Closed,
        ServiceError::Cancelled { .. } => Failure::Cancelled,
        _ => Failure::NotMcp("the answer is of another kind than the question"),
    }
}

fn rpc(error: &ErrorData) -> Failure {
    Failure::Rpc(RpcError {
        code: i64::from(error.code.0),
        message: Private::new(error.message.clone().into_owned()),
    })
}

fn from_transport(error: &DynamicTransportError) -> Failure {
    from_send(error.error.as_ref())
}

/// Why a transport could not send.
pub(crate) fn from_send(error: &(dyn Error + 'static)) -> Failure {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(HttpError(failure)) = error.downcast_ref() {
            return failure.clone();
        }
        if let Some(error) = error.downcast_ref() {
            return from_streamable(error);
        }
        source = error.source();
    }
    Failure::Closed
}

fn from_streamable(error: &StreamableHttpError<HttpError>) -> Failure {
    match error {
        StreamableHttpError::Client(HttpError(failure)) => failure.clone(),
        StreamableHttpError::SessionExpired => Failure::SessionLost,
        StreamableHttpError::Deserialize(_) | StreamableHttpError::UnexpectedServerResponse(_) => {
            Failure::NotMcp("the answer is not a JSON-RPC message")
        }
        _ => Failure::Closed,
    }
}
