//! The `[tools]` section.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use rtmcp_router::{Discover, OfferRules, Suspicious};
use serde::Deserialize;

use super::field;
use crate::{
    config::{Config, ConfigError},
    pins,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTools {
    description_budget: Option<usize>,
    budget: Option<usize>,
    discover: Option<Discover>,
    #[serde(default)]
    always: Vec<String>,
    suspicious: Option<Suspicious>,
    pins: Option<PathBuf>,
    calls_per_session: Option<NonZeroUsize>,
}

impl RawTools {
    /// Adds it to a configuration, and reads what was approved.
    pub(super) fn resolve(self, folder: &Path, config: &mut Config) -> Result<(), ConfigError> {
        let defaults = OfferRules::default();
        if let Some(calls) = self.calls_per_session {
            config.calls_per_session = calls.get();
        }
        if let Some(path) = self.pins {
            let path = folder.join(path);
            let pins = pins::load(&path).map_err(|error| field("tools.pins", error))?;
            config.router.offer.pins = Some(pins);
            config.pins = Some(path);
        }
        config.router.offer = OfferRules {
            description_budget: self
                .description_budget
                .unwrap_or(defaults.description_budget),
            budget: self.budget.unwrap_or(defaults.budget),
            discover: self.discover.unwrap_or_default(),
            always: self.always,
            suspicious: self.suspicious.unwrap_or_default(),
            pins: config.router.offer.pins.take(),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_reaches_the_router() {
        let written = "[tools]\ndescription_budget = 300\nbudget = 500\ndiscover = \"on\"\n\
                       always = [\"quote\"]\nsuspicious = \"leave_out\"\n";
        let config = Config::from_toml(written).unwrap();
        let expected = OfferRules {
            description_budget: 300,
            budget: 500,
            discover: Discover::On,
            always: vec!["quote".to_owned()],
            suspicious: Suspicious::LeaveOut,
            pins: None,
        };
        assert_eq!(config.router.offer, expected);
        assert_eq!(
            Config::from_toml("").unwrap().router.offer,
            OfferRules::default()
        );
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_what_to_do() {
        for (written, words) in [
            (
                "discover = \"maybe\"",
                "expected one of `auto`, `on`, `off`",
            ),
            ("description_budget = 10", "at least"),
            ("always = [\"nobody.quote\"]", "`nobody.quote`"),
            ("pins = \"/\"", "tools.pins"),
        ] {
            let error = Config::from_toml(&format!("[tools]\n{written}\n")).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
