//! `soak`: what must hold of calls, replies and decisions, under a million random interleavings.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::{report, workspace};

/// Tries the guarantees of calls, replies and approvals under a million random interleavings each
///
/// A virtual clock turns, nothing waits. Every interleaving has a number, so that one that breaks a
/// guarantee can be had again: the line to type is printed with the fewest steps that break it. A
/// short form is part of the tests.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many interleavings of each suite
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    count: u64,
    /// What the interleavings are made from
    #[arg(long, default_value_t = 20_260_728, value_name = "SEED")]
    seed: u64,
    /// The number of the first
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    from: u64,
    /// Try one suite and leave the others
    #[arg(long, value_name = "SUITE")]
    only: Option<String>,
}

/// Interleavings of one kind of world, run by a test.
struct Suite {
    name: &'static str,
    package: &'static str,
    test: &'static str,
    what: &'static str,
}

const SUITES: [Suite; 5] = [
    Suite {
        name: "calls",
        package: "rtmcp-session",
        test: "soak::calls",
        what: "each call has one output, each word its reply",
    },
    Suite {
        name: "ends",
        package: "rtmcp-session",
        test: "soak::ends",
        what: "no call outlives its session",
    },
    Suite {
        name: "connections",
        package: "rtmcp-session",
        test: "soak::connections",
        what: "the same over connections that break",
    },
    Suite {
        name: "interruptions",
        package: "rtmcp-session",
        test: "soak::interruptions",
        what: "no call is left open where answers are cut off",
    },
    Suite {
        name: "approvals",
        package: "rtmcp-router",
        test: "approvals::interleaving::no_call_runs_without_a_yes_in_time_to_exactly_its_arguments",
        what: "nothing runs without a yes to exactly that",
    },
];

/// # Errors
///
/// When a guarantee doesn't hold, or the tests don't build.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let suites = chosen(args.only.as_deref())?;
    let tests = build(&suites)?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{} interleavings of each suite, made from seed {}, {workers} at once",
        args.count, args.seed
    );
    let mut rows = Vec::new();
    for suite in &suites {
        let took = Soak::new(args, suite, &tests[suite.package]).run(workers)?;
        rows.push(row(suite, args.count, took));
    }
    println!("\n| suite | what holds | interleavings | time | a second |");
    println!("|---|---|---|---|---|");
    rows.iter().for_each(|row| println!("{row}"));
    Ok(())
}

fn chosen(only: Option<&str>) -> anyhow::Result<Vec<&'static Suite>> {
    let suites = SUITES.iter();
    let chosen = suites.filter(|it| only.is_none_or(|only| it.name == only));
    let chosen: Vec<_> = chosen.collect();
    if chosen.is_empty() {
        let names = SUITES.map(|it| it.name).join(", ");
        bail!("there is no such suite: `--only` takes one of {names}");
    }
    Ok(chosen)
}

/// Builds the tests as they are released, but with what checks itself.
fn build(suites: &[&Suite]) -> anyhow::Result<BTreeMap<&'static str, PathBuf>> {
    println!("building the tests with optimization (the first time takes some minutes)");
    let mut tests = BTreeMap::new();
    for suite in suites {
        if tests.contains_key(suite.package) {
            continue;
        }
        let mut build = workspace::cargo()?;
        build.args(["test", "--no-run", "--profile", "soak", "--test", "it"]);
        build.args(["--package", suite.package]);
        let built = workspace::artifacts(&mut build)?;
        let test = built.into_iter().filter(|it| it.target.name == "it");
        let test = test.filter_map(|it| it.executable).next_back();
        let test = test.with_context(|| format!("{} builds no tests", suite.package))?;
        tests.insert(suite.package, test.into());
    }
    Ok(tests)
}

fn row(suite: &Suite, count: u64, took: Duration) -> String {
    let Suite { name, what, .. } = suite;
    let time = report::seconds(took);
    let rate = u128::from(count) * 1000 / took.as_millis().max(1);
    format!("| {name} | {what} | {count} | {time} | {rate} |")
}

/// One suite, worked off piece by piece.
struct Soak<'a> {
    suite: &'a Suite,
    test: &'a Path,
    seed: u64,
    end: u64,
    first: u64,
    piece: u64,
    next: AtomicU64,
    done: AtomicU64,
    broken: AtomicBool,
    problem: Mutex<Option<anyhow::Error>>,
    begun: Instant,
}

impl<'a> Soak<'a> {
    fn new(args: &Args, suite: &'a Suite, test: &'a Path) -> Self {
        Self {
            suite,
            test,
            seed: args.seed,
            end: args.from + args.count,
            first: args.from,
            // Short enough that progress is seen, long enough that starting costs nothing.
            piece: (args.count / 200).clamp(1, 2_000),
            next: AtomicU64::new(args.from),
            done: AtomicU64::new(0),
            broken: AtomicBool::new(false),
            problem: Mutex::new(None),
            begun: Instant::now(),
        }
    }

    fn run(self, workers: usize) -> anyhow::Result<Duration> {
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| self.work());
            }
        });
        let problem = self.problem.into_inner();
        match problem.unwrap_or_else(PoisonError::into_inner) {
            Some(problem) => Err(problem),
            None => Ok(self.begun.elapsed()),
        }
    }

    fn work(&self) {
        while !self.broken.load(Ordering::Relaxed) {
            let first = self.next.fetch_add(self.piece, Ordering::Relaxed);
            if first >= self.end {
                return;
            }
            let end = self.end.min(first + self.piece);
            if let Err(problem) = self.attempt(first, end) {
                self.broken.store(true, Ordering::Relaxed);
                let mut kept = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
                kept.get_or_insert(problem);
                return;
            }
            self.tell(end - first);
        }
    }

    fn attempt(&self, first: u64, end: u64) -> anyhow::Result<()> {
        let output = Command::new(self.test)
            .args(["--exact", self.suite.test, "--nocapture"])
            .env("RTMCP_SOAK", format!("{first}..{end}"))
            .env("RTMCP_SOAK_SEED", self.seed.to_string())
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("could not start {}", self.test.display()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(self.broke(&complaint, first, end));
        }
        // A name that is misspelled runs nothing, and nothing fails.
        if !said.contains("1 passed") {
            bail!("there is no test `{}` anymore", self.suite.test);
        }
        Ok(())
    }

    /// What to print of an interleaving that breaks a guarantee.
    fn broke(&self, complaint: &str, first: u64, end: u64) -> anyhow::Error {
        let (name, seed) = (self.suite.name, self.seed);
        // Only the last panic is about the fewest steps.
        let at = complaint.rfind("\ninterleaving ");
        let (from, count) = match at.and_then(|at| number(&complaint[at..])) {
            Some(number) => (number, 1),
            None => (first, end - first),
        };
        let words = match at {
            Some(at) if complaint[at..].lines().nth(2).is_some() => &complaint[at..],
            _ => &complaint[last_panic(complaint)..],
        };
        anyhow::anyhow!(
            "`{name}` doesn't hold: {}\n{}\n\ntry it again with `cargo xtask soak --only {name} \
             --seed {seed} --from {from} --count {count}`",
            self.suite.what,
            words.trim(),
        )
    }

    fn tell(&self, more: u64) {
        let before = self.done.fetch_add(more, Ordering::Relaxed);
        let (done, all) = (before + more, self.end - self.first);
        // A line for each tenth.
        if before * 10 / all == done * 10 / all {
            return;
        }
        let took = self.begun.elapsed();
        let rate = u128::from(done) * 1000 / took.as_millis().max(1);
        println!(
            "{}: {done} of {all} in {} ({rate} a second)",
            self.suite.name,
            report::seconds(took)
        );
    }
}

fn number(text: &str) -> Option<u64> {
    let rest = text.trim_start().strip_prefix("interleaving ")?;
    let digits = rest.find(|it: char| !it.is_ascii_digit());
    rest[..digits.unwrap_or(rest.len())].parse().ok()
}

fn last_panic(complaint: &str) -> usize {
    let start = complaint.rfind("panicked at").unwrap_or(0);
    complaint[..start].rfind('\n').unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interleaving_that_breaks_can_be_had_again() {
        let args = Args {
            count: 100,
            seed: 7,
            from: 0,
            only: None,
        };
        let soak = Soak::new(&args, &SUITES[0], Path::new("it"));
        let complaint = "thread 'x' panicked at random.rs:1:1:\nfirst\nthread 'x' panicked at \
                         soak.rs:2:2:\ninterleaving 42 of seed 7: two outputs\n[Speak, Stop]\n";
        let said = soak.broke(complaint, 0, 100).to_string();
        assert!(
            said.contains("--only calls --seed 7 --from 42 --count 1"),
            "{said}"
        );
        assert!(said.contains("[Speak, Stop]"), "{said}");
        let complaint = "thread 'x' panicked at world.rs:1:1:\na late decision counts\n\
                         interleaving 9\n";
        let said = soak.broke(complaint, 0, 100).to_string();
        assert!(said.contains("--from 9 --count 1"), "{said}");
        assert!(said.contains("a late decision counts"), "{said}");
    }

    #[test]
    fn only_suites_that_exist_are_taken() {
        assert_eq!(chosen(None).unwrap().len(), SUITES.len());
        assert_eq!(chosen(Some("ends")).unwrap().len(), 1);
        assert!(chosen(Some("nothing")).is_err());
    }
}
