//! MCP servers that a page names itself.

use rtmcp::{
    mcp::{Endpoint, HttpTransport, OAuthConfig, ServerConfig, Signer},
    router::ServerRules,
};
use rtmcp_api::Server;
use url::Url;

use super::{choice::one_of, config::BackendConfig, refusal::Refusal};

/// Returns a server of a page's own, and the rules for it: somebody is asked before it changes
/// anything.
pub(super) fn server(
    config: &BackendConfig,
    wanted: &Server,
) -> Result<(ServerConfig, ServerRules), Refusal> {
    let Some(url) = &wanted.url else {
        let names = config.servers.iter().map(|it| it.name.as_str());
        return Err(Refusal::bad(format!(
            "no server of this name is configured: {}",
            one_of(names)
        )));
    };
    if !config.own_servers {
        let names = config.servers.iter().map(|it| it.name.as_str());
        return Err(Refusal::forbidden(format!(
            "this backend takes no servers from pages: {}",
            one_of(names)
        )));
    }
    let name = wanted.name.trim();
    let is_name = (1..=LONGEST_NAME).contains(&name.len()) && !name.contains(char::is_control);
    if !is_name {
        let message =
            format!("`name` of a server has 1 to {LONGEST_NAME} bytes, and no control characters");
        return Err(Refusal::bad(message));
    }
    let transport = match wanted.transport.as_deref() {
        None => HttpTransport::Auto,
        Some("http") => HttpTransport::StreamableHttp,
        Some("sse") => HttpTransport::Sse,
        Some(_) => {
            let message = "`transport` of a server is `http` or `sse`, or absent";
            return Err(Refusal::bad(message));
        }
    };
    let url = address(url)?;
    let guard = config.guard();
    let checked = guard.check(&url);
    checked.map_err(|forbidden| Refusal::bad(forbidden.to_string()))?;
    let mut server = ServerConfig::new(name, Endpoint::Http { url, transport });
    server.guard = guard;
    for (name, value) in &wanted.headers {
        let checked = server.guard.check_header(name, value);
        checked.map_err(|bad| Refusal::bad(format!("one of `headers` can't be sent: {bad}")))?;
        server.headers.push((name.clone(), value.clone()));
    }
    let has_key = server
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if !has_key {
        // Should it want one: whoever named the server can sign in to it, for their own calls.
        let mut oauth = OAuthConfig::default();
        oauth.signer = Signer::Person;
        server.auth = oauth.into();
    }
    let mut rules = ServerRules::new(server.name.clone());
    rules.allow.clone_from(&wanted.allow);
    Ok((server, rules))
}

fn address(url: &str) -> Result<Url, Refusal> {
    let parsed = Url::parse(url.trim()).ok();
    let parsed = parsed.filter(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
    parsed
        .ok_or_else(|| Refusal::bad("`url` of a server must be like `https://mcp.example.com/mcp`"))
}

const LONGEST_NAME: usize = 64;
