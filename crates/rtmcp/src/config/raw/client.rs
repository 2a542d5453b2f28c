//! How a server is treated as an MCP client treats one: the fields of `[[mcp]]` for its lists, its
//! calls, its questions and its logs, and the `[cache]` section.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rtmcp_mcp::ServerConfig;
use serde::Deserialize;
use url::Url;

use super::field;
use crate::config::{Config, ConfigError};

/// The fields of a server, as they are written.
#[derive(Debug, Default)]
pub(super) struct RawClient {
    pub(super) list_timeout: Option<Duration>,
    pub(super) max_timeout: Option<Duration>,
    pub(super) max_calls: Option<usize>,
    pub(super) resources: Option<bool>,
    pub(super) prompts: Option<bool>,
    pub(super) elicitation: Option<bool>,
    pub(super) answer_timeout: Option<Duration>,
    pub(super) roots: Vec<String>,
    pub(super) log_level: Option<String>,
}

impl RawClient {
    /// Checks them, and gives them to a server.
    pub(super) fn resolve(
        self,
        server: &mut ServerConfig,
        at: &impl Fn(&str) -> String,
    ) -> Result<(), ConfigError> {
        set(&mut server.list_timeout, self.list_timeout);
        set(&mut server.answer_timeout, self.answer_timeout);
        set(&mut server.resources, self.resources);
        set(&mut server.prompts, self.prompts);
        server.max_total = self.max_timeout;
        // A session always has somebody to ask: the person in it.
        server.elicitation = self.elicitation.unwrap_or(true);
        if self.max_calls == Some(0) {
            return Err(field(at("max_calls"), "no call could run: use at least 1"));
        }
        set(&mut server.max_calls, self.max_calls);
        for root in &self.roots {
            let is_file = Url::parse(root).is_ok_and(|url| url.scheme() == "file");
            if !is_file {
                let trouble = format!("`{root}` is no folder: write it like `file:///srv/shop`");
                return Err(field(at("roots"), trouble));
            }
        }
        server.roots = self.roots;
        match self.log_level.as_deref() {
            None => {}
            Some("off") => server.log_level = None,
            Some(level) => {
                let level = level.parse();
                server.log_level = Some(level.map_err(|error| field(at("log_level"), error))?);
            }
        }
        Ok(())
    }
}

/// The `[cache]` section.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCache {
    folder: Option<PathBuf>,
}

impl RawCache {
    /// Keeps the tool lists of all servers in one folder.
    pub(super) fn resolve(self, config: &mut Config, folder: &Path) {
        let Some(cache) = self.folder else {
            return;
        };
        let cache = folder.join(cache);
        for server in &mut config.servers {
            server.cache = Some(cache.clone());
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use rtmcp_mcp::LogLevel;

    use super::*;

    const SHOP: &str = "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\n";

    fn server(fields: &str) -> Result<ServerConfig, String> {
        let config = Config::from_toml(&format!("{SHOP}{fields}"));
        let config = config.map_err(|error| error.to_string())?;
        Ok(config.servers[0].clone())
    }

    #[test]
    fn each_field_reaches_the_server() {
        let shop = server(
            r#"
            list_timeout = "3s"
            max_timeout = "5m"
            max_calls = 8
            resources = true
            prompts = true
            elicitation = false
            answer_timeout = "40s"
            roots = ["file:///srv/shop"]
            log_level = "debug"
            "#,
        )
        .unwrap();
        assert_eq!(shop.list_timeout, Duration::from_secs(3));
        assert_eq!(shop.max_total, Some(Duration::from_secs(300)));
        assert_eq!(shop.max_calls, 8);
        assert!(shop.resources && shop.prompts && !shop.elicitation);
        assert_eq!(shop.answer_timeout, Duration::from_secs(40));
        assert_eq!(shop.roots, ["file:///srv/shop"]);
        assert_eq!(shop.log_level, Some(LogLevel::Debug));
        let plain = server("").unwrap();
        assert!(plain.elicitation && !plain.resources && !plain.prompts);
        assert_eq!(plain.cache, None);
        assert_eq!(server("log_level = \"off\"").unwrap().log_level, None);
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for (fields, words) in [
            ("max_calls = 0", "`mcp.shop.max_calls`: no call could run"),
            (
                "roots = [\"/srv/shop\"]",
                "write it like `file:///srv/shop`",
            ),
            (
                "log_level = \"loud\"",
                "`mcp.shop.log_level`: there is no such level",
            ),
        ] {
            let error = server(fields).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn the_cache_is_one_folder_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rtmcp.toml");
        std::fs::write(&file, format!("[cache]\nfolder = \"kept\"\n{SHOP}")).unwrap();
        let config = Config::from_file(&file).unwrap();
        assert_eq!(config.servers[0].cache, Some(folder.path().join("kept")));
    }
}
