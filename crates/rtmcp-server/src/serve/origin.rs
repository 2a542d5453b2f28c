//! [`Origins`]: which requests come from a page of this backend, and not from somebody else's.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{HOST, ORIGIN},
    uri::Authority,
};
use url::{Host, Url};

use super::{config::BackendConfig, refusal::Refusal};

/// Where the backend is reached, and so where its pages come from.
#[derive(Debug)]
pub(super) struct Origins {
    names: Vec<String>,
    any_address: bool,
    public: Option<Url>,
}

impl Origins {
    pub(super) fn new(config: &BackendConfig) -> Self {
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let public = config.public_url.as_ref();
        let public_host = public.and_then(Url::host_str).map(bare);
        let configured = config.hosts.iter().map(|it| bare(it));
        // What a webhook is told to answer to must let its answer in.
        let webhook = config.approvals.webhook.as_ref();
        let answers = webhook.and_then(|it| it.answers.as_ref()?.host_str());
        Self {
            names: own
                .into_iter()
                .chain(configured)
                .chain(public_host)
                .chain(answers.map(bare))
                .collect(),
            any_address: config.any_address,
            public: config.public_url.clone(),
        }
    }

    /// Tells whether browsers reach it over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.public
            .as_ref()
            .is_some_and(|it| it.scheme() == "https")
    }

    /// Lets a request in, or says why not.
    pub(super) fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = self.host(headers)?;
        match method.is_safe() || self.is_same_origin(headers, &host) {
            true => Ok(()),
            false => Err(Refusal::forbidden(
                "the request comes from another site, or doesn't say from where: a page of this \
                 backend must make it (browsers then send `Origin`; other programs can set it to \
                 the backend's own address)",
            )),
        }
    }

    /// Lets the request of a program in, which doesn't say where it comes from, as a browser does
    /// with whatever a page asks for: that is let in from pages of ours alone.
    pub(super) fn check_program(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let is_of_page = headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE);
        if is_of_page {
            self.check(&Method::POST, headers)?;
            return Self::check_site(headers);
        }
        self.host(headers).map(drop)
    }

    /// Refuses what a browser says a page of another site asks for, whatever the method.
    pub(super) fn check_site(headers: &HeaderMap) -> Result<(), Refusal> {
        match headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes) {
            Some(b"cross-site" | b"same-site") => Err(Refusal::forbidden(
                "a page of another site asks for this: only a page of this backend may",
            )),
            _ => Ok(()),
        }
    }

    /// Against DNS rebinding: a page from elsewhere names its own host, whatever that resolves to.
    fn host(&self, headers: &HeaderMap) -> Result<Authority, Refusal> {
        let host = headers.get(HOST).and_then(|it| it.to_str().ok());
        let host = host.and_then(|it| it.parse::<Authority>().ok());
        let known = host.filter(|it| self.is_ours(&bare(it.host())));
        known.ok_or_else(|| {
            Refusal::forbidden(
                "the backend isn't known under this host name: use its own address, or start it \
                 with `--public-url`",
            )
        })
    }

    fn is_ours(&self, host: &str) -> bool {
        // No name server can make an address mean another machine.
        let is_address = || host.parse::<IpAddr>().is_ok();
        self.names.iter().any(|it| it == host) || (self.any_address && is_address())
    }

    fn is_same_origin(&self, headers: &HeaderMap, host: &Authority) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            let site = headers.get(SEC_FETCH_SITE).map(|it| it.as_bytes());
            return matches!(site, Some(b"same-origin" | b"none"));
        };
        let origin = origin.to_str().ok().and_then(|it| Url::parse(it).ok());
        let Some(origin) = origin.filter(|it| matches!(it.scheme(), "http" | "https")) else {
            return false;
        };
        let public = self.public.as_ref();
        public.is_some_and(|it| it.origin() == origin.origin()) || is_at(&origin, host)
    }
}

/// Browsers leave out the port that the scheme stands for, in both headers.
fn is_at(origin: &Url, host: &Authority) -> bool {
    let named = origin.host().map(|it| match it {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    });
    named.as_deref() == Some(&*bare(host.host()))
        && origin.port_or_known_default()
            == host.port_u16().or(match origin.scheme() {
                "https" => Some(443),
                _ => Some(80),
            })
}

/// A host as names are compared: in lower case, and IPv6 without brackets.
fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use rtmcp::{Config, Webhook};

    use super::*;

    fn origins(change: impl FnOnce(&mut BackendConfig)) -> Origins {
        let config = Config::new("http://127.0.0.1:9/v1".parse().unwrap());
        let mut config = BackendConfig::new(config);
        change(&mut config);
        Origins::new(&config)
    }

    fn lets_in(origins: &Origins, method: &Method, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        });
        origins.check(method, &headers.collect()).is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        let local = origins(|_| {});
        for host in ["localhost:3000", "127.0.0.1", "[::1]:3000", "LOCALHOST"] {
            assert!(lets_in(&local, &Method::GET, &[("host", host)]), "{host}");
        }
        for host in ["evil.example", "evil.example:3000", "10.0.0.1", "", "a b"] {
            assert!(!lets_in(&local, &Method::GET, &[("host", host)]), "{host}");
        }
        assert!(!lets_in(&local, &Method::GET, &[]));
    }

    #[test]
    fn configured_names_and_addresses_are_hosts() {
        let everywhere = origins(|it| {
            it.any_address = true;
            it.public_url = Some("https://voice.example".parse().unwrap());
        });
        for (host, expected) in [
            ("10.0.0.1:8080", true),
            ("[fd00::1]:8080", true),
            ("voice.example", true),
            ("evil.example", false),
        ] {
            assert_eq!(
                lets_in(&everywhere, &Method::GET, &[("host", host)]),
                expected
            );
        }
        assert!(everywhere.is_secure());
    }

    #[test]
    fn a_change_must_come_from_our_own_page() {
        let local = origins(|_| {});
        let host = ("host", "127.0.0.1:3000");
        for (header, value, expected) in [
            ("origin", "http://127.0.0.1:3000", true),
            ("origin", "http://127.0.0.1:3001", false),
            ("origin", "http://localhost:3000", false),
            ("origin", "http://evil.example", false),
            ("origin", "null", false),
            ("origin", "ftp://127.0.0.1:3000", false),
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "none", true),
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "cross-site", false),
        ] {
            for method in [Method::POST, Method::DELETE] {
                let let_in = lets_in(&local, &method, &[host, (header, value)]);
                assert_eq!(let_in, expected, "{method} {header}: {value}");
            }
        }
        assert!(!lets_in(&local, &Method::POST, &[host]));
        // What is said to come from elsewhere isn't saved by another header.
        let both = [
            host,
            ("origin", "http://evil.example"),
            ("sec-fetch-site", "none"),
        ];
        assert!(!lets_in(&local, &Method::POST, &both));
    }

    #[test]
    fn a_program_names_no_origin_and_a_page_its_own() {
        let origins = origins(|it| {
            let mut webhook = Webhook::new("https://decides.example".parse().unwrap());
            webhook.answers = Some("http://voice.internal:8080".parse().unwrap());
            it.approvals.webhook = Some(webhook);
        });
        let lets_in = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            origins.check_program(&headers.collect()).is_ok()
        };
        let host = ("host", "voice.internal:8080");
        assert!(lets_in(&[host]) && lets_in(&[("host", "127.0.0.1:3000")]));
        assert!(!lets_in(&[("host", "evil.example")]) && !lets_in(&[]));
        for (header, value, expected) in [
            ("origin", "http://voice.internal:8080", true),
            ("origin", "http://evil.example", false),
            ("origin", "null", false),
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "cross-site", false),
        ] {
            assert_eq!(
                lets_in(&[host, (header, value)]),
                expected,
                "{header}: {value}"
            );
        }
    }

    #[test]
    fn a_proxy_may_keep_the_host_or_not() {
        let public = |it: &mut BackendConfig| {
            it.public_url = Some("https://voice.example".parse().unwrap());
        };
        let origins = origins(public);
        for (host, origin, expected) in [
            ("voice.example", "https://voice.example", true),
            ("127.0.0.1:8080", "https://voice.example", true),
            ("voice.example", "https://voice.example:8443", false),
            ("voice.example", "https://evil.example", false),
        ] {
            let headers = [("host", host), ("origin", origin)];
            let let_in = lets_in(&origins, &Method::POST, &headers);
            assert_eq!(let_in, expected, "{host} {origin}");
        }
    }
}
