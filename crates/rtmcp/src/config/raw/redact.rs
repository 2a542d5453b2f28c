//! `[[redact]]`: what neither the model nor logs may read.

use rtmcp_router::{RedactFor, RedactKind, RedactRule};
use serde::Deserialize;

use super::{ConfigError, field};

/// A rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRedact {
    kind: Option<RawKind>,
    pattern: Option<String>,
    #[serde(rename = "where", default)]
    hide_from: RedactFor,
    #[serde(default)]
    servers: Vec<String>,
    #[serde(default)]
    tools: Vec<String>,
    replacement: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    Card,
    Account,
    Email,
    Phone,
    Key,
}

impl RawRedact {
    /// Checks that the rule says what it finds, and that the servers that it names are there.
    pub(super) fn resolve(
        self,
        servers: &[rtmcp_router::ServerRules],
    ) -> Result<RedactRule, ConfigError> {
        let kind = match (self.kind, self.pattern) {
            (Some(kind), None) => match kind {
                RawKind::Card => RedactKind::Card,
                RawKind::Account => RedactKind::Account,
                RawKind::Email => RedactKind::Email,
                RawKind::Phone => RedactKind::Phone,
                RawKind::Key => RedactKind::Key,
            },
            (None, Some(pattern)) => RedactKind::Pattern(pattern),
            (Some(_), Some(_)) => {
                return Err(field(
                    "redact",
                    "has both `kind` and `pattern`: make two rules of it",
                ));
            }
            (None, None) => {
                let trouble = "has neither `kind` nor `pattern`: write `kind = \"card\"` (or account, \
                               email, phone, key), or a regular expression as `pattern`";
                return Err(field("redact", trouble));
            }
        };
        for name in &self.servers {
            if !servers.iter().any(|it| it.name.as_str() == name) {
                let trouble =
                    format!("`{name}` is no server of this configuration: correct the name");
                return Err(field("redact.servers", trouble));
            }
        }
        Ok(RedactRule {
            hide_from: self.hide_from,
            servers: self.servers.iter().map(|it| it.as_str().into()).collect(),
            tools: self.tools,
            replacement: self.replacement,
            ..RedactRule::new(kind)
        })
    }
}
