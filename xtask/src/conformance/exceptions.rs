//! [`Exceptions`]: the checks that may fail, each with its reason.

use std::fs;

use anyhow::{Context as _, ensure};

use super::outcome::Outcome;
use crate::workspace;

/// Where they are listed.
pub(super) const FILE: &str = "crates/rtmcp-mcp/tests/conformance.toml";

/// What may fail.
#[derive(Debug, Default)]
pub(super) struct Exceptions(pub(super) Vec<Exception>);

/// A check that fails, and why that is right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) scenario: String,
    pub(super) check: String,
    pub(super) reason: String,
}

impl Exceptions {
    /// # Errors
    ///
    /// When the list can't be read, or an entry has no reason.
    pub(super) fn read() -> anyhow::Result<Self> {
        let text = fs::read_to_string(workspace::root()?.join(FILE)).context(FILE)?;
        Self::parse(&text).context(FILE)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let table: toml::Table = text.parse()?;
        let listed = table.get("expected").and_then(toml::Value::as_array);
        let mut exceptions = Vec::new();
        for entry in listed.into_iter().flatten() {
            let field = |name: &str| {
                let value = entry.get(name).and_then(toml::Value::as_str);
                value.map(str::to_owned).unwrap_or_default()
            };
            let exception = Exception {
                scenario: field("scenario"),
                check: field("check"),
                reason: field("reason"),
            };
            ensure!(
                !exception.scenario.is_empty() && !exception.check.is_empty(),
                "an entry names no scenario or no check"
            );
            ensure!(
                exception.reason.len() >= 20,
                "{}: say why it may fail",
                exception.scenario
            );
            exceptions.push(exception);
        }
        Ok(Self(exceptions))
    }

    /// What failed and isn't listed, and what is listed and doesn't fail.
    pub(super) fn surprises(&self, outcomes: &[Outcome]) -> Vec<String> {
        let mut surprises = Vec::new();
        for outcome in outcomes {
            for check in &outcome.failed {
                if !self.0.iter().any(|it| it.is(&outcome.scenario, check)) {
                    let (scenario, column) = (&outcome.scenario, outcome.column);
                    surprises.push(format!("{scenario} ({column}): {check} failed"));
                }
            }
        }
        for exception in &self.0 {
            let fails = outcomes.iter().any(|outcome| {
                let mut failed = outcome.failed.iter();
                failed.any(|check| exception.is(&outcome.scenario, check))
            });
            if !fails {
                let Exception {
                    scenario, check, ..
                } = exception;
                surprises.push(format!("{scenario}: {check} passes: take it off {FILE}"));
            }
        }
        surprises
    }
}

impl Exception {
    fn is(&self, scenario: &str, check: &str) -> bool {
        self.scenario == scenario && self.check == check
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Exceptions, Outcome};

    fn outcome(failed: &[&str]) -> Outcome {
        Outcome {
            column: "2026-07-28",
            scenario: "auth/x".to_owned(),
            passed: 1,
            warned: 0,
            failed: failed
                .iter()
                .map(|it| (*it).to_owned())
                .collect::<BTreeSet<_>>(),
            failures: failed.len(),
        }
    }

    const LISTED: &str = "[[expected]]\nscenario = \"auth/x\"\ncheck = \"a\"\nreason = \"it is for another kind of client\"\n";

    #[test]
    fn only_what_is_listed_may_fail() {
        let exceptions = Exceptions::parse(LISTED).unwrap();
        assert_eq!(exceptions.surprises(&[outcome(&["a"])]).len(), 0);
        let surprises = exceptions.surprises(&[outcome(&["a", "b"])]);
        assert_eq!(surprises, ["auth/x (2026-07-28): b failed"]);
    }

    #[test]
    fn what_is_listed_must_fail() {
        let exceptions = Exceptions::parse(LISTED).unwrap();
        let surprises = exceptions.surprises(&[outcome(&[])]);
        assert!(
            surprises[0].starts_with("auth/x: a passes"),
            "{surprises:?}"
        );
    }

    #[test]
    fn an_entry_says_why() {
        let text = LISTED.replace("it is for another kind of client", "");
        assert!(Exceptions::parse(&text).is_err());
    }
}
