//! `fuzz`: random bytes for what reads what strangers send.

mod seeds;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

use crate::{setup, shell, workspace};

/// Feeds random bytes to what reads what strangers send: events, schemas, results, streams
///
/// libFuzzer changes what it has so that it reaches more of the code. It begins with what the
/// repository has for examples, and keeps what it learned in target/fuzz. An input that breaks
/// something is left there, too, and named.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long for each target
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u64,
    /// Fuzz one target and leave the others
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

const TARGETS: [&str; 5] = [
    "wire_decoding",
    "schema_compiling",
    "result_shaping",
    "sse_parsing",
    "proxy_texts",
];

/// # Errors
///
/// When an input breaks something, or a target doesn't build.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let only = args.target.as_deref();
    let targets = TARGETS.into_iter();
    let targets: Vec<_> = targets.filter(|it| only.is_none_or(|o| o == *it)).collect();
    ensure!(
        !targets.is_empty(),
        "there is no such target: `--target` takes one of {}",
        TARGETS.join(", ")
    );
    let fuzz = setup::fuzz()?;
    let lab = Lab::new(fuzz)?;
    for target in &targets {
        lab.fuzz(target, args.seconds)?;
    }
    println!("\nnothing broke: {}", targets.join(", "));
    Ok(())
}

/// Checks that all targets compile, with what the workspace has compiled already.
///
/// # Errors
///
/// When one doesn't.
pub(crate) fn check() -> anyhow::Result<()> {
    let folder = folder()?;
    let mut check = workspace::cargo()?;
    check
        .args(["check", "--quiet", "--bins", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace::target()?);
    shell::run(&mut check)
}

/// Where fuzzing takes place.
struct Lab {
    /// cargo-fuzz.
    program: PathBuf,
    /// The crate of the targets.
    folder: PathBuf,
    /// What was learned, and what broke something.
    kept: PathBuf,
}

impl Lab {
    fn new(program: PathBuf) -> anyhow::Result<Self> {
        let kept = workspace::target()?.join("fuzz");
        let folder = folder()?;
        Ok(Self {
            program,
            folder,
            kept,
        })
    }

    fn fuzz(&self, target: &str, seconds: u64) -> anyhow::Result<()> {
        let seeds = self.kept.join("seeds").join(target);
        let learned = self.kept.join("corpus").join(target);
        let broken = self.kept.join("artifacts").join(target);
        for folder in [&seeds, &learned, &broken] {
            std::fs::create_dir_all(folder)?;
        }
        let count = seeds::write(target, &workspace::root()?, &seeds)?;
        println!("\n{target}: {count} examples, then {seconds} s of others");
        let found = self.folder.join("found").join(target);
        let mut fuzz = self.command("run", target);
        fuzz.arg(&learned).arg(&seeds);
        fuzz.args(found.is_dir().then_some(&found));
        fuzz.arg("--").args([
            format!("-max_total_time={seconds}"),
            format!("-artifact_prefix={}/", broken.display()),
            "-print_final_stats=1".to_owned(),
            "-verbosity=0".to_owned(),
            format!("-max_len={LONGEST}"),
            format!("-timeout={SLOWEST}"),
            format!("-rss_limit_mb={LARGEST}"),
        ]);
        shell::run(&mut fuzz).with_context(|| {
            format!(
                "{target} is broken by the input that is named above, in {}: keep it in \
                 {}, and try it again with `cargo xtask fuzz --target {target} --seconds 1`",
                broken.display(),
                found.display()
            )
        })
    }

    /// cargo-fuzz on the stable compiler: it instruments with what every rustc has, and only the
    /// sanitizers need another one. Nothing here is unsafe, so that they would find nothing.
    fn command(&self, verb: &str, target: &str) -> Command {
        let mut fuzz = Command::new(&self.program);
        fuzz.args(["fuzz", verb, "--sanitizer", "none", "--fuzz-dir"]);
        fuzz.arg(&self.folder).arg("--target-dir");
        fuzz.arg(self.kept.join("build")).arg(target);
        fuzz.current_dir(&self.folder);
        fuzz
    }
}

/// The crate of the targets, with the versions of the workspace.
fn folder() -> anyhow::Result<PathBuf> {
    let root = workspace::root()?;
    let folder = root.join("xtask/fuzz");
    let (lock, own) = (root.join("Cargo.lock"), folder.join("Cargo.lock"));
    if is_older(&own, &lock) {
        std::fs::copy(&lock, &own).context("could not copy Cargo.lock")?;
    }
    Ok(folder)
}

fn is_older(own: &Path, other: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    changed(own).is_none_or(|own| changed(other).is_some_and(|other| own < other))
}

/// Bytes of an input: schemas and results that matter fit into a few pages.
const LONGEST: usize = 16 * 1024;
/// Seconds for one input, instrumented and among other work: a conversation would have stood still.
const SLOWEST: u64 = 10;
/// Megabytes for one input.
const LARGEST: u64 = 1024;
