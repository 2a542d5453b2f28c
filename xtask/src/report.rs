//! Steps that are announced, timed, and told once more in a closing table.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Runs steps one by one and remembers how each went.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    took: Duration,
    problem: Option<String>,
}

impl Report {
    /// Announces and runs a step. A failure is kept for the end, so that one run tells all.
    pub(crate) fn step(&mut self, name: &'static str, run: impl FnOnce() -> anyhow::Result<()>) {
        println!("\n── {name} ──");
        let start = Instant::now();
        let problem = run().err().map(|problem| format!("{problem:#}"));
        let took = start.elapsed();
        match &problem {
            None => println!("── {name}: done in {}", seconds(took)),
            Some(problem) => println!("── {name}: FAILED after {}: {problem}", seconds(took)),
        }
        self.rows.push(Row {
            name,
            took,
            problem,
        });
    }

    /// How many steps failed.
    pub(crate) fn failures(&self) -> usize {
        self.rows.iter().filter(|row| row.problem.is_some()).count()
    }

    /// One line a step, then what went wrong.
    pub(crate) fn table(&self) -> String {
        let mut table = String::from("\nstep      result       time\n");
        for row in &self.rows {
            let result = if row.problem.is_none() {
                "ok"
            } else {
                "FAILED"
            };
            let _ = writeln!(
                table,
                "{:<9} {result:<6} {:>10}",
                row.name,
                seconds(row.took)
            );
        }
        let total = self.rows.iter().map(|row| row.took).sum();
        let _ = writeln!(table, "{:<9} {:<6} {:>10}", "total", "", seconds(total));
        for row in &self.rows {
            if let Some(problem) = &row.problem {
                let _ = writeln!(table, "{}: {problem}", row.name);
            }
        }
        table
    }
}

/// A duration as people read it: `0.3 s`, `2 min 05 s`.
pub(crate) fn seconds(took: Duration) -> String {
    if took < Duration::from_secs(60) {
        return format!("{:.1} s", took.as_secs_f64());
    }
    let whole = took.as_secs();
    format!("{} min {:02} s", whole / 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Report, seconds};

    #[test]
    fn every_step_runs_and_failures_are_told_at_the_end() {
        let mut report = Report::default();
        report.step("first", || anyhow::bail!("the cause"));
        let mut ran = false;
        report.step("second", || {
            ran = true;
            Ok(())
        });
        assert!(ran);
        assert_eq!(report.failures(), 1);
        let table = report.table();
        assert!(table.contains("first     FAILED"), "{table}");
        assert!(table.contains("second    ok"), "{table}");
        assert!(table.contains("first: the cause"), "{table}");
    }

    #[test]
    fn durations_are_readable() {
        assert_eq!(seconds(Duration::from_millis(340)), "0.3 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
