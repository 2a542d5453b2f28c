//! The `[safety]` section.

use rtmcp_mcp::AllowList;
use serde::Deserialize;

use super::field;
use crate::config::{Config, ConfigError, Safety};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSafety {
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    strict: bool,
}

impl RawSafety {
    /// Adds it to a configuration, and to each server that the configuration has.
    pub(super) fn resolve(self, config: &mut Config) -> Result<(), ConfigError> {
        let allow = AllowList::new(&self.allow).map_err(|error| field("safety.allow", error))?;
        let strict = self.strict;
        config.safety = Safety { allow, strict };
        for server in &mut config.servers {
            let at = format!("mcp.{}.url", server.name);
            let guarded = config.safety.guard(server);
            guarded.map_err(|error| field(at, format!("`safety.strict` is set, and {error}")))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strict_owners_are_held_to_the_rules_for_strangers() {
        let shop = "[[mcp]]\nname = \"shop\"\nurl = \"http://10.1.2.3:8091/mcp\"\n";
        let loose = Config::from_toml(shop).unwrap();
        let url = "http://10.1.2.3:8091/mcp".parse().unwrap();
        assert!(loose.servers[0].guard.check(&url).is_ok());
        assert!(loose.safety.strangers().check(&url).is_err());

        let strict = Config::from_toml(&format!("[safety]\nstrict = true\n{shop}"));
        let error = strict.unwrap_err().to_string();
        assert!(error.starts_with("`mcp.shop.url`: `safety.strict` is set, and"));
        assert!(error.contains("https://"), "{error}");

        let listed = format!("[safety]\nstrict = true\nallow = [\"10.1.0.0/16\"]\n{shop}");
        let listed = Config::from_toml(&listed).unwrap();
        assert!(listed.servers[0].guard.check(&url).is_ok());
        assert!(listed.safety.strangers().check(&url).is_ok());
        let other = "http://10.2.0.1/mcp".parse().unwrap();
        assert!(listed.servers[0].guard.check(&other).is_err());
    }

    #[test]
    fn an_entry_that_can_not_be_meant_is_refused() {
        for entry in ["https://mcp.example.com", "10.0.0.0/33", "a b", "", "*"] {
            let text = format!("[safety]\nallow = [{entry:?}]");
            let error = Config::from_toml(&text).unwrap_err().to_string();
            assert!(error.contains("neither a host nor a network"), "{error}");
        }
    }
}
