//! [`Keys`]: which key a client shows, whether it is let in, and which key the endpoint sees then.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::{
    HeaderMap,
    header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
};
use rtmcp::ProxyKeys;
use rtmcp_core::Private;
use subtle::ConstantTimeEq;

use super::refusal::Refusal;

/// Begins the subprotocol that is a key.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";

/// Begins a key for browsers.
const CLIENT_SECRET: &str = "ek_";

/// How many keys for browsers are remembered; beyond that those that expire first are forgotten.
const MOST: usize = 10_000;

/// Decides about keys.
#[derive(Debug)]
pub(super) struct Keys {
    accepted: ProxyKeys,
    /// The keys for browsers that were made through this proxy, and until when they are good.
    minted: Mutex<HashMap<Private<String>, u64>>,
}

/// The keys that the endpoint is shown; the configured one, where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// For what the client itself asks.
    pub(super) key: Option<Private<String>>,
    /// For what the proxy asks for it.
    pub(super) sideband: Option<Private<String>>,
}

impl Keys {
    pub(super) fn new(accepted: ProxyKeys) -> Self {
        Self {
            accepted,
            minted: Mutex::default(),
        }
    }

    /// Lets a client in, or says why not.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<Shown, Refusal> {
        let key = shown(headers).ok_or_else(|| {
            Refusal::bad_key(
                "Missing bearer authentication in header: send 'Authorization: Bearer YOUR_KEY', or \
                 the subprotocol 'openai-insecure-api-key.YOUR_KEY'.",
            )
        })?;
        let passed = || Some(Private::from(key));
        match &self.accepted {
            ProxyKeys::Pass => Ok(Shown {
                key: passed(),
                sideband: passed(),
            }),
            ProxyKeys::Own(keys) if is_one_of(keys, key) => Ok(Shown {
                key: None,
                sideband: None,
            }),
            // One of somebody else's account would have our tools, too.
            ProxyKeys::Own(_) if self.is_minted(key) => Ok(Shown {
                key: passed(),
                sideband: None,
            }),
            ProxyKeys::Own(_) => Err(Refusal::bad_key(
                "Incorrect API key provided: this proxy takes keys of its own, which its owner has, \
                 and keys for browsers that were made through it.",
            )),
        }
    }

    /// Lets browsers in that have this key, as long as it is good.
    pub(super) fn remember(&self, secret: Private<String>, expires_at: u64) {
        let now = unix_seconds();
        let mut minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        if minted.len() >= MOST {
            minted.retain(|_, expires_at| *expires_at > now);
        }
        if minted.len() >= MOST {
            let first = minted.iter().min_by_key(|(_, expires_at)| **expires_at);
            let first = first.map(|(secret, _)| secret.clone());
            first.map(|it| minted.remove(&it));
        }
        minted.insert(secret, expires_at);
    }

    fn is_minted(&self, key: &str) -> bool {
        let minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        let expires_at = minted.get(&Private::from(key));
        key.starts_with(CLIENT_SECRET) && expires_at.is_some_and(|it| *it > unix_seconds())
    }
}

/// Compares with all of them, so that the time says nothing about any.
fn is_one_of(keys: &[Private<String>], shown: &str) -> bool {
    let found = keys.iter().fold(0, |found, key| {
        found | key.expose().as_bytes().ct_eq(shown.as_bytes()).unwrap_u8()
    });
    found == 1
}

/// Returns the key that a request shows: in a header, or as browsers must.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let bearer = bearer.and_then(|it| {
        let (scheme, key) = it.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key)
    });
    let offered = || protocols(headers).find_map(|it| it.strip_prefix(KEY_PROTOCOL));
    let key = bearer.or_else(offered).map(str::trim);
    key.filter(|it| !it.is_empty())
}

/// Returns the subprotocols that a request offers.
pub(super) fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offers = offers.filter_map(|it| it.to_str().ok());
    offers.flat_map(|it| it.split(',')).map(str::trim)
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| it.as_secs())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const KEY: &str = "proxy-key-of-a-client";

    fn check(keys: &Keys, headers: &[(HeaderName, &str)]) -> Option<Shown> {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (name.clone(), value)
        });
        keys.check(&headers.collect()).ok()
    }

    #[test]
    fn a_key_is_shown_in_a_header_or_as_a_subprotocol() {
        let keys = Keys::new(ProxyKeys::Own(vec![
            "another-key-than-that".into(),
            KEY.into(),
        ]));
        for (header, value, expected) in [
            (AUTHORIZATION, format!("Bearer {KEY}"), true),
            (AUTHORIZATION, format!("bearer  {KEY} "), true),
            (AUTHORIZATION, format!("Basic {KEY}"), false),
            (AUTHORIZATION, format!("Bearer {KEY}x"), false),
            (AUTHORIZATION, "Bearer ".to_owned(), false),
            (
                SEC_WEBSOCKET_PROTOCOL,
                format!("realtime, {KEY_PROTOCOL}{KEY}"),
                true,
            ),
            (SEC_WEBSOCKET_PROTOCOL, format!("realtime, {KEY}"), false),
        ] {
            let shown = check(&keys, &[(header, &value)]);
            assert_eq!(shown.is_some(), expected, "{value}");
            assert!(shown.is_none_or(|it| it.key.is_none() && it.sideband.is_none()));
        }
        assert!(check(&keys, &[]).is_none());
    }

    #[test]
    fn keys_for_browsers_are_those_that_were_made_here() {
        let keys = Keys::new(ProxyKeys::Own(vec![KEY.into()]));
        let foreign = check(&keys, &[(AUTHORIZATION, "Bearer ek_foreign")]);
        assert!(foreign.is_none());
        keys.remember("ek_ours".into(), unix_seconds() + 60);
        keys.remember("ek_old".into(), unix_seconds());
        let ours = check(&keys, &[(AUTHORIZATION, "Bearer ek_ours")]).unwrap();
        assert_eq!((ours.key, ours.sideband), (Some("ek_ours".into()), None));
        assert!(check(&keys, &[(AUTHORIZATION, "Bearer ek_old")]).is_none());
    }

    #[test]
    fn of_many_the_latest_are_remembered() {
        let keys = Keys::new(ProxyKeys::Own(vec![KEY.into()]));
        let now = unix_seconds();
        for count in 0..MOST as u64 + 10 {
            keys.remember(format!("ek_{count}").into(), now + 60 + count);
        }
        assert!(!keys.is_minted("ek_9") && keys.is_minted("ek_10"));
        assert_eq!(keys.minted.lock().unwrap().len(), MOST);
    }

    #[test]
    fn a_key_of_the_endpoint_is_passed_on_and_none_is_none() {
        let keys = Keys::new(ProxyKeys::Pass);
        let shown = check(&keys, &[(AUTHORIZATION, "Bearer sk-theirs")]).unwrap();
        assert_eq!(shown.key, Some("sk-theirs".into()));
        assert_eq!(shown.sideband, Some("sk-theirs".into()));
        assert!(
            check(&keys, &[]).is_none(),
            "the configured one isn't theirs"
        );
    }
}
