//! [`Record`]: what is kept of a server's tokens, all that it takes to refresh them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rtmcp_core::Private;
use serde::{Deserialize, Serialize};
use url::Url;

use super::registration::Client;

/// What is kept for one server and one person.
///
/// The endpoint and the resource are kept too: a refresh that asks anew where to go could be led
/// elsewhere, and one without the resource is refused by some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) issuer: String,
    pub(super) token_endpoint: Url,
    pub(super) resource: String,
    pub(super) client: Client,
    /// None where only the registration is left of a sign-in.
    pub(super) tokens: Option<Tokens>,
}

/// What an authorization server gave us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tokens {
    #[serde(with = "private_text")]
    pub(super) access: Private<String>,
    #[serde(with = "private", default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh: Option<Private<String>>,
    /// In seconds since 1970.
    pub(super) received: u64,
    /// In seconds; none where the server didn't say.
    pub(super) lifetime: Option<u64>,
    pub(super) scopes: Vec<String>,
}

impl Tokens {
    /// Tells whether the access token is about to end: a minute before it does, or in the last
    /// tenth of a short life.
    pub(super) fn is_ending(&self, now: u64) -> bool {
        let Some(lifetime) = self.lifetime else {
            return false;
        };
        let margin = (lifetime / 10).clamp(1, MARGIN.as_secs());
        self.received.saturating_add(lifetime) <= now.saturating_add(margin)
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// Longer than any request is under way.
const MARGIN: Duration = Duration::from_secs(60);

/// Private texts in a record: it is only ever written to a store.
pub(super) mod private {
    use rtmcp_core::Private;
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer};

    pub(in crate::auth) fn serialize<S: Serializer>(
        value: &Option<Private<String>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Private::expose).serialize(serializer)
    }

    pub(in crate::auth) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Private<String>>, D::Error> {
        let value = Option::<String>::deserialize(deserializer)?;
        Ok(value.map(Private::new))
    }
}

/// As [`private`], for what is always there.
mod private_text {
    use rtmcp_core::Private;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Private<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Private<String>, D::Error> {
        String::deserialize(deserializer).map(Private::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_refreshed_before_it_ends() {
        let tokens = |lifetime| Tokens {
            access: Private::from("a"),
            refresh: None,
            received: 1000,
            lifetime,
            scopes: Vec::new(),
        };
        let hour = tokens(Some(3600));
        assert!(!hour.is_ending(1000 + 3539));
        assert!(hour.is_ending(1000 + 3540));
        let short = tokens(Some(5));
        assert!(!short.is_ending(1003));
        assert!(short.is_ending(1004));
        assert!(tokens(Some(0)).is_ending(1000));
        assert!(!tokens(None).is_ending(u64::MAX));
    }
}
