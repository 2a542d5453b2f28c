//! The least that an MCP server can be: Streamable HTTP, answers in JSON, no session, one tool.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::script;

/// Starts it. Returns where it is.
pub(crate) async fn start() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        // Where it can't be set, the figures show it.
        let _ = stream.set_nodelay(true);
    });
    let router = Router::new().route("/mcp", post(answer));
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

async fn answer(Json(request): Json<Value>) -> Response {
    let Some(id) = request.get("id") else {
        return StatusCode::ACCEPTED.into_response();
    };
    let params = &request["params"];
    let result = match request["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "echo", "version": "1"},
        }),
        Some("tools/list") => json!({"tools": [{
            "name": script::TOOL,
            "description": "Says a text back.",
            "inputSchema": script::schema(),
        }]}),
        Some("tools/call") => json!({"content": [{
            "type": "text",
            "text": params["arguments"]["text"],
        }]}),
        _ => {
            let error = json!({"code": -32601, "message": "no such method"});
            return Json(json!({"jsonrpc": "2.0", "id": id, "error": error})).into_response();
        }
    };
    Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
}
