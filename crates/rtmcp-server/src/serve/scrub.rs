//! [`Scrub`]: the last wall before a page: keys and tokens are taken out of whatever others wrote.
//!
//! Nothing here writes a secret into an answer. But endpoints and servers can repeat what they were
//! given: an error that quotes the key, a tool that prints its environment.

use rtmcp::{
    Realtime,
    mcp::{Endpoint, ServerConfig},
};
use rtmcp_core::Private;
use serde_json::Value;
use url::{Host, Url};

/// Takes secrets out of texts.
#[derive(Clone, Default)]
pub(super) struct Scrub(Vec<(String, String)>);

/// Shorter ones are no secrets, and are found in words that mean something else.
const SHORTEST: usize = 8;

impl Scrub {
    /// Knows the secrets of an endpoint and of servers.
    pub(super) fn new<'a>(
        realtime: Option<&Realtime>,
        servers: impl IntoIterator<Item = &'a ServerConfig>,
    ) -> Self {
        let mut scrub = Self::default();
        if let Some(key) = realtime.and_then(|it| it.api_key.as_ref()) {
            scrub.secret(key);
        }
        for server in servers {
            let headers = server.headers.iter().map(|(_, value)| value);
            headers
                .chain(&server.bearer)
                .for_each(|it| scrub.secret(it));
            match &server.endpoint {
                Endpoint::Http { url, .. } => scrub.address(url),
                Endpoint::Stdio { env, .. } => env.iter().for_each(|(_, it)| scrub.secret(it)),
            }
        }
        // What holds another one goes first.
        scrub
            .0
            .sort_by_key(|(needle, _)| std::cmp::Reverse(needle.len()));
        scrub
    }

    /// Takes the secrets out of a text.
    pub(super) fn clean(&self, mut text: String) -> String {
        for (secret, instead) in &self.0 {
            if text.contains(secret) {
                text = text.replace(secret, instead);
            }
        }
        text
    }

    /// Tells whether a text has a secret in it.
    pub(super) fn finds(&self, text: &str) -> bool {
        self.0.iter().any(|(secret, _)| text.contains(secret))
    }

    /// Takes the secrets out of all texts of a value.
    pub(super) fn clean_all(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.clean(std::mem::take(text)),
            Value::Array(parts) => parts.iter_mut().for_each(|it| self.clean_all(it)),
            Value::Object(fields) => {
                fields.values_mut().for_each(|it| self.clean_all(it));
                if fields.keys().any(|name| self.finds(name)) {
                    let all = std::mem::take(fields).into_iter();
                    *fields = all.map(|(name, field)| (self.clean(name), field)).collect();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn secret(&mut self, secret: &Private<String>) {
        let secret = secret.expose().trim();
        // `Bearer abc`: the second word alone is the secret.
        let word = secret.rsplit(' ').next().unwrap_or(secret);
        for secret in [secret, word] {
            if secret.len() >= SHORTEST {
                self.needle(secret, "(secret)");
            }
        }
    }

    /// Many servers elsewhere have their token in the path.
    fn address(&mut self, url: &Url) {
        if !is_local(url) && url.path() != "/" {
            let mut shown = url.clone();
            shown.set_query(None);
            shown.set_fragment(None);
            // Both fail only for URLs that can't hold userinfo.
            let _ = (shown.set_username(""), shown.set_password(None));
            self.needle(shown.as_str(), &origin(url));
        }
    }

    fn needle(&mut self, secret: &str, instead: &str) {
        self.0.push((secret.to_owned(), instead.to_owned()));
        // Texts can hold JSON themselves, such as the arguments of a call.
        let quoted = Value::from(secret).to_string();
        let escaped = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        if let Some(escaped) = escaped.filter(|it| *it != secret) {
            self.0.push((escaped.to_owned(), instead.to_owned()));
        }
    }
}

/// Shows no secret.
impl std::fmt::Debug for Scrub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scrub({} secrets)", self.0.len())
    }
}

/// Returns where a server is, for pages: its address on this machine, or the host of one elsewhere.
pub(super) fn address(endpoint: &Endpoint) -> Option<String> {
    match endpoint {
        Endpoint::Http { url, .. } if is_local(url) => {
            Some(format!("{}{}", origin(url), url.path()))
        }
        Endpoint::Http { url, .. } => Some(origin(url)),
        Endpoint::Stdio { .. } => None,
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(url: &str) -> ServerConfig {
        ServerConfig::http("shop", url.parse().unwrap())
    }

    #[test]
    fn secrets_are_taken_out_of_texts_and_values() {
        let mut shop = server("https://shop.example/s/token-in-path/mcp?key=1");
        shop.bearer = Some(Private::from("bearer-token"));
        shop.headers = vec![
            (
                "authorization".to_owned(),
                Private::from("Basic dXNlcjpwYXNz"),
            ),
            (
                "x-odd".to_owned(),
                Private::from("quoted \"secret\" \\ here"),
            ),
            ("x-tenant".to_owned(), Private::from("acme")),
        ];
        let scrub = Scrub::new(None, [&shop]);
        for (text, expected) in [
            ("bearer-token", "(secret)"),
            ("got Basic dXNlcjpwYXNz", "got (secret)"),
            ("got dXNlcjpwYXNz", "got (secret)"),
            (
                r#"{"a":"quoted \"secret\" \\ here"}"#,
                r#"{"a":"(secret)"}"#,
            ),
            ("acme", "acme"),
            (
                "can't reach https://shop.example/s/token-in-path/mcp: no",
                "can't reach https://shop.example: no",
            ),
        ] {
            assert_eq!(scrub.clean(text.to_owned()), expected);
        }
        let mut value = json!({"bearer-token": [{"a": "1 bearer-token 2"}], "n": 1});
        scrub.clean_all(&mut value);
        assert_eq!(value, json!({"(secret)": [{"a": "1 (secret) 2"}], "n": 1}));
        assert!(!format!("{scrub:?}").contains("token"));
    }

    #[test]
    fn pages_see_whole_addresses_of_this_machine_only() {
        let shown = |url| address(&server(url).endpoint).unwrap();
        let local = "http://user:pass@127.0.0.1:8091/mcp?token=1";
        assert_eq!(shown(local), "http://127.0.0.1:8091/mcp");
        assert_eq!(shown("https://a.example/s/token/mcp"), "https://a.example");
    }
}
