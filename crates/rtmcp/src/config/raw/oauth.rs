//! `oauth` of a server: `true`, or a table.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rtmcp_core::Private;
use rtmcp_mcp::{
    Credential, CredentialError, FileStore, Grant, OAuthConfig, Signer, SigningKey, StoreKey,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{Place, Secret, field, parse_url};
use crate::config::ConfigError;

/// How somebody signs in to a server.
#[derive(Debug, Default)]
pub(super) struct RawOAuth(Option<Table>);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    grant: RawGrant,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    client_key: Option<Secret>,
    workload_token: Option<Place>,
    client_metadata_url: Option<String>,
    issuer: Option<String>,
    client_name: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    sign_in: RawSigner,
    store: Option<RawStore>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawGrant {
    #[default]
    Person,
    Client,
    Workload,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawSigner {
    #[default]
    Owner,
    Person,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStore {
    folder: PathBuf,
    key: Place,
}

impl RawOAuth {
    /// Returns nothing for `oauth = false`.
    pub(super) fn resolve(
        self,
        at: &impl Fn(&str) -> String,
        folder: &Path,
    ) -> Result<Option<OAuthConfig>, ConfigError> {
        self.0.map(|table| table.resolve(at, folder)).transpose()
    }
}

impl Table {
    fn resolve(
        self,
        at: &impl Fn(&str) -> String,
        folder: &Path,
    ) -> Result<OAuthConfig, ConfigError> {
        let at = |name: &str| at(&format!("oauth.{name}"));
        let mut oauth = OAuthConfig::default();
        oauth.grant = self.grant(&at, folder)?;
        if self.client_secret.is_some() && self.client_id.is_none() {
            return Err(field(
                at("client_secret"),
                "belongs to a `client_id`: name it too",
            ));
        }
        oauth.client_id = self.client_id;
        let secret = self
            .client_secret
            .map(|it| it.look_up(&at("client_secret"), folder));
        oauth.client_secret = secret.transpose()?;
        let document = self.client_metadata_url.as_deref();
        let document = document.map(|url| parse_url(&at("client_metadata_url"), url, &["https"]));
        oauth.client_metadata_url = document.transpose()?;
        let issuer = self.issuer.as_deref();
        let issuer = issuer.map(|url| parse_url(&at("issuer"), url, &["https", "http"]));
        oauth.issuer = issuer.transpose()?;
        if let Some(name) = self.client_name {
            oauth.client_name = name;
        }
        oauth.scopes = self.scopes;
        oauth.signer = match self.sign_in {
            RawSigner::Owner => Signer::Owner,
            RawSigner::Person => Signer::Person,
        };
        if oauth.signer == Signer::Person && self.store.is_some() {
            let trouble = "is for what the owner signs in to: what visitors sign in to is \
                           forgotten when the program ends, as they are";
            return Err(field(at("store"), trouble));
        }
        if let Some(store) = self.store {
            oauth.store = Arc::new(store.resolve(&at, folder)?);
        }
        Ok(oauth)
    }

    fn grant(&self, at: &impl Fn(&str) -> String, folder: &Path) -> Result<Grant, ConfigError> {
        if self.grant != RawGrant::Person {
            if self.client_id.is_none() {
                return Err(field(at("client_id"), "is missing: this `grant` needs one"));
            }
            if self.sign_in == RawSigner::Person {
                return Err(field(at("sign_in"), "nobody signs in with this `grant`"));
            }
        }
        let unused = |name: &str| Err(field(at(name), "is for another `grant`"));
        match (self.grant, &self.client_key, &self.workload_token) {
            (RawGrant::Person | RawGrant::Workload, Some(_), _) => unused("client_key"),
            (RawGrant::Person | RawGrant::Client, _, Some(_)) => unused("workload_token"),
            (RawGrant::Person, None, None) => Ok(Grant::Person),
            (RawGrant::Client, None, None) if self.client_secret.is_none() => {
                let trouble = "this `grant` needs it, or `client_key`";
                Err(field(at("client_secret"), trouble))
            }
            (RawGrant::Client, None, None) => Ok(Grant::Client),
            (RawGrant::Client, Some(key), None) => {
                let pem = key.look_up(&at("client_key"), folder)?;
                let key = SigningKey::from_pem(&pem);
                let key = key.map_err(|error| field(at("client_key"), error))?;
                Ok(Grant::ClientKey(key))
            }
            (RawGrant::Workload, None, Some(place)) => {
                let place = Place {
                    env: place.env.clone(),
                    file: place.file.as_ref().map(|file| folder.join(file)),
                };
                // That it is there now is for the owner to hear at once.
                place.look_up(&at("workload_token"), folder)?;
                Ok(Grant::Workload(Arc::new(Kept(place))))
            }
            (RawGrant::Workload, None, None) => Err(field(
                at("workload_token"),
                "is missing: this `grant` needs it",
            )),
        }
    }
}

impl RawStore {
    fn resolve(
        self,
        at: &impl Fn(&str) -> String,
        folder: &Path,
    ) -> Result<FileStore, ConfigError> {
        let name = at("store.key");
        let key = match (&self.key.env, &self.key.file) {
            (None, Some(file)) => StoreKey::file(&folder.join(file)),
            _ => StoreKey::parse(&self.key.look_up(&name, folder)?),
        };
        let key = key.map_err(|error| field(name, error))?;
        let store = FileStore::new(folder.join(self.folder), key);
        store.map_err(|error| field(at("store.folder"), error))
    }
}

/// A token that its platform replaces from time to time: looked up each time that it is used.
#[derive(Debug)]
struct Kept(Place);

impl Credential for Kept {
    fn token<'a>(
        &'a self,
        _refused: Option<&'a Private<String>>,
    ) -> futures_util::future::BoxFuture<'a, Result<Private<String>, CredentialError>> {
        let text = match &self.0 {
            Place {
                file: Some(path), ..
            } => fs::read_to_string(path).ok(),
            Place { env, .. } => env.as_ref().and_then(|name| std::env::var(name).ok()),
        };
        let text = text.map(|text| Private::from(text.trim()));
        Box::pin(std::future::ready(text.ok_or(CredentialError)))
    }
}

/// By hand, as errors of an untagged enum don't name the field.
impl<'de> Deserialize<'de> for RawOAuth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = RawOAuth;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, or a table")
    }

    fn visit_bool<E>(self, on: bool) -> Result<RawOAuth, E> {
        Ok(RawOAuth(on.then(Table::default)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawOAuth, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RawOAuth(Some(table)))
    }
}

#[cfg(test)]
mod tests {
    use rtmcp_mcp::Auth;

    use super::*;
    use crate::Config;

    fn read(oauth: &str) -> Result<OAuthConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("[[mcp]]\nname = \"crm\"\nurl = \"https://crm.example/mcp\"\n{oauth}");
        let path = folder.path().join("rtmcp.toml");
        fs::write(&path, text).unwrap();
        let config = Config::from_file(&path).map_err(|error| error.to_string())?;
        match &config.servers[0].auth {
            Auth::OAuth(oauth) => Ok(oauth.as_ref().clone()),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn true_is_a_person_who_signs_in() {
        let oauth = read("oauth = true").unwrap();
        assert!(matches!(oauth.grant, Grant::Person));
        assert_eq!(oauth.signer, Signer::Owner);
        assert_eq!(read("oauth = false").unwrap_err(), "None");
    }

    #[test]
    fn a_table_says_the_rest() {
        let oauth = read(
            "[mcp.oauth]\nclient_id = \"us\"\nscopes = [\"a\"]\nclient_name = \"Shop\"\n\
             store = { folder = \"tokens\", key = { file = \"tokens/key\" } }",
        )
        .unwrap();
        assert_eq!(oauth.client_id.as_deref(), Some("us"));
        assert_eq!(oauth.scopes, ["a"]);
        assert!(format!("{:?}", oauth.store).starts_with("FileStore("));
        let visitors = read("oauth = { sign_in = \"person\" }").unwrap();
        assert_eq!(visitors.signer, Signer::Person);
    }

    #[test]
    fn what_can_not_be_is_named() {
        for (oauth, expected) in [
            ("oauth = 1", "`true`, or a table"),
            ("oauth = { client = \"x\" }", "unknown field `client`"),
            (
                "oauth = { client_secret = \"x\", client_id = \"y\" }",
                "env",
            ),
            (
                "oauth = { client_secret = { env = \"PATH\" } }",
                "client_id",
            ),
            (
                "oauth = { grant = \"client\", client_id = \"x\" }",
                "client_key",
            ),
            ("oauth = { grant = \"workload\" }", "client_id"),
            (
                "oauth = { workload_token = { env = \"PATH\" } }",
                "another `grant`",
            ),
            (
                "oauth = { grant = \"client\", client_id = \"x\", client_key = { env = \"PATH\" } }",
                "PKCS#8",
            ),
            (
                "oauth = { sign_in = \"person\", store = { folder = \"t\", key = { file = \"k\" } } }",
                "visitors",
            ),
            ("oauth = true\nbearer = { env = \"PATH\" }", "not both"),
        ] {
            let error = read(oauth).unwrap_err();
            assert!(error.contains(expected), "{oauth}: {error}");
        }
    }
}
