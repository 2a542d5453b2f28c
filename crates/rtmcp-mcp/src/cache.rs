//! [`Cache`]: a server's functions as they were when it was last there, kept in a file.
//!
//! The file's name is made of the server's name and a hash of where it is and who we are to it, so
//! that another account never sees this one's tools. It holds nothing secret.

use std::{
    fmt::Write,
    fs, io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest::{Context, SHA256};
use rmcp::model::{CustomResult, ServerResult};
use rtmcp_core::ToolSpec;
use serde_json::{Value, json};

use crate::{
    Endpoint, ServerConfig,
    auth::{Auth, Grant, Signer},
    convert,
    offer::Offer,
};

/// Where one server's functions are kept.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    file: PathBuf,
}

/// What was kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) offer: Offer,
    /// How long ago the server was there.
    pub(crate) age: Duration,
}

impl Cache {
    /// The place for a server; none where nothing is to be kept, or nobody can say beforehand for
    /// whom.
    pub(crate) fn of(config: &ServerConfig) -> Option<Self> {
        let folder = config.cache.as_ref()?;
        if !is_always_the_same(&config.auth) {
            return None;
        }
        let name = config.name.to_string();
        let safe = name.chars().take(40);
        let safe = safe.map(|it| if it.is_ascii_alphanumeric() { it } else { '_' });
        let file = format!("{}-{}.json", safe.collect::<String>(), identity(config));
        Some(Self {
            file: folder.join(file),
        })
    }

    /// Reads what was kept. Nothing, where there is no file, it can't be read, or is too old.
    pub(crate) async fn load(&self) -> Option<Kept> {
        let file = self.file.clone();
        let read = tokio::task::spawn_blocking(move || {
            let length = fs::metadata(&file).ok()?.len();
            (length <= MAX_BYTES)
                .then(|| fs::read(&file).ok())
                .flatten()
        });
        let kept: Value = serde_json::from_slice(&read.await.ok()??).ok()?;
        if kept.get("format")?.as_u64()? != FORMAT {
            return None;
        }
        let saved = UNIX_EPOCH + Duration::from_secs(kept.get("saved_at")?.as_u64()?);
        // A clock that was set back makes it new, not old.
        let age = SystemTime::now().duration_since(saved).unwrap_or_default();
        if age > MAX_AGE {
            return None;
        }
        let list = json!({"tools": kept.get("tools")?});
        let page = convert::page(ServerResult::CustomResult(CustomResult(list))).ok()?;
        let offer = Offer::kept(page.tools);
        Some(Kept { offer, age })
    }

    /// Keeps the functions, whole or not at all.
    pub(crate) fn save(&self, offer: &Arc<Offer>, revision: &str) {
        let (cache, offer, revision) = (self.clone(), Arc::clone(offer), revision.to_owned());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = cache.write(&offer, &revision) {
                tracing::debug!(%error, "the tool list can't be kept");
            }
        });
    }

    fn write(&self, offer: &Offer, revision: &str) -> io::Result<()> {
        let saved = SystemTime::now().duration_since(UNIX_EPOCH);
        let tools: Vec<Value> = offer.tools.iter().map(as_listed).collect();
        let kept = json!({
            "format": FORMAT,
            "saved_at": saved.unwrap_or_default().as_secs(),
            "revision": revision,
            "tools": tools,
        });
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        // Two processes may share the folder.
        let new = self
            .file
            .with_extension(format!("{}.new", std::process::id()));
        fs::write(&new, serde_json::to_vec(&kept)?)?;
        fs::rename(&new, &self.file).inspect_err(|_| {
            // What could not be moved is of no use.
            let _ = fs::remove_file(&new);
        })
    }
}

/// A tool as servers list it.
fn as_listed(tool: &ToolSpec) -> Value {
    let annotations = &tool.annotations;
    json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.output_schema,
        "annotations": {
            "readOnlyHint": annotations.read_only,
            "destructiveHint": annotations.destructive,
            "idempotentHint": annotations.idempotent,
            "openWorldHint": annotations.open_world,
        },
        "_meta": tool.app_only.then(|| json!({ "ui": { "visibility": ["app"] } })),
    })
}

/// Tells whether the server always sees the same account, whoever the session is for. People who sign
/// in for themselves, and tokens that the program brings, can be anybody's.
fn is_always_the_same(auth: &Auth) -> bool {
    match auth {
        Auth::None => true,
        Auth::Credential(_) => false,
        Auth::OAuth(oauth) => {
            let by_program = matches!(oauth.grant, Grant::Client | Grant::ClientKey(_));
            let by_owner = matches!(oauth.grant, Grant::Person) && oauth.signer == Signer::Owner;
            by_program || (by_owner && oauth.person.is_none())
        }
    }
}

/// Where the server is, who we are to it, and what is asked of it, as a hash.
fn identity(config: &ServerConfig) -> String {
    let mut hash = Context::new(&SHA256);
    let mut add = |part: &str| {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    };
    add(&config.name.to_string());
    match &config.endpoint {
        Endpoint::Http { url, .. } => add(url.as_str()),
        Endpoint::Stdio {
            command,
            args,
            env,
            cwd,
        } => {
            add(command);
            args.iter().for_each(|arg| add(arg));
            for (name, value) in env {
                add(name);
                add(value.expose());
            }
            add(&cwd
                .as_ref()
                .map_or_else(String::new, |it| it.display().to_string()));
        }
    }
    for (name, value) in &config.headers {
        add(name);
        add(value.expose());
    }
    add(config.bearer.as_ref().map_or("", |it| it.expose()));
    if let Auth::OAuth(oauth) = &config.auth {
        add("oauth");
        add(oauth.client_id.as_deref().unwrap_or_default());
        oauth.scopes.iter().for_each(|scope| add(scope));
    }
    add(if config.resources { "resources" } else { "" });
    add(if config.prompts { "prompts" } else { "" });
    let mut text = String::new();
    for byte in &hash.finish().as_ref()[..12] {
        // Writing to a text can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

const FORMAT: u64 = 1;
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// A server that wasn't there for a month is not what it was.
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

#[cfg(test)]
mod tests {
    use rtmcp_core::{Private, ToolAnnotations};

    use super::*;
    use crate::OAuthConfig;

    fn config(folder: &std::path::Path) -> ServerConfig {
        let url = "http://127.0.0.1/mcp".parse().unwrap();
        let mut config = ServerConfig::http("my shop/é", url);
        config.cache = Some(folder.to_owned());
        config
    }

    fn tool() -> ToolSpec {
        ToolSpec {
            name: "find".to_owned(),
            description: Some("Finds.".to_owned()),
            input_schema: json!({"type": "object", "z": 1, "a": 2})
                .as_object()
                .unwrap()
                .clone(),
            annotations: ToolAnnotations {
                read_only: Some(true),
                ..ToolAnnotations::default()
            },
            ..ToolSpec::default()
        }
    }

    #[tokio::test]
    async fn what_is_kept_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::of(&config(folder.path())).unwrap();
        assert!(cache.load().await.is_none());
        let offer = Offer::kept(vec![tool()]);
        cache.write(&offer, "2025-11-25").unwrap();
        let kept = cache.load().await.unwrap();
        assert_eq!(kept.offer, offer);
        assert!(kept.age < Duration::from_secs(5));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_broken_or_old_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::of(&config(folder.path())).unwrap();
        let old = r#"{"format":1,"saved_at":1,"revision":"","tools":[]}"#;
        let newer = r#"{"format":2,"saved_at":9999999999,"tools":[]}"#;
        for text in ["", "{", "[]", old, newer] {
            fs::write(&cache.file, text).unwrap();
            assert!(cache.load().await.is_none(), "{text}");
        }
    }

    #[test]
    fn another_account_has_another_file() {
        let folder = std::path::Path::new("cache");
        let anonymous = Cache::of(&config(folder)).unwrap();
        let mut with_key = config(folder);
        with_key.bearer = Some(Private::from("a token"));
        let with_key = Cache::of(&with_key).unwrap();
        assert_ne!(anonymous.file, with_key.file);
        assert!(!with_key.file.display().to_string().contains("token"));
        let name = anonymous.file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("my_shop__-"), "{name}");
    }

    #[test]
    fn what_a_person_sees_after_signing_in_is_not_kept_for_the_next() {
        let folder = std::path::Path::new("cache");
        let signed_in = |change: fn(&mut OAuthConfig)| {
            let mut oauth = OAuthConfig::default();
            change(&mut oauth);
            let mut config = config(folder);
            config.auth = oauth.into();
            Cache::of(&config).map(|cache| cache.file)
        };
        let owner = signed_in(|_| {}).unwrap();
        assert_ne!(owner, Cache::of(&config(folder)).unwrap().file);
        assert_ne!(
            Some(owner),
            signed_in(|it| it.client_id = Some("other".into()))
        );
        assert_eq!(signed_in(|it| it.signer = Signer::Person), None);
        assert_eq!(signed_in(|it| it.person = Some("anna".into())), None);
    }
}
