//! [`Outcome`]: what one scenario came to, and the table of all.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// What one scenario came to at one revision.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The column of the table: a revision, or `extensions`.
    pub(super) column: &'static str,
    pub(super) scenario: String,
    pub(super) passed: usize,
    pub(super) warned: usize,
    pub(super) failed: BTreeSet<String>,
    /// How often something failed: one check can fail more than once.
    pub(super) failures: usize,
}

/// The end of a folder's name: `-2026-11-21T14-11-15-076Z`.
const STAMP: usize = 25;

/// Reads what the suite left in a folder.
///
/// # Errors
///
/// When it left nothing, or something else than checks.
pub(super) fn read(column: &'static str, folder: &Path) -> anyhow::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for file in checks_below(folder)? {
        let seen = file.parent().unwrap_or(folder);
        let name = seen.strip_prefix(folder).unwrap_or(seen).to_string_lossy();
        let scenario = name.get(..name.len().saturating_sub(STAMP));
        let checks: Value = serde_json::from_str(&fs::read_to_string(&file)?)
            .with_context(|| format!("{} is not JSON", file.display()))?;
        outcomes.push(Outcome::new(column, scenario.unwrap_or(&name), &checks));
    }
    outcomes.sort_by(|left, right| left.scenario.cmp(&right.scenario));
    Ok(outcomes)
}

fn checks_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    ensure!(
        folder.is_dir(),
        "the suite left nothing in {}",
        folder.display()
    );
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(checks_below(&path)?);
        } else if path.ends_with("checks.json") {
            found.push(path);
        }
    }
    Ok(found)
}

impl Outcome {
    fn new(column: &'static str, scenario: &str, checks: &Value) -> Self {
        let mut outcome = Self {
            column,
            scenario: scenario.to_owned(),
            passed: 0,
            warned: 0,
            failed: BTreeSet::new(),
            failures: 0,
        };
        for check in checks.as_array().into_iter().flatten() {
            match check["status"].as_str() {
                Some("SUCCESS") => outcome.passed += 1,
                Some("WARNING") => outcome.warned += 1,
                Some("FAILURE") => {
                    outcome.failures += 1;
                    let id = check["id"].as_str().unwrap_or("without a name");
                    outcome.failed.insert(id.to_owned());
                }
                _ => {}
            }
        }
        outcome
    }
}

/// One line a scenario, one column a revision: `passed` or `passed/all`.
pub(super) fn table(outcomes: &[Outcome]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    let mut rows: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for outcome in outcomes {
        if !columns.contains(&outcome.column) {
            columns.push(outcome.column);
        }
        rows.entry(&outcome.scenario)
            .or_default()
            .insert(outcome.column, cell(outcome));
    }
    let mut table = format!("| scenario | {} |\n", columns.join(" | "));
    let _ = writeln!(table, "|---|{}", "--:|".repeat(columns.len()));
    for (scenario, cells) in &rows {
        let cells: Vec<&str> = columns
            .iter()
            .map(|column| cells.get(column).map_or("", String::as_str))
            .collect();
        let _ = writeln!(table, "| {scenario} | {} |", cells.join(" | "));
    }
    let totals: Vec<String> = columns.iter().map(|it| total(outcomes, it)).collect();
    let _ = writeln!(table, "| **all** | {} |", totals.join(" | "));
    table
}

fn cell(outcome: &Outcome) -> String {
    let all = outcome.passed + outcome.failures;
    let warned = match outcome.warned {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        several => format!(", {several} warnings"),
    };
    if outcome.failures == 0 {
        format!("{all}{warned}")
    } else {
        format!("**{} of {all}**{warned}", outcome.passed)
    }
}

fn total(outcomes: &[Outcome], column: &str) -> String {
    let own = || outcomes.iter().filter(|it| it.column == column);
    let passed: usize = own().map(|it| it.passed).sum();
    let failures: usize = own().map(|it| it.failures).sum();
    format!("**{passed} of {}**", passed + failures)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Outcome, read, table};

    #[test]
    fn checks_are_counted_by_their_status() {
        let checks = json!([
            {"id": "a", "status": "SUCCESS"}, {"id": "b", "status": "FAILURE"},
            {"id": "b", "status": "FAILURE"}, {"id": "c", "status": "WARNING"},
            {"id": "d", "status": "INFO"}, {"id": "e", "status": "SKIPPED"},
        ]);
        let outcome = Outcome::new("2026-07-28", "auth/x", &checks);
        assert_eq!(
            (outcome.passed, outcome.warned, outcome.failures),
            (1, 1, 2)
        );
        let table = table(&[outcome]);
        assert!(
            table.contains("| auth/x | **1 of 3**, 1 warning |"),
            "{table}"
        );
        assert!(table.contains("| **all** | **1 of 3** |"), "{table}");
    }

    #[test]
    fn scenarios_are_named_without_the_time_they_ran_at() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("auth/x-2026-11-21T14-11-15-076Z");
        std::fs::create_dir_all(&seen).unwrap();
        std::fs::write(seen.join("checks.json"), "[]").unwrap();
        let outcomes = read("2026-07-28", folder.path()).unwrap();
        assert_eq!(outcomes[0].scenario, "auth/x");
    }
}
