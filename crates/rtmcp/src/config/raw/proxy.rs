//! The `[proxy]` section.

use std::path::Path;

use serde::Deserialize;
use url::Url;

use super::{Secret, field};
use crate::config::{ConfigError, NativeTools, ProxyConfig, ProxyKeys, ProxyOrigins};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProxy {
    keys: Option<Vec<Secret>>,
    #[serde(default)]
    pass_keys: bool,
    native: Option<String>,
    origins: Option<Vec<String>>,
}

impl RawProxy {
    pub(super) fn resolve(self, folder: &Path) -> Result<ProxyConfig, ConfigError> {
        let keys = self.keys.as_deref().map(|keys| own_keys(keys, folder));
        let keys = match (keys.transpose()?, self.pass_keys) {
            (Some(keys), false) => keys,
            (None, true) => ProxyKeys::Pass,
            (Some(_), true) => {
                return Err(field(
                    "proxy",
                    "has both `keys` and `pass_keys`: clients show keys of yours or of the \
                     endpoint, so keep one of them",
                ));
            }
            (None, false) => {
                return Err(field(
                    "proxy",
                    "lets nobody in: name keys that clients show, such as \
                     `keys = [{ env = \"RTMCP_PROXY_KEY\" }]`, or let them show the endpoint's \
                     (`pass_keys = true`)",
                ));
            }
        };
        Ok(ProxyConfig {
            origins: origins(self.origins, &keys)?,
            native: native(self.native.as_deref())?,
            keys,
        })
    }
}

fn own_keys(keys: &[Secret], folder: &Path) -> Result<ProxyKeys, ConfigError> {
    let looked_up = keys.iter().map(|key| key.look_up("proxy.keys", folder));
    let keys = looked_up.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(field(
            "proxy.keys",
            "is empty: name a key, or nobody gets in",
        ));
    }
    if keys.iter().any(|key| key.expose().len() < SHORTEST) {
        let trouble =
            format!("a key is shorter than {SHORTEST} bytes: take one that nobody guesses");
        return Err(field("proxy.keys", trouble));
    }
    if keys
        .iter()
        .any(|key| key.expose().starts_with(CLIENT_SECRET))
    {
        let trouble = format!(
            "a key begins with `{CLIENT_SECRET}`, as keys for a while do: take another one"
        );
        return Err(field("proxy.keys", trouble));
    }
    Ok(ProxyKeys::Own(keys))
}

/// 96 bits as base64.
const SHORTEST: usize = 16;

/// What endpoints call keys for a while.
const CLIENT_SECRET: &str = "ek_";

fn native(text: Option<&str>) -> Result<NativeTools, ConfigError> {
    match text {
        None | Some("pass") => Ok(NativeTools::Pass),
        Some("emulate") => Ok(NativeTools::Emulate),
        Some(other) => Err(field(
            "proxy.native",
            format!("`{other}` is none of \"pass\" and \"emulate\""),
        )),
    }
}

/// With keys of its own, a page needs one of them wherever it is from; the endpoint's may be any
/// word, where the endpoint is one's own and asks for none.
fn origins(named: Option<Vec<String>>, keys: &ProxyKeys) -> Result<ProxyOrigins, ConfigError> {
    let Some(named) = named else {
        return Ok(match keys {
            ProxyKeys::Own(_) => ProxyOrigins::Any,
            ProxyKeys::Pass => ProxyOrigins::These(Vec::new()),
        });
    };
    if named.iter().any(|it| it == "*") {
        return Ok(ProxyOrigins::Any);
    }
    let read = named.iter().map(|text| {
        let url = Url::parse(text).ok().filter(Url::has_host);
        let url = url.ok_or_else(|| {
            let trouble = format!("`{text}` is no origin: write it like `https://app.example`");
            field("proxy.origins", trouble)
        })?;
        Ok(url.origin().ascii_serialization())
    });
    read.collect::<Result<_, _>>().map(ProxyOrigins::These)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn read(section: &str) -> Result<ProxyConfig, String> {
        let config = Config::from_toml(&format!("[proxy]\n{section}"));
        config
            .map(|it| it.proxy.unwrap())
            .map_err(|it| it.to_string())
    }

    #[test]
    fn without_the_section_nothing_is_served() {
        assert!(Config::from_toml("").unwrap().proxy.is_none());
    }

    #[test]
    fn keys_are_of_one_kind() {
        for (section, words) in [
            ("", "lets nobody in"),
            ("keys = []", "is empty"),
            (
                "keys = [\"sk-in-the-file-itself\"]",
                "`proxy.keys`: a secret",
            ),
            ("keys = [{ env = \"PATH\" }]\npass_keys = true", "has both"),
            ("pass_keys = true\nnative = \"maybe\"", "`maybe` is none of"),
            (
                "pass_keys = true\norigins = [\"app\"]",
                "`app` is no origin",
            ),
        ] {
            let error = read(section).unwrap_err();
            assert!(error.contains(words), "{section}: {error}");
        }
    }

    #[test]
    fn pages_from_elsewhere_need_a_key_or_a_name() {
        let passed = read("pass_keys = true").unwrap();
        assert_eq!(passed.origins, ProxyOrigins::These(Vec::new()));
        assert!(matches!(passed.keys, ProxyKeys::Pass));
        let named = read("pass_keys = true\norigins = [\"https://App.example/\"]").unwrap();
        let app = vec!["https://app.example".to_owned()];
        assert_eq!(named.origins, ProxyOrigins::These(app));
        let own = read("keys = [{ env = \"PATH\" }]\nnative = \"emulate\"").unwrap();
        assert_eq!(own.origins, ProxyOrigins::Any);
        assert_eq!(own.native, NativeTools::Emulate);
        let ProxyKeys::Own(keys) = own.keys else {
            panic!("{:?}", own.keys);
        };
        assert_eq!(keys.len(), 1);
    }
}
