//! [`Outcome`]: what a trial came to, and the table of all.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::Value;

use super::clients::Client;
use crate::report;

/// Far above what a turn takes.
const LIMIT: Duration = Duration::from_secs(60);
/// How often a client is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// What a trial came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What is wrong; nothing where it is as it should be.
    wrong: Vec<String>,
    took: Duration,
}

/// A trial of a client.
#[derive(Debug)]
pub(super) struct Row {
    client: Client,
    version: String,
    trial: String,
    outcome: Outcome,
}

/// Runs a client to its end, or to its limit.
///
/// # Errors
///
/// When it can't be started or looked after.
pub(super) fn of(client: &mut Command, log: &Path) -> anyhow::Result<Outcome> {
    let said = log.with_extension("out");
    let mut child = client
        .stdin(Stdio::null())
        .stdout(File::create(&said)?)
        .stderr(File::create(log)?)
        .spawn()?;
    let begun = Instant::now();
    let ended = loop {
        if child.try_wait()?.is_some() {
            break true;
        }
        if begun.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            break false;
        }
        thread::sleep(LOOK);
    };
    let took = begun.elapsed();
    let said = fs::read_to_string(&said).context("what a client said can't be read")?;
    let wrong = match (ended, verdict(&said)) {
        (true, Some(wrong)) => wrong,
        (true, None) => vec![format!("it ended without a verdict; see {}", log.display())],
        (false, _) => vec![format!("it didn't end within {}", report::seconds(LIMIT))],
    };
    Ok(Outcome { wrong, took })
}

/// What a client says last: a line of JSON.
fn verdict(said: &str) -> Option<Vec<String>> {
    let told: Value = serde_json::from_str(said.lines().last()?).ok()?;
    let wrong = told["wrong"].as_array()?.iter().filter_map(Value::as_str);
    let wrong: Vec<String> = wrong.map(str::to_owned).collect();
    (told["ok"].as_bool()? == wrong.is_empty()).then_some(wrong)
}

impl Row {
    pub(super) fn new(client: Client, version: &str, trial: &str, outcome: Outcome) -> Self {
        Self {
            client,
            version: version.to_owned(),
            trial: trial.to_owned(),
            outcome,
        }
    }

    pub(super) fn is_good(&self) -> bool {
        self.outcome.wrong.is_empty()
    }

    /// One line for who waits.
    pub(super) fn brief(&self) -> String {
        let (name, trial) = (self.client.name(), &self.trial);
        format!("{name}: {trial}: {}", self.result())
    }

    fn result(&self) -> String {
        match self.is_good() {
            true => format!("ok, {}", report::seconds(self.outcome.took)),
            false => self.outcome.wrong.join("; "),
        }
    }
}

/// All of it, as Markdown.
pub(super) fn table(rows: &[Row]) -> String {
    let mut table = String::from("| client | version | trial | result |\n|---|---|---|---|\n");
    for row in rows {
        let Row {
            client,
            version,
            trial,
            ..
        } = row;
        let line = [client.name(), version, trial, &row.result()].map(escaped);
        table.push_str(&format!("| {} |\n", line.join(" | ")));
    }
    table
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn the_last_line_is_the_verdict() {
        let good = "(node:1) Warning\n{\"ok\": true, \"wrong\": [], \"replies\": []}\n";
        assert_eq!(verdict(good), Some(Vec::new()));
        let bad = r#"{"ok":false,"wrong":["it saw nothing"]}"#;
        assert_eq!(verdict(bad), Some(vec!["it saw nothing".to_owned()]));
        for none in ["", "it broke\n", r#"{"ok":true,"wrong":["no"]}"#] {
            assert_eq!(verdict(none), None, "{none}");
        }
    }
}
