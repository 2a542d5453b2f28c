//! [`Exceptions`]: the checks that may fail and the scenarios that aren't run, each with its reason.

use std::fs;

use anyhow::{Context as _, ensure};

use super::outcome::Outcome;
use crate::workspace;

/// Where they are listed.
pub(super) const FILE: &str = "crates/rtmcp-mcp/tests/conformance.toml";

/// What may fail, and what isn't tried.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    pub(super) expected: Vec<Exception>,
    pub(super) not_run: Vec<NotRun>,
}

/// A scenario that isn't run, and why that is right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotRun {
    pub(super) scenario: String,
    pub(super) reason: String,
}

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
        let listed = |list: &str| {
            let entries = table.get(list).and_then(toml::Value::as_array);
            entries.cloned().unwrap_or_default()
        };
        let mut exceptions = Self::default();
        for entry in listed("expected") {
            let exception = Exception {
                scenario: field(&entry, "scenario")?,
                check: field(&entry, "check")?,
                reason: reason(&entry)?,
            };
            exceptions.expected.push(exception);
        }
        for entry in listed("not_run") {
            let not_run = NotRun {
                scenario: field(&entry, "scenario")?,
                reason: reason(&entry)?,
            };
            exceptions.not_run.push(not_run);
        }
        Ok(exceptions)
    }

    /// What of the suite was neither run nor listed as not run, and what is listed and was run.
    pub(super) fn forgotten(&self, scenarios: &[String], outcomes: &[Outcome]) -> Vec<String> {
        let ran = |scenario: &str| outcomes.iter().any(|it| it.scenario == scenario);
        let listed = |scenario: &str| self.not_run.iter().any(|it| it.scenario == scenario);
        let forgotten = scenarios.iter().filter(|it| !ran(it) && !listed(it));
        let forgotten = forgotten.map(|it| format!("{it}: wasn't run, and {FILE} doesn't say why"));
        let needless = self
            .not_run
            .iter()
            .filter(|it| ran(&it.scenario) || !scenarios.contains(&it.scenario));
        let needless =
            needless.map(|it| format!("{}: take it off the list `not_run`", it.scenario));
        forgotten.chain(needless).collect()
    }

    /// What failed and isn't listed, and what is listed and doesn't fail.
    pub(super) fn surprises(&self, outcomes: &[Outcome]) -> Vec<String> {
        let mut surprises = Vec::new();
        for outcome in outcomes {
            for check in &outcome.failed {
                if !self
                    .expected
                    .iter()
                    .any(|it| it.is(&outcome.scenario, check))
                {
                    let (scenario, column) = (&outcome.scenario, outcome.column);
                    surprises.push(format!("{scenario} ({column}): {check} failed"));
                }
            }
        }
        for exception in &self.expected {
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

fn field(entry: &toml::Value, name: &str) -> anyhow::Result<String> {
    let value = entry.get(name).and_then(toml::Value::as_str);
    let value = value.filter(|it| !it.is_empty());
    Ok(value
        .with_context(|| format!("an entry names no {name}"))?
        .to_owned())
}

fn reason(entry: &toml::Value) -> anyhow::Result<String> {
    let reason = field(entry, "reason")?;
    ensure!(
        reason.len() >= 20,
        "{}: say why it may be so",
        field(entry, "scenario")?
    );
    Ok(reason)
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

    #[test]
    fn no_scenario_is_forgotten() {
        let text = LISTED
            .replace("expected", "not_run")
            .replace("auth/x", "skills");
        let exceptions = Exceptions::parse(&text).unwrap();
        let suite = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let ran = [outcome(&[])];
        assert!(
            exceptions
                .forgotten(&suite(&["auth/x", "skills"]), &ran)
                .is_empty()
        );
        let forgotten = exceptions.forgotten(&suite(&["auth/x", "skills", "auth/y"]), &ran);
        assert!(
            forgotten[0].starts_with("auth/y: wasn't run"),
            "{forgotten:?}"
        );
        let needless = exceptions.forgotten(&suite(&["auth/x"]), &ran);
        assert!(
            needless[0].starts_with("skills: take it off"),
            "{needless:?}"
        );
    }
}
