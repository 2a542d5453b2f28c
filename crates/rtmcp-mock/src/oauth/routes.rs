//! The addresses of an authorization server.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, HOST, LOCATION};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::OAuth;
use super::ledger::{Code, Given};

/// Where the sample says who protects it.
pub(super) const RESOURCE: &str = "/.well-known/oauth-protected-resource/mcp";
const SERVER: &str = "/.well-known/oauth-authorization-server";
/// What a person may allow.
const SCOPES: [&str; 3] = ["shop", "refunds", "offline_access"];

type Fields = HashMap<String, String>;

pub(super) fn routes(oauth: OAuth) -> Router {
    Router::new()
        .route(RESOURCE, get(resource))
        .route(SERVER, get(server))
        .route("/register", post(register))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .with_state(oauth)
}

async fn resource(headers: HeaderMap) -> Json<Value> {
    let own = own(&headers);
    Json(json!({
        "resource": format!("{own}/mcp"),
        "authorization_servers": [own],
        "scopes_supported": ["shop"],
    }))
}

async fn server(headers: HeaderMap) -> Json<Value> {
    let own = own(&headers);
    Json(json!({
        "issuer": own,
        "authorization_endpoint": format!("{own}/authorize"),
        "token_endpoint": format!("{own}/token"),
        "registration_endpoint": format!("{own}/register"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn register(State(oauth): State<OAuth>, Json(wanted): Json<Value>) -> Response {
    let ways_back = wanted["redirect_uris"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let ways_back: Vec<String> = ways_back
        .iter()
        .filter_map(|uri| uri.as_str().map(str::to_owned))
        .collect();
    if ways_back.is_empty() {
        return refusal("invalid_redirect_uri");
    }
    let id = oauth.ledger().register(ways_back.clone());
    let registered = json!({
        "client_id": id,
        "redirect_uris": ways_back,
        "token_endpoint_auth_method": "none",
    });
    (StatusCode::CREATED, Json(registered)).into_response()
}

/// Asks the person, or sends them back.
async fn authorize(
    State(oauth): State<OAuth>,
    headers: HeaderMap,
    uri: Uri,
    Query(asked): Query<Fields>,
) -> Response {
    let field = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let way_back = field("redirect_uri");
    let is_known = {
        let ledger = oauth.ledger();
        let known = ledger.clients.get(&field("client_id"));
        known.is_some_and(|ways_back| ways_back.contains(&way_back))
    };
    if !is_known {
        // Sending a browser to where a stranger says would be worse than saying so here.
        return (StatusCode::BAD_REQUEST, "unknown client or way back").into_response();
    }
    if field("code_challenge_method") != "S256" || field("response_type") != "code" {
        return refusal("invalid_request");
    }
    if oauth.terms.asks && !asked.contains_key("answer") {
        return Html(question(&uri, &field("scope"))).into_response();
    }
    let answer = if asked.get("answer").is_some_and(|answer| answer == "no") {
        "error=access_denied".to_owned()
    } else {
        let code = Code {
            client: field("client_id"),
            redirect_uri: way_back.clone(),
            challenge: field("code_challenge"),
            resource: field("resource"),
            scopes: field("scope")
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        };
        format!("code={}", oauth.ledger().code(code))
    };
    let glue = if way_back.contains('?') { '&' } else { '?' };
    let issuer = own(&headers).replace(':', "%3A").replace('/', "%2F");
    let location = format!(
        "{way_back}{glue}{answer}&state={}&iss={issuer}",
        field("state")
    );
    (StatusCode::FOUND, [(LOCATION, location)]).into_response()
}

/// A page with two links. What it shows is text of the request, so only known scopes are shown.
fn question(uri: &Uri, scopes: &str) -> String {
    let known = scopes
        .split_whitespace()
        .filter(|scope| SCOPES.contains(scope));
    let known: Vec<&str> = known.collect();
    let link = uri.to_string().replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!doctype html><title>The shop</title><p>May the caller use the shop for you? ({})</p>\
         <p><a href=\"{link}&amp;answer=yes\">Allow</a> <a href=\"{link}&amp;answer=no\">Refuse</a></p>",
        known.join(", ")
    )
}

async fn token(State(oauth): State<OAuth>, headers: HeaderMap, body: String) -> Response {
    oauth.asked.send_modify(|asked| *asked += 1);
    // It goes on also where nobody waits for the answer anymore, as behind a gateway it would.
    let answered = tokio::spawn(async move {
        let _open = oauth.gate.read().await;
        give(&oauth, &headers, &body)
    });
    answered.await.unwrap_or_else(|_| refusal("server_error"))
}

fn give(oauth: &OAuth, headers: &HeaderMap, body: &str) -> Response {
    // A form is written as a query is.
    let form = format!("/?{body}").parse::<Uri>().ok();
    let form = form.and_then(|uri| Query::<Fields>::try_from_uri(&uri).ok());
    let Some(Query(form)) = form else {
        return refusal("invalid_request");
    };
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let lifetime = oauth.terms.lifetime;
    let given = match field("grant_type").as_str() {
        "authorization_code" => {
            let mut ledger = oauth.ledger();
            let code = ledger.take_code(&field("code"));
            let resource = format!("{}/mcp", own(headers));
            code.filter(|code| {
                let challenge = Sha256::digest(field("code_verifier").as_bytes());
                code.client == field("client_id")
                    && code.redirect_uri == field("redirect_uri")
                    && code.challenge == URL_SAFE_NO_PAD.encode(challenge)
                    && code.resource == resource
                    && field("resource") == resource
            })
            .map(|code| ledger.sign_in(&code, lifetime))
        }
        "refresh_token" => {
            let (token, client) = (field("refresh_token"), field("client_id"));
            oauth.ledger().refresh(&token, &client, lifetime)
        }
        _ => return refusal("unsupported_grant_type"),
    };
    let Some(given) = given else {
        return refusal("invalid_grant");
    };
    (
        [(CACHE_CONTROL, "no-store")],
        Json(answer(&given, oauth.terms.said.as_secs())),
    )
        .into_response()
}

fn answer(given: &Given, seconds: u64) -> Value {
    json!({
        "access_token": given.access,
        "token_type": "Bearer",
        "expires_in": seconds,
        "refresh_token": given.refresh,
        "scope": given.scopes.join(" "),
    })
}

fn refusal(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response()
}

/// The address that the request was made to; the guard has checked that it is this machine.
fn own(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or_default())
}
